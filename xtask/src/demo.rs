//! `cargo xtask demo`: the whole thing at one address, nothing to configure.

use crate::{command, page};
use anyhow::Result;

/// Builds the page and the relay, and starts `towpath demo` with the arguments given.
pub(crate) fn run(arguments: &[&str]) -> Result<()> {
    let dist = page::build(&page::Options { optimise: true })?;
    command::run(&mut command::cargo(&["build", "--package", "towpath-relay", "--bin", "towpath"]))?;
    let binary = crate::target().join("debug").join(format!("towpath{}", std::env::consts::EXE_SUFFIX));
    let mut demo = command::new(&binary.to_string_lossy(), &["demo", "--www"]);
    command::run(demo.arg(dist).args(arguments))
}
