//! Build automation: `cargo xtask demo | test | build | dist | lint | bench`.
//!
//! Everything a newcomer or the continuous integration needs is behind these commands, on a fresh machine too. Nothing
//! is downloaded but crates, Debian packages and npm packages, through their own clients.

use anyhow::{Result, bail};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

mod bench;
mod command;
mod demo;
mod dist;
mod lint;
mod page;
mod rules;
mod setup;
mod test;

const USAGE: &str = "usage: cargo xtask COMMAND

  demo    build, start the relay with an embedded FTP server, print one address
  test    install what the tests need, then run every check
  build   build the page into target/dist
  dist    build the release: the page and the `towpath` binary that holds it, in dist/
  lint    formatting, clippy (native and wasm), dependency rules
  bench   figures: what the listing parsers read in a second, what the relay holds and moves";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(words: &[&str]) -> Result<()> {
    match words {
        ["demo", rest @ ..] => demo::run(rest),
        ["test"] => test::run(),
        ["build"] => page::build(&page::Options { optimise: true }).map(drop),
        ["dist"] => dist::run(),
        ["lint"] => lint::run(),
        ["bench"] => bench::run(),
        _ => bail!("{USAGE}"),
    }
}

/// The workspace's root folder.
fn root() -> PathBuf {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask).to_owned()
}

/// Where cargo builds: `CARGO_TARGET_DIR`, else `target`.
fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |dir| root().join(dir))
}
