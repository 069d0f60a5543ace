//! The directories above the one that is read, by their `unique` facts (RFC 3659 section 7.5.2): a directory that is one of those is a
//! loop (rule M12).
//!
//! The fact is a hint of the server's, and servers exist that give the same one to everything. So it counts only once different
//! ones were seen, and never again after two directories of one listing shared one.

use crate::entry::{Entry, EntryKind};

/// The fact of a directory.
pub(crate) type Unique = Option<Box<[u8]>>;

/// Those above.
#[derive(Default)]
pub(crate) struct Lineage {
    above: Vec<Unique>,
    /// One that was seen, to see another.
    seen: Unique,
    differ: bool,
    distrusted: bool,
}

impl Lineage {
    /// The walk goes into a directory so many levels below its item. Says whether it is there already.
    pub(crate) fn enter(&mut self, depth: usize, unique: &Unique) -> bool {
        self.above.truncate(depth);
        let trusted = self.differ && !self.distrusted;
        let looped = trusted && unique.is_some() && self.above.contains(unique);
        self.above.resize(depth, None);
        self.above.push(unique.clone());
        looped
    }

    /// The directories of one listing.
    pub(crate) fn learn<'a>(&mut self, entries: impl Iterator<Item = &'a Entry>) {
        let mut facts: Vec<&[u8]> = entries
            .filter(|entry| entry.kind == EntryKind::Directory)
            .filter_map(|entry| entry.unique.as_deref())
            .collect();
        for fact in &facts {
            match &self.seen {
                None => self.seen = Some((*fact).into()),
                Some(seen) => self.differ |= **seen != **fact,
            }
        }
        facts.sort_unstable();
        self.distrusted |= facts.windows(2).any(|pair| pair[0] == pair[1]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path::Name;

    fn directory(name: &str, unique: &str) -> Entry {
        let mut entry = Entry::new(Name::new(name).unwrap(), EntryKind::Directory);
        entry.unique = Some(unique.as_bytes().into());
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
