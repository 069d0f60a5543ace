//! Charsets of names (rules U1, R11, S1, S2). A name is its bytes, and these are what goes back to the server; a charset only says how they
//! read, and what bytes a name has that a person types.
//!
//! Auto is strict UTF-8 and, name by name, the site's charset where that fails. Nothing that is decoded is ever lost: what a charset
//! has no character for is shown as `\xNN`, and [`Decoded::exact`] says whether the text leads back to the bytes.
//!
//! Rule U2, normal forms: a name typed here and the same name listed by macOS may be different bytes (`ä` as one character and as two). Names are
//! compared by bytes, and that stays. An option to write typed names in NFC or NFD would need the decompositions of Unicode, which the
//! standard library does not have (`unicode-normalization`, about 100 KiB of tables); in a page `String.prototype.normalize` has
//! them, so the page can offer it on what is typed without the engine knowing.

mod legacy;
mod offered;
mod plausible;
mod preview;

#[cfg(test)]
mod tests;

pub use legacy::Legacy;
pub use offered::OFFERED;
pub use preview::preview;

use std::fmt;
use thiserror::Error;

/// How the names of a site read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Charset {
    /// UTF-8 where it is that, else the other one. Typed names become UTF-8.
    Auto(Legacy),
    /// UTF-8 and nothing else.
    Utf8,
    /// One charset of old.
    Legacy(Legacy),
}

impl Default for Charset {
    /// Auto with ISO-8859-1, which reads every byte.
    fn default() -> Charset {
        Charset::Auto(Legacy::Latin1)
    }
}

/// A name as it reads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decoded {
    /// For eyes. Control characters are as they are: who shows it escapes them (rule S4).
    pub text: String,
    /// Whether the text in [`Decoded::charset`] is these bytes and no others, so that it could be edited and sent.
    pub exact: bool,
    /// What it was read in; never [`Charset::Auto`]. Under Auto another one than UTF-8 is what rule U1 flags.
    pub charset: Charset,
}

/// A label that names no charset for FTP.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum LabelError {
    /// Nobody knows it.
    #[error("there is no charset \"{0}\"")]
    Unknown(String),
    /// The WHATWG standard knows it, but the bytes of its characters can hold NUL, `/`, line ends or escape sequences: names
    /// in it cannot be told apart in a path or command (rule S1). UTF-16 and ISO-2022-JP are such.
    #[error("names cannot be written in {0} over FTP")]
    Unfit(&'static str),
}

/// A text that cannot be sent in a charset. Nothing is ever replaced.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum EncodeError {
    /// The charset has no such character, or writes it like another one, as Shift_JIS does the yen sign.
    #[error("{charset} has no character {character:?}")]
    Unmappable {
        /// The first such character.
        character: char,
        /// The charset.
        charset: Charset,
    },
    /// The bytes would hold CR, LF or NUL (rule S1).
    #[error("a line end or NUL cannot be sent in an FTP command")]
    ControlByte,
}

impl Charset {
    /// The charset of a label: `auto`, `auto:windows-1251` (the charset where it is not UTF-8), `utf-8`, or any label of the WHATWG Encoding
    /// standard, but for those that are [`LabelError::Unfit`]. Unlike there, `iso-8859-1` and `latin1` are not windows-1252.
    ///
    /// # Errors
    /// [`LabelError`].
    pub fn from_label(label: &str) -> Result<Charset, LabelError> {
        let label = label.trim().to_ascii_lowercase();
        if label == "auto" {
            return Ok(Charset::default());
        }
        if let Some(fallback) = label.strip_prefix("auto:") {
            return Ok(match Charset::from_label(fallback)? {
                Charset::Legacy(fallback) => Charset::Auto(fallback),
                other => other,
            });
        }
        Ok(Legacy::from_label(&label)?.map_or(Charset::Utf8, Charset::Legacy))
    }

    /// How the bytes read. Never fails: see [`Decoded`].
    #[must_use]
    pub fn decode(self, bytes: &[u8]) -> Decoded {
        let charset = match self {
            Charset::Auto(_) if std::str::from_utf8(bytes).is_ok() => Charset::Utf8,
            Charset::Auto(fallback) => Charset::Legacy(fallback),
            other => other,
        };
        let text = match charset {
            Charset::Legacy(legacy) => legacy.decode(bytes),
            _ => utf8(bytes),
        };
        let exact = charset.bytes(&text).is_ok_and(|again| again == bytes);
        Decoded { text, exact, charset }
    }

    /// The bytes of a text that a person typed, exactly: decoding them gives the same text.
    ///
    /// # Errors
    /// [`EncodeError`].
    pub fn encode(self, text: &str) -> Result<Vec<u8>, EncodeError> {
        let bytes = self.bytes(text)?;
        if bytes.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
            return Err(EncodeError::ControlByte);
        }
        Ok(bytes)
    }

    /// Whether a byte is a character, always: only then can 0xFF be a letter that has to be doubled for telnet (rule S2).
    #[must_use]
    pub fn is_single_byte(self) -> bool {
        matches!(self, Charset::Legacy(legacy) if legacy.is_single_byte())
    }

    fn bytes(self, text: &str) -> Result<Vec<u8>, EncodeError> {
        match self {
            Charset::Auto(_) | Charset::Utf8 => Ok(text.as_bytes().to_vec()),
            Charset::Legacy(legacy) => {
                legacy.encode(text).map_err(|character| EncodeError::Unmappable { character, charset: self })
            }
        }
    }
}

impl fmt::Display for Charset {
    /// Its label, which [`Charset::from_label`] takes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Charset::Auto(Legacy::Latin1) => f.write_str("auto"),
            Charset::Auto(fallback) => write!(f, "auto:{}", fallback.label()),
            Charset::Utf8 => f.write_str("utf-8"),
            Charset::Legacy(legacy) => f.write_str(&legacy.label()),
        }
    }
}

/// UTF-8; what is not shows as `\xNN`.
fn utf8(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        show(chunk.invalid(), &mut text);
    }
    text
}

/// Bytes without a character.
fn show(bytes: &[u8], text: &mut String) {
    for byte in bytes {
        text.push_str(&format!("\\x{byte:02X}"));
    }
}
