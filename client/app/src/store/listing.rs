//! The rows of a directory, and the order in which they are shown: an index vector made here, never in a view.

use super::natural::Key;
use crate::protocol::{Bytes, Row, RowKind};
use std::cmp::Ordering;
use std::collections::HashMap;
use std::rc::Rc;

/// A row with what comparing it needs.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct Entry {
    /// The row as it came.
    pub(crate) row: Row,
    /// Its name, folded.
    pub(crate) key: Key,
}

impl Entry {
    /// Makes the key.
    pub(crate) fn new(row: Row) -> Rc<Entry> {
        let key = Key::new(&row.name.text);
        Rc::new(Entry { row, key })
    }

    /// Whether it opens as a folder without a doubt.
    pub(crate) fn is_directory(&self) -> bool {
        self.row.kind == RowKind::Directory
    }
}

/// All rows, in the order in which they came. An index into it stays true while rows are added.
pub(crate) type Entries = Vec<Rc<Entry>>;

/// The columns.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Column {
    /// File name.
    #[default]
    Name,
    /// Size.
    Size,
    /// Last modification.
    Modified,
    /// Unix mode.
    Permissions,
    /// Owner and group.
    Owner,
}

impl Column {
    /// Left to right.
    pub(crate) const ALL: [Column; 5] =
        [Column::Name, Column::Size, Column::Modified, Column::Permissions, Column::Owner];
}

/// What the rows are sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Sort {
    /// The column.
    pub(crate) by: Column,
    /// Largest first.
    pub(crate) descending: bool,
}

impl Sort {
    /// A click on a column's header: another column, or the other way.
    pub(crate) fn clicked(self, by: Column) -> Sort {
        Sort { by, descending: by == self.by && !self.descending }
    }

    /// Folders come first whichever way the rows are sorted; names decide what the column leaves open.
    fn compare(self, a: &Entry, b: &Entry) -> Ordering {
        let by_name = || a.key.cmp(&b.key).then_with(|| a.row.name.cmp(&b.row.name));
        let by_column = match self.by {
            Column::Name => by_name(),
            Column::Size => a.row.size.cmp(&b.row.size),
            Column::Modified => a.row.modified.cmp(&b.row.modified),
            Column::Permissions => a.row.mode.cmp(&b.row.mode),
            Column::Owner => (&a.row.owner, &a.row.group).cmp(&(&b.row.owner, &b.row.group)),
        };
        let directed = if self.descending { by_column.reverse() } else { by_column };
        b.is_directory().cmp(&a.is_directory()).then(directed).then_with(by_name)
    }
}

/// The order of rows on the screen: those whose name holds the filter, sorted. `earlier` is an order of the first rows by the
/// same sort and filter: keeping it makes sorting a listing that streams in nearly linear.
pub(crate) fn arrange(
    entries: &Entries,
    sort: Sort,
    filter: &str,
    earlier: Option<(&[u32], usize)>,
) -> Vec<u32> {
    let folded = filter.to_lowercase();
    let (mut order, from) = match earlier {
        Some((order, rows)) => (order.to_vec(), rows),
        None => (Vec::new(), 0),
    };
    let shown = |entry: &Rc<Entry>| folded.is_empty() || entry.key.folded().contains(&folded);
    let fresh = entries.iter().enumerate().skip(from).filter(|(_, entry)| shown(entry));
    order.extend(fresh.filter_map(|(index, _)| u32::try_from(index).ok()));
    order.sort_by(|a, b| match (entries.get(*a as usize), entries.get(*b as usize)) {
        (Some(a), Some(b)) => sort.compare(a, b),
        _ => Ordering::Equal,
    });
    order
}

/// The index of a name.
pub(crate) fn find(entries: &Entries, name: &Bytes) -> Option<u32> {
    entries.iter().position(|entry| entry.row.name == *name).and_then(|index| u32::try_from(index).ok())
}

/// Fresh rows in the places of the old ones of the same name: a click that was under way when they came still means what the
/// person saw. New names come last, and fill the places of those that are gone.
pub(crate) fn in_places_of(old: &Entries, fresh: Entries) -> Entries {
    let mut places: HashMap<&Bytes, usize> =
        old.iter().enumerate().map(|(place, entry)| (&entry.row.name, place)).collect();
    let mut kept: Vec<Option<Rc<Entry>>> = vec![None; old.len()];
    let mut new = Vec::new();
    for entry in fresh {
        match places.remove(&entry.row.name).and_then(|place| kept.get_mut(place)) {
            Some(place) => *place = Some(entry),
            None => new.push(entry),
        }
    }
    let mut new = new.into_iter();
    let mut entries: Entries = Vec::with_capacity(kept.len() + new.len());
    let mut late = Vec::new();
    for (place, entry) in kept.into_iter().enumerate() {
        match entry.or_else(|| new.next()) {
            // Rows behind a place that nobody fills move up; there is no other way without holes.
            Some(entry) if place == entries.len() => entries.push(entry),
            Some(entry) => late.push(entry),
            None => {}
        }
    }
    entries.extend(late);
    entries.extend(new);
    entries
}

#[cfg(test)]
pub(crate) fn row(name: &str, kind: RowKind, size: u64) -> Row {
    Row {
        name: Bytes::text(name),
        kind,
        size: (kind != RowKind::Directory).then_some(size),
        modified: None,
        mode: None,
        owner: None,
        group: None,
        target: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Entries {
        [
            ("b.txt", RowKind::File, 10),
            ("www", RowKind::Directory, 0),
            ("a10", RowKind::File, 1),
            ("A2", RowKind::Link, 5),
            ("css", RowKind::Directory, 0),
        ]
        .map(|(name, kind, size)| Entry::new(row(name, kind, size)))
        .to_vec()
    }

    fn names(entries: &Entries, order: &[u32]) -> Vec<String> {
        order.iter().map(|index| entries[*index as usize].row.name.text.clone()).collect()
    }

    #[test]
    fn folders_first_both_ways() {
        let entries = sample();
        let mut sort = Sort::default();
        assert_eq!(names(&entries, &arrange(&entries, sort, "", None)), ["css", "www", "A2", "a10", "b.txt"]);
        sort = sort.clicked(Column::Name);
        assert_eq!(names(&entries, &arrange(&entries, sort, "", None)), ["www", "css", "b.txt", "a10", "A2"]);
        sort = sort.clicked(Column::Size);
        assert_eq!(sort, Sort { by: Column::Size, descending: false });
        assert_eq!(names(&entries, &arrange(&entries, sort, "", None)), ["css", "www", "a10", "A2", "b.txt"]);
    }

    #[test]
    fn a_filter_looks_inside_names_without_case() {
        let entries = sample();
        assert_eq!(names(&entries, &arrange(&entries, Sort::default(), "A", None)), ["A2", "a10"]);
    }

    #[test]
    fn streaming_gives_the_same_order() {
        let all = sample();
        let mut entries: Entries = Vec::new();
        let mut order = Vec::new();
        for entry in &all {
            let rows = entries.len();
            entries.push(Rc::clone(entry));
            order = arrange(&entries, Sort::default(), "", Some((&order, rows)));
        }
        assert_eq!(order, arrange(&all, Sort::default(), "", None));
    }
}
