//! One frame from anybody: it is read or refused, and what was read is written and read as the same again.

use towpath_shared::{Flags, FrameError, Header, Kind, MAX_PAYLOAD, Message};

pub(crate) fn body(data: &[u8]) {
    let (header, payload) = match Header::split(data) {
        Ok(split) => split,
        // It says itself that it may be passed over.
        Err(FrameError::Ignorable) => return assert!(data[1] & Flags::IGNORABLE.0 != 0),
        Err(_) => return,
    };
    assert_eq!(payload.len() + Header::LEN, data.len());
    let (again, nothing) =
        Header::split(&header.to_bytes()).map(|(header, rest)| (header, rest.len())).unwrap();
    assert_eq!((again, nothing), (header, 0));
    let message = match Message::decode(header, payload) {
        Ok(message) => message,
        Err(error) => {
            // The words are for a log, and never the sender's to fill.
            assert!(error.to_string().len() < 1024, "{error}");
            return;
        }
    };
    assert!(header.kind != Kind::Data && payload.len() <= MAX_PAYLOAD);
    let written = message.encode(header.stream);
    // JSON that others wrote shorter may grow a little past its limit.
    if let Ok(read) = Header::split(&written).and_then(|(header, payload)| Message::decode(header, payload)) {
        assert_eq!(read, message);
    } else {
        assert!(written.len() > 16 * 1024, "{message:?}");
    }
}
