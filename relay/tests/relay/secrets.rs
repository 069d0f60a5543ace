//! Stored passwords: what a page can have the relay write, where, and what it gets to see of it. Named after the threats that they meet.

use crate::client::{Client, Heard};
use crate::fixture::{Relay, accept, config, identity, listen};
use std::path::PathBuf;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use towpath_relay::{Config, PasswordOver, Rule, SecretSource, Target};
use towpath_shared::{
    DATA_WINDOW, Message, Reason, Reset, SecretKind, SiteEncryption, StartTls, StreamId, WriteSecret,
};

const CANARY: &str = "canary-7c1e90";

struct Bench {
    relay: Relay,
    listener: TcpListener,
    port: u16,
    folder: TempDir,
}

/// A relay with one target of that encryption, whose user is `me` and whose password stands in a file.
async fn bench(encryption: SiteEncryption, change: impl FnOnce(&mut Config, u16, PathBuf)) -> Bench {
    let (listener, port) = listen().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    std::fs::write(&file, format!("{CANARY}\n")).unwrap();
    let mut config = config(&[port]);
    config.targets[0] = Target {
        user: Some("me".into()),
        password: Some(SecretSource::File(file)),
        encryption,
        ..Target::new("127.0.0.1", port)
    };
    change(&mut config, port, folder.path().to_owned());
    Bench { relay: Relay::start(config).await, listener, port, folder }
}

fn ask() -> Message {
    Message::WriteSecret(WriteSecret { what: SecretKind::Password })
}

async fn line(server: &mut (impl AsyncRead + Unpin)) -> String {
    let mut bytes = Vec::new();
    BufReader::with_capacity(1, server).read_until(b'\n', &mut bytes).await.unwrap();
    String::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn the_page_learns_that_there_is_a_password_and_no_more() {
    let bench = bench(SiteEncryption::None, |_, _, _| {}).await;
    let client = Client::connect(bench.relay.address).await;
    let site = &client.welcome.sites[0];
    assert!(site.stored_password && site.user.as_deref() == Some("me"));
    let told = format!("{:?}", client.welcome);
    assert!(!told.contains(CANARY) && !told.contains(bench.folder.path().to_str().unwrap()), "{told}");
    // What holds passwords can be printed.
    let config = Config::from_toml(
        "[[target]]\nhost = \"a.example\"\nuser = \"me\"\npassword = { command = [\"cat\", \"x\"] }",
    );
    let printed = config.unwrap().to_toml().unwrap();
    assert!(printed.contains("command = [\"cat\", \"x\"]"), "{printed}");
}

#[tokio::test]
async fn the_server_gets_it_as_pass_and_a_new_one_needs_no_restart() {
    let bench = bench(SiteEncryption::None, |_, _, _| {}).await;
    let mut client = Client::connect(bench.relay.address).await;
    let (id, _) = client.control("127.0.0.1", bench.port, DATA_WINDOW).await.unwrap();
    let mut server = accept(&bench.listener).await;
    for password in [CANARY, "another one, with blanks "] {
        std::fs::write(bench.folder.path().join("password"), password).unwrap();
        client.data(id, b"USER me\r\n").await;
        client.send(id, &ask()).await;
        assert_eq!(line(&mut server).await, "USER me\r\n");
        assert_eq!(line(&mut server).await, format!("PASS {password}\r\n"));
    }
    client.data(id, b"SYST\r\n").await;
    client.finish(id).await;
    let mut rest = Vec::new();
    server.read_to_end(&mut rest).await.unwrap();
    assert_eq!(rest, b"SYST\r\n");
}

/// Each of these is a try to have it written as something else, or for somebody else.
#[tokio::test]
async fn a_hostile_page_cannot_have_it_written_elsewhere() {
    let bench = bench(SiteEncryption::None, |_, _, _| {}).await;
    let mut client = Client::connect(bench.relay.address).await;
    for sent in [
        &b""[..],
        b"USER me",
        b"USER me\r",
        b"USER me\n",
        b"USER me\r\nSTOR ",
        b"USER me\r\nMKD /public/",
        b"USER root\r\n",
        b"USER me\r\nUSER guest\r\n",
        b"USER me\r\nNOOP\r\n",
        b"STOR USER me\r\n",
    ] {
        let (id, _) = client.control("127.0.0.1", bench.port, DATA_WINDOW).await.unwrap();
        let mut server = accept(&bench.listener).await;
        client.data(id, sent).await;
        client.send(id, &ask()).await;
        let reset = client.reset_of(id).await;
        assert_eq!(reset.reason, Reason::Secret, "{:?}", String::from_utf8_lossy(sent));
        let mut heard = Vec::new();
        let _ = server.read_to_end(&mut heard).await;
        assert!(!String::from_utf8_lossy(&heard).contains(CANARY), "{}", String::from_utf8_lossy(&heard));
    }
    // Bytes behind the request, where they might end up before it.
    let (id, _) = client.control("127.0.0.1", bench.port, DATA_WINDOW).await.unwrap();
    let mut server = accept(&bench.listener).await;
    client.data(id, b"USER me\r\n").await;
    client.send(id, &ask()).await;
    client.send(id, &ask()).await;
    let reset = client.reset_of(id).await;
    assert!(matches!(reset.reason, Reason::Protocol | Reason::Secret), "{reset:?}");
    let mut heard = Vec::new();
    let _ = server.read_to_end(&mut heard).await;
    assert!(String::from_utf8_lossy(&heard).matches("PASS").count() <= 1);
}

#[tokio::test]
async fn only_the_presets_own_server_gets_it_and_only_on_its_control_connection() {
    let (other, other_port) = listen().await;
    let bench = bench(SiteEncryption::None, |config, port, _| {
        let hosts = vec!["127.0.0.1".parse().unwrap()];
        let text = format!("hosts = [\"127.0.0.1\"]\nports = [{other_port}]\n");
        let rule: Rule = toml::from_str(&text).unwrap();
        config.rules.push(Rule { hosts, ..rule });
        config.targets.push(Target { user: Some("you".into()), ..Target::new("127.0.0.1", port) });
    })
    .await;
    let mut client = Client::connect(bench.relay.address).await;
    let (id, _) = client.control("127.0.0.1", other_port, DATA_WINDOW).await.unwrap();
    let mut stranger = accept(&other).await;
    client.data(id, b"USER me\r\n").await;
    client.send(id, &ask()).await;
    assert_eq!(client.reset_of(id).await.reason, Reason::Secret);
    let mut heard = Vec::new();
    let _ = stranger.read_to_end(&mut heard).await;
    assert!(!String::from_utf8_lossy(&heard).contains("PASS"));

    let (control, _) = client.control("127.0.0.1", bench.port, DATA_WINDOW).await.unwrap();
    let _server = accept(&bench.listener).await;
    let (passive, passive_port) = listen().await;
    let (data, _) = client.passive(control, passive_port, DATA_WINDOW).await.unwrap();
    let mut file = accept(&passive).await;
    client.data(data, b"USER me\r\n").await;
    client.send(data, &ask()).await;
    assert_eq!(client.reset_of(data).await.reason, Reason::Secret);
    let mut stored = Vec::new();
    let _ = file.read_to_end(&mut stored).await;
    assert!(!String::from_utf8_lossy(&stored).contains("PASS"));
    // Before the connection stands there is nobody to write to.
    let id = client.open(towpath_shared::StreamKind::Control { host: "127.0.0.1".into(), port: 1 }, 0).await;
    client.send(id, &ask()).await;
    client.reset_of(id).await;
}

/// A server that repeats commands, and a page that takes its words byte by byte: the password goes back to nobody.
#[tokio::test]
async fn a_server_that_repeats_it_is_not_heard() {
    for (reply, window) in [
        (format!("500 'PASS {CANARY}': not understood\r\n"), DATA_WINDOW),
        (format!("500 {CANARY}\r\n"), 0),
        (format!("230-Welcome\r\n230 {0}{0}\r\n", &CANARY[..5]) + CANARY, 0),
    ] {
        let bench = bench(SiteEncryption::None, |_, _, _| {}).await;
        let mut client = Client::connect(bench.relay.address).await;
        let (id, _) = client.control("127.0.0.1", bench.port, window).await.unwrap();
        let mut server = accept(&bench.listener).await;
        client.data(id, b"USER me\r\n").await;
        client.send(id, &ask()).await;
        line(&mut server).await;
        line(&mut server).await;
        // In pieces as small as the network likes.
        let serving = tokio::spawn(async move {
            for byte in reply.as_bytes() {
                if server.write_all(&[*byte]).await.is_err() {
                    return;
                }
                let _ = server.flush().await;
            }
            let _ = server.read(&mut [0]).await;
        });
        let (mut seen, mut credit) = (Vec::new(), window);
        let reset = loop {
            if window == 0 {
                credit += 1;
                client.send(id, &Message::Credit(credit)).await;
            }
            match client.hear().await {
                Heard::Data(_, bytes) => seen.extend_from_slice(&bytes),
                Heard::Message(found, Message::Reset(reset)) if found == id => break reset,
                Heard::Message(_, Message::Credit(_)) => {}
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(reset.reason, Reason::Secret, "{reset:?}");
        let seen = String::from_utf8(seen).unwrap();
        assert!(!seen.contains(CANARY) && !reset.text.contains(CANARY), "{seen:?}");
        serving.await.unwrap();
    }
}

/// Nothing of it is counted either: the labels of metrics are the reasons.
#[tokio::test]
async fn canary_no_password_in_the_metrics() {
    let (listener, port) = listen().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(CANARY);
    std::fs::write(&file, CANARY).unwrap();
    let mut config = config(&[port]);
    config.targets[0] = Target {
        user: Some("me".into()),
        password: Some(SecretSource::File(file)),
        encryption: SiteEncryption::None,
        ..Target::new("127.0.0.1", port)
    };
    let (relay, watch) = Relay::watched(config).await;
    let mut client = Client::connect(relay.address).await;
    let (id, _) = client.control("127.0.0.1", port, DATA_WINDOW).await.unwrap();
    let mut server = accept(&listener).await;
    client.data(id, b"USER me\r\n").await;
    client.send(id, &ask()).await;
    line(&mut server).await;
    line(&mut server).await;
    server.write_all(format!("500 {CANARY}?\r\n").as_bytes()).await.unwrap();
    client.reset_of(id).await;
    let counted = crate::metrics::until(watch, "relay_resets_total{reason=\"secret\"}", 1.0).await;
    assert!(!counted.keys().any(|name| name.contains(CANARY)), "{counted:?}");
}

/// The beginning of a password is no password.
#[tokio::test]
async fn what_only_begins_like_it_is_heard_whole() {
    let bench = bench(SiteEncryption::None, |_, _, _| {}).await;
    let mut client = Client::connect(bench.relay.address).await;
    let (id, _) = client.control("127.0.0.1", bench.port, DATA_WINDOW).await.unwrap();
    let mut server = accept(&bench.listener).await;
    client.data(id, b"USER me\r\n").await;
    client.send(id, &ask()).await;
    line(&mut server).await;
    line(&mut server).await;
    let words = format!("230 {}\r\n220 cacanarcanary-\r\n150 canary-7c1e9", &CANARY[..9]);
    server.write_all(words.as_bytes()).await.unwrap();
    server.shutdown().await.unwrap();
    assert_eq!(client.read_to_end(id).await, (words.into_bytes(), false));
}

/// Logs in over TLS whose certificate the page accepts, whatever it is.
async fn over_tls(bench: &Bench, name: &str) -> Result<String, Reset> {
    over_tls_with(bench, identity(name).acceptor).await
}

async fn over_tls_with(bench: &Bench, acceptor: tokio_rustls::TlsAcceptor) -> Result<String, Reset> {
    let mut client = Client::connect(bench.relay.address).await;
    let (id, _) = client.control("127.0.0.1", bench.port, DATA_WINDOW).await?;
    let socket = accept(&bench.listener).await;
    let server = tokio::spawn(async move {
        let mut stream = acceptor.accept(socket).await.unwrap();
        line(&mut stream).await;
        let password = line(&mut stream).await;
        let _ = stream.write_all(b"230 in\r\n").await;
        let _ = stream.flush().await;
        password
    });
    let request = StartTls {
        server_name: "127.0.0.1".into(),
        received: 0,
        max_version: None,
        client_certificate: None,
    };
    client.start_tls(id, request).await?;
    client.send(id, &Message::TlsAccept).await;
    client.data(id, b"USER me\r\n").await;
    client.send(id, &ask()).await;
    loop {
        match client.hear().await {
            Heard::Data(..) => break,
            Heard::Message(found, Message::Reset(reset)) if found == id => return Err(reset),
            _ => {}
        }
    }
    Ok(server.await.unwrap())
}

/// A page that accepts any certificate, with its accomplice between the relay and the server.
#[tokio::test]
async fn a_certificate_that_only_the_page_accepts_is_not_enough() {
    let bench = bench(SiteEncryption::Explicit, |_, _, _| {}).await;
    let reset = over_tls(&bench, "127.0.0.1").await.unwrap_err();
    assert_eq!(reset.reason, Reason::Secret);
    assert!(reset.text.contains("certificate"), "{reset:?}");

    // Nor is plain text, in which USER may be anybody's.
    let mut client = Client::connect(bench.relay.address).await;
    let (id, _) = client.control("127.0.0.1", bench.port, DATA_WINDOW).await.unwrap();
    let mut server = accept(&bench.listener).await;
    client.data(id, b"USER me\r\n").await;
    client.send(id, &ask()).await;
    let reset = client.reset_of(id).await;
    assert_eq!(reset.reason, Reason::Secret);
    let mut heard = Vec::new();
    let _ = server.read_to_end(&mut heard).await;
    assert!(!String::from_utf8_lossy(&heard).contains("PASS"));
}

#[tokio::test]
async fn a_certificate_that_the_relay_trusts_is_enough_and_any_where_the_site_says_so() {
    let genuine = identity("127.0.0.1");
    let pem = genuine.pem.clone();
    let bench_trusting = bench(SiteEncryption::Explicit, |config, _, folder| {
        std::fs::write(folder.join("root.pem"), pem).unwrap();
        config.extra_roots = vec![folder.join("root.pem")];
    })
    .await;
    let line = over_tls_with(&bench_trusting, genuine.acceptor).await.unwrap();
    assert_eq!(line, format!("PASS {CANARY}\r\n"));
    // The right name with another key is not it.
    assert_eq!(over_tls(&bench_trusting, "127.0.0.1").await.unwrap_err().reason, Reason::Secret);

    let lax = bench(SiteEncryption::Explicit, |config, _, _| {
        config.targets[0].password_over = Some(PasswordOver::Tls);
    })
    .await;
    assert_eq!(over_tls(&lax, "127.0.0.1").await.unwrap(), format!("PASS {CANARY}\r\n"));
}

#[tokio::test]
async fn a_password_that_cannot_be_read_costs_the_login_and_says_nothing_of_its_place() {
    let bench = bench(SiteEncryption::None, |_, _, _| {}).await;
    std::fs::write(bench.folder.path().join("password"), format!("{CANARY}\rDELE x\n")).unwrap();
    let mut client = Client::connect(bench.relay.address).await;
    let (id, _) = client.control("127.0.0.1", bench.port, DATA_WINDOW).await.unwrap();
    let _server = accept(&bench.listener).await;
    client.data(id, b"USER me\r\n").await;
    client.send(id, &ask()).await;
    let reset = client.reset_of(id).await;
    assert_eq!(reset.reason, Reason::Secret);
    assert!(!reset.text.contains(CANARY), "{reset:?}");
    assert!(!reset.text.contains(bench.folder.path().to_str().unwrap()), "{reset:?}");
    // The link goes on.
    client.send(StreamId::LINK, &Message::Ping(7)).await;
    assert!(matches!(client.hear().await, Heard::Message(_, Message::Pong(7))));
}

/// The program itself at its most talkative: passwords from all three places, good and bad ends, and none of them in what it prints.
#[tokio::test]
#[cfg(target_os = "linux")]
async fn canary_no_password_in_the_log_nor_in_what_check_config_prints() {
    use std::io::{BufRead, BufReader, Read};
    use std::process::{Command, Stdio};
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(path("password"), CANARY).unwrap();
    std::fs::write(path("bad"), format!("{CANARY}\0\n")).unwrap();
    let ports = [listen().await, listen().await, listen().await, listen().await];
    let sources = [
        format!("{{ file = \"{}\" }}", path("password")),
        "{ env = \"CANARY\" }".to_owned(),
        format!("{{ command = [\"cat\", \"{}\"] }}", path("password")),
        format!("{{ file = \"{}\" }}", path("bad")),
    ];
    let audit = path("audit");
    let mut text = format!("allow_missing_origin = true\n[log]\nformat = \"json\"\naudit = \"{audit}\"\n");
    for ((_, port), source) in ports.iter().zip(&sources) {
        text += &format!(
            "[[target]]\nhost = \"127.0.0.1\"\nport = {port}\nuser = \"me\"\nencryption = \"none\"\npassword = {source}\n"
        );
    }
    std::fs::write(path("towpath.toml"), text).unwrap();
    let command = |words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_towpath"));
        command.args(words).args(["--config", &path("towpath.toml")]);
        command.env("TOWPATH_LOG", "trace").env("CANARY", CANARY);
        command
    };
    let checked = command(&["check-config"]).output().unwrap();
    let printed = [checked.stdout, checked.stderr].concat();
    let printed = String::from_utf8(printed).unwrap();
    assert!(checked.status.success(), "{printed}");
    assert!(printed.contains("from variable CANARY") && !printed.contains(CANARY), "{printed}");
    assert!(printed.contains("cannot be read"), "{printed}");

    let mut relay = command(&["serve", "--listen", "127.0.0.1:0"]).stderr(Stdio::piped()).spawn().unwrap();
    let mut log = BufReader::new(relay.stderr.take().unwrap());
    let mut lines = String::new();
    while !lines.contains("relay listens") {
        assert!(log.read_line(&mut lines).unwrap() > 0, "{lines}");
    }
    let own = lines.split("\"own\":\"").nth(1).unwrap().split('"').next().unwrap().parse().unwrap();
    let reading = std::thread::spawn(move || {
        let mut rest = String::new();
        log.read_to_string(&mut rest).map(|_| rest)
    });
    let mut client = Client::connect(own).await;
    for (index, (listener, port)) in ports.iter().enumerate() {
        let (id, _) = client.control("127.0.0.1", *port, DATA_WINDOW).await.unwrap();
        let mut server = accept(listener).await;
        client.data(id, b"USER me\r\n").await;
        client.send(id, &ask()).await;
        line(&mut server).await;
        if index < 3 {
            assert_eq!(line(&mut server).await, format!("PASS {CANARY}\r\n"));
            server.write_all(format!("500 what is {CANARY}\r\n").as_bytes()).await.unwrap();
        }
        let reset = client.reset_of(id).await;
        assert_eq!(reset.reason, Reason::Secret);
        assert!(!format!("{reset:?}").contains(CANARY));
    }
    relay.kill().unwrap();
    relay.wait().unwrap();
    lines += &reading.join().unwrap().unwrap();
    let audit = std::fs::read_to_string(audit).unwrap();
    assert_eq!(audit.matches("password.write").count(), 3, "{audit}");
    assert!(lines.contains("cannot be read") && !lines.contains(CANARY), "{lines}");
    assert!(!audit.contains(CANARY), "{audit}");
}
