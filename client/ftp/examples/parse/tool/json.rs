//! JSON objects whose keys stand in the order in which a person reads them.

use std::fmt;

/// An object in the making.
pub(super) struct Object {
    text: String,
}

impl Object {
    pub(super) fn new() -> Object {
        Object { text: "{".into() }
    }

    /// A text; absent is `null`.
    pub(super) fn text(self, key: &str, value: Option<&str>) -> Object {
        let value = value.map_or_else(null, string);
        self.raw(key, &value)
    }

    /// A number; absent is `null`.
    pub(super) fn number(self, key: &str, value: Option<u64>) -> Object {
        let value = value.map_or_else(null, |number| number.to_string());
        self.raw(key, &value)
    }

    /// A value that is JSON already.
    pub(super) fn raw(mut self, key: &str, json: &str) -> Object {
        if self.text.len() > 1 {
            self.text.push(',');
        }
        self.text.push_str(&string(key));
        self.text.push(':');
        self.text.push_str(json);
        self
    }
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)?;
        f.write_str("}")
    }
}

/// An array of values that are JSON already.
pub(super) fn array(values: impl IntoIterator<Item = String>) -> String {
    format!("[{}]", values.into_iter().collect::<Vec<_>>().join(","))
}

/// A string literal.
pub(super) fn string(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn null() -> String {
    "null".into()
}
