//! Text (TYPE A) and compression (MODE Z).

use super::super::{Bench, Outcome, check};
use super::transfers::bytes;
use towpath_ftp::TransferOptions;
use towpath_tests::driver::{Sink, Source};

const TEXT: &str = "first\n\nthird\nlast without an end";

fn text() -> TransferOptions {
    TransferOptions { text: true, ..TransferOptions::default() }
}

/// Rule T7: each side has its own line ends. What this server stores is fetched as bytes as well.
pub(super) async fn text_both_ways(bench: &Bench) -> Outcome {
    text_is_stored_as(bench, TEXT).await
}

/// The same with a server that stores text as it comes over the network.
pub(super) async fn text_as_sent(bench: &Bench) -> Outcome {
    text_is_stored_as(bench, &TEXT.replace('\n', "\r\n")).await
}

async fn text_is_stored_as(bench: &Bench, stored: &str) -> Outcome {
    bench.put(Source::memory(TEXT), "text", 0, text()).await?;
    bench.stored("text", stored.as_bytes())?;
    let (_, got) = bench.get("text", Sink::memory(), 0, text()).await?;
    check!(got.data == TEXT.as_bytes(), "{:?}", String::from_utf8_lossy(&got.data));
    let (_, got) = bench.get("text", Sink::memory(), 0, TransferOptions::default()).await?;
    check!(got.data == stored.as_bytes(), "as bytes: {:?}", String::from_utf8_lossy(&got.data));
    check!(bench.commands("TYPE A") > 0, "TYPE A was not sent");
    Ok(())
}

fn compressed() -> TransferOptions {
    TransferOptions { deflate: true, ..TransferOptions::default() }
}

fn lines(count: usize) -> Vec<u8> {
    "a line of text that compresses well\n".repeat(count).into_bytes()
}

/// The server must have understood MODE Z: a refusal of it is no fault of a transfer, which then goes as it is.
fn was_compressed(bench: &Bench) -> Outcome {
    let log = bench.client.log_text();
    let asked = log.iter().any(|line| line == "Command: MODE Z");
    check!(asked, "MODE Z was not sent");
    Ok(())
}

pub(super) async fn compressed_download(bench: &Bench) -> Outcome {
    for file in [vec![], bytes(3_000_000), lines(60_000)] {
        bench.place("compressed", &file)?;
        let (outcome, got) = bench.get("compressed", Sink::memory(), 0, compressed()).await?;
        check!(got.data == file, "{} of {} bytes", got.data.len(), file.len());
        check!(outcome.bytes == file.len() as u64, "{} bytes counted", outcome.bytes);
    }
    // From the middle.
    let whole = lines(60_000);
    let sink = Sink::memory_from(whole[..1_000_000].to_vec());
    let (_, got) = bench.get("compressed", sink, 1_000_000, compressed()).await?;
    check!(got.data == whole, "other bytes came from the middle");
    was_compressed(bench)
}

/// As text too, and as it is in between: MODE S comes back by itself.
pub(super) async fn compressed_text(bench: &Bench) -> Outcome {
    let file = lines(5_000);
    let options = TransferOptions { text: true, ..compressed() };
    bench.place("compressed text", &file)?;
    for options in [options.clone(), TransferOptions::default(), options] {
        let (_, got) = bench.get("compressed text", Sink::memory(), 0, options).await?;
        check!(got.data == file, "{} of {} bytes", got.data.len(), file.len());
    }
    bench.client.list(Some(&bench.folder)).await?;
    was_compressed(bench)?;
    let few = lines(200);
    bench
        .put(
            Source::memory(few.clone()),
            "compressed text up",
            0,
            TransferOptions { text: true, ..compressed() },
        )
        .await?;
    bench.stored("compressed text up", &few)
}

/// Small files; of large ones see the next.
pub(super) async fn compressed_upload(bench: &Bench) -> Outcome {
    for file in [vec![], vec![7], bytes(10_000), lines(200)] {
        let outcome = bench.put(Source::memory(file.clone()), "up", 0, compressed()).await?;
        check!(outcome.bytes == file.len() as u64, "{} bytes counted", outcome.bytes);
        bench.stored("up", &file)?;
    }
    was_compressed(bench)
}

/// Some MiB, and the engine must not call them stored when they are not.
pub(super) async fn large_compressed_upload(bench: &Bench) -> Outcome {
    let file = lines(60_000);
    bench.put(Source::memory(file.clone()), "large up", 0, compressed()).await?;
    bench.stored("large up", &file).map_err(|error| format!("a wrong success: {error}"))?;
    was_compressed(bench)
}
