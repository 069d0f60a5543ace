//! What is not there is refused in the server's words.

use super::super::{Bench, Outcome, check};
use towpath_ftp::{Error, ErrorKind};
use towpath_tests::driver::Sink;

/// An error that names what the server said, and does not take it for a fault of the connection.
fn refused(error: &Error) -> Outcome {
    let reply = error.reply.as_deref().unwrap_or_default();
    let words = reply.strip_prefix("550").unwrap_or_default();
    check!(error.kind == ErrorKind::Refused, "{error:?}");
    check!(words.len() > 5 && error.to_string().contains(reply), "without the server's words: {error:?}");
    Ok(())
}

pub(super) async fn missing_download(bench: &Bench) -> Outcome {
    let got = bench.client.get(&bench.path("missing"), Sink::nowhere()).await;
    refused(&got.err().ok_or("it was there")?)
}

pub(super) async fn missing_file(bench: &Bench) -> Outcome {
    let path = bench.path("missing");
    let client = &bench.client;
    let errors = [
        client.size(&path).await.map(drop),
        client.modified(&path).await.map(drop),
        client.delete(&path).await,
        client.rename(&path, &bench.path("never")).await,
    ];
    for error in errors {
        refused(&error.err().ok_or("it was there")?)?;
    }
    Ok(())
}

pub(super) async fn missing_directory(bench: &Bench) -> Outcome {
    let path = bench.path("missing");
    let listed = bench.client.list(Some(&path)).await;
    refused(&listed.err().ok_or("it was there")?)?;
    refused(&bench.client.remove_directory(&path).await.err().ok_or("it was there")?)?;
    bench.client.list(Some(&bench.folder)).await?;
    Ok(())
}
