//! A command line as a person types it: what may be sent, what the log shows of it, and what it changes.

use std::fmt;

use crate::path::{Argument, ArgumentError, display};

/// Longest verb that is taken for one.
const MAX_VERB: usize = 16;

/// A command line typed by a person. Its `Debug` shows no secrets.
#[derive(Clone, PartialEq, Eq)]
pub struct TypedLine {
    line: Argument,
}

impl TypedLine {
    /// Checks the bytes. Blanks before them and the line end behind them are dropped; a blank at the end may be a name's.
    ///
    /// # Errors
    /// [`ArgumentError`]: CR, LF and NUL would make it two commands (rule S1), and its first word must be one, of letters and digits.
    pub fn new(line: impl AsRef<[u8]>) -> Result<TypedLine, ArgumentError> {
        let line = line.as_ref().trim_ascii_start();
        let end = line.iter().rposition(|byte| !matches!(byte, b'\r' | b'\n')).map_or(0, |last| last + 1);
        let line = TypedLine { line: Argument::new(&line[..end])? };
        let verb = line.words().next().unwrap_or_default();
        if verb.is_empty() {
            return Err(ArgumentError::Empty);
        }
        let fits = verb.len() <= MAX_VERB && verb.iter().all(u8::is_ascii_alphanumeric);
        if fits { Ok(line) } else { Err(ArgumentError::NotAName) }
    }

    /// The line of SITE with this after it.
    pub(crate) fn of_site(&self) -> TypedLine {
        TypedLine { line: self.line.after("SITE ") }
    }

    /// The bytes.
    pub(crate) fn argument(&self) -> &Argument {
        &self.line
    }

    /// The verb, in upper case.
    pub(crate) fn verb(&self) -> String {
        display(self.words().next().unwrap_or_default()).to_ascii_uppercase()
    }

    /// The word after the verb, in upper case.
    pub(crate) fn second(&self) -> String {
        display(self.words().nth(1).unwrap_or_default()).to_ascii_uppercase()
    }

    /// The line without its secrets; `None` where it has none (rule S3).
    pub(crate) fn masked(&self) -> Option<String> {
        let verb = self.verb();
        match (verb.as_str(), self.second().as_str()) {
            ("PASS" | "ACCT" | "USER" | "ADAT", _) => Some(format!("{verb} ****")),
            ("SITE", second @ ("PSWD" | "PASSWD" | "CHPASS" | "PASS" | "GPASS" | "ADDUSER" | "GADDUSER")) => {
                Some(format!("{verb} {second} ****"))
            }
            _ => None,
        }
    }

    fn words(&self) -> impl Iterator<Item = &[u8]> {
        self.line.as_bytes().split(u8::is_ascii_whitespace).filter(|word| !word.is_empty())
    }
}

impl fmt::Debug for TypedLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.masked().unwrap_or_else(|| display(self.line.as_bytes()));
        f.debug_tuple("TypedLine").field(&shown).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s1_one_line_and_one_command() {
        for line in [
            "",
            "  ",
            "NOOP\r\nDELE /a",
            "NOOP\n",
            "A\0B",
            "\u{ff}NOOP",
            "N\u{1}OP",
            "-l",
            "AAAAAAAAAAAAAAAAA",
        ] {
            // A line end at the end is trimmed: it is how the line was typed.
            let trimmed = line == "NOOP\n";
            assert_eq!(TypedLine::new(line).is_ok(), trimmed, "{line:?}");
        }
        assert_eq!(TypedLine::new(" site\thelp ").unwrap().verb(), "SITE");
        assert_eq!(TypedLine::new(" DELE a \r\n").unwrap().argument().as_bytes(), b"DELE a ");
    }

    #[test]
    fn s3_secrets_are_masked() {
        for (line, shown) in [
            ("pass x y", "PASS ****"),
            ("ACCT secret", "ACCT ****"),
            ("site  pswd old new", "SITE PSWD ****"),
            ("SITE\tADDUSER me secret", "SITE ADDUSER ****"),
        ] {
            let typed = TypedLine::new(line).unwrap();
            assert_eq!(typed.masked().as_deref(), Some(shown));
            assert_eq!(format!("{typed:?}"), format!("TypedLine({shown:?})"));
        }
        assert_eq!(TypedLine::new("SITE CHMOD 644 pass").unwrap().masked(), None);
    }
}
