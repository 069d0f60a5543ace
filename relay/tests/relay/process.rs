//! A relay in a process of its own, so that the system can say what it uses.

use crate::fixture::listen;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::{Instant, sleep};
use towpath_relay::Config;

pub(crate) struct Process {
    child: Child,
    pub(crate) address: SocketAddr,
    _folder: TempDir,
}

/// What a process uses.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Use {
    /// Resident memory in KiB.
    pub(crate) memory: u64,
    /// The most that it was.
    pub(crate) peak: u64,
    pub(crate) descriptors: usize,
}

impl Process {
    pub(crate) fn start(config: &Config) -> Process {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("towpath.toml");
        std::fs::write(&file, config.to_toml().unwrap()).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_towpath"))
            .args(["serve", "--listen", "127.0.0.1:0", "--config"])
            .arg(&file)
            .env("TOWPATH_LOG", "warn,towpath_relay=info")
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        while !line.contains("relay listens") {
            line.clear();
            assert!(log.read_line(&mut line).unwrap() > 0, "the relay does not start");
        }
        let own = line.split("own=").nth(1).unwrap().split_whitespace().next().unwrap();
        let address = own.trim_end_matches(|c: char| !c.is_ascii_digit()).parse().unwrap();
        // Nobody reads the rest, and the relay must not wait for that.
        std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
        Process { child, address, _folder: folder }
    }

    pub(crate) fn uses(&self) -> Use {
        let own = format!("/proc/{}", self.child.id());
        let status = std::fs::read_to_string(format!("{own}/status")).unwrap();
        let field = |name: &str| {
            let line = status.lines().find(|line| line.starts_with(name)).unwrap();
            line.split_whitespace().nth(1).unwrap().parse().unwrap()
        };
        let descriptors = std::fs::read_dir(format!("{own}/fd")).unwrap().count();
        Use { memory: field("VmRSS:"), peak: field("VmHWM:"), descriptors }
    }

    /// Seconds of processor time so far. The system counts in hundredths.
    pub(crate) fn cpu(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let (_, fields) = stat.rsplit_once(')').unwrap();
        let field = |index: usize| fields.split_whitespace().nth(index).unwrap().parse::<f64>().unwrap();
        (field(11) + field(12)) / 100.0
    }

    /// Resolves when it has no more descriptors than this.
    pub(crate) async fn released(&self, descriptors: usize) {
        let start = Instant::now();
        while self.uses().descriptors > descriptors {
            assert!(
                start.elapsed() < Duration::from_secs(30),
                "{:?} are not released to {descriptors}",
                self.uses()
            );
            sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Lets this process and those that it starts have as many descriptors as the system allows: usual shells allow 1,024.
pub(crate) fn many_descriptors(wanted: usize) {
    let own = std::process::id().to_string();
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap();
    let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    let numbers: Vec<usize> = line.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    if numbers[0] < wanted {
        let most = format!("--nofile={}:{}", numbers[1], numbers[1]);
        assert!(Command::new("prlimit").args(["--pid", &own, &most]).status().unwrap().success());
        assert!(numbers[1] >= wanted, "the system allows {} descriptors, {wanted} are needed", numbers[1]);
    }
}

/// A server that sends back what it gets, on each connection.
pub(crate) async fn echo() -> u16 {
    let (listener, port) = listen().await;
    tokio::spawn(async move {
        loop {
            let (mut reader, mut writer) = accept_for_ever(&listener).await.into_split();
            tokio::spawn(async move { tokio::io::copy(&mut reader, &mut writer).await });
        }
    });
    port
}

/// A server that sends without end and reads nothing, on each connection.
pub(crate) async fn flood() -> u16 {
    let (listener, port) = listen().await;
    tokio::spawn(async move {
        loop {
            let mut socket = accept_for_ever(&listener).await;
            tokio::spawn(async move { while socket.write_all(&[7; 32_768]).await.is_ok() {} });
        }
    });
    port
}

/// A server that keeps whoever comes and says nothing.
pub(crate) async fn silent() -> u16 {
    let (listener, port) = listen().await;
    tokio::spawn(async move {
        loop {
            let mut socket = accept_for_ever(&listener).await;
            tokio::spawn(async move { while socket.read(&mut [0; 4096]).await.is_ok_and(|len| len > 0) {} });
        }
    });
    port
}

async fn accept_for_ever(listener: &TcpListener) -> tokio::net::TcpStream {
    loop {
        if let Ok((socket, _)) = listener.accept().await {
            return socket;
        }
    }
}
