//! The session log, in FileZilla's kinds and words. Text of the server is escaped before it comes here.

use crate::event::{Event, LogKind, LogLine};
use crate::io::{Output, Time, TlsSession};

/// A log line as an output.
pub(crate) fn line(at: Time, kind: LogKind, text: String) -> Output {
    Output::Event(event(at, kind, text))
}

/// A log line as an event.
pub(crate) fn event(at: Time, kind: LogKind, text: String) -> Event {
    Event::Log(LogLine { at, kind, text })
}

/// `TLS1.3, Key exchange: X25519, Cipher: AES-256-GCM`; what the driver does not know is left out.
pub(crate) fn protocol(tls: &TlsSession) -> String {
    let mut text = format!("Protocol: {}", tls.version);
    for (label, value) in [("Key exchange", &tls.key_exchange), ("Cipher", &tls.cipher)] {
        if !value.is_empty() {
            text.push_str(&format!(", {label}: {value}"));
        }
    }
    text
}

/// `File transfer successful, transferred 1,363 bytes in 1 second`.
pub(crate) fn transferred(bytes: u64, milliseconds: u64) -> String {
    let seconds = milliseconds.div_ceil(1_000).max(1);
    format!(
        "File transfer successful, transferred {} {} in {} {}",
        grouped(bytes),
        if bytes == 1 { "byte" } else { "bytes" },
        grouped(seconds),
        if seconds == 1 { "second" } else { "seconds" },
    )
}

/// A number with a comma between its thousands.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::transferred;

    #[test]
    fn transfers_read_as_in_filezilla() {
        let check = |bytes, milliseconds, text: &str| {
            assert_eq!(
                transferred(bytes, milliseconds),
                format!("File transfer successful, transferred {text}")
            );
        };
        check(0, 0, "0 bytes in 1 second");
        check(1, 1_000, "1 byte in 1 second");
        check(999, 1_001, "999 bytes in 2 seconds");
        check(1_234_567, 61_000, "1,234,567 bytes in 61 seconds");
        check(104_857_600, 2_000_000, "104,857,600 bytes in 2,000 seconds");
    }
}
