//! The page's end of a tunnel against a relay that sends anything: nothing panics, what the page sends is in order and within the credit
//! that it was given, and it takes nothing past the credit that it gave.

#[path = "program.rs"]
mod program;

use program::Program;
use std::collections::BTreeMap;
use towpath_shared::page::{Event, Link};
use towpath_shared::{
    FrameError, GoAway, Header, Hello, Kind, Listening, Message, Opened, RESUME, Reason, Reset, ResumeToken,
    Resumed, Resumption, StreamId, StreamKind, TlsInfo, TlsVersion, Verdict, Welcome,
};

impl Program<'_> {
    /// Small numbers mostly, and those at the edges.
    fn number(&mut self) -> u64 {
        let byte = self.byte();
        match byte {
            0..200 => u64::from(byte),
            200..240 => 1 << (u32::from(byte) - 200).min(63),
            240..248 => u64::MAX - u64::from(byte - 240),
            _ => u64::from(u32::from_le_bytes([self.byte(), self.byte(), self.byte(), self.byte()])),
        }
    }

    fn stream(&mut self) -> StreamId {
        StreamId(u32::from(self.byte() % 12))
    }
}

/// What the two sides may do, as the wire says it.
#[derive(Default)]
struct Credits {
    /// What the page has allowed, and had.
    allowed: BTreeMap<StreamId, u64>,
    taken: BTreeMap<StreamId, u64>,
    /// What the relay has allowed, and had.
    granted: BTreeMap<StreamId, u64>,
    sent: BTreeMap<StreamId, u64>,
    /// FIN or RESET went out.
    ended: BTreeMap<StreamId, Kind>,
    newest: u32,
}

impl Credits {
    /// Reads what the page sends as a strict relay would.
    fn page_sends(&mut self, frame: &[u8]) {
        let (header, payload) = Header::split(frame).expect("the page sends frames");
        let message = Message::decode(header, payload).expect("the page sends messages");
        let id = header.stream;
        if id != StreamId::LINK {
            let over = self.ended.get(&id);
            assert!(over != Some(&Kind::Reset), "{message:?} after RESET");
            let after_fin = matches!(message, Message::Credit(_) | Message::Reset(_) | Message::TlsAccept);
            assert!(over.is_none() || after_fin, "{message:?} after FIN");
        }
        match message {
            Message::Open { window, .. } => {
                assert!(id.0 % 2 == 1 && id.0 > self.newest, "{id:?} after {}", self.newest);
                self.newest = id.0;
                self.allowed.insert(id, window);
            }
            Message::Credit(limit) => {
                let allowed = self.allowed.get_mut(&id).expect("CREDIT after OPEN");
                assert!(limit > *allowed, "CREDIT that allows nothing");
                *allowed = limit;
            }
            Message::Fin { .. } => drop(self.ended.insert(id, Kind::Fin)),
            Message::Reset(_) => drop(self.ended.insert(id, Kind::Reset)),
            _ => {}
        }
    }
}

fn welcome(program: &mut Program<'_>) -> Message {
    let resumes = program.byte().is_multiple_of(2);
    Message::Welcome(Welcome {
        max_payload: usize::try_from(program.number()).unwrap_or(usize::MAX),
        max_streams: 8,
        features: resumes.then(|| RESUME.to_owned()).into_iter().collect(),
        resumption: resumes.then(|| Resumption {
            token: ResumeToken("t".into()),
            grace_ms: program.number(),
            path: "r".into(),
        }),
        ..Welcome::default()
    })
}

/// What a relay says, in its place or out of it.
fn from_relay(program: &mut Program<'_>) -> Message {
    match program.byte() % 16 {
        0 => welcome(program),
        1 => Message::Ping(program.number()),
        2 => Message::Pong(program.number()),
        3 => Message::GoAway(GoAway { text: "x".into(), drain_ms: program.number() }),
        4 => Message::Ack(program.number()),
        5 => Message::Resumed(Resumed { received: program.number() }),
        6 | 7 => Message::Opened {
            opened: Opened { peer: "p".into(), local: "l".into(), connect_ms: 1 },
            window: program.number() << 14,
        },
        8 | 9 => Message::Credit(program.number() << (program.byte() % 24)),
        10 => Message::Fin { unclean: program.byte().is_multiple_of(2) },
        11 => Message::Reset(Reset::new(Reason::PeerReset, "x")),
        12 => Message::TlsCert { index: u16::from(program.byte() % 12), der: program.bytes() },
        13 => Message::TlsInfo(TlsInfo {
            verdict: Verdict::SelfSigned,
            version: TlsVersion::Tls13,
            key_exchange: String::new(),
            cipher: String::new(),
            resumed: false,
            gate_open: program.byte().is_multiple_of(2),
            chain: Vec::new(),
        }),
        14 => Message::Listening(Listening { address: "a".into() }),
        _ => Message::Hello(Hello::default()),
    }
}

pub(crate) fn body(data: &[u8]) {
    let mut program = Program(data);
    let mut link = Link::new(Hello::default());
    let mut credits = Credits::default();
    let mut now = 0;
    while !program.0.is_empty() {
        now += u64::from(program.byte() % 64);
        let step = match program.byte() % 16 {
            0 => {
                let parent = program.stream().0;
                let kind = match program.byte() % 3 {
                    0 => StreamKind::Control { host: "h".into(), port: 21 },
                    1 => StreamKind::Data { parent, port: 20 },
                    _ => StreamKind::Listen { parent },
                };
                drop(link.open(kind));
                Ok(())
            }
            1 => {
                link.start_tls(program.stream(), "h".into(), None);
                Ok(())
            }
            2 => {
                link.accept_tls(program.stream());
                Ok(())
            }
            3 => {
                link.finish(program.stream());
                Ok(())
            }
            4 => {
                link.reset(program.stream(), Reason::Cancelled);
                Ok(())
            }
            5 => {
                link.ping(now);
                Ok(())
            }
            6 => {
                let (id, most) = (program.stream(), program.number());
                let len = link.budget(id).min(most).min(link.max_payload() as u64);
                if len > 0 {
                    assert!(!credits.ended.contains_key(&id), "bytes after the end");
                    link.data_header(id, len as usize);
                    let sent = credits.sent.entry(id).or_default();
                    *sent += len;
                    assert!(*sent <= credits.granted[&id], "{sent} bytes of {}", credits.granted[&id]);
                }
                Ok(())
            }
            7 => {
                let id = program.stream();
                let taken = credits.taken.get(&id).copied().unwrap_or(0);
                link.consumed(id, program.number().min(taken), now);
                Ok(())
            }
            8 => {
                if link.interrupted() {
                    assert!(link.poll_frame().is_none());
                    assert!(link.resume().is_some());
                }
                Ok(())
            }
            9 | 10 => {
                let (id, len) = (program.stream(), program.number().min(1 << 20) as usize);
                let taken = link.receive_data(Header::new(Kind::Data, id), len);
                if taken == Ok(true) {
                    let total = credits.taken.entry(id).or_default();
                    *total += len as u64;
                    let allowed = credits.allowed.get(&id).copied().unwrap_or(0);
                    assert!(*total <= allowed, "{total} bytes of {allowed}");
                }
                taken.map(drop)
            }
            11 => {
                let frame = program.bytes();
                match Header::split(&frame) {
                    Ok((header, payload)) if header.kind == Kind::Data => {
                        link.receive_data(header, payload.len()).map(drop)
                    }
                    Ok((header, payload)) => link.receive(header, payload, now).map(drop),
                    Err(FrameError::Ignorable) => {
                        link.skip(frame[0], frame.len());
                        Ok(())
                    }
                    Err(_) => Ok(()),
                }
            }
            _ => {
                let (id, message) = (program.stream(), from_relay(&mut program));
                let frame = message.encode(id);
                let (header, payload) = Header::split(&frame).expect("a frame");
                let heard = link.receive(header, payload, now);
                // What was under way when the page gave the stream up is allowed to nobody.
                let counts = matches!(heard, Ok(Some(Event::Opened(..) | Event::Writable(_))));
                match Message::decode(header, payload) {
                    Ok(Message::Opened { window: limit, .. } | Message::Credit(limit)) if counts => {
                        let granted = credits.granted.entry(id).or_default();
                        *granted = limit.max(*granted);
                    }
                    _ => {}
                }
                heard.map(drop)
            }
        };
        while let Some(frame) = link.poll_frame() {
            credits.page_sends(&frame);
        }
        if step.is_err() {
            return;
        }
    }
}
