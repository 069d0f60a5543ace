//! The fuzzer's corpora, played through the bodies that the fuzzer runs: what it once found stays found.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

#[path = "../fuzz/bodies/listing.rs"]
mod listing;
#[path = "../fuzz/bodies/path.rs"]
mod path;
#[path = "../fuzz/bodies/reply.rs"]
mod reply;
#[path = "../fuzz/bodies/session.rs"]
mod session;

/// Bytes of all files of a corpus.
const MAX_CORPUS: usize = 200 * 1024;

fn play(name: &str, body: fn(&[u8])) {
    let directory = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
    let (mut files, mut bytes) = (0, 0);
    for file in std::fs::read_dir(directory).unwrap() {
        let data = std::fs::read(file.unwrap().path()).unwrap();
        body(&data);
        files += 1;
        bytes += data.len();
    }
    println!("{name}: {files} files, {bytes} bytes");
    assert!(files > 0 && bytes < MAX_CORPUS, "{files} files, {bytes} bytes");
}

#[test]
fn replies() {
    play("reply", reply::body);
}

#[test]
fn listings() {
    play("listing", listing::body);
}

#[test]
fn paths() {
    play("path", path::body);
}

#[test]
fn sessions() {
    play("session", session::body);
}
