//! Servers that lie, break off or attack, end to end, natively and through the relay: each gives a clear error or the right
//! result.

use crate::fake::{DataEnd, Fake, Script};
use crate::setup::{Way, Witnessed, child};
use std::time::{Duration, Instant};
use towpath_ftp::{Encryption, Error, ErrorKind, RemotePath, Request, Stage};
use towpath_tests::driver::{Client, Sink, Source, Summary, pattern, sha256};

/// Runs a test both ways.
macro_rules! both_ways {
    ($($name:ident, $native:ident, $relay:ident;)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $native() {
            $name(Way::Native).await;
        }

        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $relay() {
            $name(Way::Relay).await;
        }
    )*};
}

both_ways! {
    pasv_elsewhere, pasv_elsewhere_natively, pasv_elsewhere_through_the_relay;
    injection, injection_natively, injection_through_the_relay;
    late_injection, late_injection_natively, late_injection_through_the_relay;
    names, names_natively, names_through_the_relay;
    long_line, long_line_natively, long_line_through_the_relay;
    cut_downloads, cut_downloads_natively, cut_downloads_through_the_relay;
    cut_upload, cut_upload_natively, cut_upload_through_the_relay;
    lost_final_reply, lost_final_reply_natively, lost_final_reply_through_the_relay;
    unclean_ends, unclean_ends_natively, unclean_ends_through_the_relay;
}

fn file() -> RemotePath {
    child(&RemotePath::root(), "file.bin")
}

fn whole(size: u64) -> String {
    let mut bytes = vec![0; usize::try_from(size).unwrap()];
    pattern(0, &mut bytes);
    sha256(&bytes)
}

/// Downloads from a server with this script into a file; what came of it, and what then lies in the directory.
async fn download(way: Way, script: Script) -> (Result<Summary, Error>, Vec<String>, Vec<String>) {
    let encryption = if script.tls { Encryption::Explicit } else { Encryption::None };
    let fake = Fake::start(script).await;
    let (transport, _relay) = way.open(&[fake.port]).await;
    let client = Client::connect(transport, fake.site(encryption)).await.unwrap();
    let local = tempfile::tempdir().unwrap();
    let sink = Sink::file(local.path().join("file.bin")).await.unwrap().hashed();
    let result = client.get(&file(), sink).await;
    let names = std::fs::read_dir(local.path()).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    (result, names, client.log_text())
}

async fn pasv_elsewhere(way: Way) {
    // TEST-NET-1: a connection to it would hang or fail.
    let fake = Fake::start(Script { passive: Some([192, 0, 2, 7]), ..Script::default() }).await;
    let (transport, _relay) = way.open(&[fake.port]).await;
    let client = Witnessed::login(transport, fake.site(Encryption::None), None).await;
    let start = Instant::now();
    let listing = client.list(None).await.unwrap();
    assert_eq!(listing.entries.len(), 1);
    let got = client.get(&file(), Sink::nowhere().hashed()).await.unwrap();
    assert_eq!(got.sha256, Some(whole(300_000)));
    assert!(start.elapsed() < Duration::from_secs(5), "nothing was tried elsewhere");
    assert!(fake.commands().iter().any(|command| command == "PASV"));
}

async fn injection(way: Way) {
    for injected in [&b"230 Welcome, you are in already\r\n"[..], b"2", b"220 x\r\n331 y\r\n"] {
        let fake = Fake::start(Script { tls: true, injected, ..Script::default() }).await;
        let (transport, _relay) = way.open(&[fake.port]).await;
        let error = Client::connect(transport, fake.site(Encryption::Explicit)).await.map(drop).unwrap_err();
        assert_eq!((error.stage, error.kind), (Stage::Tls, ErrorKind::Protocol), "{error:?}");
        assert!(error.message.contains("Plain text"), "{error}");
        assert_eq!(fake.commands(), ["AUTH TLS"], "no name and no password was sent");
    }
}

async fn late_injection(way: Way) {
    let injected = b"230 Welcome, you are in already\r\n";
    let fake = Fake::start(Script { tls: true, injected, injects_late: true, ..Script::default() }).await;
    let (transport, _relay) = way.open(&[fake.port]).await;
    let error = Client::connect(transport, fake.site(Encryption::Explicit)).await.map(drop).unwrap_err();
    assert_eq!(error.stage, Stage::Tls, "{error:?}");
    assert_eq!(fake.commands(), ["AUTH TLS"], "no name and no password was sent");
}

async fn names(way: Way) {
    let image = "<img src=x onerror=alert(1)>";
    let listing = format!(
        "type=file;size=1; ../../x\r\ntype=file;size=2; {image}\r\ntype=dir; ..\r\ntype=file;size=3; /etc/passwd\r\n\
         type=file;size=4; a\u{1b}[2Jb\r\ntype=file;size=5; -rf\r\n"
    );
    let fake = Fake::start(Script { listing: listing.into_bytes(), ..Script::default() }).await;
    let (transport, _relay) = way.open(&[fake.port]).await;
    let client = Witnessed::login(transport, fake.site(Encryption::None), None).await;
    let listing = client.list(None).await.unwrap();
    let names: Vec<String> = listing.entries.iter().map(|entry| entry.name.to_string()).collect();
    assert_eq!(names, [image, "a\u{1b}[2Jb", "-rf"], "text stays text, and no name leaves its directory");
    assert_eq!(listing.unread.len(), 2, "{:?}", listing.unread);
    assert!(listing.unread.iter().any(|line| line.contains("../../x")), "{:?}", listing.unread);
    assert!(listing.unread.iter().any(|line| line.contains("/etc/passwd")), "{:?}", listing.unread);
    for entry in &listing.entries {
        assert_eq!(listing.path.join(&entry.name).parent(), Some(RemotePath::root()));
    }
}

async fn long_line(way: Way) {
    let noop = [b"200 ", &vec![b'x'; 1024 * 1024][..], b"\r\n"].concat();
    let fake = Fake::start(Script { noop, ..Script::default() }).await;
    let (transport, _relay) = way.open(&[fake.port]).await;
    let client = Client::connect(transport, fake.site(Encryption::None)).await.unwrap();
    let start = Instant::now();
    let error = client.request(Request::KeepAlive).await.map(drop).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Protocol, "{error:?}");
    assert!(error.message.len() < 1_000, "the error does not repeat it");
    assert!(client.log().iter().all(|line| line.text.len() < 70_000), "nor does the log");
    assert!(start.elapsed() < Duration::from_secs(5));
    // A new login works.
    client.login().await.unwrap();
    client.list(None).await.unwrap();
}

async fn cut_downloads(way: Way) {
    for (end, last, tls) in [
        (DataEnd::Clean, "226 Done.", false),
        (DataEnd::Clean, "226 Done.", true),
        (DataEnd::Unclean, "226 Done.", true),
        (DataEnd::Reset, "226 Done.", false),
        (DataEnd::Reset, "426 Broken.", true),
        (DataEnd::Clean, "451 Disk fault.", false),
    ] {
        let script = Script { tls, sent: 150_000, end, last: Some(last), ..Script::default() };
        let (result, names, log) = download(way, script).await;
        let error = result.expect_err("half a file is no file");
        let expected = if last.starts_with("226") { ErrorKind::Incomplete } else { ErrorKind::Transient };
        // The reset may be seen before the connection was.
        let never_stood = end == DataEnd::Reset && error.kind == ErrorKind::Lost;
        assert!(error.kind == expected || never_stood, "{end:?} {last} {tls}: {error:?}\n{}", log.join("\n"));
        assert_eq!(names, Vec::<String>::new(), "{end:?} {last}: nothing looks like the file");
    }
}

async fn cut_upload(way: Way) {
    for last in ["226 Thanks.", "426 Broken.", "552 Full."] {
        let fake = Fake::start(Script { takes: 100_000, last: Some(last), ..Script::default() }).await;
        let (transport, _relay) = way.open(&[fake.port]).await;
        let client = Witnessed::login(transport, fake.site(Encryption::None), None).await;
        // More than all buffers on the way can hold.
        let error = client.put(Source::pattern(64 * 1024 * 1024), &file()).await.expect_err(last);
        let expected = match last {
            "552 Full." => ErrorKind::Full,
            "426 Broken." => ErrorKind::Transient,
            _ => ErrorKind::Incomplete,
        };
        assert_eq!(error.kind, expected, "{last}: {error:?}");
        client.list(None).await.expect("the session goes on");
    }
}

async fn lost_final_reply(way: Way) {
    // It sends all bytes and leaves without a word. Which end is seen first is chance: a lost session, or a file that is
    // whole by the size that the server told.
    let script = Script { last: None, leaves: true, ..Script::default() };
    match download(way, script).await {
        (Ok(got), names, _) => {
            assert_eq!((got.sha256, names), (Some(whole(300_000)), vec!["file.bin".to_owned()]));
        }
        (Err(error), names, _) => assert_eq!((error.kind, names), (ErrorKind::Lost, Vec::new())),
    }
    // It leaves half-way.
    let script = Script { last: None, leaves: true, sent: 150_000, ..Script::default() };
    let (result, names, _) = download(way, script).await;
    assert!(matches!(result.unwrap_err().kind, ErrorKind::Lost | ErrorKind::Incomplete));
    assert_eq!(names, Vec::<String>::new());
    // It stays, and stays silent: after a while the size decides.
    let script = Script { last: None, ..Script::default() };
    let start = Instant::now();
    let (result, names, log) = download(way, script).await;
    let got = result.unwrap_or_else(|error| panic!("{error:?}\n{}", log.join("\n")));
    assert_eq!((got.bytes, got.sha256), (300_000, Some(whole(300_000))));
    assert_eq!(names, ["file.bin"]);
    assert!(start.elapsed() < Duration::from_secs(45));
    assert!(log.iter().any(|line| line.starts_with("Error: ")), "the log says so:\n{}", log.join("\n"));
}

async fn unclean_ends(way: Way) {
    // The size confirms it.
    let script = Script { tls: true, end: DataEnd::Unclean, ..Script::default() };
    let (result, names, log) = download(way, script).await;
    assert_eq!(result.unwrap().sha256, Some(whole(300_000)));
    assert_eq!(names, ["file.bin"]);
    assert!(
        log.iter().any(|line| line.contains("proper end of TLS")),
        "the log says so:\n{}",
        log.join("\n")
    );
    // The reply alone confirms it: taken, with a warning.
    let script = Script { tls: true, end: DataEnd::Unclean, tells_size: false, ..Script::default() };
    let (result, _, log) = download(way, script).await;
    assert_eq!(result.unwrap().sha256, Some(whole(300_000)));
    assert!(
        log.iter().any(|line| line.starts_with("Error: ") && line.contains("proper end of TLS")),
        "the log warns:\n{}",
        log.join("\n")
    );
    // Nothing confirms it.
    let script = Script {
        tls: true,
        end: DataEnd::Unclean,
        tells_size: false,
        last: Some("426 Broken."),
        ..Script::default()
    };
    let (result, names, _) = download(way, script).await;
    assert_eq!(result.unwrap_err().kind, ErrorKind::Transient);
    assert_eq!(names, Vec::<String>::new());
}
