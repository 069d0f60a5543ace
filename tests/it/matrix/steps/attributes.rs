//! Times, modes, groups and checksums.

use super::super::{Bench, Outcome, check, give};
use super::basics::{OLD, old_file};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use towpath_ftp::habits::{Form, Habit};
use towpath_ftp::{Algorithm, Argument, Item, Modes, Outcome as Ending, Request, TransferOptions};
use towpath_tests::driver::{Sink, Source, sha256};

/// 9 May 2007, 10:11:12 UTC.
const THEN: i64 = 1_178_705_472;

fn modified(bench: &Bench, name: &str) -> std::io::Result<i64> {
    fs::metadata(bench.disk.join(name)).map(|meta| meta.mtime())
}

/// Rule T11: an upload keeps the time of its file.
pub(super) async fn keep_time_up(bench: &Bench) -> Outcome {
    let options = TransferOptions { modified: Some(THEN), ..TransferOptions::default() };
    let outcome = bench.put(Source::memory("dated"), "dated", 0, options).await?;
    let stored = modified(bench, "dated")?;
    check!(outcome.dated == Some(stored == THEN), "{:?} is told, it was modified {stored}", outcome.dated);
    check!(stored == THEN, "the time was not kept");
    Ok(())
}

/// A download is told when its file was modified.
pub(super) async fn keep_time_down(bench: &Bench) -> Outcome {
    old_file(bench, "kept")?;
    let options = TransferOptions { modified: Some(0), ..TransferOptions::default() };
    let (outcome, _) = bench.get("times/kept", Sink::memory(), 0, options).await?;
    let told = outcome.modified.ok_or("no time")?;
    check!((told.seconds as u64, told.has_seconds, told.utc) == (OLD, true, true), "{told:?}");
    Ok(())
}

/// By whatever the server has.
pub(super) async fn set_time(bench: &Bench) -> Outcome {
    bench.place("set", b"x")?;
    bench.ask(Request::SetModificationTime { path: bench.path("set"), seconds: THEN }).await?;
    let stored = modified(bench, "set")?;
    check!(stored == THEN, "modified {stored}");
    Ok(())
}

const TIMES: [Form; 5] = [Form::Mfmt, Form::MffModify, Form::SiteUtimeUtc, Form::SiteUtime, Form::MdtmWrite];

/// By this form alone, with a name that has a blank.
pub(super) async fn set_time_by(bench: &Bench, form: Form) -> Outcome {
    let alone = |site: &mut towpath_ftp::Site| {
        for other in TIMES.into_iter().filter(|other| *other != form) {
            site.quirks.habits.learn(other, Habit::Missing);
        }
    };
    bench.place("set by", b"x")?;
    let other = bench.apart(alone).await?;
    other.ask(Request::SetModificationTime { path: bench.path("set by"), seconds: THEN }).await?;
    let stored = modified(bench, "set by")?;
    check!(stored == THEN, "modified {stored}");
    Ok(())
}

pub(super) async fn set_creation_time(bench: &Bench) -> Outcome {
    bench.place("created", b"x")?;
    bench.ask(Request::SetCreationTime { path: bench.path("created"), seconds: THEN }).await?;
    Ok(())
}

fn mode(bench: &Bench, name: &str) -> std::io::Result<u32> {
    fs::metadata(bench.disk.join(name)).map(|meta| meta.permissions().mode() & 0o7777)
}

pub(super) async fn change_mode(bench: &Bench) -> Outcome {
    bench.place("mode of", b"x")?;
    for wanted in [0o600, 0o644] {
        let path = bench.path("mode of");
        bench.ask(Request::ChangeMode { path, mode: wanted }).await?;
        let mode = mode(bench, "mode of")?;
        check!(mode == u32::from(wanted), "{mode:o}");
    }
    Ok(())
}

/// Of all below a directory, but not of what a link leads to (rule M12).
pub(super) async fn change_mode_tree(bench: &Bench) -> Outcome {
    mode_tree(bench, true).await
}

/// Where there are no links.
pub(super) async fn change_mode_tree_without_link(bench: &Bench) -> Outcome {
    mode_tree(bench, false).await
}

async fn mode_tree(bench: &Bench, link: bool) -> Outcome {
    let name = if link { "modes" } else { "plain modes" };
    let (disk, outside) = (bench.disk.join(name), bench.disk.join("beyond"));
    fs::create_dir_all(disk.join("a/b"))?;
    fs::create_dir_all(&outside)?;
    for file in [disk.join("one"), disk.join("a/b/two"), outside.join("three")] {
        fs::write(&file, "x")?;
        fs::set_permissions(file, fs::Permissions::from_mode(0o644))?;
    }
    if link {
        std::os::unix::fs::symlink("../../beyond", disk.join("a/link"))?;
        std::os::unix::fs::symlink("../../beyond/three", disk.join("a/three"))?;
    }
    give(&disk);
    give(&outside);
    let modes = Modes { files: Some(0o640), directories: Some(0o750) };
    let items = vec![Item { path: bench.path(name), directory: true }];
    let outcome = bench.ask(Request::ChangeModeTree { items, modes }).await?;
    for (path, wanted) in [("", 0o750), ("/one", 0o640), ("/a", 0o750), ("/a/b", 0o750), ("/a/b/two", 0o640)]
    {
        let mode = mode(bench, &format!("{name}{path}"))?;
        check!(mode == wanted, "{path} has {mode:o}: {outcome:?}");
    }
    check!(mode(bench, "beyond")? != 0o750, "a directory that a link leads to was changed: {outcome:?}");
    check!(mode(bench, "beyond/three")? == 0o644, "what a link leads to was changed: {outcome:?}");
    Ok(())
}

/// To the group that it has: the fixtures' user is in no other.
pub(super) async fn change_group(bench: &Bench) -> Outcome {
    bench.place("group of", b"x")?;
    let request = Request::ChangeGroup { path: bench.path("group of"), group: Argument::new("1")? };
    bench.ask(request).await?;
    Ok(())
}

/// The strongest that the server has, which must be right, if it is one that this side can compute.
pub(super) async fn checksum(bench: &Bench) -> Outcome {
    checksum_by(bench, None).await
}

pub(super) async fn checksum_by(bench: &Bench, algorithm: Option<Algorithm>) -> Outcome {
    bench.place("sum of", b"123456789")?;
    let request = Request::Checksum { path: bench.path("sum of"), algorithm, range: None };
    let Ending::Checksum(sum) = bench.ask(request).await? else { return Err("no checksum".into()) };
    check!(algorithm.is_none_or(|algorithm| algorithm == sum.algorithm), "another one: {sum:?}");
    let known = match sum.algorithm {
        Algorithm::Crc32 => "cbf43926".to_owned(),
        Algorithm::Md5 => "25f9e794323b453885f5181f1b624d0b".to_owned(),
        Algorithm::Sha1 => "f7c3bc1d808e04732adf679965ccc34ca7ae3441".to_owned(),
        Algorithm::Sha256 => sha256(b"123456789").to_string(),
        Algorithm::Sha512 => "d9e6762dd1c8eaf6d61b3c6192fc408d4d6d5f1176d0c29169bc24e71c3f274a\
                              d27fcd5811b313d681f7e55ec02d73d499c95455b6b5bb503acf574fba8ffe85"
            .to_owned(),
    };
    check!(sum.hex == known, "{sum:?}");
    Ok(())
}

/// Of some bytes: CRC-32 of `123456789` in the middle.
pub(super) async fn checksum_of_part(bench: &Bench) -> Outcome {
    bench.place("part of", b"abc123456789xyz")?;
    let (path, algorithm) = (bench.path("part of"), Some(Algorithm::Crc32));
    let request = Request::Checksum { path, algorithm, range: Some(3..12) };
    let Ending::Checksum(sum) = bench.ask(request).await? else { return Err("no checksum".into()) };
    check!(sum.hex == "cbf43926", "{sum:?}");
    Ok(())
}

/// Both sides compare after a transfer.
pub(super) async fn checksum_after(bench: &Bench) -> Outcome {
    let options = TransferOptions { checksum: true, ..TransferOptions::default() };
    let sent = bench.put(Source::pattern(300_000), "verified", 0, options.clone()).await?;
    let (got, _) = bench.get("verified", Sink::memory(), 0, options).await?;
    check!(sent.checksum.is_some() && got.checksum == sent.checksum, "{sent:?} {got:?}");
    Ok(())
}
