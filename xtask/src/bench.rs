//! `cargo xtask bench`: figures, never a test: machines are noisy. The ratio of two lines of one run is what can be compared.

use crate::command;
use anyhow::Result;

/// Runs the benchmarks, optimised.
pub(crate) fn run() -> Result<()> {
    let listing = ["run", "--release", "--quiet", "--package", "towpath-ftp", "--example", "listing_bench"];
    command::run(&mut command::cargo(&listing))?;
    // The tests of the relay's bounds with numbers that take longer than a test may; one after the other, for they share the machine.
    let load = ["test", "--release", "--package", "towpath-relay", "--test", "relay", "--"];
    let mut load = command::cargo(&load);
    load.args(["load::", "slowloris", "--nocapture", "--test-threads", "1"]);
    load.envs([
        ("TOWPATH_IDLE_TUNNELS", "2000"),
        ("TOWPATH_TRANSFER_KIB", "8192"),
        ("TOWPATH_STALL_SECONDS", "60"),
        ("TOWPATH_STALL_MIB", "256"),
        ("TOWPATH_LATENCY_ROUNDS", "5000"),
        ("TOWPATH_SPEED_MIB", "1024"),
    ]);
    command::run(&mut load)
}
