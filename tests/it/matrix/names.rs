//! Names that clients, servers and the shells behind servers get wrong: each is made, listed and used as a directory's and as
//! a file's, and must be on the disk exactly as it was given.

use super::{Bench, Outcome, check};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use towpath_ftp::{EntryKind, Name, RemotePath};
use towpath_tests::driver::{Sink, Source};

/// A directory of this name, and in it a file of this name.
pub(super) async fn name(bench: &Bench, bytes: &[u8]) -> Outcome {
    let name = Name::new(bytes)?;
    let folder = bench.folder.join(&name);
    let disk = bench.disk.join(OsStr::from_bytes(bytes));
    let client = &bench.client;
    client.make_directory(&folder).await?;
    check!(disk.is_dir(), "made under another name: {:?}", names(&bench.disk));
    let above = client.list(Some(&bench.folder)).await?;
    let row = above.entries.iter().find(|entry| entry.name == name);
    check!(row.is_some_and(|row| row.kind == EntryKind::Directory), "listed under another name: {above:?}");
    file(bench, &folder, &disk, bytes).await?;
    client.remove_directory(&folder).await?;
    check!(!disk.exists(), "it is still there");
    Ok(())
}

/// A file of this name, alone in a directory.
pub(super) async fn file_name(bench: &Bench, bytes: &[u8]) -> Outcome {
    let (folder, disk) = (bench.path("name"), bench.disk.join("name"));
    // Where an earlier step failed, as it should, something may be left.
    if disk.exists() {
        fs::remove_dir_all(&disk)?;
    }
    bench.client.make_directory(&folder).await?;
    file(bench, &folder, &disk, bytes).await?;
    Ok(bench.client.remove_directory(&folder).await?)
}

/// Stores a file of this name in an empty directory; lists, fetches, renames and deletes it.
async fn file(bench: &Bench, folder: &RemotePath, disk: &Path, bytes: &[u8]) -> Outcome {
    let name = Name::new(bytes)?;
    let file = folder.join(&name);
    let client = &bench.client;
    client.put(Source::memory(bytes), &file).await?;
    let stored = fs::read(disk.join(OsStr::from_bytes(bytes)));
    check!(stored.is_ok_and(|stored| stored == bytes), "stored under another name: {:?}", names(disk));
    let listing = client.list(Some(folder)).await?;
    let [row] = &listing.entries[..] else { return Err(format!("not one row: {listing:?}").into()) };
    check!(row.name == name && row.kind == EntryKind::File, "{listing:?}");
    check!(row.size == Some(bytes.len() as u64), "{listing:?}");
    let got = client.get(&file, Sink::memory()).await?;
    check!(got.data == bytes, "other bytes came back");
    let renamed = folder.join(&Name::new([bytes, b"~"].concat())?);
    client.rename(&file, &renamed).await?;
    client.rename(&renamed, &file).await?;
    client.delete(&file).await?;
    Ok(())
}

fn names(folder: &Path) -> Vec<std::ffi::OsString> {
    fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.file_name()).collect()
}
