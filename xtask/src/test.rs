//! `cargo xtask test`: installs what the tests need, then runs every check. This is what continuous integration runs.

use crate::{command, lint, page, setup};
use anyhow::Result;
use std::time::Instant;

/// Debian packages of the browser journeys, each with a path that shows that it is there.
const BROWSER: [(&str, &str); 1] = [("chromium", "/usr/bin/chromium")];

/// Runs everything; the first failure ends it.
pub(crate) fn run() -> Result<()> {
    let start = Instant::now();
    setup::wasm_target()?;
    setup::npm()?;
    setup::debian(&BROWSER)?;
    lint::run()?;
    // Fetches and unpacks the FTP servers, so that the tests themselves need no network.
    command::run(&mut command::cargo(&["build", "--workspace", "--bins"]))?;
    command::run(&mut command::new(&crate::target().join("debug/fetch-servers").to_string_lossy(), &[]))?;
    // With the figures that tests print: memory, times, how many cases of other projects ran.
    command::run(&mut command::cargo(&["test", "--workspace", "--", "--show-output"]))?;
    let dist = page::build(&page::Options { optimise: true })?;
    let playwright = setup::browser_tests().join("node_modules/@playwright/test/cli.js");
    let mut journeys = command::new("node", &[]);
    journeys.arg(playwright).arg("test").env("TOWPATH_WWW", &dist);
    for (name, program) in [("TOWPATH_BIN", "towpath"), ("TOWPATH_SERVERS", "journey-servers")] {
        journeys.env(name, crate::target().join("debug").join(program));
    }
    command::run(journeys.current_dir(setup::browser_tests()))?;
    eprintln!("all checks passed in {:.1} minutes", start.elapsed().as_secs_f32() / 60.0);
    Ok(())
}
