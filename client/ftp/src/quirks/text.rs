//! The stable form for storage: one `key=value` a line. Keys that are not known are ignored, so that an older version reads what a newer one
//! wrote; so are values that make no sense. What has nothing to say has no line.

use std::fmt::Write;

use super::{DataWay, Quirks, Tls12};
use crate::habits::{Form, Habit};

/// Bytes of a text that are read; more than all that can be written.
pub const MAX_TEXT: usize = 8 * 1024;

/// Minutes of two days: no zones are so far apart.
const TWO_DAYS: i32 = 2 * 24 * 60;

impl Quirks {
    /// As text: `key=value` lines in a fixed order; empty where nothing was learned.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        let mut line = |key: &str, value: &str| {
            // Writing into a string cannot fail.
            let _ = writeln!(text, "{key}={value}");
        };
        let told = |yes: bool| if yes { "yes" } else { "no" };
        if self.lock_step {
            line("lock-step", "yes");
        }
        if self.patient {
            line("patient", "yes");
        }
        if let Some(way) = self.way {
            line("way", way.verb());
        }
        if self.no_mlsd {
            line("no-mlsd", "yes");
        }
        if let Some(works) = self.list_all {
            line("list-all", told(works));
        }
        match self.tls12 {
            Tls12::Untried => {}
            Tls12::Lowered => line("tls12", "lowered"),
            Tls12::Refused => line("tls12", "refused"),
        }
        if let Some(minutes) = self.clock_offset {
            line("clock-offset", &minutes.to_string());
        }
        if let Some(limit) = self.limit {
            line("limit", &limit.to_string());
        }
        if let Some(print) = self.features {
            line("features", &format!("{print:016x}"));
        }
        for (form, habit) in self.habits.iter() {
            let value = if habit == Habit::Works { "works" } else { "missing" };
            line(&format!("form {}", form.name()), value);
        }
        text
    }

    /// What [`Quirks::to_text`] wrote, or as much of any other text as makes sense; never fails. Past [`MAX_TEXT`] bytes nothing is read.
    #[must_use]
    pub fn from_text(text: &str) -> Quirks {
        let mut quirks = Quirks::default();
        let end = (0..=text.len().min(MAX_TEXT)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        for line in text.get(..end).unwrap_or_default().lines() {
            if let Some((key, value)) = line.split_once('=') {
                quirks.read(key.trim(), value.trim());
            }
        }
        quirks
    }

    fn read(&mut self, key: &str, value: &str) {
        match key {
            "lock-step" => self.lock_step = value == "yes",
            "patient" => self.patient = value == "yes",
            "way" => self.way = way(value),
            "no-mlsd" => self.no_mlsd = value == "yes",
            "list-all" => self.list_all = yes_or_no(value),
            "tls12" => {
                self.tls12 = match value {
                    "lowered" => Tls12::Lowered,
                    "refused" => Tls12::Refused,
                    _ => Tls12::Untried,
                }
            }
            "clock-offset" => {
                self.clock_offset =
                    value.parse().ok().filter(|minutes| (1 - TWO_DAYS..TWO_DAYS).contains(minutes));
            }
            "limit" => self.limit = value.parse().ok().filter(|limit| *limit > 0),
            "features" => self.features = u64::from_str_radix(value, 16).ok(),
            _ => {
                let form = key.strip_prefix("form ").and_then(Form::named);
                match (form, value) {
                    (Some(form), "works") => self.habits.learn(form, Habit::Works),
                    (Some(form), "missing") => self.habits.learn(form, Habit::Missing),
                    _ => {}
                }
            }
        }
    }
}

fn yes_or_no(value: &str) -> Option<bool> {
    match value {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    }
}

fn way(verb: &str) -> Option<DataWay> {
    use DataWay::{Active, ExtendedActive, ExtendedPassive, Passive};
    [ExtendedPassive, Passive, Active, ExtendedActive].into_iter().find(|way| way.verb() == verb)
}
