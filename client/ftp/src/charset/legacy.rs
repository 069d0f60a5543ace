//! Charsets that are not Unicode's: those of the WHATWG Encoding standard, and ISO-8859-1 as it is.

use super::{LabelError, show};
use encoding_rs::{DecoderResult, EncoderResult, Encoding, ISO_2022_JP, REPLACEMENT, UTF_8, X_USER_DEFINED};

/// Labels of ISO-8859-1 that the WHATWG standard takes for windows-1252.
const LATIN1: [&str; 9] = [
    "iso-8859-1",
    "iso8859-1",
    "iso88591",
    "iso_8859-1",
    "iso_8859-1:1987",
    "iso-ir-100",
    "latin1",
    "latin-1",
    "l1",
];

/// One such charset. All of them are ASCII where the high bit is not set and no character begins before.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Legacy {
    /// ISO-8859-1: the byte is the character.
    Latin1,
    /// One of the WHATWG standard's.
    Standard(Standard),
}

/// A charset of the WHATWG standard that is fit for names in commands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Standard(&'static Encoding);

impl Legacy {
    /// The charset of a label in lower case; `None` is UTF-8.
    pub(super) fn from_label(label: &str) -> Result<Option<Legacy>, LabelError> {
        if LATIN1.contains(&label) {
            return Ok(Some(Legacy::Latin1));
        }
        let encoding = Encoding::for_label(label.as_bytes())
            .ok_or_else(|| LabelError::Unknown(label.chars().take(40).collect()))?;
        if encoding == UTF_8 {
            return Ok(None);
        }
        // ISO-2022-JP is not ASCII-compatible: any byte of ASCII may be half of a character, `/` too. The replacement charset
        // reads nothing, and the last one is no charset of names.
        let unfit = [REPLACEMENT, ISO_2022_JP, X_USER_DEFINED];
        if !encoding.is_ascii_compatible() || unfit.contains(&encoding) {
            return Err(LabelError::Unfit(encoding.name()));
        }
        Ok(Some(Legacy::Standard(Standard(encoding))))
    }

    /// Its label.
    pub(super) fn label(self) -> String {
        match self {
            Legacy::Latin1 => "iso-8859-1".to_owned(),
            Legacy::Standard(Standard(encoding)) => encoding.name().to_ascii_lowercase(),
        }
    }

    /// Whether each byte is a character.
    pub(super) fn is_single_byte(self) -> bool {
        match self {
            Legacy::Latin1 => true,
            Legacy::Standard(Standard(encoding)) => encoding.is_single_byte(),
        }
    }

    /// The text; bytes without a character show as `\xNN`.
    pub(super) fn decode(self, bytes: &[u8]) -> String {
        let Legacy::Standard(Standard(encoding)) = self else {
            return bytes.iter().map(|byte| char::from(*byte)).collect();
        };
        let mut decoder = encoding.new_decoder_without_bom_handling();
        let mut text = String::new();
        let mut read = 0;
        loop {
            let rest = &bytes[read..];
            text.reserve(
                decoder.max_utf8_buffer_length_without_replacement(rest.len()).unwrap_or(rest.len()),
            );
            let (result, count) = decoder.decode_to_string_without_replacement(rest, &mut text, true);
            read += count;
            match result {
                DecoderResult::InputEmpty => return text,
                DecoderResult::OutputFull => {}
                // Bytes after the malformed ones may have been taken in already; they come out later.
                DecoderResult::Malformed(length, taken) => {
                    let end = read.saturating_sub(usize::from(taken));
                    let start = end.saturating_sub(usize::from(length));
                    show(&bytes[start..end], &mut text);
                }
            }
        }
    }

    /// The bytes of a text, if they read as that text again; else the first character that stands in the way.
    pub(super) fn encode(self, text: &str) -> Result<Vec<u8>, char> {
        let Legacy::Standard(Standard(encoding)) = self else {
            return text.chars().map(|character| u8::try_from(character).map_err(|_| character)).collect();
        };
        let mut encoder = encoding.new_encoder();
        let mut bytes = Vec::new();
        let mut rest = text;
        loop {
            let room = encoder.max_buffer_length_from_utf8_without_replacement(rest.len());
            bytes.reserve(room.unwrap_or(rest.len()));
            let (result, count) = encoder.encode_from_utf8_to_vec_without_replacement(rest, &mut bytes, true);
            rest = &rest[count..];
            match result {
                EncoderResult::InputEmpty => break,
                EncoderResult::OutputFull => {}
                EncoderResult::Unmappable(character) => return Err(character),
            }
        }
        if text.is_ascii() || self.decode(&bytes) == text {
            return Ok(bytes);
        }
        let mut letter = [0; 4];
        let differs = |character: &char| match self.encode_one(character.encode_utf8(&mut letter)) {
            Some(bytes) => self.decode(&bytes) != character.to_string(),
            None => true,
        };
        Err(text.chars().find(differs).or_else(|| text.chars().next()).unwrap_or_default())
    }

    fn encode_one(self, character: &str) -> Option<Vec<u8>> {
        let Legacy::Standard(Standard(encoding)) = self else { return None };
        let (bytes, _, lossy) = encoding.encode(character);
        (!lossy).then(|| bytes.into_owned())
    }
}
