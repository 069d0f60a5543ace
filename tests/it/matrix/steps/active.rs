//! Active mode: the server connects to this side (rule D15), or to the relay.

use super::super::{Bench, Outcome, check};
use towpath_ftp::ActiveMode;
use towpath_ftp::quirks::DataWay;
use towpath_tests::driver::{Sink, Source};

const SIZE: u64 = 300_000;

/// PORT on IPv4, EPRT on IPv6.
pub(super) async fn preferred(bench: &Bench) -> Outcome {
    let command = if bench.site.host.contains(':') { "EPRT" } else { "PORT" };
    work(bench, command, None).await
}

pub(super) async fn extended(bench: &Bench) -> Outcome {
    work(bench, "EPRT", Some(DataWay::ExtendedActive)).await
}

async fn work(bench: &Bench, command: &str, way: Option<DataWay>) -> Outcome {
    let other = bench.apart(|site| (site.active, site.quirks.way) = (ActiveMode::Preferred, way)).await?;
    for size in [0, SIZE] {
        other.client.put(Source::pattern(size), &bench.path("active")).await?;
        bench.stored("active", &super::transfers::bytes(size))?;
        let got = other.client.get(&bench.path("active"), Sink::memory()).await?;
        check!(got.bytes == size, "{} bytes came", got.bytes);
    }
    other.client.list(Some(&bench.folder)).await?;
    let passive = other.commands("EPSV") + other.commands("PASV");
    check!(other.commands(command) >= 5 && passive == 0, "not by {command}");
    // At its end pyftpdlib 1.5.7 closes the number that the session's active connection had, whoever has that number by then (`handlers.py`,
    // `_shutdown_connecting_dtp`): no other session may open a port meanwhile.
    other.quit().await?;
    Ok(())
}

/// PASV alone, as for servers that have no EPSV.
pub(super) async fn passive(bench: &Bench, way: DataWay, command: &str) -> Outcome {
    let other = bench.apart(|site| site.quirks.way = Some(way)).await?;
    other.client.put(Source::pattern(SIZE), &bench.path("passive")).await?;
    let got = other.client.get(&bench.path("passive"), Sink::memory()).await?;
    check!(got.bytes == SIZE, "{} bytes came", got.bytes);
    other.client.list(Some(&bench.folder)).await?;
    // PASV tells an address of IPv4 only.
    let command = if bench.site.host.contains(':') { "EPSV" } else { command };
    check!(other.commands(command) >= 1, "not by {command}");
    Ok(())
}
