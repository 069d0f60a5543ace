//! Places, trees, links, copies, and listings of other forms.

use super::super::{Bench, Outcome, check, give};
use std::fs;
use towpath_ftp::charset::Legacy;
use towpath_ftp::{Charset, EntryKind, Item, Name, Outcome as Ending, Request};
use towpath_tests::driver::{Sink, Source};

pub(super) async fn make_directories(bench: &Bench) -> Outcome {
    let path = bench.path("made/far below/deep");
    for _ in 0..2 {
        bench.ask(Request::MakeDirectories(path.clone())).await?;
    }
    check!(bench.disk.join("made/far below/deep").is_dir(), "it is not there");
    Ok(())
}

pub(super) async fn parent(bench: &Bench) -> Outcome {
    fs::create_dir_all(bench.disk.join("inner"))?;
    give(&bench.disk.join("inner"));
    bench.client.list(Some(&bench.path("inner"))).await?;
    bench.ask(Request::ChangeToParent).await?;
    let here = bench.client.list(None).await?;
    check!(here.path == bench.folder, "{}", here.path);
    Ok(())
}

/// MLST, or what there is instead.
pub(super) async fn facts(bench: &Bench) -> Outcome {
    fs::create_dir_all(bench.disk.join("facts of"))?;
    bench.place("fact", &[1; 4321])?;
    give(&bench.disk.join("facts of"));
    let Ending::Facts(file) = bench.ask(Request::Facts(bench.path("fact"))).await? else {
        return Err("no facts".into());
    };
    check!((file.kind, file.size) == (Some(EntryKind::File), Some(4321)), "{file:?}");
    check!(file.modified.is_some(), "{file:?}");
    let Ending::Facts(folder) = bench.ask(Request::Facts(bench.path("facts of"))).await? else {
        return Err("no facts".into());
    };
    check!(folder.kind == Some(EntryKind::Directory), "{folder:?}");
    let missing = bench.ask(Request::Facts(bench.path("missing"))).await;
    check!(missing.is_err(), "{missing:?}");
    Ok(())
}

/// Three directories, four files of ten bytes.
fn plant(bench: &Bench, name: &str) -> Result<Vec<Item>, Box<dyn std::error::Error>> {
    let disk = bench.disk.join(name);
    fs::create_dir_all(disk.join("a b/c"))?;
    for file in ["one", "a b/two", "a b/c/three", "a b/c/.four"] {
        fs::write(disk.join(file), "0123456789")?;
    }
    give(&disk);
    Ok(vec![Item { path: bench.path(name), directory: true }])
}

pub(super) async fn list_tree(bench: &Bench) -> Outcome {
    let items = plant(bench, "listed tree")?;
    let (outcome, _, rows) = bench.client.request(Request::ListTree(items)).await?;
    check!(matches!(outcome, Ending::Tree { files: 4, directories: 3, left_out: 0, .. }), "{outcome:?}");
    let mut names: Vec<_> = rows.iter().map(|row| row.name.to_string()).collect();
    names.sort();
    check!(names == [".four", "a b", "c", "one", "three", "two"], "{names:?}");
    Ok(())
}

pub(super) async fn count(bench: &Bench) -> Outcome {
    let items = plant(bench, "counted tree")?;
    let outcome = bench.ask(Request::Count(items)).await?;
    let counted = matches!(outcome, Ending::Tree { files: 4, directories: 3, bytes: 40, left_out: 0 });
    check!(counted, "{outcome:?}");
    Ok(())
}

pub(super) async fn directory_size(bench: &Bench) -> Outcome {
    plant(bench, "sized tree")?;
    bench.ask(Request::DirectorySize(bench.path("sized tree"))).await?;
    Ok(())
}

/// All at once, by the server (RMDA).
pub(super) async fn remove_tree(bench: &Bench) -> Outcome {
    plant(bench, "removed tree")?;
    bench.ask(Request::RemoveTree(bench.path("removed tree"))).await?;
    check!(!bench.disk.join("removed tree").exists(), "it is still there");
    Ok(())
}

/// More files than go out in one flight.
pub(super) async fn delete_many(bench: &Bench) -> Outcome {
    let disk = bench.disk.join("hundred");
    fs::create_dir(&disk)?;
    for number in 0..100 {
        fs::write(disk.join(format!("file {number}")), "x")?;
    }
    give(&disk);
    let items = vec![Item { path: bench.path("hundred"), directory: true }];
    let outcome = bench.ask(Request::DeleteTree(items)).await?;
    check!(matches!(outcome, Ending::Tree { files: 100, directories: 1, .. }), "{outcome:?}");
    check!(!disk.exists(), "it is still there");
    Ok(())
}

/// SITE SYMLINK. The target is a path on the server; where the server's `/` is not this machine's, the link may lead nowhere here.
pub(super) async fn make_link(bench: &Bench) -> Outcome {
    bench.place("target", b"x")?;
    let (target, path) = (bench.path("target"), bench.path("a link"));
    bench.ask(Request::MakeLink { target, path }).await?;
    check!(bench.disk.join("a link").is_symlink(), "there is no link");
    let listing = bench.client.list(Some(&bench.folder)).await?;
    let row = listing.entries.iter().find(|row| row.name.as_bytes() == b"a link").ok_or("not listed")?;
    check!(row.kind != EntryKind::Directory, "{row:?}");
    bench.client.delete(&bench.path("a link")).await?;
    check!(bench.disk.join("target").exists(), "what it led to was deleted");
    Ok(())
}

/// SITE CPFR and SITE CPTO.
pub(super) async fn copy(bench: &Bench) -> Outcome {
    bench.place("copied from", b"the same")?;
    bench.ask(Request::CopyOnServer { from: bench.path("copied from"), to: bench.path("the copy") }).await?;
    bench.stored("the copy", b"the same")?;
    bench.stored("copied from", b"the same")
}

/// What a link is called in a listing, whatever the server says of it: never a plain file of its own size.
pub(super) async fn list_links(bench: &Bench) -> Outcome {
    let disk = bench.disk.join("links");
    fs::create_dir_all(disk.join("folder"))?;
    fs::write(disk.join("file"), "x")?;
    std::os::unix::fs::symlink("file", disk.join("to file"))?;
    std::os::unix::fs::symlink("folder", disk.join("to folder"))?;
    std::os::unix::fs::symlink("nowhere", disk.join("to nothing"))?;
    give(&disk);
    let listing = bench.client.list(Some(&bench.path("links"))).await?;
    check!(listing.unread.is_empty(), "{listing:?}");
    for name in ["to file", "to folder"] {
        let row = listing.entries.iter().find(|row| row.name.as_bytes() == name.as_bytes());
        check!(row.is_some(), "{name} is missing: {listing:?}");
    }
    Ok(())
}

/// LIST where the server has MLSD.
pub(super) async fn by_list(bench: &Bench) -> Outcome {
    plant(bench, "by list")?;
    fs::create_dir(bench.disk.join("by list/none"))?;
    give(&bench.disk.join("by list"));
    let other = bench.apart(|site| site.quirks.no_mlsd = true).await?;
    let listing = other.client.list(Some(&bench.path("by list"))).await?;
    check!(other.commands("MLSD") == 0 && other.commands("LIST") > 0, "not by LIST");
    check!(listing.unread.is_empty(), "{listing:?}");
    let mut rows: Vec<_> = listing.entries.iter().map(|row| (row.name.to_string(), row.kind)).collect();
    rows.sort_by(|a, b| a.0.cmp(&b.0));
    let wanted = [("a b", EntryKind::Directory), ("none", EntryKind::Directory), ("one", EntryKind::File)];
    check!(rows == wanted.map(|(name, kind)| (name.to_owned(), kind)), "{rows:?}");
    let empty = other.client.list(Some(&bench.path("by list/none"))).await?;
    check!(empty.entries.is_empty() && empty.unread.is_empty(), "{empty:?}");
    check!(other.client.list(Some(&bench.path("not there"))).await.is_err(), "what is not there was listed");
    let Ending::Tree { files: 4, directories: 4, .. } =
        other.ask(Request::DeleteTree(vec![Item { path: bench.path("by list"), directory: true }])).await?
    else {
        return Err("not all deleted".into());
    };
    Ok(())
}

/// A command at a time.
pub(super) async fn lock_step(bench: &Bench) -> Outcome {
    let items = plant(bench, "lock step")?;
    let other = bench.apart(|site| site.quirks.lock_step = true).await?;
    other.client.put(Source::pattern(70_000), &bench.path("slowly")).await?;
    let got = other.client.get(&bench.path("slowly"), Sink::memory()).await?;
    check!(got.bytes == 70_000, "{}", got.bytes);
    other.ask(Request::DeleteTree(items)).await?;
    check!(!bench.disk.join("lock step").exists(), "it is still there");
    Ok(())
}

/// A name that a person types, in a charset of old: its bytes on the disk, and the same text when it is listed (rules U1, R11).
pub(super) async fn charset(bench: &Bench, legacy: Legacy, text: &str) -> Outcome {
    use std::os::unix::ffi::OsStrExt;
    let charset = Charset::Legacy(legacy);
    let bytes = charset.encode(text)?;
    let other = bench.apart(|site| site.charset = charset).await?;
    super::super::names::file_name(&other, &bytes).await?;
    let file = bench.folder.join(&Name::new(bytes.clone())?);
    other.client.put(Source::memory("x"), &file).await?;
    let disk = bench.disk.join(std::ffi::OsStr::from_bytes(&bytes));
    check!(disk.exists(), "stored under another name");
    let listing = other.client.list(Some(&bench.folder)).await?;
    let read = listing.entries.iter().any(|row| charset.decode(row.name.as_bytes()).text == text);
    check!(read, "not listed under its name: {listing:?}");
    other.client.delete(&file).await?;
    Ok(())
}

/// The byte 255 is doubled for servers that speak Telnet (rules S2, R6).
pub(super) async fn telnet(bench: &Bench) -> Outcome {
    let other =
        bench.apart(|site| (site.charset, site.telnet) = (Charset::Legacy(Legacy::Latin1), true)).await?;
    super::super::names::file_name(&other, b"a\xffb").await
}
