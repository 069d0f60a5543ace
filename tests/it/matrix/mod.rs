//! The server matrix: one body of steps ([`steps::STEPS`]) against every server, in plain text and with TLS, natively
//! and through the relay. [`lacks::LACKS`] says what each server is known not to support, how that shows, and why; those steps run too, and must
//! come out as it says. All steps of a row run, whatever fails; each failure names server, way and step, with the session's log of that step.

mod bench;
mod lacks;
mod limits;
mod names;
mod servers;
mod steps;

use crate::setup::Way;
use bench::{Bench, commands};
use lacks::{How, Lack};
use servers::Row;
use std::collections::HashSet;
use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};
use steps::{STEPS, Step};
use tokio::time::timeout;
use towpath_ftp::{Error, ErrorKind};
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

/// One way through a row.
struct Passage {
    steps: usize,
    /// Further ones that the server lacks, and refused.
    lacking: usize,
    took: Duration,
    slowest: (Duration, &'static str),
    failures: Vec<String>,
}

impl std::fmt::Display for Passage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Passage { steps, lacking, took, slowest: (slowest, step), .. } = self;
        write!(f, "{steps} steps and {lacking} lacking in {took:.1?} (at most {slowest:.1?}: {step})")
    }
}

/// Runs all steps one way, with a server of its own, whose log then tells of this way alone.
async fn pass(row: &Row, way: Way) -> Passage {
    let server = Server::with(row.options).unwrap();
    let start = Instant::now();
    let (transport, _relay) = way.to(&server).await;
    let begin = || Bench::new(transport.clone(), &server, way);
    let mut bench = begin();
    let mut passage = Passage {
        steps: 0,
        lacking: 0,
        took: Duration::ZERO,
        slowest: (Duration::ZERO, ""),
        failures: Vec::new(),
    };
    for step in STEPS {
        let lack = row.lack(step.name);
        match lack {
            Some(Lack { how: How::Fails | How::Refuses, .. }) => passage.lacking += 1,
            _ => passage.steps += 1,
        }
        let said = bench.client.log().len();
        let from = Instant::now();
        let outcome = match timeout(STEP, (step.run)(&bench)).await {
            Ok(outcome) => judge(&bench, row, step.name, outcome, lack, said).await,
            Err(_) => Err(format!("not done after {STEP:?}").into()),
        };
        passage.slowest = passage.slowest.max((from.elapsed(), step.name));
        let others = bench.take_others();
        let Err(failure) = outcome else { continue };
        let mut log = bench.client.log_text().split_off(said);
        for other in others {
            log.push("--- another session".to_owned());
            log.extend(other);
        }
        let log = log.join("\n    ");
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

/// Whether a step came out as it should: what a server lacks is refused in words and costs nothing else, and nothing costs a login
/// but what is known to. `said`: lines of the log before the step.
async fn judge(
    bench: &Bench,
    row: &Row,
    step: &str,
    outcome: Outcome,
    lack: Option<&Lack>,
    said: usize,
) -> Outcome {
    match (outcome, lack.map(|lack| lack.how)) {
        (Ok(()), Some(How::Fails | How::Refuses)) => return Err("LACKS says that it fails".into()),
        (Err(error), Some(How::Fails)) => {
            let ill = error.downcast_ref::<Error>().is_some_and(|error| {
                matches!(error.kind, ErrorKind::Lost | ErrorKind::Timeout | ErrorKind::Protocol)
            });
            check!(!ill, "LACKS says that it fails, but not like this: {error}");
        }
        (Err(error), Some(How::Refuses)) => {
            let refused = error.downcast_ref::<Error>().is_some_and(|error| {
                error.kind == ErrorKind::Refused && (error.reply.is_some() || !error.advice.is_empty())
            });
            check!(refused, "LACKS says that the server refuses it, and this is no refusal: {error}");
        }
        (outcome, _) => outcome?,
    }
    if step == "quit" {
        return Ok(());
    }
    let costs = row.renews() || lack.is_some_and(|lack| lack.how == How::Costs);
    match bench.client.list(Some(&bench.folder)).await {
        Err(error) if costs && matches!(error.kind, ErrorKind::Lost | ErrorKind::NotConnected) => {
            bench.client.login().await?;
            return Ok(());
        }
        Err(error) => return Err(format!("the session after it: {error}").into()),
        Ok(_) => {}
    }
    let fresh = bench.client.log_text().split_off(said);
    let mut logins = commands(&fresh, "USER").saturating_sub(usize::from(step == "login"));
    logins += bench.others().iter().map(|log| commands(log, "USER").saturating_sub(1)).sum::<usize>();
    check!(logins == 0 || costs || step == "reinitialize", "the session had to log in anew");
    Ok(())
}

/// Runs a row both ways at once.
async fn cross(row: Row) {
    let known: HashSet<&str> = STEPS.iter().map(|step| step.name).collect();
    assert_eq!(known.len(), STEPS.len(), "two steps have one name");
    for Lack { step, .. } in lacks::LACKS {
        assert!(known.contains(step), "no step is called {step}");
    }
    if row.options.ipv6 && std::net::TcpListener::bind("[::1]:0").is_err() {
        println!("{}: skipped, this machine has no IPv6 loopback", row.name);
        return;
    }
    let (native, relay) = tokio::join!(pass(&row, Way::Native), pass(&row, Way::Relay));
    let mut line = format!("{}: natively {native}; through the relay {relay}", row.name);
    for Step { name, .. } in STEPS {
        if let Some(Lack { how, reason, .. }) = row.lack(name) {
            write!(line, "\n    {how:?}: {name} ({reason})").unwrap();
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
