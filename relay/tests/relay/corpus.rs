//! The fuzzer's corpus, played through the body that the fuzzer runs: what it once found stays found.

#[path = "../../fuzz/bodies/session.rs"]
mod session;

/// Bytes of all files of a corpus.
const MAX_CORPUS: usize = 200 * 1024;

fn corpus() -> Vec<Vec<u8>> {
    let directory = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/session");
    std::fs::read_dir(directory).unwrap().map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect()
}

#[test]
fn corpus_of_sessions() {
    let corpus = corpus();
    let bytes: usize = corpus.iter().map(Vec::len).sum();
    println!("session: {} files, {bytes} bytes", corpus.len());
    assert!(!corpus.is_empty() && bytes < MAX_CORPUS, "{bytes} bytes");
    corpus.iter().for_each(|data| session::body(data));
}

/// What the fuzzer does, without its eyes: pieces of the corpus in any order, with bytes of any value in them. The same each time;
/// `TOWPATH_SESSIONS` says how many, `TOWPATH_SEED` which.
#[test]
fn sessions_put_together_at_random() {
    let number = |name: &str, default: u64| {
        std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
    };
    let (corpus, sessions) = (corpus(), number("TOWPATH_SESSIONS", 300));
    // xorshift64.
    let mut state = 0x2545_f491_4f6c_dd1d_u64 ^ number("TOWPATH_SEED", 0);
    let mut next = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    let start = std::time::Instant::now();
    for turn in 0..sessions {
        let mut data = vec![next(2) as u8, 0];
        for _ in 0..1 + next(12) {
            let from = &corpus[next(corpus.len())];
            let first = next(from.len());
            data.extend_from_slice(&from[first..(first + 1 + next(60)).min(from.len())]);
        }
        for _ in 0..next(1 + data.len() / 8) {
            let place = next(data.len());
            data[place] = next(256) as u8;
        }
        if let Err(panic) = std::panic::catch_unwind(|| session::body(&data)) {
            println!("session {turn}: {data:?}");
            std::panic::resume_unwind(panic);
        }
    }
    println!("{sessions} sessions in {:?}", start.elapsed());
}
