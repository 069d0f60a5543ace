//! A configuration that changes while the relay runs.

use crate::client::Client;
use crate::fixture::{Relay, accept, config, listen};
use crate::program::Program;
use tokio::io::AsyncWriteExt;
use towpath_shared::{DATA_WINDOW, Reason};

#[tokio::test]
async fn what_begins_follows_the_new_rules_and_what_runs_goes_on() {
    let ((first, first_port), (second, second_port)) = (listen().await, listen().await);
    let relay = Relay::for_ports(&[first_port]).await;
    let mut client = Client::connect(relay.address).await;
    let (running, _) = client.control("127.0.0.1", first_port, DATA_WINDOW).await.unwrap();
    let mut server = accept(&first).await;
    let denied = client.control("127.0.0.1", second_port, DATA_WINDOW).await.unwrap_err();
    assert_eq!(denied.reason, Reason::PolicyDenied);

    relay.reload(config(&[second_port])).await;
    client.control("127.0.0.1", second_port, DATA_WINDOW).await.unwrap();
    accept(&second).await;
    let denied = client.control("127.0.0.1", first_port, DATA_WINDOW).await.unwrap_err();
    assert_eq!(denied.reason, Reason::PolicyDenied);
    // The cards of whoever comes now are the new ones.
    let fresh = Client::connect(relay.address).await;
    assert_eq!(fresh.welcome.sites.iter().map(|site| site.port).collect::<Vec<_>>(), [second_port]);
    server.write_all(b"still here").await.unwrap();
    server.shutdown().await.unwrap();
    assert_eq!(client.read_to_end(running).await.0, b"still here");

    // One that contradicts itself changes nothing.
    let mut wrong = config(&[first_port]);
    wrong.limits.streams = 0;
    relay.reload(wrong).await;
    let denied = client.control("127.0.0.1", first_port, DATA_WINDOW).await.unwrap_err();
    assert_eq!(denied.reason, Reason::PolicyDenied);
    client.control("127.0.0.1", second_port, DATA_WINDOW).await.unwrap();
}

/// The program itself: SIGHUP reads the file again, and a file with a fault changes nothing.
#[tokio::test]
#[cfg(target_os = "linux")]
async fn sighup_reads_the_file_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("towpath.toml");
    let write = |hosts: &str| {
        let text = format!("allow_missing_origin = true\n{hosts}");
        std::fs::write(&file, text).unwrap();
    };
    let (listener, port) = listen().await;
    write("");
    let mut relay = Program::start(&file);
    let mut client = Client::connect(relay.address).await;
    assert!(client.control("127.0.0.1", port, DATA_WINDOW).await.is_err());

    write("[[target]]\nhost = \"127.0.0.1\"\nprot = 21\n");
    relay.signal("HUP");
    assert!(relay.heard("not reloaded").contains("line 4"));
    write(&format!("[[target]]\nhost = \"127.0.0.1\"\nport = {port}\n"));
    relay.signal("HUP");
    relay.heard("configuration reloaded");
    client.control("127.0.0.1", port, DATA_WINDOW).await.unwrap();
    accept(&listener).await;
}

#[test]
fn check_config_shows_what_the_environment_says_and_names_what_is_no_key() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("towpath.toml");
    std::fs::write(&file, "[limits]\nsessions = 5\nstreams = 6\n").unwrap();
    let check = |name: &str| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_towpath"));
        command.args(["check-config", "--config"]).arg(&file).env(name, "10").output().unwrap()
    };
    let good = check("TOWPATH_LIMITS__SESSIONS");
    let text = String::from_utf8(good.stdout).unwrap();
    assert!(
        good.status.success() && text.contains("sessions = 10") && text.contains("streams = 6"),
        "{text}"
    );
    let wrong = check("TOWPATH_LIMITS__SESSION");
    let text = String::from_utf8(wrong.stderr).unwrap();
    assert!(!wrong.status.success() && text.contains("TOWPATH_LIMITS__SESSION: unknown field"), "{text}");
}
