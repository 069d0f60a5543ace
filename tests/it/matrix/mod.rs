//! The server matrix: one body of steps ([`steps::STEPS`]) against every server, in plain text and with TLS, natively
//! and through the relay. [`servers::LACKS`] says what each server is known not to support, and why. All steps of a row
//! run, whatever fails; each failure names server, way and step, with the session's log of that step.

mod limits;
mod names;
mod servers;
mod steps;

use crate::setup::{Way, child};
use servers::Row;
use std::collections::HashSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use steps::{STEPS, Step};
use tokio::sync::watch;
use tokio::time::timeout;
use towpath_ftp::{Event, RemotePath, Site};
use towpath_tests::driver::{Client, Observer, Transport};
use towpath_tests::server::Server;

/// How long a step may take. The slowest needs a second.
const STEP: Duration = Duration::from_secs(30);

/// Fails with the text unless the condition holds.
macro_rules! check {
    ($condition:expr, $($text:tt)+) => {
        if !$condition {
            return Err(format!($($text)+).into());
        }
    };
}

use check;

/// What came of a step; text for eyes where it failed.
type Outcome = Result<(), Box<dyn std::error::Error>>;

/// What a step works with: a session, and a directory as both sides see it, for this way alone.
struct Bench {
    client: Client,
    /// As the server calls it.
    folder: RemotePath,
    /// As this machine calls it.
    disk: PathBuf,
    /// Bytes that the present transfer has moved.
    progress: watch::Receiver<u64>,
}

impl Bench {
    fn new(transport: Transport, site: Site, folder: RemotePath, disk: PathBuf) -> Bench {
        let (told, progress) = watch::channel(0);
        let observer: Observer = Arc::new(move |event| {
            if let Event::Progressed { done, .. } = event {
                told.send_replace(*done);
            }
        });
        let client = Client::new(transport, site, Arc::new(|_| true), Some(observer));
        Bench { client, folder, disk, progress }
    }

    /// A path in the directory.
    fn path(&self, name: &str) -> RemotePath {
        child(&self.folder, name)
    }
}

/// One way through a row.
struct Passage {
    steps: usize,
    took: Duration,
    slowest: (Duration, &'static str),
    failures: Vec<String>,
}

impl std::fmt::Display for Passage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Passage { steps, took, slowest: (slowest, step), .. } = self;
        write!(f, "{steps} steps in {took:.1?} (at most {slowest:.1?}: {step})")
    }
}

/// Runs all steps one way, with a server of its own, whose log then tells of this way alone.
async fn pass(row: &Row, way: Way) -> Passage {
    let server = Server::with(row.options).unwrap();
    let start = Instant::now();
    let (transport, _relay) = way.to(&server).await;
    let name = format!("{way:?}");
    let (folder, disk) = (child(&server.base(), &name), server.root().join(&name));
    let begin = || Bench::new(transport.clone(), server.site(), folder.clone(), disk.clone());
    let mut bench = begin();
    let mut passage =
        Passage { steps: 0, took: Duration::ZERO, slowest: (Duration::ZERO, ""), failures: Vec::new() };
    for step in STEPS.iter().filter(|step| row.lacks(step.name).is_none()) {
        passage.steps += 1;
        let said = bench.client.log().len();
        let from = Instant::now();
        let outcome = timeout(STEP, (step.run)(&bench)).await;
        passage.slowest = passage.slowest.max((from.elapsed(), step.name));
        let failure = match outcome {
            Ok(Ok(())) => continue,
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("not done after {STEP:?}"),
        };
        let log = bench.client.log_text();
        let log = log[said.min(log.len())..].join("\n    ");
        passage.failures.push(format!("{} {way:?}, {}: {failure}\n    {log}", row.name, step.name));
        if step.name == "login" {
            break;
        }
        // The next step begins with a session that nothing went wrong in.
        bench = begin();
        if let Err(error) = bench.client.login().await {
            passage.failures.push(format!("{} {way:?}, login after {}: {error}", row.name, step.name));
            break;
        }
    }
    passage.took = start.elapsed();
    if !passage.failures.is_empty() {
        passage.failures.push(format!("--- the server says\n{}", tail(&server.log(), 40)));
    }
    passage
}

/// Runs a row both ways at once.
async fn cross(row: Row) {
    let known: HashSet<&str> = STEPS.iter().map(|step| step.name).collect();
    assert_eq!(known.len(), STEPS.len(), "two steps have one name");
    for (_, step, _) in servers::LACKS {
        assert!(known.contains(step), "no step is called {step}");
    }
    if row.options.ipv6 && std::net::TcpListener::bind("[::1]:0").is_err() {
        println!("{}: skipped, this machine has no IPv6 loopback", row.name);
        return;
    }
    let (native, relay) = tokio::join!(pass(&row, Way::Native), pass(&row, Way::Relay));
    let mut line = format!("{}: natively {native}; through the relay {relay}", row.name);
    for Step { name, .. } in STEPS {
        if let Some(reason) = row.lacks(name) {
            write!(line, "; skipped {name} ({reason})").unwrap();
        }
    }
    println!("{line}");
    let failures = [native.failures, relay.failures].concat();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// The last lines of a log.
fn tail(log: &str, lines: usize) -> String {
    let all: Vec<&str> = log.lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}

/// Gives files made on this machine to the user that the servers run as.
fn give(path: &Path) {
    // `daemon`, see the fixtures.
    std::os::unix::fs::lchown(path, Some(1), Some(1)).unwrap();
    if path.is_dir() {
        for entry in std::fs::read_dir(path).unwrap() {
            give(&entry.unwrap().path());
        }
    }
}
