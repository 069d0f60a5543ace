//! What a server says of its limits, in its greeting and in the answers to STAT, HELP and SITE HELP. Nothing is tried out: only words count,
//! and these are read for what they have in common.

use super::{Finding, Subject, Verdict};

/// Lines that are looked at.
pub(crate) const MOST_LINES: usize = 500;

/// What the lines say.
pub(crate) fn limits(lines: &[String]) -> Finding {
    let (texts, evidence): (Vec<String>, Vec<String>) = lines
        .iter()
        .take(MOST_LINES)
        .filter_map(|line| Some((read(line)?, line.clone())))
        .fold((Vec::new(), Vec::new()), |(mut texts, mut evidence), (text, line)| {
            if !texts.contains(&text) {
                texts.push(text);
                evidence.push(line);
            }
            (texts, evidence)
        });
    match texts.is_empty() {
        true => Finding::new(Subject::Limits, Verdict::Note, "The server does not say what its limits are."),
        false => Finding::new(Subject::Limits, Verdict::Note, texts.join(" ")).with(evidence),
    }
}

/// One line.
fn read(line: &str) -> Option<String> {
    let line = line.to_ascii_lowercase();
    let words: Vec<&str> = line
        .split(|char: char| !char.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .take(60)
        .collect();
    let has = |stem: &str| words.iter().any(|word| word.starts_with(stem));
    users(&words).or_else(|| idle(&words, &has)).or_else(|| most(&words, &has))
}

/// `You are user number 1 of 50 allowed`.
fn users(words: &[&str]) -> Option<String> {
    words.windows(4).find_map(|four| match four {
        [what, number, "of", most] if ["number", "user", "client", "users"].contains(what) => {
            let (number, most) = (count(number)?, count(most)?);
            Some(format!(
                "This session is number {number} of {most} that the server allows for all its users."
            ))
        }
        _ => None,
    })
}

/// `You will be disconnected after 15 minutes of inactivity`, `Session timeout in seconds is 300`, `Timeout: 300 seconds`.
fn idle(words: &[&str], has: &dyn Fn(&str) -> bool) -> Option<String> {
    if !(has("inactiv") || has("idle") || has("timeout")) {
        return None;
    }
    let number = words.iter().skip(1).find_map(|word| count(word))?;
    let unit = if has("min") {
        "minute"
    } else if has("sec") {
        "second"
    } else {
        return None;
    };
    let plural = if number == 1 { "" } else { "s" };
    Some(format!("It closes sessions that are idle for {number} {unit}{plural}."))
}

/// `Maximum 2 connections per user`, `max clients: 10`.
fn most(words: &[&str], has: &dyn Fn(&str) -> bool) -> Option<String> {
    if !(has("max") || has("limit"))
        || !(has("connection") || has("client") || has("session") || has("login"))
    {
        return None;
    }
    let number = words.iter().skip(1).find_map(|word| count(word))?;
    let whose = if has("user") || has("ip") || has("host") { "for each user or address" } else { "at once" };
    Some(format!("It speaks of a limit of {number} sessions {whose}."))
}

/// A number of this world.
fn count(word: &str) -> Option<u32> {
    word.parse().ok().filter(|number| (1..=1_000_000).contains(number))
}
