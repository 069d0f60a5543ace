//! What every session does: lists, moves files, renames, deletes, says good-bye.

use super::super::{Bench, Outcome, check, give};
use std::fs;
use std::time::{Duration, SystemTime};
use towpath_ftp::{EntryKind, ErrorKind, Name, Request};
use towpath_tests::driver::{Sink, Source, sha256};

pub(super) async fn login(bench: &Bench) -> Outcome {
    bench.client.login().await?;
    bench.client.make_directory(&bench.folder).await?;
    check!(bench.disk.is_dir(), "the directory is not where it should be");
    Ok(())
}

pub(super) async fn empty(bench: &Bench) -> Outcome {
    let path = bench.path("empty");
    bench.client.make_directory(&path).await?;
    let listing = bench.client.list(Some(&path)).await?;
    check!(listing.path == path, "listed {:?} instead", listing.path);
    check!(listing.entries.is_empty() && listing.unread.is_empty(), "{listing:?}");
    bench.client.remove_directory(&path).await?;
    check!(!bench.disk.join("empty").exists(), "it is still there");
    Ok(())
}

pub(super) async fn there_and_back(bench: &Bench, size: u64) -> Outcome {
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

pub(super) async fn overwrite(bench: &Bench) -> Outcome {
    let path = bench.path("overwritten");
    for size in [5000, 100] {
        bench.client.put(Source::pattern(size), &path).await?;
        let stored = fs::metadata(bench.disk.join("overwritten"))?.len();
        check!(stored == size, "{stored} bytes stored of {size}");
    }
    Ok(())
}

pub(super) async fn kinds(bench: &Bench) -> Outcome {
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

pub(super) async fn many(bench: &Bench) -> Outcome {
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

pub(super) async fn size(bench: &Bench) -> Outcome {
    fs::write(bench.disk.join("size"), [1; 4321])?;
    let size = bench.client.size(&bench.path("size")).await?;
    check!(size == 4321, "{size}");
    Ok(())
}

/// 3 February 2001, 04:05:06 UTC.
pub(super) const OLD: u64 = 981_173_106;

pub(super) fn old_file(bench: &Bench, name: &str) -> Outcome {
    fs::create_dir_all(bench.disk.join("times"))?;
    let file = fs::File::create(bench.disk.join("times").join(name))?;
    file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(OLD))?;
    Ok(())
}

pub(super) async fn modified(bench: &Bench) -> Outcome {
    old_file(bench, "old")?;
    let path = bench.path("times/old");
    let modified = bench.client.modified(&path).await?;
    check!(modified.seconds as u64 == OLD && modified.has_seconds && modified.utc, "{modified:?}");
    Ok(())
}

pub(super) async fn listed_time(bench: &Bench) -> Outcome {
    old_file(bench, "listed")?;
    let listing = bench.client.list(Some(&bench.path("times"))).await?;
    let row = listing.entries.iter().find(|entry| entry.name.as_bytes() == b"listed");
    let modified = row.and_then(|row| row.modified).ok_or("no time")?;
    // LIST gives the day, and in the server's zone.
    let off = if modified.has_seconds { 0 } else { 2 * 86_400 };
    check!((modified.seconds as u64).abs_diff(OLD) <= off, "{modified:?}");
    Ok(())
}

pub(super) async fn rename(bench: &Bench) -> Outcome {
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

pub(super) async fn delete(bench: &Bench) -> Outcome {
    fs::write(bench.disk.join("deleted"), "x")?;
    give(&bench.disk.join("deleted"));
    bench.client.delete(&bench.path("deleted")).await?;
    check!(!bench.disk.join("deleted").exists(), "it is still there");
    Ok(())
}

pub(super) async fn tree(bench: &Bench) -> Outcome {
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
pub(super) async fn tree_with_link(bench: &Bench) -> Outcome {
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

pub(super) async fn cancel(bench: &Bench) -> Outcome {
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
    there_and_back(bench, 2000).await?;
    bench.client.list(Some(&bench.folder)).await?;
    Ok(())
}

pub(super) async fn quit(bench: &Bench) -> Outcome {
    bench.client.request(Request::Disconnect).await?;
    let log = bench.client.log_text();
    check!(log.iter().any(|line| line == "Command: QUIT"), "QUIT was not sent");
    check!(log.iter().any(|line| line.starts_with("Response: 221")), "the server did not say good-bye");
    Ok(())
}
