//! Memory of relay and driver while a large file goes into a slow sink: bounded by the windows, whatever the file's size.
//! Both run as processes of their own, and the system says what they use.

use crate::fake::{Fake, Script};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

const GIB: u64 = 1024 * 1024 * 1024;
const SPEED: u64 = 2_000_000;
const SECONDS: u64 = 30;

/// What relay or driver may grow by. A stream's window ends at 8 MiB; frames under way and the allocator have the rest.
const GROWTH_KIB: u64 = 24 * 1024;

struct Probe {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Probe {
    async fn start(arguments: &[&str]) -> (Probe, String) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_memory-probe"))
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut probe = Probe { child, lines };
        let line = probe.line().await;
        (probe, line)
    }

    async fn line(&mut self) -> String {
        let line = tokio::time::timeout(Duration::from_secs(20), self.lines.next_line()).await;
        line.expect("the probe says something").unwrap().expect("the probe has not ended")
    }

    /// Resident memory, now and at most so far, in KiB.
    fn memory(&self) -> (u64, u64) {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id().unwrap())).unwrap();
        let field = |name: &str| {
            let line = status.lines().find(|line| line.starts_with(name)).unwrap();
            line.split_whitespace().nth(1).unwrap().parse().unwrap()
        };
        (field("VmRSS:"), field("VmHWM:"))
    }
}

fn check(name: &str, before: u64, peak: u64) {
    println!("{name}: {before} KiB before the download, at most {peak} KiB while it ran");
    assert!(peak - before < GROWTH_KIB, "{name} grew by {} KiB", peak - before);
}

async fn slow_download(through_relay: bool) {
    let fake = Fake::start(Script { tls: true, size: GIB, ..Script::default() }).await;
    let (port, speed) = (fake.port.to_string(), SPEED.to_string());
    let relay = if through_relay { Some(Probe::start(&["relay", &port]).await) } else { None };
    let mut arguments = vec!["download", &port, &speed];
    arguments.extend(relay.as_ref().map(|(_, address)| address.as_str()));
    let (mut driver, ready) = Probe::start(&arguments).await;
    assert_eq!(ready, "ready");
    let relay = relay.map(|(probe, _)| probe);
    let (driver_before, _) = driver.memory();
    let relay_before = relay.as_ref().map(|relay| relay.memory().0);

    // The time is what is tested: a leak of what the sink does not take would show in it.
    tokio::time::sleep(Duration::from_secs(SECONDS)).await;

    check("driver", driver_before, driver.memory().1);
    if let (Some(relay), Some(before)) = (&relay, relay_before) {
        check("relay", before, relay.memory().1);
    }
    // The end of its input cancels the download; the session is still of use then.
    drop(driver.child.stdin.take());
    let moved: u64 = driver.line().await.parse().unwrap();
    println!("{moved} bytes in {SECONDS} s");
    let expected = SPEED * SECONDS;
    // A busy machine moves less; what matters is that the sink was the brake.
    assert!((expected / 2..=expected * 12 / 10).contains(&moved), "the sink took {moved} bytes");
    assert!(driver.child.wait().await.unwrap().success());
    assert_eq!(fake.commands().iter().filter(|command| command.starts_with("RETR")).count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_sink_costs_no_memory_through_the_relay() {
    slow_download(true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_sink_costs_no_memory_natively() {
    slow_download(false).await;
}
