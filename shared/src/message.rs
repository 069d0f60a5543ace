//! Every frame but DATA as one enum, with its encoding.

use crate::frame::{Flags, FrameError, Header, Kind, StreamId};
use crate::link::{GoAway, Hello, Welcome};
use crate::reset::Reset;
use crate::stream::{Open, Opened};
use crate::tls::{StartTls, TlsInfo};
use crate::{MAX_JSON, MAX_PAYLOAD, WINDOW_UNIT};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A frame other than DATA. [`Message::encode`] and [`Message::decode`] are each other's inverse.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Message {
    /// See [`Kind::Hello`].
    Hello(Hello),
    /// See [`Kind::Welcome`].
    Welcome(Welcome),
    /// See [`Kind::Ping`].
    Ping(u64),
    /// See [`Kind::Pong`].
    Pong(u64),
    /// See [`Kind::GoAway`].
    GoAway(GoAway),
    /// See [`Kind::Open`]; the window counts bytes and is a multiple of [`WINDOW_UNIT`].
    Open {
        /// Where to.
        open: Open,
        /// Bytes that the relay may send before it sees a CREDIT.
        window: u64,
    },
    /// See [`Kind::Opened`]; the window counts bytes and is a multiple of [`WINDOW_UNIT`].
    Opened {
        /// What was connected.
        opened: Opened,
        /// Bytes that the page may send before it sees a CREDIT.
        window: u64,
    },
    /// See [`Kind::Credit`]: bytes allowed since the stream began. A lower limit than an earlier one changes nothing.
    Credit(u64),
    /// See [`Kind::Fin`].
    Fin {
        /// The TLS session ended without close_notify.
        unclean: bool,
    },
    /// See [`Kind::Reset`].
    Reset(Reset),
    /// See [`Kind::StartTls`].
    StartTls(StartTls),
    /// See [`Kind::TlsInfo`].
    TlsInfo(TlsInfo),
    /// See [`Kind::TlsCert`].
    TlsCert {
        /// Place in the chain, 0 the leaf.
        index: u16,
        /// The certificate.
        der: Vec<u8>,
    },
    /// See [`Kind::TlsAccept`].
    TlsAccept,
}

impl Message {
    /// The frame's bytes, header first.
    #[must_use]
    pub fn encode(&self, stream: StreamId) -> Vec<u8> {
        let mut header = Header::new(self.kind(), stream);
        match self {
            Message::Open { window, .. } | Message::Opened { window, .. } => {
                header.aux = u16::try_from(window / WINDOW_UNIT).unwrap_or(u16::MAX);
            }
            Message::TlsCert { index, .. } => header.aux = *index,
            Message::Fin { unclean: true } => header.flags = Flags::UNCLEAN,
            _ => {}
        }
        let mut out = header.to_bytes().to_vec();
        match self {
            Message::Hello(body) => json(body, &mut out),
            Message::Welcome(body) => json(body, &mut out),
            Message::GoAway(body) => json(body, &mut out),
            Message::Open { open, .. } => json(open, &mut out),
            Message::Opened { opened, .. } => json(opened, &mut out),
            Message::StartTls(body) => json(body, &mut out),
            Message::TlsInfo(body) => json(body, &mut out),
            Message::Ping(number) | Message::Pong(number) | Message::Credit(number) => {
                out.extend_from_slice(&number.to_le_bytes());
            }
            Message::Reset(reset) => reset.encode(&mut out),
            Message::TlsCert { der, .. } => out.extend_from_slice(der),
            Message::Fin { .. } | Message::TlsAccept => {}
        }
        out
    }

    /// Reads the payload of a frame that is not DATA.
    ///
    /// # Errors
    /// [`FrameError::Length`] where the payload cannot belong to its type (DATA included), and
    /// [`FrameError::Json`] where a cold frame cannot be read. Nothing is allocated by a length that the
    /// sender claims.
    pub fn decode(header: Header, payload: &[u8]) -> Result<Message, FrameError> {
        let kind = header.kind;
        let length = FrameError::Length { kind, len: payload.len() };
        let number = || <[u8; 8]>::try_from(payload).map(u64::from_le_bytes);
        let window = u64::from(header.aux) * WINDOW_UNIT;
        Ok(match kind {
            Kind::Hello => Message::Hello(parse(kind, payload)?),
            Kind::Welcome => Message::Welcome(parse(kind, payload)?),
            Kind::GoAway => Message::GoAway(parse(kind, payload)?),
            Kind::Open => Message::Open { open: parse(kind, payload)?, window },
            Kind::Opened => Message::Opened { opened: parse(kind, payload)?, window },
            Kind::StartTls => Message::StartTls(parse(kind, payload)?),
            Kind::TlsInfo => Message::TlsInfo(parse(kind, payload)?),
            Kind::Ping => Message::Ping(number().map_err(|_| length)?),
            Kind::Pong => Message::Pong(number().map_err(|_| length)?),
            Kind::Credit => Message::Credit(number().map_err(|_| length)?),
            Kind::Reset => Message::Reset(Reset::decode(payload)?),
            Kind::TlsCert if payload.len() <= MAX_PAYLOAD => {
                Message::TlsCert { index: header.aux, der: payload.to_vec() }
            }
            Kind::Fin if payload.is_empty() => Message::Fin { unclean: header.flags.has(Flags::UNCLEAN) },
            Kind::TlsAccept if payload.is_empty() => Message::TlsAccept,
            Kind::Fin | Kind::TlsAccept | Kind::TlsCert | Kind::Data => return Err(length),
        })
    }

    fn kind(&self) -> Kind {
        match self {
            Message::Hello(_) => Kind::Hello,
            Message::Welcome(_) => Kind::Welcome,
            Message::Ping(_) => Kind::Ping,
            Message::Pong(_) => Kind::Pong,
            Message::GoAway(_) => Kind::GoAway,
            Message::Open { .. } => Kind::Open,
            Message::Opened { .. } => Kind::Opened,
            Message::Credit(_) => Kind::Credit,
            Message::Fin { .. } => Kind::Fin,
            Message::Reset(_) => Kind::Reset,
            Message::StartTls(_) => Kind::StartTls,
            Message::TlsInfo(_) => Kind::TlsInfo,
            Message::TlsCert { .. } => Kind::TlsCert,
            Message::TlsAccept => Kind::TlsAccept,
        }
    }
}

/// Our own types hold strings, numbers and vectors only, which serde_json cannot fail to write; an empty
/// payload would be refused by the other side as unreadable JSON rather than misread.
fn json<T: Serialize>(body: &T, out: &mut Vec<u8>) {
    if let Ok(mut text) = serde_json::to_vec(body) {
        out.append(&mut text);
    }
}

fn parse<T: DeserializeOwned>(kind: Kind, payload: &[u8]) -> Result<T, FrameError> {
    if payload.len() > MAX_JSON {
        return Err(FrameError::Length { kind, len: payload.len() });
    }
    serde_json::from_slice(payload).map_err(|error| FrameError::Json { kind, text: error.to_string() })
}
