//! What goes to a person's eyes and what is asked of a person. Server text never reaches the terminal with control
//! characters in it: they could move the cursor, or worse.

use std::io::{self, BufRead, IsTerminal, Write};
use std::sync::Mutex;
use std::time::{Duration, Instant};
use towpath_ftp::conflict::Side;
use towpath_ftp::tree::{self, Answer, Why};
use towpath_ftp::{Entry, EntryKind, Event, Modified, Question, Verdict};

/// Asks on the terminal; without one the answer is no.
pub(super) fn ask(question: &Question) -> bool {
    match question {
        Question::Plaintext => confirm("The server offers no TLS. Send the password in plain text?"),
        Question::Certificate { tls, changed } => {
            let what = match &tls.verdict {
                Verdict::Trusted => "is trusted, but its key is not the one that is remembered".to_owned(),
                Verdict::SelfSigned => "is self-signed".to_owned(),
                Verdict::UnknownIssuer => "comes from an unknown issuer".to_owned(),
                Verdict::Expired => "has expired".to_owned(),
                Verdict::NotYetValid => "is not valid yet".to_owned(),
                Verdict::WrongName => "is for another name".to_owned(),
                Verdict::Invalid(text) => format!("is not in order: {}", visible(text)),
            };
            eprintln!("The server's certificate {what}.");
            if *changed {
                eprintln!("The server used to show another key.");
            }
            if let Some(leaf) = tls.chain.first() {
                eprintln!("  for      {}", visible(&leaf.subject));
                eprintln!("  names    {}", visible(&leaf.names.join(", ")));
                eprintln!("  by       {}", visible(&leaf.issuer));
                eprintln!("  until    {}", date(leaf.not_after));
                eprintln!("  SHA-256  {}", leaf.sha256);
            }
            confirm("Trust it this time?")
        }
    }
}

/// Asks what becomes of a file that is there; a capital letter answers for all that are asked about for the same reason.
pub(super) fn decide(question: &tree::Question) -> (Answer, bool) {
    let side = |side: &Side| {
        let size = side.size.map_or_else(|| "size unknown".to_owned(), |size| format!("{size} bytes"));
        format!("{size} {}", side.modified.map_or_else(String::new, time))
    };
    eprintln!("{} ({})", visible(&question.source.to_string()), side(&question.from));
    eprintln!("  is to go where {} is ({})", visible(&question.target.to_string()), side(&question.there));
    loop {
        eprint!("[o]verwrite, [r]esume, re[n]ame, [s]kip; a capital letter for all: ");
        let mut line = String::new();
        if !io::stdin().lock().read_line(&mut line).is_ok_and(|read| read > 0) {
            return (Answer::Skip, true);
        }
        let answer = match line.trim().to_ascii_lowercase().as_str() {
            "o" => Answer::Overwrite,
            "r" => Answer::Resume,
            "n" => Answer::Rename,
            "s" => Answer::Skip,
            _ => continue,
        };
        return (answer, line.trim().bytes().all(|byte| byte.is_ascii_uppercase()));
    }
}

/// Why something was left out.
pub(super) fn why(why: &Why) -> String {
    match why {
        Why::Failed(error) => error.to_string(),
        Why::Name(error) => error.to_string(),
        Why::Unsendable => "its name cannot be sent to this server".to_owned(),
        Why::Truncated => "the server does not list all of it".to_owned(),
        Why::InPlace(_) => "something else is in its place".to_owned(),
        Why::Blocked => "what it belongs in, or what came before, has failed".to_owned(),
        Why::Clash => "another file of its directory has this name".to_owned(),
        Why::CannotResume => "what is there is no part of it".to_owned(),
        other => format!("left out: {other:?}"),
    }
}

fn confirm(question: &str) -> bool {
    if !io::stdin().is_terminal() {
        eprintln!("{question} No: there is no terminal to ask on.");
        return false;
    }
    eprint!("{question} [y/N] ");
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).is_ok() && matches!(line.trim(), "y" | "Y" | "yes")
}

/// Text without control characters.
pub(super) fn visible(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

/// One row of a listing.
pub(super) fn row(entry: &Entry) -> String {
    let kind = match entry.kind {
        EntryKind::File => '-',
        EntryKind::Directory => 'd',
        EntryKind::Link => 'l',
        EntryKind::Other => '?',
    };
    let mode = entry.mode.map_or_else(|| "---------".to_owned(), permissions);
    let size = entry.size.map_or_else(|| "-".to_owned(), |size| size.to_string());
    let modified = entry.modified.map_or_else(String::new, time);
    let target = entry
        .target
        .as_ref()
        .map_or_else(String::new, |target| format!(" -> {}", visible(&towpath_ftp::path::display(target))));
    format!("{kind}{mode} {size:>14} {modified:<16} {}{target}", visible(&entry.name.to_string()))
}

fn permissions(mode: u16) -> String {
    let flags = ['r', 'w', 'x'];
    (0..9).map(|bit| if mode & (0o400 >> bit) != 0 { flags[bit % 3] } else { '-' }).collect()
}

fn time(modified: Modified) -> String {
    let day = date(modified.seconds);
    if !modified.has_time {
        return day;
    }
    let minutes = modified.seconds.rem_euclid(86_400) / 60;
    format!("{day} {:02}:{:02}", minutes / 60, minutes % 60)
}

/// The day of a Unix time, in UTC (proleptic Gregorian calendar, years that begin in March).
fn date(seconds: i64) -> String {
    let days = seconds.div_euclid(86_400) + 719_468;
    let era = days.div_euclid(146_097);
    let day = days.rem_euclid(146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = era * 400 + year + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

/// Progress of transfers on standard error, where that is a terminal.
pub(super) struct Progress {
    shown: Mutex<Shown>,
}

struct Shown {
    start: Option<Instant>,
    last: Option<Instant>,
    line: bool,
}

/// Between two updates of the progress line.
const UPDATE: Duration = Duration::from_millis(200);

impl Progress {
    pub(super) fn new() -> Progress {
        Progress { shown: Mutex::new(Shown { start: None, last: None, line: false }) }
    }

    pub(super) fn observe(&self, event: &Event) {
        let Ok(mut shown) = self.shown.lock() else { return };
        match event {
            Event::Progressed { done, total, .. } => {
                let now = Instant::now();
                let start = *shown.start.get_or_insert(now);
                if shown.last.is_some_and(|last| now - last < UPDATE) {
                    return;
                }
                shown.last = Some(now);
                shown.line = true;
                let speed = *done as f64 / (now - start).as_secs_f64().max(0.001) / 1e6;
                let share = total.filter(|total| *total > 0).map_or_else(String::new, |total| {
                    format!("  {:3.0} %", *done as f64 * 100.0 / total as f64)
                });
                eprint!("\r{done} bytes{share}  {speed:.1} MB/s  ");
                let _ = io::stderr().flush();
            }
            Event::Done { .. } | Event::Failed { .. } if shown.line => {
                shown.line = false;
                eprintln!();
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use towpath_ftp::Name;

    #[test]
    fn days_are_those_of_the_calendar() {
        for (seconds, expected) in [
            (0, "1970-01-01"),
            (-1, "1969-12-31"),
            (951_782_400, "2000-02-29"),
            (951_868_800, "2000-03-01"),
            (4_107_542_400, "2100-03-01"),
            (1_735_689_599, "2024-12-31"),
        ] {
            assert_eq!(date(seconds), expected, "{seconds}");
        }
    }

    #[test]
    fn a_row_cannot_steer_the_terminal() {
        let mut entry = Entry::new(Name::new("a\u{1b}[2Jb").unwrap(), EntryKind::Link);
        entry.size = Some(12);
        entry.modified = Some(Modified { seconds: 3_600, has_time: true, has_seconds: false, utc: true });
        entry.mode = Some(0o754);
        entry.target = Some((*b"\x07x").into());
        assert_eq!(row(&entry), "lrwxr-xr--             12 1970-01-01 01:00 a\u{fffd}[2Jb -> \u{fffd}x");
    }
}
