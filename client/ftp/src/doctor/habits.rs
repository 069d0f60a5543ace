//! What was learned about the server, in words.

use super::{Finding, Subject, Verdict};
use crate::habits::Habit;
use crate::quirks::{Quirks, Tls12};

/// The quirks.
pub(crate) fn quirks(quirks: &Quirks) -> Finding {
    let mut text: Vec<String> = Vec::new();
    if quirks.lock_step {
        text.push("Commands are sent to it one at a time.".into());
    }
    if quirks.patient {
        text.push("Nothing is sent on a data connection before it has answered the command.".into());
    }
    if let Some(way) = quirks.way {
        text.push(format!("For data connections {} comes first.", way.verb()));
    }
    if quirks.no_mlsd {
        text.push("FEAT lists MLSD, but the server refuses it.".into());
    }
    match quirks.list_all {
        Some(true) => text.push("LIST -a shows hidden files.".into()),
        Some(false) => text.push("LIST takes no -a: hidden files may not be shown.".into()),
        None => {}
    }
    match quirks.tls12 {
        Tls12::Untried => {}
        Tls12::Lowered => {
            text.push("TLS 1.2 is used, so that data connections can resume its session.".into())
        }
        Tls12::Refused => text.push("It does not speak TLS 1.2.".into()),
    }
    if let Some(minutes) = quirks.clock_offset.filter(|minutes| *minutes != 0) {
        text.push(format!("Times of listings are moved by {minutes} minutes."));
    }
    if let Some(limit) = quirks.limit {
        text.push(format!("It grants {limit} connections at once."));
    }
    let missing = quirks.habits.iter().filter(|(_, habit)| *habit == Habit::Missing);
    let missing: Vec<String> = missing.map(|(form, _)| format!("{} is missing", form.name())).collect();
    let nothing = text.is_empty() && missing.is_empty();
    let text = if nothing { "Nothing unusual was found.".to_owned() } else { text.join(" ") };
    let text = if text.is_empty() { "Some commands are missing.".to_owned() } else { text };
    let verdict = if nothing { Verdict::Good } else { Verdict::Note };
    Finding::new(Subject::Quirks, verdict, text).with(missing)
}
