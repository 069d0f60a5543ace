//! Ports of a rule: one, or a range.

use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// Ports from one to another, both counted; never port 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ports {
    first: u16,
    last: u16,
}

/// Text that names no ports.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("{0:?} is neither a port from 1 to 65535 nor a range such as \"50000-50100\"")]
pub struct PortsError(String);

impl Ports {
    /// From where a data connection may go to if no rule says otherwise (RFC 6335: system ports end at 1023).
    pub const UNPRIVILEGED: Ports = Ports { first: 1024, last: u16::MAX };

    /// The ports from one to another; `None` where there is none in between, and with port 0.
    #[must_use]
    pub fn new(first: u16, last: u16) -> Option<Ports> {
        (first > 0 && first <= last).then_some(Ports { first, last })
    }

    pub(crate) fn contains(self, port: u16) -> bool {
        (self.first..=self.last).contains(&port)
    }

    /// All of them once, from the `turn`th on and round.
    pub(crate) fn beginning_at(self, turn: u16) -> impl Iterator<Item = u16> {
        let (first, count) = (u32::from(self.first), u32::from(self.last - self.first) + 1);
        // The remainder is below `count`, so the sum is at most `last`.
        (0..count).filter_map(move |place| u16::try_from(first + (u32::from(turn) + place) % count).ok())
    }

    /// The port, if it is one alone.
    pub(crate) fn only(self) -> Option<u16> {
        (self.first == self.last).then_some(self.first)
    }
}

impl FromStr for Ports {
    type Err = PortsError;

    fn from_str(text: &str) -> Result<Ports, PortsError> {
        let port = |text: &str| {
            let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            plain.then(|| text.parse().ok())?
        };
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        port(first)
            .zip(port(last))
            .and_then(|(first, last)| Ports::new(first, last))
            .ok_or_else(|| PortsError(text.to_owned()))
    }
}

impl fmt::Display for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.first == self.last {
            true => write!(f, "{}", self.first),
            false => write!(f, "{}-{}", self.first, self.last),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_and_many() {
        for (text, first, last) in [("21", 21, 21), ("50000-50100", 50_000, 50_100), ("1-65535", 1, 65_535)] {
            let ports: Ports = text.parse().unwrap();
            assert_eq!((ports, ports.to_string()), (Ports::new(first, last).unwrap(), text.to_owned()));
            assert!(ports.contains(first) && ports.contains(last) && !ports.contains(0));
            assert!(first == 1 || !ports.contains(first - 1));
        }
        let ports = Ports::new(65_533, 65_535).unwrap();
        assert_eq!(ports.beginning_at(4).collect::<Vec<_>>(), [65_534, 65_535, 65_533]);
        assert_eq!(Ports::new(1, 65_535).unwrap().beginning_at(65_535).count(), 65_535);
        for text in ["", "0", "0-5", "65536", "5-4", "-5", "5-", "+5", "1-2-3", "ftp", " 21"] {
            assert!(text.parse::<Ports>().is_err(), "{text:?}");
        }
    }
}
