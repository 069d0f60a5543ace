//! Listings and the names in them.

use super::{Finding, Subject, Verdict};
use crate::charset::preview;
use crate::entry::Entry;
use crate::listing::Dialect;
use crate::reply::escape;

/// What a listing was.
pub(crate) struct Listed<'a> {
    /// MLSD, not LIST.
    pub(crate) machine: bool,
    /// The dialect of LIST, where it showed.
    pub(crate) dialect: Option<Dialect>,
    /// Its rows.
    pub(crate) entries: &'a [Entry],
    /// Lines that could not be read: some of them, and how many there are.
    pub(crate) unread: (Vec<String>, u64),
    /// How long it took, in milliseconds.
    pub(crate) milliseconds: u64,
}

/// The form of listings.
pub(crate) fn listing(listed: Listed<'_>) -> Finding {
    let Listed { machine, dialect, entries, unread: (lines, count), milliseconds } = listed;
    let mut verdict = if machine { Verdict::Good } else { Verdict::Note };
    let mut text = match (machine, dialect) {
        (true, _) => "Listings are exact (MLSD).".to_owned(),
        (false, Some(dialect)) => {
            format!("Listings are text made for people (LIST), of the kind {}.", dialect.name())
        }
        (false, None) if entries.is_empty() => {
            "Listings are text made for people (LIST); this one was empty, so its kind is not known."
                .to_owned()
        }
        (false, None) => "Listings are text made for people (LIST), of no kind in particular.".to_owned(),
    };
    if count > 0 {
        verdict = Verdict::Warning;
        text.push_str(&format!(" Lines that could not be read: {count}."));
    }
    let rows = if entries.len() == 1 { "row" } else { "rows" };
    let figures = format!("{} {rows} in {milliseconds} ms", entries.len());
    Finding::new(Subject::Listing, verdict, text).with([figures].into_iter().chain(lines))
}

/// What names are written in.
pub(crate) fn charset(offered: bool, entries: &[Entry]) -> Finding {
    let offer = if offered { "The server offers UTF-8." } else { "The server does not offer UTF-8." };
    let names = entries.iter().map(|entry| entry.name.as_bytes());
    let beyond = names.clone().filter(|name| !name.is_ascii()).count();
    let strange: Vec<&[u8]> = names.filter(|name| std::str::from_utf8(name).is_err()).collect();
    let find = |verdict, text: String| Finding::new(Subject::Charset, verdict, text);
    let Some(first) = strange.first() else {
        let seen = match beyond {
            0 => "No name in the listing goes beyond ASCII, so nothing can look wrong there.",
            _ => "All names in the listing are UTF-8.",
        };
        let verdict = if offered || beyond > 0 { Verdict::Good } else { Verdict::Note };
        return find(verdict, format!("{offer} {seen}"));
    };
    let suggestion = preview(first).into_iter().next();
    let advice = match &suggestion {
        Some((charset, _)) => {
            format!("{charset} reads the first of them well: it may be the site's charset.")
        }
        None => "No charset reads the first of them well.".to_owned(),
    };
    let (count, all) = (strange.len(), entries.len());
    let reading = suggestion.map(|(charset, text)| format!("{charset}: {}", escape(text.as_bytes())));
    find(
        Verdict::Warning,
        format!("{offer} Yet {count} of {all} names in the listing are not UTF-8. {advice}"),
    )
    .with([escape(first)].into_iter().chain(reading))
}
