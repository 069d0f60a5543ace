//! Transfers that are more than all bytes one way: going on in the middle, parts, other places.

use super::super::{Bench, Outcome, check};
use std::fs;
use std::sync::Arc;
use towpath_ftp::{ErrorKind, Placement, Stage, TransferOptions};
use towpath_tests::driver::{SEGMENTED, Sink, Source, get_segmented, pattern};

const SIZE: u64 = 1_500_000;
const MIDDLE: usize = 654_321;

/// Bytes of the pattern.
pub(super) fn bytes(size: u64) -> Vec<u8> {
    let mut bytes = vec![0; usize::try_from(size).unwrap()];
    pattern(0, &mut bytes);
    bytes
}

fn plainly() -> TransferOptions {
    TransferOptions::default()
}

fn compared() -> TransferOptions {
    TransferOptions { compare: true, ..plainly() }
}

/// Rules T2, T4.
pub(super) async fn resume_download(bench: &Bench) -> Outcome {
    let whole = bytes(SIZE);
    bench.place("resumed", &whole)?;
    let sink = Sink::memory_from(whole[..MIDDLE].to_vec());
    let (outcome, got) = bench.get("resumed", sink, MIDDLE as u64, plainly()).await?;
    check!(outcome.bytes == SIZE - MIDDLE as u64, "{} bytes moved", outcome.bytes);
    check!(got.data == whole, "other bytes came");
    Ok(())
}

pub(super) async fn resume_upload(bench: &Bench) -> Outcome {
    let whole = bytes(SIZE);
    bench.place("continued", &whole[..MIDDLE])?;
    let outcome = bench.put(Source::pattern(SIZE), "continued", MIDDLE as u64, plainly()).await?;
    check!(outcome.bytes == SIZE - MIDDLE as u64, "{} bytes moved", outcome.bytes);
    bench.stored("continued", &whole)
}

/// Rule T5: what is there is compared before the transfer goes on.
pub(super) async fn compare_download(bench: &Bench) -> Outcome {
    let whole = bytes(SIZE);
    bench.place("compared", &whole)?;
    let sink = Sink::memory_from(whole[..MIDDLE].to_vec());
    let (_, got) = bench.get("compared", sink, MIDDLE as u64, compared()).await?;
    check!(got.data == whole, "other bytes came");
    let mut changed = whole[..MIDDLE].to_vec();
    changed[MIDDLE - 60_000] ^= 1;
    different(bench.get("compared", Sink::memory_from(changed), MIDDLE as u64, compared()).await.map(drop))
}

pub(super) async fn compare_upload(bench: &Bench) -> Outcome {
    let whole = bytes(SIZE);
    bench.place("proven", &whole[..MIDDLE])?;
    bench.put(Source::pattern(SIZE), "proven", MIDDLE as u64, compared()).await?;
    bench.stored("proven", &whole)?;
    let mut changed = whole[..MIDDLE].to_vec();
    changed[MIDDLE - 60_000] ^= 1;
    bench.place("foreign", &changed)?;
    different(bench.put(Source::pattern(SIZE), "foreign", MIDDLE as u64, compared()).await.map(drop))?;
    bench.stored("foreign", &changed)
}

/// The transfer did not go on, for the bytes are others.
fn different(outcome: Outcome) -> Outcome {
    let error = outcome.err().ok_or("it went on over other bytes")?;
    match error.downcast::<towpath_ftp::Error>() {
        Ok(error) if (error.stage, error.kind) == (Stage::File, ErrorKind::Incomplete) => Ok(()),
        Ok(error) => Err(error),
        Err(error) => Err(error),
    }
}

/// Bytes from one place to another, and none behind.
pub(super) async fn part(bench: &Bench, offset: u64, length: u64) -> Outcome {
    let whole = bytes(PARTS);
    bench.place("parts", &whole)?;
    let end = (offset + length).min(PARTS);
    let options = TransferOptions { length: Some(length), ..plainly() };
    let sink = Sink::memory_from(whole[..usize::try_from(offset)?].to_vec());
    let (outcome, got) = bench.get("parts", sink, offset, options).await?;
    check!(outcome.bytes == end - offset, "{} bytes moved", outcome.bytes);
    check!(got.data == whole[..usize::try_from(end)?], "other bytes came");
    Ok(())
}

/// More than lies in the buffers between.
pub(super) const PARTS: u64 = 6 * 1024 * 1024;

/// Rule T3: REST takes more than 32 bits.
pub(super) async fn past_four_gibibytes(bench: &Bench) -> Outcome {
    use std::os::unix::fs::FileExt;
    const OFFSET: u64 = 4_500_000_000;
    let file = fs::File::create(bench.disk.join("huge"))?;
    file.write_all_at(b"the end", OFFSET)?;
    let local = tempfile::tempdir()?;
    let path = local.path().join("huge");
    fs::File::create(local.path().join("huge.part"))?.set_len(OFFSET)?;
    let outcome = bench.get("huge", Sink::resumed(&path).await?, OFFSET, plainly()).await;
    fs::remove_file(bench.disk.join("huge"))?;
    check!(outcome?.0.bytes == 7, "not seven bytes");
    let mut end = [0; 7];
    fs::File::open(&path)?.read_exact_at(&mut end, OFFSET)?;
    check!(&end == b"the end", "{end:?}");
    Ok(())
}

pub(super) async fn append(bench: &Bench) -> Outcome {
    bench.place("appended", b"one ")?;
    let options = TransferOptions { placement: Placement::Append, ..plainly() };
    bench.put(Source::memory("two"), "appended", 0, options).await?;
    bench.stored("appended", b"one two")
}

/// The server finds a name, and tells it. In a session of its own: once inetutils-ftpd has called STOU a syntax error, it leaves the next
/// command that it does not know without an answer.
pub(super) async fn unique(bench: &Bench) -> Outcome {
    let folder = bench.disk.join("unique");
    bench.client.make_directory(&bench.path("unique")).await?;
    bench.place("unique/taken", b"stays")?;
    let options = TransferOptions { placement: Placement::Unique, ..plainly() };
    let path = bench.path("unique/taken");
    let other = bench.apart(|_| {}).await?;
    let outcome = other.client.start_put_with(Source::memory("fresh"), &path, 0, options).await?.0;
    bench.stored("unique/taken", b"stays")?;
    let names = fs::read_dir(&folder)?.map(|entry| entry.map(|entry| entry.file_name()));
    let fresh: Vec<_> = names.filter(|name| name.as_ref().is_ok_and(|name| name != "taken")).collect();
    check!(fresh.len() == 1, "{fresh:?}");
    let fresh = fresh.into_iter().next().ok_or("none")??.into_string().map_err(|name| format!("{name:?}"))?;
    bench.stored(&format!("unique/{fresh}"), b"fresh")?;
    let towpath_ftp::Outcome::Transferred(outcome) = outcome else { return Err("no transfer".into()) };
    let told = outcome.name.map(|name| name.to_string());
    check!(told.as_ref() == Some(&fresh), "{fresh} is called {told:?}");
    Ok(())
}

/// Under another name until all of it is there, also where some of it is.
pub(super) async fn temporary(bench: &Bench) -> Outcome {
    let options = TransferOptions { temporary: true, ..plainly() };
    bench.place("replaced", b"old")?;
    bench.put(Source::pattern(SIZE), "replaced", 0, options.clone()).await?;
    bench.stored("replaced", &bytes(SIZE))?;
    check!(bench.commands("RNTO") > 0, "it was not renamed");
    bench.place("replaced.part", &bytes(MIDDLE as u64))?;
    let outcome = bench.put(Source::pattern(SIZE), "replaced", MIDDLE as u64, options).await?;
    check!(outcome.bytes == SIZE - MIDDLE as u64, "{} bytes moved", outcome.bytes);
    check!(!bench.disk.join("replaced.part").exists(), "the temporary name is still there");
    bench.stored("replaced", &bytes(SIZE))
}

/// Into directories that are not there (rule T12), and with the room asked for.
pub(super) async fn into_missing_directories(bench: &Bench) -> Outcome {
    let path = bench.path("fresh/below it/file");
    let options = TransferOptions { directories: true, allocate: true, ..plainly() };
    for _ in 0..2 {
        bench.client.start_put_with(Source::memory("x"), &path, 0, options.clone()).await?;
        bench.stored("fresh/below it/file", b"x")?;
    }
    Ok(())
}

pub(super) async fn cancel_upload(bench: &Bench) -> Outcome {
    let options = plainly();
    let path = bench.path("given up");
    let mut pending = bench.client.start_put_with(Source::pattern(4 << 30), &path, 0, options);
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
    super::basics::there_and_back(bench, 3000).await?;
    fs::remove_file(bench.disk.join("given up"))?;
    Ok(())
}

/// One file over three sessions.
pub(super) async fn segments(bench: &Bench) -> Outcome {
    let whole = bytes(SEGMENTED + 1);
    bench.place("segments", &whole)?;
    let (one, two) = (bench.apart(|_| {}).await?, bench.apart(|_| {}).await?);
    let local = tempfile::tempdir()?;
    let file = local.path().join("file");
    let clients = [&bench.client, &one.client, &two.client];
    let got = get_segmented(&clients, &bench.path("segments"), &file).await?;
    check!((got.bytes, got.transfers, got.failed) == (SEGMENTED + 1, 3, 0), "{got:?}");
    check!(fs::read(&file)? == whole, "other bytes came");
    Ok(())
}

/// Several sessions at once, each with transfers of its own.
pub(super) async fn at_once(bench: &Bench) -> Outcome {
    let sessions = Arc::new([bench.apart(|_| {}).await?, bench.apart(|_| {}).await?]);
    let work = |number: usize| {
        let sessions = sessions.clone();
        async move {
            let name = format!("at once {number}");
            sessions[number].put(Source::pattern(SIZE), &name, 0, plainly()).await?;
            let (_, got) = sessions[number].get(&name, Sink::memory(), 0, plainly()).await?;
            check!(got.data == bytes(SIZE), "other bytes came");
            Outcome::Ok(())
        }
    };
    let (one, two) = tokio::join!(work(0), work(1));
    one.and(two)
}
