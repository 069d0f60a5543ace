//! Looks into FTP servers from the command line: the engine of the page over plain sockets or through a relay.

use clap::Parser;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    towpath_tests::cli::run(towpath_tests::cli::Arguments::parse()).await
}
