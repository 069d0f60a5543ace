//! A counted pointer that compares by address: a component that gets one re-renders only when the store made a new value.

use std::ops::Deref;
use std::rc::Rc;

/// A value held by the store and, as it was at the last rendering, by the page.
pub(crate) struct Shared<T>(Rc<T>);

impl<T> Shared<T> {
    /// Wraps a value.
    pub(crate) fn new(value: T) -> Shared<T> {
        Shared(Rc::new(value))
    }
}

impl<T: Clone> Shared<T> {
    /// To change it. A value that the page still holds is cloned first, so the page sees another pointer.
    pub(crate) fn edit(&mut self) -> &mut T {
        Rc::make_mut(&mut self.0)
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Shared(Rc::clone(&self.0))
    }
}

impl<T: Default> Default for Shared<T> {
    fn default() -> Self {
        Shared::new(T::default())
    }
}

impl<T> Deref for Shared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> PartialEq for Shared<T> {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_seen_by_whoever_holds_the_old_value() {
        let mut store = Shared::new(vec![1]);
        let page = store.clone();
        assert!(page == store);
        store.edit().push(2);
        assert!(page != store);
        assert_eq!((page.len(), store.len()), (1, 2));
    }
}
