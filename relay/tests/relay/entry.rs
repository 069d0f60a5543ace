//! Who may come in, by what is shown in HELLO and before it.

mod program;

use crate::client::{Client, Heard, PATIENCE, upgrade, upgrade_at};
use crate::fixture::{Relay, accept, config, listen};
use std::io::Write;
use std::net::SocketAddr;
use std::time::Instant;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use towpath_relay::{
    Access, Config, Mode, ProxiesConfig, Rule, Target, TicketAlgorithm, TicketKey, TlsRule, Token, TokenHash,
    new_ticket, new_token,
};
use towpath_shared::{
    Credential, DATA_WINDOW, Hello, Message, RESUME, Reason, Resume, SUBPROTOCOL, StreamId, close,
};

/// A configuration with these modes, and two cards.
fn guarded(modes: &[Mode]) -> Config {
    let card = |name: &str, port, users: Option<&[&str]>| Target {
        name: Some(name.into()),
        users: users.map(|users| users.iter().map(|user| (*user).to_owned()).collect()),
        ..Target::new("127.0.0.1", port)
    };
    let access = Access {
        modes: modes.to_vec(),
        audience: Some("https://files.example.org".into()),
        ..Access::default()
    };
    let targets = vec![card("Reports", 2101, Some(&["ann"])), card("Mirror", 2102, None)];
    Config { access, targets, ..config(&[]) }
}

/// A new token of a user, listed in the configuration.
fn token(config: &mut Config, user: &str) -> String {
    let (token, _) = new_token(user).unwrap();
    let hash = TokenHash::of(&token);
    config.tokens.push(Token { user: user.into(), hash, expires: None, sites: None });
    token
}

/// A key for tickets in a file, listed in the configuration.
fn key(config: &mut Config) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(b"0123456789abcdef0123456789abcdef").unwrap();
    config.ticket_keys.push(TicketKey {
        name: "panel".into(),
        algorithm: TicketAlgorithm::Hs256,
        file: Some(file.path().into()),
        env: None,
    });
    file
}

/// What became of somebody who came.
#[derive(Debug)]
enum Outcome {
    In(Box<Client>),
    /// The close code and its text.
    Out(u16, String),
    /// The HTTP status.
    Before(u16),
}

impl Outcome {
    fn code(&self) -> u16 {
        match self {
            Outcome::In(_) => 0,
            Outcome::Out(code, _) | Outcome::Before(code) => *code,
        }
    }

    fn cards(&self) -> Vec<&str> {
        match self {
            Outcome::In(client) => client.welcome.sites.iter().map(|site| site.name.as_str()).collect(),
            other => panic!("{other:?}"),
        }
    }
}

/// Comes with these headers and this credential.
async fn come(relay: SocketAddr, headers: &[(&str, &str)], credential: Option<Credential>) -> Outcome {
    let headers = [&[("sec-websocket-protocol", SUBPROTOCOL)][..], headers].concat();
    let socket = match upgrade(relay, &headers).await {
        Ok(socket) => socket,
        Err(status) => return Outcome::Before(status),
    };
    let mut client = Client::over(socket);
    client.send(StreamId::LINK, &Message::Hello(Hello { credential, ..Hello::default() })).await;
    match client.carrier().await {
        Ok(Heard::Message(StreamId::LINK, Message::Welcome(welcome))) => {
            client.welcome = welcome;
            Outcome::In(Box::new(client))
        }
        Err((code, text)) => Outcome::Out(code, text),
        other => panic!("{other:?}"),
    }
}

async fn with_token(relay: &Relay, token: &str) -> Outcome {
    come(relay.address, &[], Some(Credential::token(token))).await
}

async fn with_ticket(relay: &Relay, ticket: &str) -> Outcome {
    come(relay.address, &[], Some(Credential::ticket(ticket))).await
}

#[tokio::test]
async fn token_absent_wrong_in_the_address_and_right() {
    let mut config = guarded(&[Mode::Token]);
    let ann = token(&mut config, "ann");
    let bob = token(&mut config, "bob");
    let relay = Relay::start(config).await;
    let absent = come(relay.address, &[], None).await;
    assert_eq!(absent.code(), 4401, "{absent:?}");
    let wrong = with_token(&relay, &format!("tp_{}", "0".repeat(64))).await;
    assert_eq!(wrong.code(), 4401);
    // A hash is no token, a ticket is no token, and what is no credential is as nothing.
    assert_eq!(with_token(&relay, &TokenHash::of(&ann).to_string()).await.code(), 4401);
    assert_eq!(with_ticket(&relay, &ann).await.code(), 4401);
    assert_eq!(come(relay.address, &[], Some(Credential::Unknown)).await.code(), 4401);
    // A token in the address, in a cookie or in the subprotocol is not looked at: those are written into logs.
    for (path, header) in [
        (format!("/tunnel?token={ann}"), String::new()),
        (format!("/tunnel?access_token={ann}&credential={ann}"), String::new()),
        ("/tunnel".into(), format!("cookie: token={ann}\r\n")),
        ("/tunnel".into(), format!("authorization: Basic {ann}\r\n")),
        ("/tunnel".into(), format!("sec-websocket-protocol: towpath.auth.{ann}\r\n")),
    ] {
        let mut client = raw_upgrade(relay.address, &path, &header).await;
        client.send(StreamId::LINK, &Message::Hello(Hello::default())).await;
        assert_eq!(client.carrier().await.unwrap_err().0, 4401, "{path} {header}");
    }
    assert_eq!(with_token(&relay, &ann).await.cards(), ["Reports", "Mirror"]);
    assert_eq!(with_token(&relay, &bob).await.cards(), ["Mirror"]);
    // Native tools may use the header for it.
    let bearer = come(relay.address, &[("authorization", &format!("Bearer {ann}"))], None).await;
    assert_eq!(bearer.cards(), ["Reports", "Mirror"]);
}

/// A tunnel by a request of one's own writing.
async fn raw_upgrade(relay: SocketAddr, path: &str, header: &str) -> Client {
    let mut socket = TcpStream::connect(relay).await.unwrap();
    let request = format!(
        "GET {path} HTTP/1.1\r\nhost: {relay}\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
         sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\nsec-websocket-protocol: {SUBPROTOCOL}\r\n{header}\r\n"
    );
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(socket.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap();
    assert!(head.starts_with("HTTP/1.1 101") && !head.contains("tp_"), "{head}");
    Client::on_socket(socket).await
}

#[tokio::test]
async fn the_answer_is_the_same_for_unknown_expired_revoked_and_used() {
    let mut config = guarded(&[Mode::Token, Mode::Ticket]);
    let _file = key(&mut config);
    let old = token(&mut config, "ann");
    config.tokens[0].expires = Some("2020-01-01".parse().unwrap());
    let ticket = new_ticket(&config, "ann", &[]).unwrap();
    let relay = Relay::start(config).await;
    assert_eq!(with_ticket(&relay, &ticket).await.code(), 0);
    let mut answers = Vec::new();
    for credential in [
        Credential::token("tp_unknown"),
        Credential::token(old),
        Credential::ticket("a.b.c"),
        Credential::ticket(ticket),
    ] {
        match come(relay.address, &[], Some(credential)).await {
            Outcome::Out(code, text) => answers.push((code, text)),
            other => panic!("{other:?}"),
        }
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    assert_eq!(answers[0].0, 4401);
}

#[tokio::test]
async fn token_revoked_while_connected() {
    let mut config = guarded(&[Mode::Token]);
    let (ann, bob) = (token(&mut config, "ann"), token(&mut config, "bob"));
    let relay = Relay::start(config.clone()).await;
    let (Outcome::In(mut first), Outcome::In(mut second)) =
        (with_token(&relay, &ann).await, with_token(&relay, &bob).await)
    else {
        panic!("not let in")
    };
    // A second token of the same user, for rotation, disturbs nobody.
    let fresh = token(&mut config, "ann");
    relay.reload(config.clone()).await;
    assert_eq!(with_token(&relay, &fresh).await.code(), 0);
    config.tokens.remove(0);
    relay.reload(config.clone()).await;
    assert_eq!(first.closed().await, 4403);
    assert_eq!(with_token(&relay, &ann).await.code(), 4401);
    assert_eq!(with_token(&relay, &fresh).await.code(), 0);
    second.ping().await;
    // All that a user has, by one line.
    config.access.revoked_users = vec!["bob".into()];
    relay.reload(config).await;
    assert_eq!(second.closed().await, 4403);
    assert_eq!(with_token(&relay, &bob).await.code(), 4403);
}

#[tokio::test]
async fn token_that_expires_while_connected() {
    let mut config = guarded(&[Mode::Token]);
    let ann = token(&mut config, "ann");
    let end = time::OffsetDateTime::now_utc() + time::Duration::seconds(2);
    let (date, time) = (end.date(), end.time());
    let text = format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
        date.year(),
        u8::from(date.month()),
        date.day(),
        time.hour(),
        time.minute(),
        time.second()
    );
    config.tokens[0].expires = Some(text.parse().unwrap());
    let relay = Relay::start(config).await;
    match with_token(&relay, &ann).await {
        Outcome::In(mut client) => assert_eq!(client.closed().await, 4403),
        // A machine that slept for two seconds.
        other => assert_eq!(other.code(), 4401),
    }
    assert_eq!(with_token(&relay, &ann).await.code(), 4401);
}

#[tokio::test]
async fn a_relay_that_asks_no_more_or_asks_now_ends_the_sessions_of_before() {
    let open = guarded_without_users();
    let mut asking = open.clone();
    asking.access.modes = vec![Mode::Token];
    let ann = token(&mut asking, "ann");
    let relay = Relay::start(open).await;
    let mut client = Client::connect(relay.address).await;
    relay.reload(asking).await;
    assert_eq!(client.closed().await, 4403);
    assert_eq!(come(relay.address, &[], None).await.code(), 4401);
    assert_eq!(with_token(&relay, &ann).await.code(), 0);
}

fn guarded_without_users() -> Config {
    let mut config = guarded(&[]);
    config.targets.iter_mut().for_each(|target| target.users = None);
    config
}

#[tokio::test]
async fn tickets_replayed_for_other_sites_and_revoked() {
    let mut config = guarded(&[Mode::Ticket]);
    let file = key(&mut config);
    let sites = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let ticket = |config: &Config, names: &[&str]| new_ticket(config, "ann", &sites(names)).unwrap();
    let relay = Relay::start(config.clone()).await;
    let first = ticket(&config, &["Reports"]);
    let Outcome::In(mut client) = with_ticket(&relay, &first).await else { panic!("not let in") };
    assert_eq!(client.welcome.sites.len(), 1);
    assert_eq!(with_ticket(&relay, &first).await.code(), 4403);
    assert_eq!(with_ticket(&relay, &ticket(&config, &[])).await.cards(), ["Reports", "Mirror"]);
    assert_eq!(with_ticket(&relay, &ticket(&config, &["Elsewhere"])).await.cards(), Vec::<&str>::new());
    let bound = ["Mirror", "Elsewhere"];
    assert_eq!(with_ticket(&relay, &ticket(&config, &bound)).await.cards(), ["Mirror"]);
    // What a ticket names does not open what its user may not use.
    let other = new_ticket(&config, "bob", &sites(&["Reports", "Mirror"])).unwrap();
    assert_eq!(with_ticket(&relay, &other).await.cards(), ["Mirror"]);
    // Another relay's, another key's.
    let mut elsewhere = config.clone();
    elsewhere.access.audience = Some("https://other.example.org".into());
    assert_eq!(with_ticket(&relay, &ticket(&elsewhere, &[])).await.code(), 4403);
    let mut stranger = guarded(&[Mode::Ticket]);
    let strange = key(&mut stranger);
    std::fs::write(strange.path(), "another secret of thirty-two bytes").unwrap();
    assert_eq!(with_ticket(&relay, &ticket(&stranger, &[])).await.code(), 4403);
    // A reload keeps in mind what was used.
    relay.reload(config.clone()).await;
    assert_eq!(with_ticket(&relay, &first).await.code(), 4403);
    client.ping().await;
    // A ticket's id that is revoked ends its session, and only that.
    let Outcome::In(mut second) = with_ticket(&relay, &ticket(&config, &[])).await else {
        panic!("not let in")
    };
    config.access.revoked_tickets = vec![id_of(&first)];
    relay.reload(config.clone()).await;
    assert_eq!(client.closed().await, 4403);
    second.ping().await;
    // A key that has changed under its name is another key.
    std::fs::write(file.path(), "a new secret, also of thirty-two bytes").unwrap();
    relay.reload(config.clone()).await;
    assert_eq!(second.closed().await, 4403);
    assert_eq!(with_ticket(&relay, &ticket(&config, &[])).await.code(), 0);
}

/// The id in a ticket.
fn id_of(ticket: &str) -> String {
    let claims = ticket.split('.').nth(1).unwrap();
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (mut bits, mut count, mut bytes) = (0_u32, 0, Vec::new());
    for letter in claims.bytes() {
        let value = letters.iter().position(|known| *known == letter).unwrap();
        bits = (bits << 6) | u32::try_from(value).unwrap();
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from((bits >> count) & 0xff).unwrap());
        }
    }
    let claims = String::from_utf8(bytes).unwrap();
    claims.split("\"jti\":\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

/// chisel GHSA-24fp-5v3p-rvpw: rules were asked when a client came, and not for what it opened later.
#[tokio::test]
async fn ghsa_24fp_5v3p_rvpw_rules_are_asked_for_each_stream() {
    let ((reports, reports_port), (mirror, mirror_port)) = (listen().await, listen().await);
    let mut config = guarded(&[Mode::Token]);
    config.targets[0].port = reports_port;
    config.targets[1].port = mirror_port;
    let (ann, bob) = (token(&mut config, "ann"), token(&mut config, "bob"));
    let relay = Relay::start(config.clone()).await;
    let Outcome::In(mut bob) = with_token(&relay, &bob).await else { panic!("not let in") };
    bob.control("127.0.0.1", mirror_port, DATA_WINDOW).await.unwrap();
    accept(&mirror).await;
    let denied = bob.control("127.0.0.1", reports_port, DATA_WINDOW).await.unwrap_err();
    let (_, unlisted) = listen().await;
    let absent = bob.control("127.0.0.1", unlisted, DATA_WINDOW).await.unwrap_err();
    assert_eq!((denied.reason, absent.reason), (Reason::PolicyDenied, Reason::PolicyDenied));
    // Nothing tells that it is there for others.
    let ports = |text: &str| text.replace(&reports_port.to_string(), "?").replace(&unlisted.to_string(), "?");
    assert_eq!(ports(&denied.text), ports(&absent.text));
    let Outcome::In(mut ann) = with_token(&relay, &ann).await else { panic!("not let in") };
    ann.control("127.0.0.1", reports_port, DATA_WINDOW).await.unwrap();
    accept(&reports).await;
    // Rules that change while she is inside.
    config.targets[0].users = Some(vec!["bob".into()]);
    relay.reload(config).await;
    assert!(ann.control("127.0.0.1", reports_port, DATA_WINDOW).await.is_err());
    bob.control("127.0.0.1", reports_port, DATA_WINDOW).await.unwrap();
    accept(&reports).await;
}

fn behind_proxy(mut config: Config, network: &str) -> Config {
    config.proxies = ProxiesConfig { networks: vec![network.parse().unwrap()], proxy_protocol: false };
    config
}

#[tokio::test]
async fn forged_identity_header_is_refused_and_a_proxys_is_believed() {
    let stranger = Relay::start(behind_proxy(guarded(&[Mode::Header]), "10.0.0.0/8")).await;
    for header in ["x-remote-user", "X-REMOTE-USER"] {
        assert_eq!(come(stranger.address, &[(header, "ann")], None).await.code(), 403);
    }
    assert_eq!(come(stranger.address, &[("x-remote-user", "")], None).await.code(), 403);
    assert_eq!(come(stranger.address, &[], None).await.code(), 4403);
    // A listed address in X-Forwarded-For makes nobody a proxy.
    let forged = [("x-forwarded-for", "10.0.0.1"), ("x-remote-user", "ann")];
    assert_eq!(come(stranger.address, &forged, None).await.code(), 403);

    let mut config = behind_proxy(guarded(&[Mode::Header]), "127.0.0.1");
    let proxy = Relay::start(config.clone()).await;
    let Outcome::In(mut ann) = come(proxy.address, &[("x-remote-user", "ann")], None).await else {
        panic!("not let in")
    };
    assert_eq!(ann.welcome.sites.len(), 2);
    assert_eq!(come(proxy.address, &[("x-remote-user", "bob")], None).await.cards(), ["Mirror"]);
    // A name from UTF-8, nobody, and what is no name.
    assert_eq!(come(proxy.address, &[("x-remote-user", "")], None).await.code(), 4403);
    assert_eq!(come(proxy.address, &[], None).await.code(), 4403);
    let long = "x".repeat(129);
    assert_eq!(come(proxy.address, &[("x-remote-user", &long)], None).await.code(), 403);
    let mut twice = raw_request(proxy.address, "x-remote-user: bob\r\nx-remote-user: ann\r\n").await;
    assert!(twice.starts_with("HTTP/1.1 403"), "{twice}");
    twice = raw_request(proxy.address, "x-remote-user: ann\r\n").await;
    assert!(twice.starts_with("HTTP/1.1 101"), "{twice}");
    config.access.revoked_users = vec!["ann".into()];
    proxy.reload(config).await;
    assert_eq!(ann.closed().await, 4403);
    assert_eq!(come(proxy.address, &[("x-remote-user", "ann")], None).await.code(), 4403);
}

/// The head of the answer to a request for a tunnel with these headers.
async fn raw_request(relay: SocketAddr, headers: &str) -> String {
    let mut socket = TcpStream::connect(relay).await.unwrap();
    let request = format!(
        "GET /tunnel HTTP/1.1\r\nhost: {relay}\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
         sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\nsec-websocket-protocol: {SUBPROTOCOL}\r\n{headers}\r\n"
    );
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(timeout(PATIENCE, socket.read_u8()).await.unwrap().unwrap());
    }
    String::from_utf8(head).unwrap()
}

#[tokio::test]
async fn failed_attempts_are_slowed_then_blocked_for_their_address_alone() {
    let mut config = behind_proxy(guarded(&[Mode::Token]), "127.0.0.1");
    config.access.tries = 3;
    let ann = token(&mut config, "ann");
    let relay = Relay::start(config).await;
    let from = |address: &'static str, token: &str| {
        let token = Credential::token(token);
        async move { come(relay.address, &[("x-forwarded-for", address)], Some(token)).await }
    };
    let relay = &relay;
    let start = Instant::now();
    assert_eq!(from("198.51.100.1", "tp_no").await.code(), 4401);
    assert_eq!(from("198.51.100.1", "tp_no").await.code(), 4401);
    // 250 and 500 milliseconds; a slow machine makes it more.
    assert!(start.elapsed().as_millis() >= 750, "{:?}", start.elapsed());
    // Success resets.
    assert_eq!(from("198.51.100.1", &ann).await.code(), 0);
    for expected in [4401, 4401, 4429] {
        assert_eq!(from("198.51.100.1", "tp_no").await.code(), expected);
    }
    // Before the upgrade now, with the right token too.
    assert_eq!(from("198.51.100.1", &ann).await.code(), 429);
    let answer = raw_request(relay.address, "x-forwarded-for: 203.0.113.1, 198.51.100.1\r\n").await;
    let retry = answer.split("retry-after: ").nth(1).and_then(|rest| rest.split("\r\n").next());
    assert!((1..=301).contains(&retry.unwrap().parse::<u64>().unwrap()), "{answer}");
    // Forged X-Forwarded-For: what the client wrote stands left of what its proxy wrote, and blocks nobody else.
    assert_eq!(from("198.51.100.1, 198.51.100.2", &ann).await.code(), 0);
    assert_eq!(from("198.51.100.2", &ann).await.code(), 0);
    // One that the proxy says nothing of counts as the proxy, which stands for many and is never blocked.
    for _ in 0..4 {
        let code = come(relay.address, &[], Some(Credential::token("tp_no"))).await.code();
        assert_eq!(code, 4401);
    }
    assert_eq!(come(relay.address, &[], Some(Credential::token(&ann))).await.code(), 0);
}

#[tokio::test]
async fn who_has_shown_nothing_takes_no_sessions_place() {
    let mut config = guarded(&[Mode::Token]);
    // An address may have two of eight.
    config.access.strangers = 8;
    config.limits.sessions = 1;
    config.deadlines.hello = 2;
    let ann = token(&mut config, "ann");
    let relay = Relay::start(config).await;
    let silent = [("sec-websocket-protocol", SUBPROTOCOL)];
    let mut first = Client::over(upgrade(relay.address, &silent).await.unwrap());
    let second = Client::over(upgrade(relay.address, &silent).await.unwrap());
    assert_eq!(upgrade(relay.address, &silent).await.unwrap_err(), 503);
    // The deadline for HELLO holds, and gives the places back.
    assert_eq!(first.closed().await, 1002);
    drop(second);
    let client = loop {
        match with_token(&relay, &ann).await {
            Outcome::In(client) => break client,
            other => assert_eq!(other.code(), 503),
        }
    };
    // Whose sessions are full is known once it is known who comes.
    assert_eq!(with_token(&relay, &ann).await.code(), towpath_shared::close::TRY_AGAIN_LATER);
    drop(client);
}

#[tokio::test]
async fn a_relay_that_asks_may_be_reached_by_others() {
    for (modes, works) in [(&[][..], false), (&[Mode::Token], true), (&[Mode::Ticket], true)] {
        let listener = tokio::net::TcpListener::bind("0.0.0.0:0").await.unwrap();
        let mut config = guarded_without_users();
        config.access.modes = modes.to_vec();
        let run = towpath_relay::run(listener, config, async {}).await;
        assert_eq!(run.is_ok(), works, "{run:?}");
    }
}

#[tokio::test]
async fn rules_without_cards_are_for_users_too() {
    let (listener, port) = listen().await;
    let mut config = guarded(&[Mode::Token]);
    config.rules.push(Rule {
        hosts: vec!["127.0.0.0/8".parse().unwrap()],
        ports: vec![towpath_relay::Ports::new(port, port).unwrap()],
        tls: TlsRule::Optional,
        tls_min: None,
        client_certificate: None,
        legacy_tls: false,
        data_ports: towpath_relay::Ports::UNPRIVILEGED,
        active: false,
        users: Some(vec!["ann".into()]),
    });
    let (ann, bob) = (token(&mut config, "ann"), token(&mut config, "bob"));
    config.tokens.push(Token { sites: Some(vec!["Mirror".into()]), ..config.tokens[0].clone() });
    let (bound, _) = new_token("ann").unwrap();
    config.tokens[2].hash = TokenHash::of(&bound);
    let relay = Relay::start(config).await;
    let Outcome::In(mut client) = with_token(&relay, &ann).await else { panic!("not let in") };
    client.control("127.0.0.1", port, DATA_WINDOW).await.unwrap();
    accept(&listener).await;
    for (token, cards) in [(bob, ["Mirror"]), (bound, ["Mirror"])] {
        let outcome = with_token(&relay, &token).await;
        assert_eq!(outcome.cards(), cards);
        let Outcome::In(mut client) = outcome else { panic!("not let in") };
        assert!(client.control("127.0.0.1", port, DATA_WINDOW).await.is_err());
    }
}

/// A tunnel that can be resumed, and what resumes it.
async fn resumable(relay: SocketAddr, headers: &[(&str, &str)], credential: Credential) -> (Client, Resume) {
    let headers = [&[("sec-websocket-protocol", SUBPROTOCOL)][..], headers].concat();
    let mut client = Client::over(upgrade(relay, &headers).await.unwrap());
    let hello = Hello { features: vec![RESUME.to_owned()], credential: Some(credential), ..Hello::default() };
    client.send(StreamId::LINK, &Message::Hello(hello)).await;
    match client.hear().await {
        Heard::Message(StreamId::LINK, Message::Welcome(welcome)) => {
            let token = welcome.resumption.unwrap().token;
            (client, Resume { token, received: 0 })
        }
        other => panic!("{other:?}"),
    }
}

/// Comes back with these headers; whether the tunnel goes on, or the close code.
async fn come_back(relay: SocketAddr, headers: &[(&str, &str)], resume: Resume) -> Result<(), u16> {
    let headers = [&[("sec-websocket-protocol", SUBPROTOCOL)][..], headers].concat();
    let mut client = Client::over(upgrade_at(relay, "/tunnel/relay", &headers).await?);
    client.send(StreamId::LINK, &Message::Resume(resume)).await;
    match client.hear().await {
        Heard::Message(StreamId::LINK, Message::Resumed(_)) => Ok(()),
        Heard::Closed(code) => Err(code.unwrap()),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_ticket_is_for_the_door_and_what_resumes_is_the_tunnels_own_secret() {
    let mut config = guarded(&[Mode::Ticket]);
    let _file = key(&mut config);
    let relay = Relay::start(config.clone()).await;
    let ticket = Credential::ticket(new_ticket(&config, "ann", &[]).unwrap());
    let (client, resume) = resumable(relay.address, &[], ticket.clone()).await;
    drop(client);
    assert_eq!(come_back(relay.address, &[], resume.clone()).await, Ok(()));
    // Revoked while nobody is there: the tunnel is gone when its page comes back.
    config.access.revoked_users = vec!["ann".into()];
    relay.reload(config).await;
    assert_eq!(come_back(relay.address, &[], resume).await, Err(close::GONE));
}

#[tokio::test]
async fn a_tunnel_of_one_user_is_not_resumed_by_another() {
    let config = behind_proxy(guarded(&[Mode::Header]), "127.0.0.1");
    let relay = Relay::start(config).await;
    let ann = [("x-remote-user", "ann")];
    let (client, resume) = resumable(relay.address, &ann, Credential::Unknown).await;
    drop(client);
    assert_eq!(come_back(relay.address, &[("x-remote-user", "bob")], resume.clone()).await, Err(close::GONE));
    assert_eq!(come_back(relay.address, &[], resume.clone()).await, Err(close::GONE));
    assert_eq!(come_back(relay.address, &ann, resume).await, Ok(()));
}

/// CORS does not apply to WebSockets: any page could open one with what its visitor's machine can reach. A credential makes no exception.
#[tokio::test]
async fn cross_site_websocket_hijacking() {
    let mut config = Config {
        public_origin: vec!["https://files.example.org".into()],
        allow_missing_origin: false,
        ..guarded(&[Mode::Token])
    };
    let ann = token(&mut config, "ann");
    let relay = Relay::start(config).await;
    let bearer = format!("Bearer {ann}");
    for (origin, expected) in [
        (Some("https://files.example.org"), 0),
        (Some("https://files.example.org:443"), 0),
        (None, 403),
        (Some("null"), 403),
        (Some(""), 403),
        (Some("https://files.example.org:8443"), 403),
        (Some("http://files.example.org"), 403),
        (Some("wss://files.example.org"), 403),
        (Some("https://evil-files.example.org"), 403),
        (Some("https://evil-example.com"), 403),
        (Some("https://files.example.org.evil.example"), 403),
        (Some("https://files.example.org@evil.example"), 403),
        (Some("https://evil.example/?https://files.example.org"), 403),
        (Some("https://files.example.org/"), 403),
        (Some("https://files.example.org https://evil.example"), 403),
        (Some("https://10.0.0.5"), 403),
    ] {
        let mut headers = vec![("authorization", bearer.as_str())];
        headers.extend(origin.map(|origin| ("origin", origin)));
        assert_eq!(come(relay.address, &headers, None).await.code(), expected, "{origin:?}");
    }
    // Who comes from elsewhere learns not even whether its token is right.
    let wrong =
        come(relay.address, &[("origin", "https://evil-example.com")], Some(Credential::token("tp_1")));
    assert_eq!(wrong.await.code(), 403);
}
