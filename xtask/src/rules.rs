//! The rules of `docs/rules.md`: each row names the beginning of its tests' names, and there is one that begins so.

use anyhow::{Context, Result, bail};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Where tests are.
const SOURCES: [&str; 4] = ["client", "relay", "shared", "tests"];

pub(crate) fn check() -> Result<()> {
    let table = fs::read_to_string(crate::root().join("docs/rules.md")).context("docs/rules.md")?;
    let mut tests = BTreeSet::new();
    for folder in SOURCES {
        collect(&crate::root().join(folder), &mut tests)?;
    }
    let (mut tested, mut decided) = (0, 0);
    for row in table.lines().filter(|row| row.starts_with("| ")).skip(1) {
        let mut cells = row.trim_matches('|').split('|').map(str::trim);
        let (rule, proof) = (cells.next().unwrap_or_default(), cells.nth(1).unwrap_or_default());
        let Some(prefix) = proof.strip_prefix('`').and_then(|proof| proof.strip_suffix("…`")) else {
            if !proof.starts_with("none, decided: ") {
                bail!("docs/rules.md: {rule} has neither tests nor a reason");
            }
            decided += 1;
            continue;
        };
        // Some tests are of two rules: `s_5_s_6_…`.
        let inner = format!("_{prefix}");
        if !tests.iter().any(|test: &String| test.starts_with(prefix) || test.contains(&inner)) {
            bail!("docs/rules.md: no test of {rule} is called {prefix}…");
        }
        tested += 1;
    }
    eprintln!("rules: {tested} with tests, {decided} decided otherwise");
    Ok(())
}

/// Names of the functions right below `#[test]` and its relatives.
fn collect(folder: &Path, tests: &mut BTreeSet<String>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            if !matches!(name.as_str(), "target" | "node_modules" | "fuzz") {
                collect(&path, tests)?;
            }
        } else if name.ends_with(".rs") {
            let text = fs::read_to_string(&path)?;
            let mut lines = text.lines().map(str::trim);
            while let Some(line) = lines.next() {
                if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
                    let function = lines.find(|line| line.contains("fn "));
                    let name = function.and_then(|line| line.split("fn ").nth(1)).unwrap_or_default();
                    tests.insert(name.split(['(', '<']).next().unwrap_or_default().to_owned());
                }
            }
        }
    }
    Ok(())
}
