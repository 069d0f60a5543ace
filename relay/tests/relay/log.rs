//! The program's log: who did what, whole lines whatever pages and servers say, and none of their secrets.

use crate::client::{Client, Heard, upgrade};
use crate::fixture::{accept, listen};
use crate::program::Program;
use serde_json::Value;
use std::path::Path;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use towpath_shared::{DATA_WINDOW, SUBPROTOCOL};

fn events(file: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(file).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The events of a kind, waited for.
async fn event(file: &Path, name: &str) -> Value {
    let patience = tokio::time::Instant::now() + crate::client::PATIENCE;
    loop {
        if let Some(event) = events(file).into_iter().rfind(|event| event["event"] == name) {
            return event;
        }
        assert!(tokio::time::Instant::now() < patience, "no {name} in {:?}", events(file));
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn the_audit_log_says_who_did_what_and_the_log_keeps_no_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let (file, audit) = (folder.path().join("towpath.toml"), folder.path().join("audit"));
    let (listener, port) = listen().await;
    let text = format!(
        "allow_missing_origin = true\n[log]\nformat = \"json\"\naudit = {audit:?}\n[[target]]\nhost = \"127.0.0.1\"\nport = {port}\n"
    );
    std::fs::write(&file, text).unwrap();
    let mut command = Program::command();
    // Everything that any part of it has to say.
    command.env("TOWPATH_LOG", "trace").args(["--listen", "127.0.0.1:0", "--config"]).arg(&file);
    let mut relay = Program::spawn(command);
    let canaries = ["canary-user", "canary-password", "canary-file.txt", "canary-content", "canary-reply"];

    let mut client = Client::connect(relay.address).await;
    let begin = event(&audit, "session.begin").await;
    assert_eq!(begin["client.address"], "127.0.0.1");
    let (control, _) = client.control("127.0.0.1", port, DATA_WINDOW).await.unwrap();
    let mut socket = accept(&listener).await;
    let open = event(&audit, "site.open").await;
    assert_eq!((&open["server.port"], &open["rule"]), (&port.into(), &"allowed".into()));
    assert_eq!(open["session.id"], begin["session.id"]);
    let login = b"USER canary-user\r\nPASS canary-password\r\nRETR canary-file.txt\r\n";
    client.data(control, login).await;
    let mut bytes = vec![0; login.len()];
    socket.read_exact(&mut bytes).await.unwrap();
    let reply = b"230 canary-reply\r\n";
    socket.write_all(reply).await.unwrap();
    while !matches!(client.hear().await, Heard::Data(..)) {}
    let (data_listener, data_port) = listen().await;
    let (data, _) = client.passive(control, data_port, DATA_WINDOW).await.unwrap();
    let mut data_socket = accept(&data_listener).await;
    data_socket.write_all(b"canary-content").await.unwrap();
    data_socket.shutdown().await.unwrap();
    client.finish(data).await;
    assert_eq!(client.read_to_end(data).await.0, b"canary-content");
    let end = event(&audit, "stream.end").await;
    assert_eq!((&end["stream.kind"], &end["bytes.down"]), (&"data".into(), &14.into()));
    assert_eq!((&end["result"], &end["network.peer.port"]), (&"ended".into(), &data_port.into()));

    // A host name that would like to be two lines.
    client.control("evil\nhost\u{1b}[2J", 21, DATA_WINDOW).await.unwrap_err();
    let refused = event(&audit, "site.refuse").await;
    assert_eq!(refused["server.address"], "evil\\nhost\\u{1b}[2J");
    assert_eq!((&refused["rule"], &refused["result"]), (&"host".into(), &"policy_denied".into()));
    drop(client);
    let end = event(&audit, "session.end").await;
    assert_eq!(end["session.id"], begin["session.id"]);
    let whole = |event: &Value| event["event"] == "stream.end" && event["stream.id"] == control.0;
    let control = events(&audit).into_iter().find(whole).unwrap();
    assert_eq!(control["bytes.up"], login.len());
    assert_eq!(control["bytes.down"], reply.len());
    let headers = [("sec-websocket-protocol", SUBPROTOCOL), ("origin", "https://canary-origin.example")];
    assert_eq!(upgrade(relay.address, &headers).await.unwrap_err(), 403);
    assert_eq!(event(&audit, "entry.refuse").await["result"], "origin");

    // Rotation: the file is moved away, and on SIGHUP there is a new one.
    let old = folder.path().join("audit.1");
    std::fs::rename(&audit, &old).unwrap();
    relay.signal("HUP");
    relay.heard("configuration reloaded");
    Client::connect(relay.address).await;
    event(&audit, "session.begin").await;
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&audit).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600, "others can read who does what");
    }

    relay.signal("KILL");
    let log = relay.rest();
    assert!(log.iter().any(|line| line.contains("\"level\":\"DEBUG\"")), "{log:?}");
    let said = std::fs::read_to_string(&old).unwrap();
    for line in log.iter().map(String::as_str).chain(said.lines()) {
        assert!(serde_json::from_str::<Value>(line).is_ok(), "{line}");
        for canary in canaries {
            assert!(!line.contains(canary), "{line}");
        }
    }
}

#[test]
fn an_audit_log_that_cannot_be_written_stops_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("towpath.toml");
    std::fs::write(&file, "[log]\naudit = \"/nowhere/at/all\"\n").unwrap();
    let output =
        Program::command().args(["--listen", "127.0.0.1:0", "--config"]).arg(&file).output().unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("/nowhere/at/all"), "{said}");
}
