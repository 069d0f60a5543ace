//! `doctor`: the report of an examination, for a person or for a program.

use super::Failure;
use super::terminal::visible;
use crate::driver::Client;
use serde_json::json;
use towpath_ftp::doctor::{Finding, Verdict};
use towpath_ftp::{Outcome, Request};

/// Columns of a line of the report.
const WIDTH: usize = 100;
/// Columns before the text: verdict and subject.
const INDENT: usize = 28;

/// Examines, prints the report, and fails if something does not work.
pub(super) async fn run(client: &Client, json: bool) -> Result<(), Failure> {
    let findings = match client.request(Request::Examine).await? {
        (Outcome::Report(findings), ..) => findings,
        _ => Vec::new(),
    };
    println!("{}", if json { for_programs(&findings) } else { for_people(&findings) });
    let unwell = findings.iter().any(|finding| finding.verdict == Verdict::Bad);
    if unwell { Err(Failure::Unwell) } else { Ok(()) }
}

/// An array of objects: `subject`, `verdict`, `text`, `evidence`.
fn for_programs(findings: &[Finding]) -> String {
    let objects: Vec<_> = findings
        .iter()
        .map(|finding| {
            json!({
                "subject": finding.subject.title(),
                "verdict": finding.verdict.title(),
                "text": finding.text,
                "evidence": finding.evidence,
            })
        })
        .collect();
    format!("{:#}", serde_json::Value::Array(objects))
}

/// A paragraph for each finding, its evidence below it.
fn for_people(findings: &[Finding]) -> String {
    let mut lines = Vec::new();
    for Finding { subject, verdict, text, evidence } in findings {
        let head = format!("{:<10}  {:<14}", verdict.title(), subject.title());
        let mut head = format!("{head:<INDENT$}");
        for line in wrapped(&visible(text)) {
            lines.push(format!("{head}{line}"));
            head = " ".repeat(INDENT);
        }
        lines.extend(evidence.iter().map(|line| format!("{}| {}", " ".repeat(INDENT), visible(line))));
    }
    let count = |wanted| findings.iter().filter(|finding| finding.verdict == wanted).count();
    lines.push(format!(
        "\n{} failed, {} warnings, {} notes, {} ok, {} not tested",
        count(Verdict::Bad),
        count(Verdict::Warning),
        count(Verdict::Note),
        count(Verdict::Good),
        count(Verdict::NotTested)
    ));
    lines.join("\n")
}

/// The words in lines that fit; a word that is longer has a line of its own.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let Some(line) = lines.last_mut() else { break };
        if line.is_empty() {
            line.push_str(word);
        } else if line.chars().count() + 1 + word.chars().count() <= WIDTH - INDENT {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use towpath_ftp::doctor::Subject;

    #[test]
    fn a_report_has_all_words_and_steers_no_terminal() {
        let finding = |verdict, text: &str| Finding {
            subject: Subject::Login,
            verdict,
            text: text.to_owned(),
            evidence: vec!["530 \u{1b}[2J".to_owned()],
        };
        let long = "word ".repeat(40);
        let findings = [finding(Verdict::Bad, &long), finding(Verdict::Good, "Fine.")];
        let text = for_people(&findings);
        assert_eq!(text.matches("word").count(), 40);
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
        assert!(text.contains("FAILED      Login         ") && text.contains("| 530 \u{fffd}[2J"), "{text}");
        assert!(text.ends_with("1 failed, 0 warnings, 0 notes, 1 ok, 0 not tested"), "{text}");
        let value: serde_json::Value = serde_json::from_str(&for_programs(&findings)).unwrap();
        assert_eq!(value[0]["verdict"], "FAILED");
        assert_eq!(value[1]["evidence"][0], "530 \u{1b}[2J");
    }
}
