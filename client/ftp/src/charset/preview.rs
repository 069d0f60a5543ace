//! How a name would read in other charsets, for a person to choose by.

use super::plausible::plausibility;
use super::{Charset, OFFERED};

/// The readings of these bytes, the most plausible first: UTF-8 if it is that, then every charset that is [`OFFERED`] and reads
/// them exactly. Charsets that read the same are told once, by the first. Of ASCII there is one reading.
#[must_use]
pub fn preview(bytes: &[u8]) -> Vec<(Charset, String)> {
    let mut readings: Vec<(i32, Charset, String)> = Vec::new();
    for (label, _) in OFFERED {
        let Ok(charset @ (Charset::Utf8 | Charset::Legacy(_))) = Charset::from_label(label) else { continue };
        let decoded = charset.decode(bytes);
        if decoded.exact && readings.iter().all(|(_, _, text)| *text != decoded.text) {
            let rank = if charset == Charset::Utf8 { i32::MAX } else { plausibility(&decoded.text) };
            readings.push((rank, charset, decoded.text));
        }
    }
    // Stable: of equals the order of the table.
    readings.sort_by_key(|(rank, ..)| std::cmp::Reverse(*rank));
    readings.into_iter().map(|(_, charset, text)| (charset, text)).collect()
}
