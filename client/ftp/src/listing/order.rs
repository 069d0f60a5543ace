//! Dates of three short numbers: which of them is the year and which the day. A line alone may not tell, so what a listing's dates allow
//! is kept, and a day past 12 anywhere in it decides for all (rule M8).

use crate::calendar::{DAY, Date, small};

/// An order of year, month and day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Order {
    Year,
    Month,
    Day,
}

/// Month first, as IIS writes them, and on most of DOS.
pub(super) const MONTH_FIRST: [Order; 3] = [Order::Month, Order::Day, Order::Year];
/// Day first: with points, nearly everywhere.
pub(super) const DAY_FIRST: [Order; 3] = [Order::Day, Order::Month, Order::Year];
/// Year first: OS/400.
pub(super) const YEAR_FIRST: [Order; 3] = [Order::Year, Order::Month, Order::Day];

/// A set of orders.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Orders(u8);

impl Orders {
    pub(super) const ALL: Orders = Orders(7);

    pub(super) fn one(order: Order) -> Orders {
        Orders(1 << order as u8)
    }

    fn has(self, order: Order) -> bool {
        self.0 >> (order as u8) & 1 == 1
    }

    /// What both allow; where they allow nothing together, this one stands: a listing that contradicts itself decides nothing more.
    pub(super) fn narrowed(self, other: Orders) -> Orders {
        if self.0 & other.0 == 0 { self } else { Orders(self.0 & other.0) }
    }
}

/// What a date of three numbers can mean.
#[derive(Clone, Copy, Debug)]
pub(super) struct Choice {
    /// Days since 1970, by order.
    days: [Option<i64>; 3],
    preference: [Order; 3],
}

impl Choice {
    /// The dates that three numbers can be. Two digits of a year are those within 1969 to 2068, three digits count from 1900 (servers with
    /// the Y2K fault). Years of two digits that are to come fall away where another order has one that is not.
    pub(super) fn new(parts: [&[u8]; 3], preference: [Order; 3], now: i64) -> Option<Choice> {
        let [a, b, c] = parts;
        let date = |year: &[u8], month: &[u8], day: &[u8]| {
            let fits = (1..=2).contains(&month.len()) && (1..=2).contains(&day.len());
            let date = Date::new(self::year(year)?, small(month)?, small(day)?)?;
            fits.then(|| date.days())
        };
        let mut days = [date(a, b, c), date(c, a, b), date(c, b, a)];
        // The year stands in front only where it must, or where the dialect writes it so.
        if preference != YEAR_FIRST && (days[1].is_some() || days[2].is_some()) && a.len() == 2 {
            days[0] = None;
        }
        if c.len() == 2 {
            let latest = now.div_euclid(DAY).saturating_add(366);
            let past = |day: Option<i64>| day.filter(|day| *day <= latest);
            let pasts = days.map(past);
            if pasts.iter().any(Option::is_some) {
                days = pasts;
            }
        }
        days.iter().any(Option::is_some).then_some(Choice { days, preference })
    }

    fn of(&self, order: Order) -> Option<i64> {
        self.days.get(order as usize).copied().flatten()
    }

    /// The orders that give a date at all.
    pub(super) fn possible(&self) -> Orders {
        let orders = self.preference.iter().filter(|order| self.of(**order).is_some());
        Orders(orders.fold(0, |all, order| all | Orders::one(*order).0))
    }

    /// The order to read it in, of those that the listing allows if it can be.
    pub(super) fn order(&self, known: Orders) -> Option<Order> {
        let possible = known.narrowed(self.possible());
        let found = |orders: Orders| {
            self.preference.iter().copied().find(|order| orders.has(*order) && self.of(*order).is_some())
        };
        found(possible).or_else(|| found(Orders::ALL))
    }

    /// The day in that order, since 1970.
    pub(super) fn day(&self, known: Orders) -> Option<i64> {
        self.of(self.order(known)?)
    }

    /// Whether the listing leaves more than one day.
    pub(super) fn is_open(&self, known: Orders) -> bool {
        let day = self.day(known);
        let possible = known.narrowed(self.possible());
        self.preference
            .iter()
            .filter(|order| possible.has(**order))
            .any(|order| self.of(*order).is_some() && self.of(*order) != day)
    }
}

fn year(digits: &[u8]) -> Option<i64> {
    let year = i64::from(small(digits)?);
    match digits.len() {
        2 => Some(if year < 69 { 2000 + year } else { 1900 + year }),
        3 if (100..200).contains(&year) => Some(1900 + year),
        4 if (1900..=2999).contains(&year) => Some(year),
        _ => None,
    }
}

/// `a-b-c`, with any of `-`, `/` and `.`, the same twice.
pub(super) fn parts(word: &[u8]) -> Option<([&[u8]; 3], u8)> {
    let separator =
        *word.iter().find(|byte| !byte.is_ascii_digit()).filter(|byte| matches!(byte, b'-' | b'/' | b'.'))?;
    let mut parts = word.split(|byte| *byte == separator);
    let (a, b, c, end) = (parts.next()?, parts.next()?, parts.next()?, parts.next());
    (end.is_none() && !a.is_empty() && !b.is_empty() && !c.is_empty()).then_some(([a, b, c], separator))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 15 June 2024.
    const NOW: i64 = 1_718_452_800;

    fn choice(text: &str, preference: [Order; 3]) -> Option<Choice> {
        let (parts, _) = parts(text.as_bytes())?;
        Choice::new(parts, preference, NOW)
    }

    fn day(year: i64, month: u32, day: u32) -> Option<i64> {
        Date::new(year, month, day).map(Date::days)
    }

    #[test]
    fn m8_one_line_alone() {
        for (text, preference, wanted) in [
            ("01-02-03", MONTH_FIRST, day(2003, 1, 2)),
            ("01.02.03", DAY_FIRST, day(2003, 2, 1)),
            ("01/02/03", YEAR_FIRST, day(2001, 2, 3)),
            ("25-06-07", MONTH_FIRST, day(2007, 6, 25)),
            ("99-12-31", MONTH_FIRST, day(1999, 12, 31)),
            ("05/20/15", YEAR_FIRST, day(2015, 5, 20)),
            ("23/02/00", YEAR_FIRST, day(2000, 2, 23)),
            ("04-23-103", MONTH_FIRST, day(2003, 4, 23)),
            ("2024-01-31", MONTH_FIRST, day(2024, 1, 31)),
            ("01-31-68", MONTH_FIRST, day(2068, 1, 31)),
            ("01-31-69", MONTH_FIRST, day(1969, 1, 31)),
        ] {
            assert_eq!(choice(text, preference).unwrap().day(Orders::ALL), wanted, "{text}");
        }
        for text in ["13-32-24", "01-02", "01--02", "1-2-3-4", "01-02-0024", "a-b-c", "01-02/03"] {
            assert!(choice(text, MONTH_FIRST).is_none(), "{text}");
        }
    }

    #[test]
    fn m8_one_line_decides_for_another() {
        let open = choice("01-02-03", MONTH_FIRST).unwrap();
        assert!(open.is_open(Orders::ALL));
        let known = Orders::ALL.narrowed(choice("25-06-07", MONTH_FIRST).unwrap().possible());
        assert!(!open.is_open(known));
        assert_eq!(open.day(known), day(2003, 2, 1));
        // The same day either way.
        assert!(!choice("02-02-03", MONTH_FIRST).unwrap().is_open(Orders::ALL));
        // A line that contradicts the others is read as it can be.
        let contrary = choice("01-31-24", MONTH_FIRST).unwrap();
        assert_eq!(known.narrowed(contrary.possible()), known);
        assert_eq!(contrary.day(known), day(2024, 1, 31));
    }
}
