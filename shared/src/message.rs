//! Every frame but DATA as one enum, with its encoding.

use crate::frame::{Flags, FrameError, Header, Kind, StreamId};
use crate::link::{GoAway, Hello, Resume, Resumed, Welcome};
use crate::reset::Reset;
use crate::secret::WriteSecret;
use crate::stream::{Listening, Open, Opened};
use crate::tls::{StartTls, TlsInfo};
use crate::{MAX_JSON, MAX_PAYLOAD, WINDOW_UNIT};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

/// A frame other than DATA. [`Message::encode`] and [`Message::decode`] are each other's inverse.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Message {
    /// See [`Kind::Hello`].
    Hello(Hello),
    /// See [`Kind::Welcome`].
    Welcome(Welcome),
    /// See [`Kind::Resume`].
    Resume(Resume),
    /// See [`Kind::Resumed`].
    Resumed(Resumed),
    /// See [`Kind::Ack`].
    Ack(u64),
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
    /// See [`Kind::Listening`].
    Listening(Listening),
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
    /// See [`Kind::WriteSecret`].
    WriteSecret(WriteSecret),
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
            Message::Resume(body) => json(body, &mut out),
            Message::Resumed(body) => json(body, &mut out),
            Message::GoAway(body) => json(body, &mut out),
            Message::Open { open, .. } => json(open, &mut out),
            Message::Opened { opened, .. } => json(opened, &mut out),
            Message::Listening(body) => json(body, &mut out),
            Message::StartTls(body) => json(body, &mut out),
            Message::TlsInfo(body) => json(body, &mut out),
            Message::WriteSecret(body) => json(body, &mut out),
            Message::Ack(number)
            | Message::Ping(number)
            | Message::Pong(number)
            | Message::Credit(number) => {
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
            Kind::Resume => Message::Resume(parse(kind, payload)?),
            Kind::Resumed => Message::Resumed(parse(kind, payload)?),
            Kind::Ack => Message::Ack(number().map_err(|_| length)?),
            Kind::GoAway => Message::GoAway(parse(kind, payload)?),
            Kind::Open => Message::Open { open: parse(kind, payload)?, window },
            Kind::Opened => Message::Opened { opened: parse(kind, payload)?, window },
            Kind::Listening => Message::Listening(parse(kind, payload)?),
            Kind::StartTls => Message::StartTls(parse(kind, payload)?),
            Kind::TlsInfo => Message::TlsInfo(parse(kind, payload)?),
            Kind::WriteSecret => Message::WriteSecret(parse(kind, payload)?),
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

    pub(crate) fn kind(&self) -> Kind {
        match self {
            Message::Hello(_) => Kind::Hello,
            Message::Welcome(_) => Kind::Welcome,
            Message::Resume(_) => Kind::Resume,
            Message::Resumed(_) => Kind::Resumed,
            Message::Ack(_) => Kind::Ack,
            Message::Ping(_) => Kind::Ping,
            Message::Pong(_) => Kind::Pong,
            Message::GoAway(_) => Kind::GoAway,
            Message::Open { .. } => Kind::Open,
            Message::Opened { .. } => Kind::Opened,
            Message::Listening(_) => Kind::Listening,
            Message::Credit(_) => Kind::Credit,
            Message::Fin { .. } => Kind::Fin,
            Message::Reset(_) => Kind::Reset,
            Message::StartTls(_) => Kind::StartTls,
            Message::TlsInfo(_) => Kind::TlsInfo,
            Message::TlsCert { .. } => Kind::TlsCert,
            Message::TlsAccept => Kind::TlsAccept,
            Message::WriteSecret(_) => Kind::WriteSecret,
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
    // serde_json's own words quote what it found, which may be a secret in the wrong place, and of any length.
    serde_json::from_slice(payload).map_err(|error| {
        let what = match error.classify() {
            Category::Data => "something is missing or of the wrong kind",
            Category::Syntax | Category::Eof | Category::Io => "no JSON",
        };
        FrameError::Json { kind, text: format!("{what} at column {}", error.column()) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credential::Credential;
    use crate::link::{ResumeToken, Resumption, Site, SiteEncryption};
    use crate::reset::{MAX_TEXT, Reason};
    use crate::secret::SecretKind;
    use crate::stream::StreamKind;
    use crate::tls::{Certificate, ClientCertificate, TlsVersion, Verdict};
    use proptest::collection::vec;
    use proptest::option;
    use proptest::prelude::*;

    fn text() -> impl Strategy<Value = String> {
        "\\PC{0,20}|[a-z\"\\\\\u{0}-\u{1f}]{0,20}"
    }

    fn credential() -> impl Strategy<Value = Option<Credential>> {
        prop_oneof![
            Just(None),
            Just(Some(Credential::Unknown)),
            text().prop_map(|text| Some(Credential::token(text))),
            text().prop_map(|text| Some(Credential::ticket(text))),
        ]
    }

    fn site() -> impl Strategy<Value = Site> {
        let encryption = prop_oneof![
            Just(SiteEncryption::None),
            Just(SiteEncryption::ExplicitIfOffered),
            Just(SiteEncryption::Explicit),
            Just(SiteEncryption::Implicit),
        ];
        (text(), text(), any::<u16>(), encryption, option::of(text()), option::of(text())).prop_map(
            |(name, host, port, encryption, user, path)| {
                let stored_password = user.is_some() && port % 2 == 0;
                Site { name, host, port, encryption, user, path, stored_password }
            },
        )
    }

    fn certificate() -> impl Strategy<Value = Certificate> {
        (vec(text(), 6..7), vec(text(), 0..4), any::<i64>(), any::<i64>()).prop_map(
            |(texts, names, not_before, not_after)| {
                let mut texts = texts.into_iter();
                let mut text = || texts.next().unwrap_or_default();
                Certificate {
                    subject: text(),
                    issuer: text(),
                    names,
                    not_before,
                    not_after,
                    serial: text(),
                    key: text(),
                    sha256: text(),
                    spki_sha256: text(),
                }
            },
        )
    }

    fn version() -> impl Strategy<Value = TlsVersion> {
        prop_oneof![
            Just(TlsVersion::Tls10),
            Just(TlsVersion::Tls11),
            Just(TlsVersion::Tls12),
            Just(TlsVersion::Tls13)
        ]
    }

    fn info() -> impl Strategy<Value = TlsInfo> {
        let verdict = prop_oneof![
            Just(Verdict::Trusted),
            Just(Verdict::SelfSigned),
            Just(Verdict::UnknownIssuer),
            Just(Verdict::Expired),
            Just(Verdict::NotYetValid),
            Just(Verdict::WrongName),
            text().prop_map(Verdict::Invalid),
        ];
        (verdict, version(), text(), text(), any::<bool>(), any::<bool>(), vec(certificate(), 0..3)).prop_map(
            |(verdict, version, key_exchange, cipher, resumed, gate_open, chain)| TlsInfo {
                verdict,
                version,
                key_exchange,
                cipher,
                resumed,
                gate_open,
                chain,
            },
        )
    }

    fn reset() -> impl Strategy<Value = Reset> {
        let reason = proptest::sample::select(Reason::ALL.to_vec());
        (reason, any::<u16>(), "\\PC{0,200}").prop_map(|(reason, detail, text)| {
            let mut reset = Reset::new(reason, text);
            reset.detail = detail;
            reset
        })
    }

    fn resumption() -> impl Strategy<Value = Resumption> {
        (text(), any::<u64>(), text()).prop_map(|(token, grace_ms, path)| Resumption {
            token: ResumeToken(token),
            grace_ms,
            path,
        })
    }

    fn window() -> impl Strategy<Value = u64> {
        any::<u16>().prop_map(|units| u64::from(units) * WINDOW_UNIT)
    }

    /// Every message that there is.
    fn message() -> impl Strategy<Value = Message> {
        let control = (text(), any::<u16>()).prop_map(|(host, port)| StreamKind::Control { host, port });
        let data = any::<(u32, u16)>().prop_map(|(parent, port)| StreamKind::Data { parent, port });
        let listen = any::<u32>().prop_map(|parent| StreamKind::Listen { parent });
        let features = || vec(text(), 0..3);
        prop_oneof![
            (text(), features(), credential()).prop_map(|(agent, features, credential)| Message::Hello(
                Hello { agent, features, credential }
            )),
            // A page is wasm32: sizes there have 32 bits.
            (text(), features(), any::<u32>(), any::<u32>(), vec(site(), 0..4), option::of(resumption()))
                .prop_map(|(agent, features, max_payload, max_streams, sites, resumption)| Message::Welcome(
                    Welcome {
                        agent,
                        features,
                        max_payload: max_payload as usize,
                        max_streams: max_streams as usize,
                        sites,
                        resumption,
                    }
                )),
            (text(), any::<u64>()).prop_map(|(token, received)| Message::Resume(Resume {
                token: ResumeToken(token),
                received
            })),
            any::<u64>().prop_map(|received| Message::Resumed(Resumed { received })),
            any::<u64>().prop_map(Message::Ack),
            any::<u64>().prop_map(Message::Ping),
            any::<u64>().prop_map(Message::Pong),
            (text(), any::<u64>()).prop_map(|(text, drain_ms)| Message::GoAway(GoAway { text, drain_ms })),
            (prop_oneof![control, data, listen], window())
                .prop_map(|(kind, window)| Message::Open { open: Open { kind }, window }),
            (text(), text(), any::<u64>(), window()).prop_map(|(peer, local, connect_ms, window)| {
                Message::Opened { opened: Opened { peer, local, connect_ms }, window }
            }),
            text().prop_map(|address| Message::Listening(Listening { address })),
            any::<u64>().prop_map(Message::Credit),
            any::<bool>().prop_map(|unclean| Message::Fin { unclean }),
            reset().prop_map(Message::Reset),
            (text(), any::<u64>(), option::of(version()), option::of(text())).prop_map(
                |(server_name, received, max_version, pem)| {
                    let client_certificate = pem.map(|pem| ClientCertificate { pem });
                    Message::StartTls(StartTls { server_name, received, max_version, client_certificate })
                }
            ),
            info().prop_map(Message::TlsInfo),
            (any::<u16>(), vec(any::<u8>(), 0..300)).prop_map(|(index, der)| Message::TlsCert { index, der }),
            Just(Message::TlsAccept),
            Just(Message::WriteSecret(WriteSecret { what: SecretKind::Password })),
        ]
    }

    fn decode(frame: &[u8]) -> Result<(Header, Message), FrameError> {
        let (header, payload) = Header::split(frame)?;
        Ok((header, Message::decode(header, payload)?))
    }

    proptest! {
        #[test]
        fn encode_and_decode_are_inverse(message in message(), stream in any::<u32>()) {
            let frame = message.encode(StreamId(stream));
            let (header, decoded) = decode(&frame).unwrap();
            prop_assert_eq!(header.stream, StreamId(stream));
            prop_assert_eq!(header.kind, message.kind());
            prop_assert_eq!(decoded, message);
        }

        /// Whatever is understood is understood the same after another turn.
        #[test]
        fn any_bytes(mut frame in vec(any::<u8>(), 0..64), kind in 0u8..0x60) {
            if let Some(first) = frame.first_mut() {
                *first = kind;
            }
            if let Ok((header, message)) = decode(&frame) {
                let (again, same) = decode(&message.encode(header.stream)).unwrap();
                prop_assert_eq!(again.kind, header.kind);
                prop_assert_eq!(same, message);
            }
        }

        #[test]
        fn any_cut_and_any_changed_byte(message in message(), cut in any::<usize>(), place in any::<usize>(), byte in any::<u8>()) {
            let frame = message.encode(StreamId(1));
            let _ = decode(&frame[..cut % frame.len()]);
            let mut changed = frame;
            let place = place % changed.len();
            changed[place] = byte;
            let _ = decode(&changed);
        }
    }

    #[test]
    fn lengths_that_do_not_fit() {
        let wrong = |kind, len: usize| {
            let header = Header::new(kind, StreamId(1));
            let result = Message::decode(header, &vec![b' '; len]);
            assert_eq!(result, Err(FrameError::Length { kind, len }));
        };
        for kind in [Kind::Ack, Kind::Ping, Kind::Pong, Kind::Credit] {
            wrong(kind, 7);
            wrong(kind, 9);
        }
        wrong(Kind::Fin, 1);
        wrong(Kind::TlsAccept, 1);
        wrong(Kind::Reset, 3);
        wrong(Kind::Reset, 4 + MAX_TEXT + 1);
        wrong(Kind::TlsCert, MAX_PAYLOAD + 1);
        wrong(Kind::Data, 0);
        for kind in [
            Kind::Hello,
            Kind::Welcome,
            Kind::Resume,
            Kind::Resumed,
            Kind::GoAway,
            Kind::Open,
            Kind::Opened,
            Kind::Listening,
            Kind::StartTls,
            Kind::TlsInfo,
            Kind::WriteSecret,
        ] {
            wrong(kind, MAX_JSON + 1);
        }
    }

    #[test]
    fn cold_frames_tolerate_what_newer_versions_add() {
        let json = br#"{"max_payload":65536,"max_streams":8,"new":{"deep":[1]},"sites":[{"name":"n","host":"h","port":21,"new":1}]}"#;
        let message = Message::decode(Header::new(Kind::Welcome, StreamId::LINK), json).unwrap();
        let Message::Welcome(welcome) = message else { panic!("{message:?}") };
        assert_eq!((welcome.max_payload, welcome.sites[0].encryption), (65536, SiteEncryption::Explicit));
        let json = br#"{"kind":"control","host":"h","port":21,"new":1}"#;
        assert!(Message::decode(Header::new(Kind::Open, StreamId(1)), json).is_ok());
        for json in [
            &b""[..],
            b"{}",
            b"null",
            b"[",
            b"{\"kind\":\"file\"}",
            b"{\"kind\":\"control\",\"host\":\"h\",\"port\":65536}",
            b"\xff",
        ] {
            let result = Message::decode(Header::new(Kind::Open, StreamId(1)), json);
            assert!(matches!(result, Err(FrameError::Json { kind: Kind::Open, .. })), "{json:?}");
        }
        // What was found is not told: it may be a secret in the wrong place.
        for json in ["\"canary\"", "{\"agent\":\"a\",\"features\":\"canary\"}", "{\"canary"] {
            let error =
                Message::decode(Header::new(Kind::Hello, StreamId::LINK), json.as_bytes()).unwrap_err();
            let text = error.to_string();
            assert!(!text.contains("canary") && text.len() < 100 && text.contains("column"), "{text}");
        }
        // Nesting is bounded by the parser.
        let deep = [&b"{\"new\":"[..], &[b'['; 10_000]].concat();
        assert!(Message::decode(Header::new(Kind::Hello, StreamId::LINK), &deep).is_err());
    }

    #[test]
    fn kinds_that_are_not_known() {
        let known =
            [1, 2, 3, 4, 5, 6, 7, 8, 0x10, 0x11, 0x13, 0x20, 0x21, 0x22, 0x23, 0x30, 0x31, 0x32, 0x33, 0x40];
        for kind in 0..=255u8 {
            let plain = Header::split(&[kind, 0, 0, 0, 0, 0, 0, 0]).map(drop);
            let ignorable = Header::split(&[kind, Flags::IGNORABLE.0, 0, 0, 0, 0, 0, 0]).map(drop);
            if known.contains(&kind) {
                assert_eq!((plain, ignorable), (Ok(()), Ok(())));
            } else {
                assert_eq!(
                    (plain, ignorable),
                    (Err(FrameError::UnknownKind(kind)), Err(FrameError::Ignorable))
                );
            }
        }
        assert_eq!(Header::split(&[1; 7]), Err(FrameError::Short));
    }

    #[test]
    fn the_wire_is_little_endian_and_fixed() {
        let open = Open { kind: StreamKind::Data { parent: 1, port: 50_000 } };
        let frame = Message::Open { open, window: 64 * WINDOW_UNIT }.encode(StreamId(0x0102_0304));
        assert_eq!(frame[..8], [0x10, 0, 64, 0, 4, 3, 2, 1]);
        assert_eq!(&frame[8..], br#"{"kind":"data","parent":1,"port":50000}"#);
        assert_eq!(Message::Credit(258).encode(StreamId(1))[8..], [2, 1, 0, 0, 0, 0, 0, 0]);
        assert_eq!(Message::Fin { unclean: true }.encode(StreamId(1)), [0x22, 2, 0, 0, 1, 0, 0, 0]);
        let reset = Message::Reset(Reset::new(Reason::PolicyDenied, "no")).encode(StreamId(1));
        assert_eq!(reset[8..], [6, 0, 0, 0, b'n', b'o']);
    }
}
