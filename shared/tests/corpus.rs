//! The fuzzer's corpora, played through the bodies that the fuzzer runs: what it once found stays found.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

#[path = "../fuzz/bodies/frame.rs"]
mod frame;
#[path = "../fuzz/bodies/link.rs"]
mod link;

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
fn frames() {
    play("frame", frame::body);
}

#[test]
fn links() {
    play("link", link::body);
}
