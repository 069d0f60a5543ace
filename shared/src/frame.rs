//! The 8-byte frame header: `type u8 · flags u8 · aux u16 · stream u32`, little endian.

use thiserror::Error;

/// A stream's number. The page opens odd ones, strictly increasing and never reused; 0 is the link itself. Even
/// numbers are kept for streams that the relay would open.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct StreamId(pub u32);

impl StreamId {
    /// The link itself: HELLO, WELCOME, RESUME, ACK, PING and their kin.
    pub const LINK: StreamId = StreamId(0);
}

/// Frame types. Gaps are kept for frames that DESIGN names and this version does not speak yet.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u8)]
pub enum Kind {
    /// Page's first frame, JSON.
    Hello = 0x01,
    /// Relay's first frame, JSON.
    Welcome = 0x02,
    /// Page's first frame on a new WebSocket for a link that lost its own, JSON.
    Resume = 0x03,
    /// The sender has this many numbered frames in all, u64.
    Ack = 0x04,
    /// Asks for a PONG with the same 8 bytes.
    Ping = 0x05,
    /// Answers a PING.
    Pong = 0x06,
    /// The relay is about to stop, JSON.
    GoAway = 0x07,
    /// Answers a RESUME, JSON.
    Resumed = 0x08,
    // From 0x10 on frames are numbered: see `ledger`.
    /// Page asks for a connection, JSON; `aux` is the first download window in [`crate::WINDOW_UNIT`]s.
    Open = 0x10,
    /// Relay is connected, JSON; `aux` is the first upload window in [`crate::WINDOW_UNIT`]s.
    Opened = 0x11,
    // 0x12 stays free: a listening stream is an OPEN of its own kind, and its connection an OPENED.
    /// Relay listens for the server's connection, JSON; OPENED follows when it has come.
    Listening = 0x13,
    /// Bytes of a stream.
    Data = 0x20,
    /// The receiver of DATA allows its sender this many bytes in all, u64.
    Credit = 0x21,
    /// Half-close: no more bytes from this side.
    Fin = 0x22,
    /// The stream is over and what is under way is discarded: reason u16, detail u16, text.
    Reset = 0x23,
    /// Page asks for TLS on a stream, JSON.
    StartTls = 0x30,
    /// Outcome of the handshake, JSON.
    TlsInfo = 0x31,
    /// One certificate of the server's chain, DER; `aux` is its place, 0 the leaf. They come before TLS_INFO.
    TlsCert = 0x32,
    /// Page accepts the certificate: the gate opens.
    TlsAccept = 0x33,
    /// Page asks the relay to write a stored secret of a preset site, JSON.
    WriteSecret = 0x40,
    // 0x50 ATTACH, 0x51 ATTACHED, 0x52 BULK_PROGRESS, 0x53 BULK_END, 0x54 COMMIT
}

impl Kind {
    fn from_byte(byte: u8) -> Option<Kind> {
        use Kind::*;
        const ALL: [Kind; 20] = [
            Hello,
            Welcome,
            Resume,
            Ack,
            Ping,
            Pong,
            GoAway,
            Resumed,
            Open,
            Opened,
            Listening,
            Data,
            Credit,
            Fin,
            Reset,
            StartTls,
            TlsInfo,
            TlsCert,
            TlsAccept,
            WriteSecret,
        ];
        ALL.into_iter().find(|kind| *kind as u8 == byte)
    }
}

/// Flag bits of a header.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Flags(pub u8);

impl Flags {
    /// On FIN: the socket ended without TLS close_notify, so the end of the bytes is not proven.
    pub const UNCLEAN: Flags = Flags(0b0000_0010);
    /// A receiver that does not know the frame type ignores the frame instead of ending the link.
    pub const IGNORABLE: Flags = Flags(0b1000_0000);

    /// Whether all bits of `other` are set.
    #[must_use]
    pub fn has(self, other: Flags) -> bool {
        self.0 & other.0 == other.0
    }
}

/// A decoded header.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Header {
    /// Frame type.
    pub kind: Kind,
    /// Flag bits.
    pub flags: Flags,
    /// A small number whose meaning depends on the type.
    pub aux: u16,
    /// The stream that the frame belongs to.
    pub stream: StreamId,
}

impl Header {
    /// Bytes of a header on the wire.
    pub const LEN: usize = 8;

    /// A header with no flags and `aux` 0.
    #[must_use]
    pub fn new(kind: Kind, stream: StreamId) -> Header {
        Header { kind, flags: Flags::default(), aux: 0, stream }
    }

    /// Splits a message into header and payload.
    ///
    /// # Errors
    /// [`FrameError::Short`] under 8 bytes; [`FrameError::UnknownKind`] for a type this version does not know,
    /// [`FrameError::Ignorable`] where such a frame says that it may be skipped.
    pub fn split(frame: &[u8]) -> Result<(Header, &[u8]), FrameError> {
        let (head, payload) = frame.split_first_chunk::<{ Header::LEN }>().ok_or(FrameError::Short)?;
        let [kind, flags, aux0, aux1, s0, s1, s2, s3] = *head;
        let flags = Flags(flags);
        let kind = Kind::from_byte(kind).ok_or(if flags.has(Flags::IGNORABLE) {
            FrameError::Ignorable
        } else {
            FrameError::UnknownKind(kind)
        })?;
        let stream = StreamId(u32::from_le_bytes([s0, s1, s2, s3]));
        Ok((Header { kind, flags, aux: u16::from_le_bytes([aux0, aux1]), stream }, payload))
    }

    /// The header's 8 bytes.
    #[must_use]
    pub fn to_bytes(self) -> [u8; Header::LEN] {
        let aux = self.aux.to_le_bytes();
        let stream = self.stream.0.to_le_bytes();
        [self.kind as u8, self.flags.0, aux[0], aux[1], stream[0], stream[1], stream[2], stream[3]]
    }
}

/// A frame that is not of this protocol. All but [`FrameError::Ignorable`] end the link.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum FrameError {
    /// Fewer bytes than a header.
    #[error("frame is shorter than its header")]
    Short,
    /// The type byte is unknown.
    #[error("unknown frame type {0:#04x}")]
    UnknownKind(u8),
    /// The type byte is unknown, and the sender says that the frame may be skipped.
    #[error("unknown frame that may be skipped")]
    Ignorable,
    /// The payload is longer or shorter than its type allows.
    #[error("payload of {len} bytes does not fit a {kind:?} frame")]
    Length {
        /// The frame's type.
        kind: Kind,
        /// Payload bytes found.
        len: usize,
    },
    /// JSON of a cold frame cannot be read.
    #[error("{kind:?} frame cannot be read: {text}")]
    Json {
        /// The frame's type.
        kind: Kind,
        /// The parser's words.
        text: String,
    },
}
