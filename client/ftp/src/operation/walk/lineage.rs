//! The directories above the one that is read, by their `unique` facts: a directory that is one of those is a loop (rule M12).

use crate::entry::Entry;
use crate::unique::{Unique, Uniques};

/// Those above.
#[derive(Default)]
pub(crate) struct Lineage {
    above: Vec<Unique>,
    uniques: Uniques,
}

impl Lineage {
    /// The walk goes into a directory so many levels below its item. Says whether it is there already.
    pub(crate) fn enter(&mut self, depth: usize, unique: &Unique) -> bool {
        self.above.truncate(depth);
        let looped = unique.is_some() && self.uniques.are_trusted() && self.above.contains(unique);
        self.above.resize(depth, None);
        self.above.push(unique.clone());
        looped
    }

    /// The rows of one listing.
    pub(crate) fn learn<'a>(&mut self, entries: impl Iterator<Item = &'a Entry>) {
        self.uniques.learn(entries);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::EntryKind;
    use crate::path::Name;

    fn directory(name: &str, unique: &str) -> Entry {
        let mut entry = Entry::new(Name::new(name).unwrap(), EntryKind::Directory);
        entry.unique = fact(unique);
        entry
    }

    fn fact(text: &str) -> Unique {
        Some(text.as_bytes().into())
    }

    #[test]
    fn m12_a_directory_above_itself_is_a_loop() {
        let mut lineage = Lineage::default();
        assert!(!lineage.enter(0, &None));
        lineage.learn([directory("a", "1"), directory("b", "2")].iter());
        assert!(!lineage.enter(1, &fact("1")));
        assert!(!lineage.enter(2, &fact("2")));
        assert!(lineage.enter(3, &fact("1")));
        // Beside each other is no loop.
        assert!(!lineage.enter(1, &fact("2")));
        assert!(!lineage.enter(2, &None));
        assert!(!lineage.enter(3, &None));
    }

    #[test]
    fn facts_that_are_all_the_same_say_nothing() {
        let mut lineage = Lineage::default();
        for depth in 0..10 {
            assert!(!lineage.enter(depth, &fact("0")));
            lineage.learn([directory("a", "0")].iter());
        }
        let mut lineage = Lineage::default();
        lineage.learn([directory("a", "0"), directory("b", "0"), directory("c", "1")].iter());
        assert!(!lineage.enter(0, &fact("0")));
        assert!(!lineage.enter(1, &fact("0")));
    }
}
