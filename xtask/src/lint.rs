//! `cargo xtask lint`: formatting, clippy with warnings as errors on both targets, and the rules of the
//! dependency graph that Cargo alone does not enforce.

use crate::{command, rules, setup};
use anyhow::{Result, bail};

/// What each core crate may depend on, besides the standard library (development dependencies aside). The engine and the protocol stay free
/// of IO only as long as nothing that does IO is among them.
const ALLOWED: [(&str, &[&str]); 2] = [
    ("towpath-ftp", &["encoding_rs", "thiserror"]),
    ("towpath-shared", &["serde", "serde_json", "thiserror"]),
];

/// Runs all of it.
pub(crate) fn run() -> Result<()> {
    setup::wasm_target()?;
    command::run(&mut command::cargo(&["fmt", "--all", "--", "--check"]))?;
    dependencies()?;
    rules::check()?;
    let deny = ["--", "--deny", "warnings"];
    command::run(command::cargo(&["clippy", "--quiet", "--workspace", "--all-targets"]).args(deny))?;
    command::run(
        command::cargo(&[
            "clippy",
            "--quiet",
            "--package",
            "towpath-app",
            "--target",
            "wasm32-unknown-unknown",
        ])
        .env("CARGO_TARGET_DIR", crate::target().join("wasm"))
        .args(deny),
    )
}

fn dependencies() -> Result<()> {
    for (package, allowed) in ALLOWED {
        let tree = ["tree", "--package", package, "--edges", "normal", "--depth", "1", "--prefix", "none"];
        let tree = command::output(command::cargo(&tree).args(["--format", "{lib}"]))?;
        for name in tree.lines().skip(1).map(str::trim).filter(|name| !name.is_empty()) {
            if !allowed.contains(&name) {
                bail!("{package} must not depend on {name}: see ARCHITECTURE.md, invariants");
            }
        }
    }
    Ok(())
}
