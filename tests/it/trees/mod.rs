//! Whole trees and several sessions against real servers: the crew, with the engine's pool, trees, plans and cache.

mod conflicts;
mod copies;
mod idle;
mod journeys;
mod kicks;
mod limits;
mod mirrors;
mod sessions;

use crate::setup::{RelayProcess, Way};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{lchown, symlink};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::watch;
use tokio::time::timeout;
use towpath_ftp::pool::{JobEnd, JobEvent, PoolEvent};
use towpath_ftp::tree::TreeEvent;
use towpath_ftp::{Event, RemotePath, Site};
use towpath_relay::tls::Roots;
use towpath_tests::crew::{Crew, CrewSettings, News, Route, TreeReport};
use towpath_tests::driver::{pattern, sha256};
use towpath_tests::server::Server;

/// Whose files the servers serve.
const OWNER: u32 = 1;

/// How long something may take that needs a second.
const PATIENCE: Duration = Duration::from_secs(60);

/// All that a crew has told, in its order.
#[derive(Clone)]
struct Record {
    news: Arc<Mutex<Vec<News>>>,
    count: watch::Sender<usize>,
}

impl Record {
    fn new() -> Record {
        Record { news: Arc::default(), count: watch::channel(0).0 }
    }

    fn all(&self) -> Vec<News> {
        self.news.lock().unwrap().clone()
    }

    /// How many of these were told.
    fn count(&self, which: impl Fn(&News) -> bool) -> usize {
        self.news.lock().unwrap().iter().filter(|news| which(news)).count()
    }

    /// Waits until so many of these were told.
    async fn wait(&self, what: &str, many: usize, which: impl Fn(&News) -> bool) {
        self.until(what, |all| all.iter().filter(|news| which(news)).count() >= many).await;
    }

    /// Waits until what was told is so.
    async fn until(&self, what: &str, holds: impl Fn(&[News]) -> bool) {
        let mut told = self.count.subscribe();
        let waiting = async {
            loop {
                told.borrow_and_update();
                if holds(&self.news.lock().unwrap()) {
                    return;
                }
                told.changed().await.unwrap();
            }
        };
        if timeout(PATIENCE, waiting).await.is_err() {
            panic!("no {what}\n{}", self.tail());
        }
    }

    /// What was told last, the logs as the sessions wrote them.
    fn tail(&self) -> String {
        let lines: Vec<String> = self.all().iter().filter_map(line).collect();
        lines[lines.len().saturating_sub(80)..].join("\n")
    }

    /// How many log lines begin like this.
    fn logged(&self, kind: &str, text: &str) -> usize {
        self.count(|news| match news {
            News::Pool(PoolEvent::Session(_, Event::Log(line))) => {
                line.kind.label() == kind && line.text.starts_with(text)
            }
            _ => false,
        })
    }
}

fn line(news: &News) -> Option<String> {
    match news {
        News::Pool(PoolEvent::Session(slot, Event::Log(line))) => {
            Some(format!("{} {}: {}", slot.0, line.kind.label(), line.text))
        }
        News::Pool(
            PoolEvent::Request(Event::Listed { .. } | Event::Walked { .. }) | PoolEvent::Learned(_),
        ) => None,
        News::Tree(TreeEvent::Progressed(_)) => None,
        other => Some(format!("{other:?}").chars().take(300).collect()),
    }
}

/// A crew before a server.
struct Bench {
    crew: Crew,
    record: Record,
    base: RemotePath,
    root: PathBuf,
    _witness: Witness,
    _relay: Option<RelayProcess>,
}

impl Bench {
    async fn new(server: &Server, way: Way, change: impl FnOnce(&mut CrewSettings)) -> Bench {
        let (route, relay) = match way {
            Way::Native => (Route::direct(Roots::none()), None),
            Way::Relay => {
                let relay = RelayProcess::start(&[server.port()]).await;
                (Route::relay(relay.address()), Some(relay))
            }
        };
        let (crew, record) = crew(server.site(), route, change);
        let _witness = Witness(record.clone());
        Bench { crew, record, _witness, base: server.base(), root: server.root(), _relay: relay }
    }

    fn path(&self, name: &str) -> RemotePath {
        crate::setup::child(&self.base, name)
    }

    fn disk(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }
}

/// Tells what was told last, if the test fails.
struct Witness(Record);

impl Drop for Witness {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("--- the crew's last words\n{}", self.0.tail());
        }
    }
}

fn crew(site: Site, route: Route, change: impl FnOnce(&mut CrewSettings)) -> (Crew, Record) {
    let record = Record::new();
    let mut settings = CrewSettings::new(site, route);
    settings.answerer = Arc::new(|_| true);
    settings.seed = 7;
    let telling = record.clone();
    settings.observer = Arc::new(move |news| {
        telling.news.lock().unwrap().push(news.clone());
        telling.count.send_modify(|count| *count += 1);
    });
    change(&mut settings);
    (Crew::new(settings), record)
}

/// A job that was given up.
fn failed(news: &News) -> bool {
    matches!(news, News::Pool(PoolEvent::Job(_, JobEvent::Ended(JobEnd::Failed(_) | JobEnd::Cancelled))))
}

/// A job that was done.
fn done(news: &News) -> bool {
    matches!(news, News::Pool(PoolEvent::Job(_, JobEvent::Ended(JobEnd::Done { .. }))))
}

fn disconnected(news: &News) -> bool {
    matches!(news, News::Pool(PoolEvent::Session(_, Event::Disconnected(_))))
}

fn logged_in(news: &News) -> bool {
    matches!(news, News::Pool(PoolEvent::Session(_, Event::LoggedIn(_))))
}

/// What lies on a disk.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Thing {
    Directory,
    File { sha256: String, seconds: u64 },
    Link,
}

type Snapshot = BTreeMap<String, Thing>;

/// Everything below a directory, by its path.
fn snapshot(root: &Path) -> Snapshot {
    let mut things = BTreeMap::new();
    let mut open = vec![root.to_owned()];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let entry = entry.unwrap();
            let meta = entry.metadata().unwrap();
            let thing = if meta.is_symlink() {
                Thing::Link
            } else if meta.is_dir() {
                open.push(entry.path());
                Thing::Directory
            } else {
                let since = meta.modified().unwrap().duration_since(UNIX_EPOCH).unwrap();
                Thing::File { sha256: sha256(&fs::read(entry.path()).unwrap()), seconds: since.as_secs() }
            };
            let name = entry.path().strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            things.insert(name, thing);
        }
    }
    things
}

/// The same without times, and without links.
fn contents(mut things: Snapshot) -> Snapshot {
    things.retain(|_, thing| *thing != Thing::Link);
    for thing in things.values_mut() {
        if let Thing::File { seconds, .. } = thing {
            *seconds = 0;
        }
    }
    things
}

/// A file whose bytes are its own, and whose time is long ago.
fn write(root: &Path, name: &str, size: usize, day: u64) {
    let mut bytes = vec![0; size];
    pattern(day * 1_000_003, &mut bytes);
    let path = root.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, bytes).unwrap();
    date(&path, day);
}

/// Gives a file the time of a day of 2001 and later.
fn date(path: &Path, day: u64) {
    let time: SystemTime = UNIX_EPOCH + Duration::from_secs(1_000_000_000 + day * 86_400 + day);
    fs::File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
}

/// A tree with all that is odd, and how many files it has. The links lead out of it.
fn plant(root: &Path, outside: &Path) -> u64 {
    let names = [
        ("a/one.bin", 300_000),
        ("a/zero", 0),
        ("a/b/c/deep.txt", 12),
        ("-rf", 3),
        ("quote ' \" `x`.txt", 40),
        ("brackets [1] {2} (3).txt", 41),
        ("percent %41 # & ; $HOME", 42),
        ("Grüße 日本.txt", 43),
        (".hidden", 5),
        ("b/two.bin", 70_000),
    ];
    for (day, (name, size)) in names.iter().enumerate() {
        write(root, name, *size, day as u64);
    }
    for file in 0..12 {
        write(root, &format!("many/{file:02}"), 100 + file, 20 + file as u64);
    }
    fs::create_dir_all(root.join("empty/emptier")).unwrap();
    write(outside, "secret", 9, 1);
    symlink(outside, root.join("a/link")).unwrap();
    symlink(outside.join("secret"), root.join("linked file")).unwrap();
    names.len() as u64 + 12
}

/// Gives what was put before a server past it to the server's user.
fn give(path: &Path) {
    lchown(path, Some(OWNER), Some(OWNER)).unwrap();
    if !path.is_symlink() && path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            give(&entry.unwrap().path());
        }
    }
}

/// What was left out and why.
fn left(report: &TreeReport) -> Vec<String> {
    report.summary.left_out.iter().map(|(place, why)| format!("{place}: {why:?}")).collect()
}

#[track_caller]
fn is_whole(report: &TreeReport, record: &Record) {
    let counts = report.summary.counts;
    assert!(report.is_whole(), "{counts:?} {:?} {:#?}\n{}", report.stopped, left(report), record.tail());
}

/// Files that were moved, and what was left out by a rule.
#[track_caller]
fn counted(report: &TreeReport, files: u64, skipped: u64) {
    let counts = report.summary.counts;
    assert_eq!((counts.files, counts.skipped), (files, skipped), "{:#?}", left(report));
}
