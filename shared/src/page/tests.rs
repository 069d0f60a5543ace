//! The page's link against a scripted and against an arbitrary relay.

use super::*;
use crate::link::{ResumeToken, Resumed};
use crate::tls::Verdict;
use crate::{MAX_STREAM_WINDOW, WINDOW_UNIT};
use proptest::prelude::*;

fn control() -> StreamKind {
    StreamKind::Control { host: "ftp.example".into(), port: 21 }
}

fn welcome() -> Message {
    let body = Welcome { max_payload: MAX_PAYLOAD, max_streams: 8, ..Welcome::default() };
    Message::Welcome(body)
}

fn opened(window: u64) -> Message {
    let opened = Opened { peer: "192.0.2.1:21".into(), local: "192.0.2.2:40000".into(), connect_ms: 7 };
    Message::Opened { opened, window }
}

fn info(gate_open: bool) -> TlsInfo {
    TlsInfo {
        verdict: Verdict::SelfSigned,
        version: TlsVersion::Tls13,
        key_exchange: "X25519".into(),
        cipher: "AES-256-GCM".into(),
        resumed: gate_open,
        gate_open,
        chain: Vec::new(),
    }
}

/// What the relay sends, as bytes.
fn receive(link: &mut Link, id: StreamId, message: &Message) -> Result<Option<Event>, LinkError> {
    let frame = message.encode(id);
    let (header, payload) = Header::split(&frame).unwrap();
    link.receive(header, payload, 1_000)
}

fn data(link: &mut Link, id: StreamId, len: usize) -> Result<bool, LinkError> {
    link.receive_data(Header::new(Kind::Data, id), len)
}

/// What the page sends, read again.
fn sent(link: &mut Link) -> Vec<(StreamId, Message)> {
    std::iter::from_fn(|| link.poll_frame())
        .map(|frame| {
            let (header, payload) = Header::split(&frame).unwrap();
            (header.stream, Message::decode(header, payload).unwrap())
        })
        .collect()
}

/// A link with a WELCOME and one opened control stream, with nothing left to send.
fn connected() -> (Link, StreamId) {
    let mut link = Link::new(Hello::default());
    receive(&mut link, StreamId::LINK, &welcome()).unwrap();
    let id = link.open(control()).unwrap();
    receive(&mut link, id, &opened(WINDOW_UNIT)).unwrap();
    sent(&mut link);
    (link, id)
}

#[test]
fn from_hello_to_fin() {
    let mut link = Link::new(Hello { agent: "page".into(), ..Hello::default() });
    assert!(matches!(sent(&mut link)[..], [(StreamId::LINK, Message::Hello(_))]));
    assert_eq!(link.open(control()), Err(LinkError::NotReady));
    let event = receive(&mut link, StreamId::LINK, &welcome()).unwrap();
    assert!(matches!(event, Some(Event::Welcome(_))));

    let id = link.open(control()).unwrap();
    assert_eq!(id, StreamId(1));
    let open = Message::Open { open: Open { kind: control() }, window: CONTROL_WINDOW };
    assert_eq!(sent(&mut link), [(id, open)]);
    assert_eq!(link.budget(id), 0, "nothing may be sent before OPENED");
    let event = receive(&mut link, id, &opened(WINDOW_UNIT)).unwrap();
    assert!(matches!(event, Some(Event::Opened(StreamId(1), _))));
    assert_eq!(link.budget(id), WINDOW_UNIT);

    // Upwards: the budget falls with each header and rises with CREDIT, which is absolute.
    assert_eq!(Header::split(&link.data_header(id, 100)).unwrap().0, Header::new(Kind::Data, id));
    assert_eq!(link.budget(id), WINDOW_UNIT - 100);
    let event = receive(&mut link, id, &Message::Credit(2 * WINDOW_UNIT)).unwrap();
    assert_eq!(event, Some(Event::Writable(id)));
    for limit in [2 * WINDOW_UNIT, WINDOW_UNIT, 0] {
        assert_eq!(receive(&mut link, id, &Message::Credit(limit)).unwrap(), None);
    }
    assert_eq!(link.budget(id), 2 * WINDOW_UNIT - 100);

    // Downwards: CREDIT follows consumption, not arrival.
    assert_eq!(data(&mut link, id, 32 * 1024), Ok(true));
    assert_eq!(sent(&mut link), []);
    link.consumed(id, 32 * 1024, 1_000);
    assert_eq!(sent(&mut link), [(id, Message::Credit(CONTROL_WINDOW + 32 * 1024))]);

    // Each side ends by itself.
    let event = receive(&mut link, id, &Message::Fin { unclean: true }).unwrap();
    assert_eq!(event, Some(Event::Finished(id, true)));
    assert_eq!(data(&mut link, id, 1), Err(LinkError::OutOfPlace(Kind::Data)));
    assert_eq!(link.budget(id), 2 * WINDOW_UNIT - 100, "the page may go on");
    link.finish(id);
    link.finish(id);
    assert_eq!(sent(&mut link), [(id, Message::Fin { unclean: false })]);
    assert_eq!(link.budget(id), 0);
    assert_eq!(link.open(control()).unwrap(), StreamId(3), "numbers are not used again");
}

#[test]
fn bytes_past_the_credit_end_the_link() {
    let (mut link, id) = connected();
    assert_eq!(data(&mut link, id, MAX_PAYLOAD), Ok(true));
    assert_eq!(data(&mut link, id, 1), Err(LinkError::OutOfPlace(Kind::Data)));
    assert!(matches!(data(&mut link, id, MAX_PAYLOAD + 1), Err(LinkError::Frame(FrameError::Length { .. }))));
}

#[test]
fn nothing_flows_before_the_gate_opens() {
    let (mut link, id) = connected();
    data(&mut link, id, 10).unwrap();
    // Not asked for, not yet.
    link.accept_tls(id);
    assert_eq!(sent(&mut link), []);
    link.start_tls(id, "ftp.example".into(), None);
    link.start_tls(id, "ftp.example".into(), None);
    let start = StartTls {
        server_name: "ftp.example".into(),
        received: 10,
        max_version: None,
        client_certificate: None,
    };
    assert_eq!(sent(&mut link), [(id, Message::StartTls(start))]);
    assert_eq!(link.budget(id), 0);
    link.accept_tls(id);
    assert_eq!(sent(&mut link), [], "no certificate was shown");

    // The relay sent this before it saw START_TLS: it will reset the stream, and the owner must not see it.
    assert_eq!(data(&mut link, id, 5), Ok(false));

    for index in 0..2 {
        let message = Message::TlsCert { index, der: vec![u8::try_from(index).unwrap()] };
        assert_eq!(receive(&mut link, id, &message), Ok(None));
    }
    let event = receive(&mut link, id, &Message::TlsInfo(info(false))).unwrap();
    assert_eq!(event, Some(Event::Secured(id, info(false), vec![vec![0], vec![1]])));
    assert_eq!(link.budget(id), 0);
    assert_eq!(data(&mut link, id, 1), Err(LinkError::OutOfPlace(Kind::Data)));
    assert_eq!(
        receive(&mut link, id, &Message::TlsInfo(info(true))),
        Err(LinkError::OutOfPlace(Kind::TlsInfo)),
        "what the page decides on cannot be changed under its hands"
    );

    link.accept_tls(id);
    link.accept_tls(id);
    assert_eq!(sent(&mut link), [(id, Message::TlsAccept)]);
    assert_eq!(link.budget(id), WINDOW_UNIT);
    assert_eq!(data(&mut link, id, 1), Ok(true));
}

#[test]
fn a_stored_password_is_asked_for_where_bytes_can_flow() {
    let (mut link, id) = connected();
    link.write_password(id);
    let request = || Message::WriteSecret(crate::WriteSecret { what: crate::SecretKind::Password });
    assert_eq!(sent(&mut link), [(id, request())]);
    link.start_tls(id, "ftp.example".into(), None);
    sent(&mut link);
    link.write_password(id);
    link.write_password(StreamId(99));
    assert_eq!(sent(&mut link), []);
    let waiting = link.open(control()).unwrap();
    sent(&mut link);
    link.write_password(waiting);
    assert_eq!(sent(&mut link), []);
    // The relay itself has nothing to ask.
    assert_eq!(receive(&mut link, id, &request()), Err(LinkError::OutOfPlace(Kind::WriteSecret)));
}

#[test]
fn a_data_streams_gate_opens_by_itself() {
    let (mut link, id) = connected();
    link.start_tls(id, "ftp.example".into(), Some(TlsVersion::Tls12));
    receive(&mut link, id, &Message::TlsInfo(info(true))).unwrap();
    sent(&mut link);
    assert_eq!(data(&mut link, id, 1), Ok(true));
    assert_eq!(link.budget(id), WINDOW_UNIT);
    link.accept_tls(id);
    assert_eq!(sent(&mut link), []);
}

#[test]
fn a_certificate_chain_has_an_order_and_an_end() {
    let (mut link, id) = connected();
    let cert = |index| Message::TlsCert { index, der: vec![1] };
    assert_eq!(receive(&mut link, id, &cert(0)), Err(LinkError::OutOfPlace(Kind::TlsCert)));
    link.start_tls(id, "ftp.example".into(), None);
    assert_eq!(receive(&mut link, id, &cert(1)), Err(LinkError::OutOfPlace(Kind::TlsCert)));
    for index in 0..16 {
        assert_eq!(receive(&mut link, id, &cert(index)), Ok(None));
    }
    assert_eq!(receive(&mut link, id, &cert(16)), Err(LinkError::OutOfPlace(Kind::TlsCert)));
}

#[test]
fn frames_for_dead_streams_are_dropped() {
    let (mut link, id) = connected();
    link.reset(id, Reason::Cancelled);
    link.reset(id, Reason::Cancelled);
    assert_eq!(sent(&mut link), [(id, Message::Reset(Reset::new(Reason::Cancelled, "")))]);
    let late = [
        opened(0),
        Message::Credit(1),
        Message::Fin { unclean: false },
        Message::Reset(Reset::new(Reason::PeerReset, "late")),
        Message::TlsInfo(info(true)),
    ];
    for message in late {
        assert_eq!(receive(&mut link, id, &message), Ok(None), "{message:?}");
    }
    assert_eq!(data(&mut link, id, 1), Ok(false));
    link.consumed(id, 1, 0);
    link.finish(id);
    link.start_tls(id, "ftp.example".into(), None);
    link.accept_tls(id);
    assert_eq!((link.budget(id), sent(&mut link)), (0, vec![]));
}

#[test]
fn a_reset_ends_a_stream_in_any_state() {
    let (mut link, id) = connected();
    let reset = Reset::new(Reason::PlaintextAfterStartTls, "it spoke");
    link.start_tls(id, "ftp.example".into(), None);
    let event = receive(&mut link, id, &Message::Reset(reset.clone())).unwrap();
    assert_eq!(event, Some(Event::Reset(id, reset.clone())));
    let id = link.open(control()).unwrap();
    assert_eq!(
        receive(&mut link, id, &Message::Reset(reset.clone())).unwrap(),
        Some(Event::Reset(id, reset))
    );
    assert_eq!(link.budget(id), 0);
}

#[test]
fn streams_that_were_never_opened_end_the_link() {
    for id in [StreamId(2), StreamId(3), StreamId(u32::MAX)] {
        let (mut link, _) = connected();
        assert_eq!(data(&mut link, id, 1), Err(LinkError::OutOfPlace(Kind::Data)));
        for message in [opened(0), Message::Credit(1), Message::Reset(Reset::new(Reason::Internal, ""))] {
            assert!(receive(&mut link, id, &message).is_err(), "{message:?} on {id:?}");
        }
    }
}

#[test]
fn link_frames_belong_to_the_link_and_stream_frames_to_streams() {
    let (mut link, id) = connected();
    for message in [welcome(), Message::Ping(1), Message::Pong(1), Message::Hello(Hello::default())] {
        assert!(receive(&mut link, id, &message).is_err(), "{message:?}");
    }
    let away = Message::GoAway(GoAway { text: "update".into(), drain_ms: 1 });
    assert!(matches!(receive(&mut link, StreamId::LINK, &away), Ok(Some(Event::GoAway(_)))));
    for message in [welcome(), opened(0), Message::Credit(1), Message::TlsAccept] {
        assert!(receive(&mut link, StreamId::LINK, &message).is_err(), "{message:?}");
    }
}

#[test]
fn ping_and_pong() {
    let (mut link, _) = connected();
    assert_eq!(receive(&mut link, StreamId::LINK, &Message::Ping(77)), Ok(None));
    link.ping(900);
    assert_eq!(sent(&mut link), [(StreamId::LINK, Message::Pong(77)), (StreamId::LINK, Message::Ping(900))]);
    let pong = |link: &mut Link, number| receive(link, StreamId::LINK, &Message::Pong(number));
    assert_eq!(pong(&mut link, 900), Ok(Some(Event::RoundTrip(100))));
    assert_eq!(pong(&mut link, 0), Ok(Some(Event::RoundTrip(1_000))));
    assert_eq!(link.rtt_ms, Some(100), "windows go by the shortest");
    assert_eq!(pong(&mut link, u64::MAX), Ok(Some(Event::RoundTrip(1))), "a PONG from the future");
}

/// Eight downloads on a fast line: each window grows, and all together stay within the session's.
#[test]
fn windows_of_a_session_have_a_limit() {
    let (mut link, parent) = connected();
    receive(&mut link, StreamId::LINK, &Message::Pong(900)).unwrap();
    let ids: Vec<StreamId> = (0..8)
        .map(|_| {
            let id = link.open(StreamKind::Data { parent: parent.0, port: 50_000 }).unwrap();
            receive(&mut link, id, &opened(0)).unwrap();
            id
        })
        .collect();
    for now in 0..400 {
        for id in &ids {
            for _ in 0..DATA_WINDOW / MAX_PAYLOAD as u64 {
                assert_eq!(data(&mut link, *id, MAX_PAYLOAD), Ok(true));
            }
            link.consumed(*id, DATA_WINDOW, now);
        }
    }
    let sizes = link.streams.values().map(|stream| stream.receive.size());
    assert!(sizes.clone().any(|size| size > 2 * DATA_WINDOW), "no window has grown");
    let all: u64 = sizes.sum();
    assert!((MAX_SESSION_WINDOW / 2..=MAX_SESSION_WINDOW).contains(&all), "{all}");
}

#[test]
fn what_welcome_claims_is_cut_to_what_may_be() {
    for (claimed, taken) in [(0, 1), (100_000, 100_000), (usize::MAX, MAX_PAYLOAD_NEGOTIABLE)] {
        let mut link = Link::new(Hello::default());
        let body = Welcome { max_payload: claimed, ..Welcome::default() };
        receive(&mut link, StreamId::LINK, &Message::Welcome(body)).unwrap();
        assert_eq!(link.max_payload(), taken);
    }
}

/// Something that the relay sends or the page does.
#[derive(Clone, Debug)]
enum Step {
    Frame(StreamId, Message),
    Raw(Vec<u8>),
    Data(StreamId, usize),
    Open,
    StartTls(StreamId),
    AcceptTls(StreamId),
    Send(StreamId, usize),
    Consumed(StreamId, u64, u64),
    Finish(StreamId),
    Reset(StreamId),
}

fn step() -> impl Strategy<Value = Step> {
    // Mostly streams that there are: a mistake ends the link, and with it the run.
    let id =
        || prop_oneof![40 => (0u32..3).prop_map(|n| StreamId(2 * n + 1)), 1 => (0u32..12).prop_map(StreamId)];
    let message = prop_oneof![
        1 => Just(welcome()),
        1 => (0u64..4).prop_map(|units| opened(units * WINDOW_UNIT)),
        30 => (0u64..1_000_000).prop_map(Message::Credit),
        1 => any::<u64>().prop_map(Message::Credit),
        2 => any::<bool>().prop_map(|unclean| Message::Fin { unclean }),
        6 => any::<bool>().prop_map(|gate_open| Message::TlsInfo(info(gate_open))),
        2 => (0u16..3).prop_map(|index| Message::TlsCert { index, der: vec![] }),
        2 => Just(Message::Reset(Reset::new(Reason::PeerReset, ""))),
    ];
    let bytes = 0usize..30_000;
    prop_oneof![
        40 => (id(), message).prop_map(|(id, message)| Step::Frame(id, message)),
        1 => proptest::collection::vec(any::<u8>(), 0..40).prop_map(Step::Raw),
        2 => any::<u64>().prop_map(|sent| Step::Frame(StreamId::LINK, Message::Pong(sent))),
        60 => (id(), bytes.clone()).prop_map(|(id, len)| Step::Data(id, len)),
        4 => Just(Step::Open),
        6 => id().prop_map(Step::StartTls),
        12 => id().prop_map(Step::AcceptTls),
        30 => (id(), bytes).prop_map(|(id, len)| Step::Send(id, len)),
        60 => (id(), 0u64..60_000, any::<u64>()).prop_map(|(id, bytes, now)| Step::Consumed(id, bytes, now)),
        2 => id().prop_map(Step::Finish),
        1 => id().prop_map(Step::Reset),
    ]
}

#[test]
fn a_listening_stream_says_where_once_and_then_stands_as_any_other() {
    let (mut link, parent) = connected();
    let listening = || Message::Listening(Listening { address: "192.0.2.2:50200".into() });
    let id = link.open(StreamKind::Listen { parent: parent.0 }).unwrap();
    let open = Open { kind: StreamKind::Listen { parent: 1 } };
    assert_eq!(sent(&mut link), [(id, Message::Open { open, window: DATA_WINDOW })]);
    let event = receive(&mut link, id, &listening()).unwrap();
    assert!(matches!(event, Some(Event::Listening(found, _)) if found == id));
    assert_eq!(link.budget(id), 0, "nobody has come");
    assert_eq!(receive(&mut link, id, &listening()), Err(LinkError::OutOfPlace(Kind::Listening)));
    receive(&mut link, id, &opened(WINDOW_UNIT)).unwrap();
    assert_eq!((link.budget(id), data(&mut link, id, 5)), (WINDOW_UNIT, Ok(true)));
    // Nobody listens for a connection that the relay makes itself, nor for one that stands.
    assert_eq!(receive(&mut link, id, &listening()), Err(LinkError::OutOfPlace(Kind::Listening)));
    let id = link.open(StreamKind::Data { parent: parent.0, port: 50_000 }).unwrap();
    assert_eq!(receive(&mut link, id, &listening()), Err(LinkError::OutOfPlace(Kind::Listening)));
}

/// What an onlooker on the wire knows of a stream.
#[derive(Default)]
struct Seen {
    granted: u64,
    received: u64,
    consumed: u64,
    allowed: u64,
    sent: u64,
    ended: bool,
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// Whatever comes in whatever order: nothing panics, the page takes and sends no more than was granted, grants no more
    /// than was consumed and a window, and says nothing on streams that it does not have.
    #[test]
    fn any_frames_in_any_order(steps in proptest::collection::vec(step(), 0..120)) {
        let mut link = Link::new(Hello::default());
        receive(&mut link, StreamId::LINK, &welcome()).unwrap();
        let mut seen = BTreeMap::<StreamId, Seen>::new();
        let begin = (0u32..3).flat_map(|n| [Step::Open, Step::Frame(StreamId(2 * n + 1), opened(WINDOW_UNIT))]);
        for step in begin.chain(steps) {
            let before = link.next;
            let result = match step {
                Step::Frame(id, message) => {
                    let result = receive(&mut link, id, &message);
                    match (&result, message, seen.get_mut(&id)) {
                        (Ok(Some(Event::Opened(..))), Message::Opened { window, .. }, Some(seen)) => seen.allowed = window,
                        (Ok(Some(_)), Message::Credit(limit), Some(seen)) => seen.allowed = seen.allowed.max(limit),
                        (Ok(Some(_)), Message::Reset(_), Some(seen)) => seen.ended = true,
                        _ => {}
                    }
                    result.map(drop)
                }
                Step::Raw(bytes) => match Header::split(&bytes) {
                    Ok((header, _)) if header.kind == Kind::Data => Ok(()),
                    Ok((header, payload)) => link.receive(header, payload, 5).map(drop),
                    Err(_) => Ok(()),
                },
                Step::Data(id, len) => data(&mut link, id, len).map(|wanted| {
                    if wanted {
                        let seen = seen.get_mut(&id).unwrap();
                        seen.received += len as u64;
                        assert!(seen.received <= seen.granted && !seen.ended);
                    }
                }),
                Step::Open => link.open(control()).map(drop),
                Step::StartTls(id) => { link.start_tls(id, "x".into(), None); Ok(()) }
                Step::AcceptTls(id) => { link.accept_tls(id); Ok(()) }
                Step::Send(id, len) => {
                    let len = usize::try_from(link.budget(id)).unwrap_or(usize::MAX).min(len);
                    if len > 0 {
                        link.data_header(id, len);
                        let seen = seen.get_mut(&id).unwrap();
                        seen.sent += len as u64;
                        prop_assert!(seen.sent <= seen.allowed && !seen.ended);
                    }
                    Ok(())
                }
                Step::Consumed(id, bytes, now) => {
                    if let Some(seen) = seen.get_mut(&id) {
                        seen.consumed = (seen.consumed + bytes).min(seen.received);
                    }
                    link.consumed(id, bytes, now);
                    Ok(())
                }
                Step::Finish(id) => { link.finish(id); Ok(()) }
                Step::Reset(id) => { link.reset(id, Reason::Cancelled); Ok(()) }
            };
            for (id, message) in sent(&mut link) {
                match message {
                    Message::Open { window, .. } => {
                        prop_assert!(id.0 >= before && id.0 % 2 == 1);
                        seen.insert(id, Seen { granted: window, ..Seen::default() });
                    }
                    Message::Credit(limit) => {
                        let seen = seen.get_mut(&id).unwrap();
                        prop_assert!(limit > seen.granted && !seen.ended);
                        prop_assert!(limit <= seen.consumed + MAX_STREAM_WINDOW);
                        seen.granted = limit;
                    }
                    Message::Reset(_) => seen.get_mut(&id).unwrap().ended = true,
                    Message::StartTls(_) | Message::TlsAccept | Message::Fin { .. } => {
                        prop_assert!(seen.get(&id).is_some_and(|seen| !seen.ended));
                    }
                    Message::Hello(_) | Message::Pong(_) => prop_assert_eq!(id, StreamId::LINK),
                    other => prop_assert!(false, "the page sent {other:?}"),
                }
            }
            let windows: u64 = link.streams.values().map(|stream| stream.receive.size()).sum();
            prop_assert!(windows <= MAX_SESSION_WINDOW.max(link.streams.len() as u64 * CONTROL_WINDOW));
            if result.is_err() { break }
        }
    }
}

/// A link whose relay can resume it.
fn resumable() -> Link {
    let mut link = Link::new(Hello::default());
    link.poll_frame();
    let token = ResumeToken("secret".into());
    let welcome = Welcome {
        features: vec![RESUME.into()],
        max_payload: MAX_PAYLOAD,
        resumption: Some(Resumption { token, grace_ms: 90_000, path: "r".into() }),
        ..Welcome::default()
    };
    assert!(matches!(
        receive(&mut link, StreamId::LINK, &Message::Welcome(welcome)),
        Ok(Some(Event::Welcome(_)))
    ));
    link
}

/// The messages alone.
fn frames(link: &mut Link) -> Vec<Message> {
    sent(link).into_iter().map(|(_, message)| message).collect()
}

#[test]
fn an_interrupted_link_says_nothing_until_it_is_resumed() {
    let mut link = resumable();
    let id = link.open(StreamKind::Control { host: "h".into(), port: 21 }).unwrap();
    frames(&mut link);
    receive(&mut link, id, &opened(CONTROL_WINDOW)).unwrap();
    assert_eq!(link.budget(id), CONTROL_WINDOW);

    assert!(link.interrupted());
    // What is asked meanwhile waits; what was to be said of the old WebSocket is not said.
    link.ping(1);
    let second = link.open(StreamKind::Data { parent: 1, port: 2 }).unwrap();
    assert_eq!((link.poll_frame(), link.budget(id)), (None, 0));
    assert!(link.interrupted(), "another WebSocket may be lost before RESUMED");
    let resume = link.resume().unwrap();
    let (header, payload) = Header::split(&resume).unwrap();
    let expected = Resume { token: ResumeToken("secret".into()), received: 1 };
    assert_eq!(Message::decode(header, payload), Ok(Message::Resume(expected)));
    // The relay's first word must be RESUMED.
    assert!(receive(&mut link, id, &Message::Credit(1 << 20)).is_err());
    assert!(receive(&mut link, StreamId::LINK, &Message::Pong(1)).is_err());
    assert!(link.receive_data(Header::new(Kind::Data, id), 1).is_err());
    let resumed = Message::Resumed(Resumed { received: 1 });
    assert_eq!(receive(&mut link, StreamId::LINK, &resumed.clone()), Ok(Some(Event::Resumed(1))));
    assert_eq!(link.budget(id), CONTROL_WINDOW);
    assert!(
        matches!(frames(&mut link)[..], [Message::Open { .. }]),
        "the stream that was asked for meanwhile"
    );
    assert!(receive(&mut link, StreamId::LINK, &resumed).is_err(), "twice");
    link.reset(second, Reason::Cancelled);
}

#[test]
fn what_comes_is_acknowledged_by_bytes_and_with_each_ping() {
    let mut link = resumable();
    let id = link.open(StreamKind::Control { host: "h".into(), port: 21 }).unwrap();
    receive(&mut link, id, &opened(CONTROL_WINDOW)).unwrap();
    frames(&mut link);
    link.receive_data(Header::new(Kind::Data, id), 100).unwrap();
    link.skip(0x7f, 8);
    link.skip(0x09, 8);
    assert_eq!(frames(&mut link), []);
    link.ping(7);
    assert_eq!(frames(&mut link), [Message::Ack(3), Message::Ping(7)]);
    link.ping(8);
    assert_eq!(frames(&mut link), [Message::Ping(8)]);
    for _ in 0..64 {
        link.receive_data(Header::new(Kind::Data, id), 10).unwrap();
    }
    assert_eq!(frames(&mut link), [Message::Ack(67)]);
    assert_eq!(receive(&mut link, StreamId::LINK, &Message::Ack(1)), Ok(Some(Event::Acknowledged(1))));
}

#[test]
fn a_relay_that_does_not_resume_is_left_when_its_socket_is() {
    let mut link = Link::new(Hello::default());
    assert!(!link.interrupted() && link.resume().is_none());
}
