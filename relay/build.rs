//! Builds the page in: writes a table of all files below `TOWPATH_DIST`. Where that is not set, a release build takes
//! `target/dist` and a development build takes nothing, so that a changed page does not compile the relay anew. With an empty
//! table the relay says so, or serves `--www`.

use std::env;
use std::fmt::Write;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=TOWPATH_DIST");
    let home = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let release = env::var_os("PROFILE").is_some_and(|profile| profile == "release");
    let dist = match env::var_os("TOWPATH_DIST") {
        Some(dist) => Some(PathBuf::from(dist)),
        None => release.then(|| home.join("../target/dist")),
    };
    let mut entries = Vec::new();
    if let Some(dist) = dist.filter(|dist| dist.is_dir()) {
        // A path that does not exist must not be named: Cargo would build anew each time.
        println!("cargo::rerun-if-changed={}", dist.display());
        collect(&dist.canonicalize()?, "", &mut entries)?;
    }
    entries.sort();
    let mut table = String::from("pub(super) static FILES: &[(&str, &[u8])] = &[\n");
    for (name, path) in entries {
        // Writing to a String cannot fail.
        let _ = writeln!(table, "    ({name:?}, include_bytes!({path:?})),");
    }
    table.push_str("];\n");
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    fs::write(out.join("embedded.rs"), table)
}

fn collect(folder: &Path, prefix: &str, entries: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let (name, kind) = (format!("{prefix}{name}"), entry.file_type()?);
        if kind.is_dir() {
            collect(&entry.path(), &format!("{name}/"), entries)?;
        } else if kind.is_file() {
            entries.push((name, entry.path()));
        }
    }
    Ok(())
}
