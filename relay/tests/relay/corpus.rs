//! The fuzzer's corpus, played through the body that the fuzzer runs: what it once found stays found.

#[path = "../../fuzz/bodies/session.rs"]
mod session;

/// Bytes of all files of a corpus.
const MAX_CORPUS: usize = 200 * 1024;

#[test]
fn corpus_of_sessions() {
    let directory = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/session");
    let (mut files, mut bytes) = (0, 0);
    for file in std::fs::read_dir(directory).unwrap() {
        let data = std::fs::read(file.unwrap().path()).unwrap();
        session::body(&data);
        files += 1;
        bytes += data.len();
    }
    println!("session: {files} files, {bytes} bytes");
    assert!(files > 0 && bytes < MAX_CORPUS, "{files} files, {bytes} bytes");
}
