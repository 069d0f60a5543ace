//! Values of a line: what they are made of, cut and escaped.

use serde_json::Value;
use std::fmt::{self, Debug, Write};
use tracing::field::{Field, Visit};

/// Longest text of one value, in characters.
pub(super) const MAX_TEXT: usize = 512;

/// The fields of an event or a span, in their order; of two with one name the later counts.
#[derive(Clone, Debug, Default)]
pub(super) struct Fields(pub(super) Vec<(&'static str, Value)>);

impl Fields {
    fn put(&mut self, field: &Field, value: Value) {
        match self.0.iter_mut().find(|(name, _)| *name == field.name()) {
            Some((_, old)) => *old = value,
            None => self.0.push((field.name(), value)),
        }
    }
}

impl Visit for Fields {
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value.into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        let mut text = Cut::default();
        // Cut says so by an error.
        let _ = text.write_str(value);
        self.put(field, text.0.into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let mut text = Cut::default();
        let _ = write!(text, "{value:?}");
        self.put(field, text.0.into());
    }
}

/// Text without control characters and not longer than [`MAX_TEXT`].
#[derive(Default)]
struct Cut(String, usize);

impl Write for Cut {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for letter in text.chars() {
            if self.1 >= MAX_TEXT {
                if self.1 == MAX_TEXT {
                    self.0.push('…');
                    self.1 += 1;
                }
                return Err(fmt::Error);
            }
            self.1 += 1;
            if is_unfit(letter) {
                self.0.extend(letter.escape_default());
            } else {
                self.0.push(letter);
            }
        }
        Ok(())
    }
}

/// What a terminal or a reader of lines acts on: control characters, line and paragraph separators, and what turns the direction of
/// writing around.
fn is_unfit(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A value in a line for people: bare where nothing in it could be taken for something else.
pub(super) fn write_text(line: &mut String, value: &Value) {
    let Value::String(text) = value else {
        let _ = write!(line, "{value}");
        return;
    };
    let plain = |letter: char| letter.is_alphanumeric() || "-._:/@+*%[]#…".contains(letter);
    if !text.is_empty() && text.chars().all(plain) {
        line.push_str(text);
    } else {
        line.push('"');
        for letter in text.chars() {
            if letter == '"' || letter == '\\' {
                line.push('\\');
            }
            line.push(letter);
        }
        line.push('"');
    }
}
