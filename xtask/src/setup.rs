//! What must be on the machine: the wasm target, Debian packages, npm packages. Each step first looks whether there is
//! anything to do, so that a second run costs nothing and works without a network.

use crate::command;
use anyhow::{Context, Result, bail};
use std::path::PathBuf;

/// The compiler's wasm target, through rustup where rustup is.
pub(crate) fn wasm_target() -> Result<()> {
    let sysroot = command::output(&mut command::new("rustc", &["--print", "sysroot"]))?;
    let lib = PathBuf::from(sysroot.trim()).join("lib/rustlib/wasm32-unknown-unknown/lib");
    if lib.is_dir() {
        return Ok(());
    }
    if !command::exists("rustup") {
        bail!("the wasm32-unknown-unknown target is missing, and there is no rustup to add it");
    }
    command::run(&mut command::new("rustup", &["target", "add", "wasm32-unknown-unknown"]))
}

/// Debian packages. `known_by` is a path that exists once the package is installed.
pub(crate) fn debian(packages: &[(&str, &str)]) -> Result<()> {
    let missing: Vec<&str> = packages
        .iter()
        .filter(|(_, known_by)| !std::path::Path::new(known_by).exists())
        .map(|(package, _)| *package)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    if !command::exists("apt-get") {
        bail!("these programs are missing, and there is no apt-get to install them: {}", missing.join(", "));
    }
    let apt = |arguments: &[&str]| {
        let mut apt = command::new("apt-get", arguments);
        apt.env("DEBIAN_FRONTEND", "noninteractive");
        command::run(&mut apt)
    };
    apt(&["update", "-qq"])?;
    let mut arguments = vec!["install", "-y", "-qq", "--no-install-recommends"];
    arguments.extend(missing);
    apt(&arguments)
}

/// The npm packages of the browser journeys and of the wasm optimiser, as `tests/browser/package-lock.json` pins them.
pub(crate) fn npm() -> Result<()> {
    if !command::exists("npm") {
        debian(&[("nodejs", "/usr/bin/node"), ("npm", "/usr/bin/npm")])?;
    }
    let folder = browser_tests();
    let installed = folder.join("node_modules/.package-lock.json");
    let wanted = folder.join("package-lock.json");
    let modified = |path: &PathBuf| std::fs::metadata(path).and_then(|meta| meta.modified()).ok();
    if modified(&installed).zip(modified(&wanted)).is_some_and(|(installed, wanted)| installed >= wanted) {
        return Ok(());
    }
    let mut npm = command::new("npm", &["ci", "--no-audit", "--no-fund", "--ignore-scripts"]);
    command::run(npm.current_dir(&folder)).context("the npm packages of tests/browser")
}

/// The folder of the browser journeys, with the npm packages.
pub(crate) fn browser_tests() -> PathBuf {
    crate::root().join("tests/browser")
}
