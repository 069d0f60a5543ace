//! The program under systemd: sockets that it is passed, and what it tells.

use crate::client::Client;
use crate::fixture::listen;
use crate::http::request;
use crate::metrics::scrape;
use crate::program::Program;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Command, Stdio};
use tokio::net::TcpListener;

/// A service manager's end of the notification socket.
struct Manager(UnixDatagram);

impl Manager {
    fn new(path: &Path) -> Manager {
        let socket = UnixDatagram::bind(path).unwrap();
        socket.set_read_timeout(Some(crate::client::PATIENCE)).unwrap();
        Manager(socket)
    }

    /// The next message with this line.
    fn told(&self, line: &str) -> String {
        let mut seen = Vec::new();
        loop {
            let mut bytes = [0; 4096];
            let len = self.0.recv(&mut bytes).unwrap_or_else(|_| panic!("not told {line}, but {seen:?}"));
            let message = String::from_utf8(bytes[..len].to_vec()).unwrap();
            if message.lines().any(|found| found.starts_with(line)) {
                return message;
            }
            seen.push(message);
        }
    }
}

#[tokio::test]
async fn systemd_is_told_of_readiness_reloads_the_watchdog_and_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("towpath.toml");
    std::fs::write(&file, "allow_missing_origin = true\n").unwrap();
    let manager = Manager::new(&folder.path().join("notify"));
    let mut command = Program::command();
    command.env("NOTIFY_SOCKET", folder.path().join("notify")).env("WATCHDOG_USEC", "100000");
    command.args(["--listen", "127.0.0.1:0", "--config"]).arg(&file);
    let mut relay = Program::spawn(command);
    manager.told("READY=1");
    for _ in 0..3 {
        manager.told("WATCHDOG=1");
    }
    let _client = Client::connect(relay.address).await;
    manager.told("STATUS=serving, sessions: 1");
    relay.signal("HUP");
    // Service managers from 253 on want the time with it.
    assert!(manager.told("RELOADING=1").contains("MONOTONIC_USEC="));
    manager.told("READY=1");
    relay.signal("TERM");
    manager.told("STOPPING=1");
    assert!(relay.ended().success());
}

/// Starts the program with sockets 3 and 4, as systemd does; a shell puts them there.
fn activated(file: &Path, sockets: [TcpListener; 2], names: &str) -> Command {
    let [page, metrics] = sockets.map(|socket| OwnedFd::from(socket.into_std().unwrap()));
    let program = env!("CARGO_BIN_EXE_towpath");
    let script = format!(
        "exec 3<&0 4<&1 0</dev/null 1>/dev/null; LISTEN_PID=$$ exec {program} serve --config {}",
        file.display()
    );
    let mut shell = Command::new("sh");
    shell
        .args(["-c", &script])
        .env("LISTEN_FDS", "2")
        .env("LISTEN_FDNAMES", names)
        .env("TOWPATH_LOG", "info");
    shell.stdin(Stdio::from(page)).stdout(Stdio::from(metrics));
    shell
}

#[tokio::test]
async fn sockets_that_systemd_passes_are_told_apart_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("towpath.toml");
    // The addresses of the file are not listened on: they are taken.
    let ((taken, port), (also, other)) = (listen().await, listen().await);
    let text = format!(
        "listen = \"127.0.0.1:{port}\"\nallow_missing_origin = true\n[metrics]\nlisten = \"127.0.0.1:{other}\"\n"
    );
    std::fs::write(&file, text).unwrap();
    let ((metrics, _), (page, _)) = (listen().await, listen().await);
    let (watch, address) = (metrics.local_addr().unwrap(), page.local_addr().unwrap());
    // The order is systemd's.
    let relay = Program::adopt(activated(&file, [metrics, page], "metrics:page"));
    assert_eq!(relay.address, address);
    Client::connect(relay.address).await;
    assert!(scrape(watch).await.contains_key("relay_sessions"));
    let (head, _) = request(relay.address, "GET /metrics", "").await;
    assert!(head.starts_with("http/1.1 404"), "{head}");
    drop((taken, also));
}

#[tokio::test]
async fn a_socket_of_an_unknown_name_stops_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("towpath.toml");
    std::fs::write(&file, "").unwrap();
    for (names, said) in [("page:pgae", "pgae"), ("page:page", "one purpose"), ("", "page and metrics")] {
        let sockets = [listen().await.0, listen().await.0];
        let mut shell = activated(&file, sockets, names);
        let output = shell.stderr(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && text.contains(said), "{names}: {text}");
    }
}
