//! The keyboard of the list, as in a desktop file manager.

use crate::store::Action;
use crate::store::browser::Go;
use crate::store::selection::{Grip, Step};

/// A key as the browser tells it.
pub(super) struct Key<'a> {
    /// `KeyboardEvent.key`.
    pub(super) key: &'a str,
    /// Ctrl, or Command on a Mac.
    pub(super) ctrl: bool,
    /// Shift.
    pub(super) shift: bool,
    /// Alt.
    pub(super) alt: bool,
}

/// What a key means.
pub(super) enum Meaning {
    /// To the store.
    Act(Action),
    /// Open the cursor's row.
    Open,
    /// The path can be typed.
    EditPath,
    /// To the filter.
    Filter,
    /// Part of a name.
    Type(char),
}

/// Reads a key; `page` is the number of rows on the screen. `None`: not ours.
pub(super) fn meaning(key: &Key<'_>, page: i32) -> Option<Meaning> {
    let grip = match (key.shift, key.ctrl) {
        (true, _) => Grip::Range,
        (false, true) => Grip::Keep,
        (false, false) => Grip::Only,
    };
    let step = |step| Some(Meaning::Act(Action::Step(step, grip)));
    if key.alt {
        return match key.key {
            "ArrowLeft" => Some(Meaning::Act(Action::Go(Go::Back))),
            "ArrowRight" => Some(Meaning::Act(Action::Go(Go::Forward))),
            "ArrowUp" => Some(Meaning::Act(Action::Go(Go::Up))),
            _ => None,
        };
    }
    match key.key {
        "ArrowUp" => step(Step::By(-1)),
        "ArrowDown" => step(Step::By(1)),
        "PageUp" => step(Step::By(-page)),
        "PageDown" => step(Step::By(page)),
        "Home" => step(Step::First),
        "End" => step(Step::Last),
        "Enter" => Some(Meaning::Open),
        "Backspace" => Some(Meaning::Act(Action::Go(Go::Up))),
        "Escape" => Some(Meaning::Act(Action::SelectNone)),
        "F2" => Some(Meaning::Act(Action::StartRename)),
        "F5" => Some(Meaning::Act(Action::Go(Go::Again))),
        "Delete" => Some(Meaning::Act(Action::AskDelete)),
        " " => Some(Meaning::Act(Action::ToggleCursor)),
        "a" | "A" if key.ctrl => Some(Meaning::Act(Action::SelectAll)),
        "l" | "L" if key.ctrl => Some(Meaning::EditPath),
        "/" => Some(Meaning::Filter),
        _ if key.ctrl => None,
        text => {
            let mut chars = text.chars();
            match (chars.next(), chars.next()) {
                (Some(c), None) => Some(Meaning::Type(c)),
                _ => None,
            }
        }
    }
}

/// Letters typed in a row belong together for so many milliseconds.
const PAUSE: u64 = 900;

/// What was typed so far.
#[derive(Default)]
pub(super) struct TypeAhead {
    typed: String,
    at: u64,
}

impl TypeAhead {
    /// One more letter at this time: what to look for, and whether to look past the present row. The same letter again walks
    /// through the names that begin with it.
    pub(super) fn push(&mut self, c: char, now: u64) -> (String, bool) {
        let fresh = now.saturating_sub(self.at) > PAUSE;
        self.at = now;
        if fresh || self.typed.chars().all(|typed| typed == c) && self.typed.chars().count() == 1 {
            self.typed = c.to_string();
            return (self.typed.clone(), true);
        }
        self.typed.push(c);
        (self.typed.clone(), false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn act(key: &str, ctrl: bool, shift: bool) -> Option<Action> {
        match meaning(&Key { key, ctrl, shift, alt: false }, 10)? {
            Meaning::Act(action) => Some(action),
            _ => None,
        }
    }

    #[test]
    fn keys() {
        assert!(matches!(act("ArrowDown", false, true), Some(Action::Step(Step::By(1), Grip::Range))));
        assert!(matches!(act("PageUp", false, false), Some(Action::Step(Step::By(-10), Grip::Only))));
        assert!(matches!(act("Home", true, false), Some(Action::Step(Step::First, Grip::Keep))));
        assert!(matches!(act("a", true, false), Some(Action::SelectAll)));
        assert!(act("c", true, false).is_none() && act("Shift", false, true).is_none());
        assert!(matches!(
            meaning(&Key { key: "é", ctrl: false, shift: false, alt: false }, 1),
            Some(Meaning::Type('é'))
        ));
    }

    #[test]
    fn letters_typed_in_a_row_are_a_prefix() {
        let mut typed = TypeAhead::default();
        assert_eq!(typed.push('i', 5_000), ("i".into(), true));
        assert_eq!(typed.push('n', 5_200), ("in".into(), false));
        assert_eq!(typed.push('i', 9_000), ("i".into(), true));
        assert_eq!(typed.push('i', 9_100), ("i".into(), true));
    }
}
