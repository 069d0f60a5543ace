//! What is asked of every server. A step is a name and a function; a new one is a line in [`STEPS`] and, where no function
//! fits, its function. Steps do not depend on each other, but for the first and the last.

use super::names::{file_name, name};
use super::{Bench, Outcome, check, give};
use std::fs;
use std::pin::Pin;
use std::time::{Duration, SystemTime};
use towpath_ftp::{EntryKind, Error, ErrorKind, Name, RemotePath, Request};
use towpath_tests::driver::{Sink, Source, sha256};

/// A step of the matrix.
pub(super) struct Step {
    pub(super) name: &'static str,
    pub(super) run: for<'a> fn(&'a Bench) -> Pin<Box<dyn Future<Output = Outcome> + 'a>>,
}

macro_rules! steps {
    ($($name:literal: $function:ident($($argument:expr),*);)*) => {
        /// All of them, in the order in which they run.
        pub(super) const STEPS: &[Step] = &[$(
            Step { name: $name, run: |bench| Box::pin($function(bench $(, $argument)*)) },
        )*];
    };
}

steps! {
    "login": login();
    "list an empty directory": empty();
    "upload and download 0 B": there_and_back(0);
    "upload and download 1 B": there_and_back(1);
    "upload and download 1 MiB": there_and_back(1024 * 1024);
    "upload over a longer file": overwrite();
    "list kinds and sizes": kinds();
    "list 500 files": many();
    "size": size();
    "modification time": modified();
    "modification time in a listing": listed_time();
    "rename into another directory": rename();
    "delete": delete();
    "delete a tree": tree();
    "delete a tree with a link": tree_with_link();
    "cancel a download": cancel();
    "download a missing file": missing_download();
    "a missing file": missing_file();
    "a missing directory": missing_directory();
    "a name with blanks": name(b"a b  c");
    "a name with a leading dash": name(b"-la");
    "a name with brackets": name(b"[x] {y,z} (w)");
    "a name with a semicolon": name(b"type=dir; x;y");
    "a name in UTF-8": name("Gr\u{fc}\u{df}e \u{8239}\u{306e}\u{9053} \u{1f6a3}".as_bytes());
    "a name with a leading blank": name(b" leading");
    "a name with a trailing blank": name(b"trailing ");
    "a name with wildcards": name(b"a*b?c");
    "a file's name with wildcards": file_name(b"c*d?e");
    "a file's name with a trailing blank": file_name(b"trailing ");
    "a file's name with a backslash": file_name(b"back\\slash");
    "a name with quotes": name(b"it's \"quoted\"");
    "a name with a backslash": name(b"back\\slash");
    "a name with an arrow": name(b"a -> b");
    "a name with a tilde": name(b"~daemon");
    "a name in Latin-1": name(b"caf\xe9");
    "a name with byte 255": name(b"a\xffb");
    "quit": quit();
}

async fn login(bench: &Bench) -> Outcome {
    bench.client.login().await?;
    bench.client.make_directory(&bench.folder).await?;
    check!(bench.disk.is_dir(), "the directory is not where it should be");
    Ok(())
}

async fn empty(bench: &Bench) -> Outcome {
    let path = bench.path("empty");
    bench.client.make_directory(&path).await?;
    let listing = bench.client.list(Some(&path)).await?;
    check!(listing.path == path, "listed {:?} instead", listing.path);
    check!(listing.entries.is_empty() && listing.unread.is_empty(), "{listing:?}");
    bench.client.remove_directory(&path).await?;
    check!(!bench.disk.join("empty").exists(), "it is still there");
    Ok(())
}

async fn there_and_back(bench: &Bench, size: u64) -> Outcome {
    let name = format!("file-{size}");
    let sent = bench.client.put(Source::pattern(size).hashed(), &bench.path(&name)).await?;
    check!(sent.bytes == size, "{} bytes sent", sent.bytes);
    let stored = fs::read(bench.disk.join(&name))?;
    check!(stored.len() as u64 == size, "{} bytes stored", stored.len());
    check!(sent.sha256 == Some(sha256(&stored)), "other bytes stored than sent");
    let got = bench.client.get(&bench.path(&name), Sink::nowhere().hashed()).await?;
    check!((got.bytes, &got.sha256) == (size, &sent.sha256), "other bytes came back: {got:?}");
    Ok(())
}

async fn overwrite(bench: &Bench) -> Outcome {
    let path = bench.path("overwritten");
    for size in [5000, 100] {
        bench.client.put(Source::pattern(size), &path).await?;
        let stored = fs::metadata(bench.disk.join("overwritten"))?.len();
        check!(stored == size, "{stored} bytes stored of {size}");
    }
    Ok(())
}

async fn kinds(bench: &Bench) -> Outcome {
    let disk = bench.disk.join("kinds");
    fs::create_dir_all(disk.join("directory"))?;
    fs::write(disk.join("file"), [7; 12_345])?;
    give(&disk);
    let listing = bench.client.list(Some(&bench.path("kinds"))).await?;
    let mut rows: Vec<_> = listing.entries.iter().map(|entry| (entry.name.to_string(), entry.kind)).collect();
    rows.sort_by(|a, b| a.0.cmp(&b.0));
    let expected = [("directory".to_owned(), EntryKind::Directory), ("file".to_owned(), EntryKind::File)];
    check!(rows == expected, "{listing:?}");
    let size = listing.entries.iter().find(|entry| entry.kind == EntryKind::File).and_then(|file| file.size);
    check!(size == Some(12_345), "{listing:?}");
    Ok(())
}

async fn many(bench: &Bench) -> Outcome {
    let disk = bench.disk.join("many");
    fs::create_dir(&disk)?;
    for number in 0..500 {
        fs::write(disk.join(format!("file with a longer name, number {number:03}")), "x")?;
    }
    give(&disk);
    let listing = bench.client.list(Some(&bench.path("many"))).await?;
    let count = listing.entries.len();
    check!(count == 500, "{count} rows, {} unread", listing.unread.len());
    Ok(())
}

async fn size(bench: &Bench) -> Outcome {
    fs::write(bench.disk.join("size"), [1; 4321])?;
    let size = bench.client.size(&bench.path("size")).await?;
    check!(size == 4321, "{size}");
    Ok(())
}

/// 3 February 2001, 04:05:06 UTC.
const OLD: u64 = 981_173_106;

fn old_file(bench: &Bench, name: &str) -> Outcome {
    fs::create_dir_all(bench.disk.join("times"))?;
    let file = fs::File::create(bench.disk.join("times").join(name))?;
    file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(OLD))?;
    Ok(())
}

async fn modified(bench: &Bench) -> Outcome {
    old_file(bench, "old")?;
    let path = RemotePath::join(&bench.path("times"), &Name::new("old")?);
    let modified = bench.client.modified(&path).await?;
    check!(modified.seconds as u64 == OLD && modified.has_seconds && modified.utc, "{modified:?}");
    Ok(())
}

async fn listed_time(bench: &Bench) -> Outcome {
    old_file(bench, "listed")?;
    let listing = bench.client.list(Some(&bench.path("times"))).await?;
    let row = listing.entries.iter().find(|entry| entry.name.as_bytes() == b"listed");
    let modified = row.and_then(|row| row.modified).ok_or("no time")?;
    // LIST gives the day, and in the server's zone.
    let off = if modified.has_seconds { 0 } else { 2 * 86_400 };
    check!((modified.seconds as u64).abs_diff(OLD) <= off, "{modified:?}");
    Ok(())
}

async fn rename(bench: &Bench) -> Outcome {
    fs::write(bench.disk.join("old name"), "moved")?;
    give(&bench.disk.join("old name"));
    let target = bench.path("new place");
    bench.client.make_directory(&target).await?;
    let target = target.join(&Name::new("new name")?);
    bench.client.rename(&bench.path("old name"), &target).await?;
    check!(fs::read(bench.disk.join("new place/new name"))? == b"moved", "other content");
    check!(!bench.disk.join("old name").exists(), "the old one is still there");
    Ok(())
}

async fn delete(bench: &Bench) -> Outcome {
    fs::write(bench.disk.join("deleted"), "x")?;
    give(&bench.disk.join("deleted"));
    bench.client.delete(&bench.path("deleted")).await?;
    check!(!bench.disk.join("deleted").exists(), "it is still there");
    Ok(())
}

async fn tree(bench: &Bench) -> Outcome {
    let disk = bench.disk.join("tree");
    for folder in ["a/b/c", "a/empty", ".hidden/-x", "with blank/[y]"] {
        fs::create_dir_all(disk.join(folder))?;
        for name in ["one", ".two", "th ree", "-4"] {
            fs::write(disk.join(folder).join(name), "x")?;
        }
    }
    give(&disk);
    bench.client.delete_tree(&bench.path("tree")).await?;
    check!(!disk.exists(), "it is still there");
    Ok(())
}

/// The link goes; what it leads to stays, though the user could delete it.
async fn tree_with_link(bench: &Bench) -> Outcome {
    let (disk, outside) = (bench.disk.join("linking"), bench.disk.join("outside"));
    for folder in [&disk, &outside] {
        fs::create_dir_all(folder)?;
        fs::write(folder.join("file"), "x")?;
    }
    std::os::unix::fs::symlink("../outside", disk.join("link"))?;
    give(&disk);
    give(&outside);
    let deleted = bench.client.delete_tree(&bench.path("linking")).await;
    check!(outside.join("file").exists(), "what a link led to was deleted");
    deleted?;
    check!(!disk.exists(), "it is still there");
    Ok(())
}

async fn cancel(bench: &Bench) -> Outcome {
    fs::File::create(bench.disk.join("large"))?.set_len(64 * 1024 * 1024)?;
    let mut pending = bench.client.start_get(&bench.path("large"), Sink::nowhere().paced(1_000_000));
    let mut progress = bench.progress.clone();
    // What an earlier transfer moved does not count.
    progress.mark_unchanged();
    tokio::select! {
        ending = &mut pending => return Err(format!("it ended by itself: {:?}", ending.map(drop)).into()),
        moved = progress.changed() => { moved?; pending.cancel() }
    }
    match pending.await {
        Err(error) if error.kind == ErrorKind::Cancelled => {}
        other => return Err(format!("not cancelled: {:?}", other.map(drop)).into()),
    }
    let logins = bench.client.log_text().iter().filter(|line| line.starts_with("Command: USER")).count();
    there_and_back(bench, 2000).await?;
    bench.client.list(Some(&bench.folder)).await?;
    let after = bench.client.log_text().iter().filter(|line| line.starts_with("Command: USER")).count();
    check!(after == logins, "the session had to log in anew");
    Ok(())
}

/// An error that names what the server said, and does not take it for a fault of the connection.
fn refused(error: &Error) -> Outcome {
    let reply = error.reply.as_deref().unwrap_or_default();
    let words = reply.strip_prefix("550").unwrap_or_default();
    check!(error.kind == ErrorKind::Refused, "{error:?}");
    check!(words.len() > 5 && error.to_string().contains(reply), "without the server's words: {error:?}");
    Ok(())
}

async fn missing_download(bench: &Bench) -> Outcome {
    let got = bench.client.get(&bench.path("missing"), Sink::nowhere()).await;
    refused(&got.err().ok_or("it was there")?)
}

async fn missing_file(bench: &Bench) -> Outcome {
    let path = bench.path("missing");
    let client = &bench.client;
    let errors = [
        client.size(&path).await.map(drop),
        client.modified(&path).await.map(drop),
        client.delete(&path).await,
        client.rename(&path, &bench.path("never")).await,
    ];
    for error in errors {
        refused(&error.err().ok_or("it was there")?)?;
    }
    Ok(())
}

async fn missing_directory(bench: &Bench) -> Outcome {
    let path = bench.path("missing");
    let listed = bench.client.list(Some(&path)).await;
    refused(&listed.err().ok_or("it was there")?)?;
    refused(&bench.client.remove_directory(&path).await.err().ok_or("it was there")?)?;
    bench.client.list(Some(&bench.folder)).await?;
    Ok(())
}

async fn quit(bench: &Bench) -> Outcome {
    bench.client.request(Request::Disconnect).await?;
    let log = bench.client.log_text();
    check!(log.iter().any(|line| line == "Command: QUIT"), "QUIT was not sent");
    check!(log.iter().any(|line| line.starts_with("Response: 221")), "the server did not say good-bye");
    Ok(())
}
