//! `cargo xtask dist`: what an administrator installs. The binary holds the page, so it is the only file needed.

use crate::{command, page, setup};
use anyhow::Result;
use std::fs;

/// Builds the release into `dist/`.
pub(crate) fn run() -> Result<()> {
    setup::npm()?;
    let www = page::build(&page::Options { optimise: true })?;
    command::run(
        command::cargo(&["build", "--release", "--package", "towpath-relay", "--bin", "towpath"])
            .env("TOWPATH_DIST", &www),
    )?;
    let dist = crate::root().join("dist");
    fs::create_dir_all(&dist)?;
    let name = format!("towpath{}", std::env::consts::EXE_SUFFIX);
    let binary = dist.join(&name);
    fs::copy(crate::target().join("release").join(&name), &binary)?;
    eprintln!("{} ({} KiB)", binary.display(), fs::metadata(&binary)?.len() / 1024);
    Ok(())
}
