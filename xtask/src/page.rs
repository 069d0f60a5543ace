//! The page: wasm by cargo, bindings by wasm-bindgen's own library (so its version is always Cargo.lock's and nothing is
//! downloaded), optimised by wasm-opt, names hashed, everything precompressed. Result: `target/dist`.

use crate::{command, setup};
use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// How to build.
pub(crate) struct Options {
    /// Run wasm-opt; where it is not installed, say so and go on.
    pub(crate) optimise: bool,
}

/// The wasm module's name without its ending.
const MODULE: &str = "towpath_app";

/// Files whose names get a hash of their contents, in an order in which a file comes before those that name it.
const HASHED: [&str; 10] = [
    "towpath_app_bg.wasm",
    "towpath_app.js",
    "css/tokens.css",
    "css/base.css",
    "css/layout.css",
    "css/start.css",
    "css/files.css",
    "css/dock.css",
    "css/dialogs.css",
    "css/adapt.css",
];

/// Builds the page and returns its folder.
pub(crate) fn build(options: &Options) -> Result<PathBuf> {
    setup::wasm_target()?;
    let target = crate::target();
    let wasm_target = target.join("wasm");
    command::run(
        command::cargo(&["build", "--package", "towpath-app", "--lib", "--profile", "wasm"])
            .args(["--target", "wasm32-unknown-unknown"])
            .env("CARGO_TARGET_DIR", &wasm_target),
    )?;
    let wasm = wasm_target.join("wasm32-unknown-unknown/wasm/towpath_app.wasm");

    // Built beside and then swapped in, so that a failed build leaves the last good page.
    let fresh = target.join("dist.new");
    if fresh.exists() {
        fs::remove_dir_all(&fresh)?;
    }
    copy_tree(&crate::root().join("www"), &fresh)?;
    bind(&wasm, &fresh)?;
    if options.optimise {
        optimise(&fresh.join("towpath_app_bg.wasm"))?;
    }
    hash_names(&fresh)?;
    let sizes = compress(&fresh)?;
    let dist = target.join("dist");
    if dist.exists() {
        fs::remove_dir_all(&dist)?;
    }
    fs::rename(&fresh, &dist)?;
    eprintln!("page: {} KiB, {} KiB with brotli, in {}", sizes.0 / 1024, sizes.1 / 1024, dist.display());
    Ok(dist)
}

fn bind(wasm: &Path, out: &Path) -> Result<()> {
    wasm_bindgen_cli_support::Bindgen::new()
        .input_path(wasm)
        .web(true)
        .context("wasm-bindgen target")?
        .typescript(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        .out_name(MODULE)
        .generate(out)
        .context("wasm-bindgen (an import from \"env\" means that something in the page needs an operating system)")
}

fn optimise(wasm: &Path) -> Result<()> {
    let optimiser = setup::browser_tests().join("node_modules/binaryen/bin/wasm-opt");
    if !optimiser.exists() {
        eprintln!(
            "note: the page is not optimised, since npm's binaryen is not installed (`cargo xtask test` installs it)"
        );
        return Ok(());
    }
    let optimised = wasm.with_extension("opt");
    let mut node = command::new("node", &[]);
    // What the compiler uses and every browser has. With all features on, wasm-opt writes encodings that none reads yet.
    const FEATURES: [&str; 7] = [
        "--enable-bulk-memory",
        "--enable-bulk-memory-opt",
        "--enable-multivalue",
        "--enable-mutable-globals",
        "--enable-nontrapping-float-to-int",
        "--enable-reference-types",
        "--enable-sign-ext",
    ];
    node.arg(optimiser).arg("-Os").args(FEATURES).arg(wasm).arg("-o").arg(&optimised);
    command::run(&mut node)?;
    fs::rename(optimised, wasm).context("optimised wasm")
}

/// Renames `x.js` to `x-HASH.js` and mends the names in text files. A hashed name may be cached for ever.
fn hash_names(dist: &Path) -> Result<()> {
    for name in HASHED {
        let path = dist.join(name);
        let contents = fs::read(&path).with_context(|| format!("www has no {name}"))?;
        let hash: String =
            Sha256::digest(&contents).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
        let hashed = format!("{stem}-{hash}.{ending}");
        fs::rename(&path, dist.join(&hashed))?;
        for file in files(dist)? {
            if file.extension().is_some_and(|end| end == "html" || end == "js" || end == "css") {
                let text = fs::read_to_string(&file)?;
                if text.contains(name) {
                    fs::write(&file, text.replace(name, &hashed))?;
                }
            }
        }
    }
    Ok(())
}

/// Writes `.br` and `.gz` siblings; returns the bytes before and after brotli.
fn compress(dist: &Path) -> Result<(usize, usize)> {
    let (mut plain, mut small) = (0, 0);
    for file in files(dist)? {
        let contents = fs::read(&file)?;
        let mut brotli = Vec::new();
        brotli::CompressorWriter::new(&mut brotli, 1 << 16, 11, 22).write_all(&contents)?;
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        gzip.write_all(&contents)?;
        let gzip = gzip.finish()?;
        plain += contents.len();
        small += brotli.len().min(contents.len());
        for (ending, bytes) in [("br", brotli), ("gz", gzip)] {
            if bytes.len() < contents.len() {
                let mut sibling = file.clone().into_os_string();
                sibling.push(".");
                sibling.push(ending);
                fs::write(sibling, bytes)?;
            }
        }
    }
    Ok((plain, small))
}

fn copy_tree(from: &Path, to: &Path) -> Result<()> {
    for file in files(from)? {
        let target = to.join(file.strip_prefix(from)?);
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::copy(&file, &target).with_context(|| format!("cannot copy {}", file.display()))?;
    }
    Ok(())
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            } else {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}
