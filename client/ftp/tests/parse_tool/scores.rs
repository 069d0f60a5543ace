//! The tool over the cases of other projects' tests, compared as their README advises: asserted fields alone, flagged cases
//! left out, `.` and `..` dropped, refused and empty alike.

use crate::{KINDS, run};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Yearless dates of cases without a clock: one that has a 29 February within reach.
const CLOCK: &str = "2024-06-15T12:00:00";

#[derive(Default)]
struct Score {
    cases: usize,
    failed: Vec<String>,
}

#[test]
fn cases_of_other_projects() {
    let Some(cases) = load() else {
        println!("no vectors: set TOWPATH_VECTORS to a directory of them");
        return;
    };
    let mut scores = BTreeMap::<String, Score>::new();
    for case in &cases {
        let kind = case["kind"].as_str().unwrap();
        let flagged = case["flags"].as_array().is_some_and(|flags| !flags.is_empty());
        if flagged || !KINDS.contains(&kind) {
            continue;
        }
        let score = scores.entry(kind.to_owned()).or_default();
        score.cases += 1;
        if let Err(text) = check(kind, case) {
            let dialect = case["dialect"].as_str().unwrap_or("-");
            let source = case["source"].as_str().unwrap();
            score.failed.push(format!("{dialect} | {source} | {} | {text}", case["case"].as_str().unwrap()));
        }
    }
    assert!(!scores.is_empty(), "the directory has no case that concerns the tool");
    for (kind, score) in &scores {
        println!(
            "{kind}: {} cases, {} passed, {} failed",
            score.cases,
            score.cases - score.failed.len(),
            score.failed.len()
        );
        score.failed.iter().for_each(|failed| println!("    {failed}"));
    }
    // What becomes of listings is asserted in `vectors.rs`, exceptions with their reasons beside it.
    for (kind, score) in &scores {
        assert!(
            matches!(kind.as_str(), "list" | "mlsd") || score.failed.is_empty(),
            "{kind}: {:#?}",
            score.failed
        );
    }
}

fn load() -> Option<Vec<Value>> {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors");
    let directory = std::env::var_os("TOWPATH_VECTORS").map_or_else(beside, PathBuf::from);
    let mut files: Vec<_> = std::fs::read_dir(directory).ok()?.map(|file| file.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "jsonl"));
    files.sort();
    let texts = files.iter().map(|file| std::fs::read_to_string(file).unwrap()).collect::<Vec<_>>().concat();
    Some(texts.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

fn check(kind: &str, case: &Value) -> Result<(), String> {
    let input = match case["input"].as_str() {
        Some(text) => text.as_bytes().to_vec(),
        None => base64(case["input_b64"].as_str().ok_or("no input")?),
    };
    let now = case["now"].as_str().unwrap_or(CLOCK);
    let mut arguments = vec!["--kind", kind, "--now", now];
    if let Some(system) = case["server_type"].as_str().or(case["dialect"].as_str()) {
        arguments.extend(["--system", system]);
    }
    let found = run(&arguments, &input).objects;
    let expect = &case["expect"];
    match kind {
        "list" | "mlsd" => entries(&found, expect, case["expect_mode"] == "contains"),
        _ if case["outcome"] == "ok" => match found.first() {
            Some(found) => within(expect, found),
            None => Err("refused".into()),
        },
        _ => found.is_empty().then_some(()).ok_or(format!("not refused: {found:?}")),
    }
}

/// Whether all that is expected was found; more keys may be.
fn within(expect: &Value, found: &Value) -> Result<(), String> {
    let same = match (expect, found) {
        // Features are a map of the server's own keys: none more.
        (Value::Object(expect), Value::Object(all)) => expect.iter().all(|(key, value)| match key.as_str() {
            "features" => all.get(key) == Some(value),
            _ => all.get(key).is_some_and(|found| within(value, found).is_ok()),
        }),
        (Value::Array(expect), Value::Array(all)) => {
            expect.len() == all.len()
                && expect.iter().zip(all).all(|(expect, found)| within(expect, found).is_ok())
        }
        (expect, found) => expect == found,
    };
    same.then_some(()).ok_or(format!("{found} for {expect}"))
}

fn entries(found: &[Value], expect: &Value, contains: bool) -> Result<(), String> {
    let dots = |entry: &&Value| !matches!(entry["name"].as_str(), Some("." | ".."));
    let expect: Vec<&Value> = expect.as_array().into_iter().flatten().filter(dots).collect();
    if contains {
        let missing = expect.iter().find(|expect| !found.iter().any(|found| same(found, expect).is_ok()));
        return missing.map_or(Ok(()), |missing| Err(format!("missing: {missing}")));
    }
    if found.len() != expect.len() {
        return Err(format!("{} entries for {}", found.len(), expect.len()));
    }
    found.iter().zip(expect).try_for_each(|(found, expect)| same(found, expect))
}

fn same(found: &Value, expect: &Value) -> Result<(), String> {
    for field in expect["asserted"].as_array().unwrap() {
        let field = field.as_str().unwrap();
        let (wanted, is) = (&expect[field], &found[field]);
        let fits = match field {
            "mtime" if expect.get("mtime_fields").is_some() => true,
            "mtime" => {
                let length = match expect["mtime_precision"].as_str() {
                    Some("day") => 10,
                    Some("minute") => 16,
                    _ => 19,
                };
                match (wanted.as_str(), is.as_str()) {
                    (Some(wanted), Some(is)) => wanted[..length] == is[..length],
                    (wanted, is) => wanted == is,
                }
            }
            "mtime_fields" => {
                let mtime = found["mtime"].as_str().ok_or("no mtime")?;
                [
                    ("year", 0..4),
                    ("month", 5..7),
                    ("day", 8..10),
                    ("hour", 11..13),
                    ("minute", 14..16),
                    ("second", 17..19),
                ]
                .into_iter()
                .all(|(name, range)| {
                    wanted[name].as_u64().is_none_or(|wanted| mtime[range].parse() == Ok(wanted))
                })
            }
            _ => wanted == is,
        };
        if !fits {
            return Err(format!("{field}: {is} for {wanted}"));
        }
    }
    Ok(())
}

fn base64(text: &str) -> Vec<u8> {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = text.bytes().filter_map(|byte| LETTERS.iter().position(|letter| *letter == byte));
    let (mut bits, mut held, mut bytes) = (0_usize, 0, Vec::new());
    for digit in digits {
        bits = bits << 6 | digit;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from(bits >> held & 0xff).unwrap());
        }
        bits &= (1 << held) - 1;
    }
    bytes
}
