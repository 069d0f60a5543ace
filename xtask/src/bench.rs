//! `cargo xtask bench`: figures, never a test: machines are noisy. The ratio of two lines of one run is what can be compared.

use crate::command;
use anyhow::Result;

/// Runs the benchmarks, optimised.
pub(crate) fn run() -> Result<()> {
    let listing = ["run", "--release", "--quiet", "--package", "towpath-ftp", "--example", "listing_bench"];
    command::run(&mut command::cargo(&listing))
}
