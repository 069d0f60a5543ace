//! Which rows are selected, by the rules of desktop file managers. Rows are named by their index in the listing; places on the
//! screen come from the order.

use std::rc::Rc;

/// The selection, the row that has the keyboard (cursor) and the row where a range began (anchor).
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct Selection {
    marks: Rc<Vec<bool>>,
    count: usize,
    cursor: Option<u32>,
    anchor: Option<u32>,
}

/// A step of the cursor.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Step {
    /// So many rows down, or up if negative.
    By(i32),
    /// First row.
    First,
    /// Last row.
    Last,
}

/// What a step or click does to the selection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Grip {
    /// Selects this row alone.
    Only,
    /// Selects from the anchor to this row (Shift).
    Range,
    /// Turns this row over and keeps the rest (Ctrl and click).
    Toggle,
    /// Moves the cursor only (Ctrl and arrows).
    Keep,
}

impl Selection {
    /// The row that has the keyboard.
    pub(crate) fn cursor(&self) -> Option<u32> {
        self.cursor
    }

    /// How many rows are selected.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Whether a row is selected.
    pub(crate) fn contains(&self, row: u32) -> bool {
        self.marks.get(row as usize).copied().unwrap_or(false)
    }

    /// The selected rows in the order of the screen.
    pub(crate) fn rows<'a>(&'a self, order: &'a [u32]) -> impl Iterator<Item = u32> + 'a {
        order.iter().copied().filter(|row| self.contains(*row))
    }

    /// Nothing, with the cursor where it was.
    pub(crate) fn clear(&mut self) {
        self.marks = Rc::default();
        self.count = 0;
    }

    /// Everything shown.
    pub(crate) fn all(&mut self, order: &[u32]) {
        self.set(order.iter().copied());
        self.cursor = self.cursor.or(order.first().copied());
    }

    /// One row, with the cursor on it.
    pub(crate) fn only(&mut self, row: u32) {
        self.set([row]);
        (self.cursor, self.anchor) = (Some(row), Some(row));
    }

    /// Puts the cursor without selecting.
    pub(crate) fn place(&mut self, row: Option<u32>) {
        (self.cursor, self.anchor) = (row, row);
    }

    /// These rows, with cursor and anchor.
    pub(crate) fn restore(&mut self, rows: impl IntoIterator<Item = u32>, cursor: Option<u32>) {
        self.set(rows);
        self.place(cursor);
    }

    /// A click, or a step that has found its row.
    pub(crate) fn grip(&mut self, row: u32, grip: Grip, order: &[u32]) {
        match grip {
            Grip::Only => return self.only(row),
            Grip::Keep => {}
            Grip::Toggle => {
                let marks = Rc::make_mut(&mut self.marks);
                let index = row as usize;
                if marks.len() <= index {
                    marks.resize(index + 1, false);
                }
                if let Some(mark) = marks.get_mut(index) {
                    *mark = !*mark;
                    self.count = if *mark { self.count + 1 } else { self.count - 1 };
                }
                self.anchor = Some(row);
            }
            Grip::Range => {
                let place = |wanted: u32| order.iter().position(|row| *row == wanted);
                let to = place(row);
                let from = self.anchor.and_then(place).or(to);
                if let (Some(from), Some(to)) = (from, to) {
                    let range = order.get(from.min(to)..=from.max(to)).unwrap_or_default();
                    self.set(range.iter().copied());
                }
                self.anchor = self.anchor.or(Some(row));
            }
        }
        self.cursor = Some(row);
    }

    /// A key that moves the cursor. The first one in a list lands on its first row.
    pub(crate) fn step(&mut self, step: Step, grip: Grip, order: &[u32]) {
        let Some(last) = order.len().checked_sub(1) else { return };
        let at = self.cursor.and_then(|cursor| order.iter().position(|row| *row == cursor));
        let to = match (step, at) {
            (Step::First, _) => 0,
            (Step::Last, _) => last,
            (Step::By(_), None) => 0,
            (Step::By(rows), Some(at)) => at.saturating_add_signed(rows as isize).min(last),
        };
        if let Some(row) = order.get(to) {
            self.grip(*row, grip, order);
        }
    }

    fn set(&mut self, rows: impl IntoIterator<Item = u32>) {
        let mut marks = Vec::new();
        let mut count = 0;
        for row in rows {
            let index = row as usize;
            if marks.len() <= index {
                marks.resize(index + 1, false);
            }
            if let Some(mark) = marks.get_mut(index) {
                count += usize::from(!*mark);
                *mark = true;
            }
        }
        (self.marks, self.count) = (Rc::new(marks), count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The screen shows rows 4, 2, 0, 3, 1 in this order.
    const ORDER: [u32; 5] = [4, 2, 0, 3, 1];

    fn rows(selection: &Selection) -> Vec<u32> {
        selection.rows(&ORDER).collect()
    }

    #[test]
    fn clicks() {
        let mut selection = Selection::default();
        selection.grip(2, Grip::Only, &ORDER);
        selection.grip(3, Grip::Range, &ORDER);
        assert_eq!(rows(&selection), [2, 0, 3]);
        selection.grip(0, Grip::Toggle, &ORDER);
        assert_eq!((rows(&selection), selection.count()), (vec![2, 3], 2));
        selection.grip(4, Grip::Range, &ORDER);
        assert_eq!(rows(&selection), [4, 2, 0], "the range begins where Ctrl was last used");
        selection.grip(1, Grip::Only, &ORDER);
        assert_eq!((rows(&selection), selection.cursor()), (vec![1], Some(1)));
    }

    #[test]
    fn keys() {
        let mut selection = Selection::default();
        selection.step(Step::By(1), Grip::Only, &ORDER);
        assert_eq!(rows(&selection), [4]);
        selection.step(Step::By(2), Grip::Range, &ORDER);
        assert_eq!((rows(&selection), selection.cursor()), (vec![4, 2, 0], Some(0)));
        selection.step(Step::By(-1), Grip::Range, &ORDER);
        assert_eq!(rows(&selection), [4, 2], "a range shrinks towards its anchor");
        selection.step(Step::Last, Grip::Keep, &ORDER);
        assert_eq!((rows(&selection), selection.cursor()), (vec![4, 2], Some(1)));
        selection.step(Step::By(-100), Grip::Only, &ORDER);
        assert_eq!(selection.cursor(), Some(4));
        selection.step(Step::By(i32::MAX), Grip::Only, &ORDER);
        assert_eq!(selection.cursor(), Some(1));
    }

    #[test]
    fn everything_and_nothing() {
        let mut selection = Selection::default();
        selection.step(Step::First, Grip::Only, &[]);
        assert_eq!(selection.cursor(), None);
        selection.all(&ORDER);
        assert_eq!(selection.count(), 5);
        selection.clear();
        assert_eq!((selection.count(), selection.cursor()), (0, Some(4)));
    }
}
