//! The order in which people expect names: case aside, and `file 2` before `file 10`.

use std::cmp::Ordering;

/// A name made ready for comparing; made once per row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Key(String);

impl Key {
    /// Folds the case.
    pub(crate) fn new(name: &str) -> Key {
        Key(name.to_lowercase())
    }

    /// The folded text, for filters and type-ahead.
    pub(crate) fn folded(&self) -> &str {
        &self.0
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        let (mut left, mut right) = (self.0.as_str(), other.0.as_str());
        loop {
            match (left.chars().next(), right.chars().next()) {
                (None, None) => return self.0.cmp(&other.0),
                (None, Some(_)) => return Ordering::Less,
                (Some(_), None) => return Ordering::Greater,
                (Some(a), Some(b)) if a.is_ascii_digit() && b.is_ascii_digit() => {
                    let (number_a, rest_a) = split_number(left);
                    let (number_b, rest_b) = split_number(right);
                    // Without leading zeros the longer number is the greater one; no number is too long for this.
                    let order = number_a.len().cmp(&number_b.len()).then_with(|| number_a.cmp(number_b));
                    if order.is_ne() {
                        return order;
                    }
                    (left, right) = (rest_a, rest_b);
                }
                (Some(a), Some(b)) if a == b => {
                    (left, right) = (&left[a.len_utf8()..], &right[b.len_utf8()..]);
                }
                (Some(a), Some(b)) => return a.cmp(&b),
            }
        }
    }
}

/// The leading digits without their leading zeros, and what follows.
fn split_number(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    (digits.trim_start_matches('0'), rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_count_and_case_does_not() {
        let mut names = [
            "File 10",
            "file 2",
            "file 1",
            "file 02",
            "Äpfel",
            "a",
            "B",
            "file 99999999999999999999999",
            "file",
        ];
        names.sort_by_key(|name| Key::new(name));
        assert_eq!(
            names,
            [
                "a",
                "B",
                "file",
                "file 1",
                "file 02",
                "file 2",
                "File 10",
                "file 99999999999999999999999",
                "Äpfel"
            ]
        );
    }

    #[test]
    fn it_is_a_total_order() {
        let keys: Vec<Key> = ["1", "01", "001", "a1b", "a01b", "", "a", "ab"].map(Key::new).to_vec();
        for a in &keys {
            for b in &keys {
                assert_eq!(a.cmp(b), b.cmp(a).reverse());
                assert_eq!(a == b, a.cmp(b).is_eq());
            }
        }
    }
}
