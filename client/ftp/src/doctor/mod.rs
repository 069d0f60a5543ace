//! What an examination of a server found ([`crate::Request::Examine`]): plain words for a person, and the evidence for them.
//!
//! Here are the words and the judgement; who asks the server is `operation/doctor`. Nothing here talks to anybody.

mod door;
mod habits;
pub(crate) mod limits;
mod listing;
mod offer;
mod speed;

pub(crate) use door::door;
pub(crate) use habits::quirks;
pub(crate) use limits::limits;
pub(crate) use listing::{Listed, charset, listing};
pub(crate) use offer::features;
pub(crate) use speed::{pipelining, round_trips};

use crate::error::Error;

/// What a finding is about. A report has each of them exactly once, in this order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Subject {
    /// The name of the host.
    Lookup,
    /// The TCP connection.
    Connection,
    /// The greeting and the software that it names.
    Greeting,
    /// TLS of the control connection, and the certificate.
    Tls,
    /// USER and PASS.
    Login,
    /// SYST and FEAT.
    Features,
    /// How paths are written.
    Paths,
    /// The time from a command to its answer.
    RoundTrip,
    /// Several commands in one flight.
    Pipelining,
    /// MLSD or LIST.
    Listing,
    /// What names are written in.
    Charset,
    /// EPSV.
    ExtendedPassive,
    /// PASV.
    Passive,
    /// PORT or EPRT.
    Active,
    /// TLS of data connections.
    DataTls,
    /// The server's time zone.
    Clock,
    /// What the server says of its limits.
    Limits,
    /// What was learned for the next time.
    Quirks,
}

impl Subject {
    /// All of them.
    pub const ALL: [Subject; 18] = [
        Subject::Lookup,
        Subject::Connection,
        Subject::Greeting,
        Subject::Tls,
        Subject::Login,
        Subject::Features,
        Subject::Paths,
        Subject::RoundTrip,
        Subject::Pipelining,
        Subject::Listing,
        Subject::Charset,
        Subject::ExtendedPassive,
        Subject::Passive,
        Subject::Active,
        Subject::DataTls,
        Subject::Clock,
        Subject::Limits,
        Subject::Quirks,
    ];

    /// Its name for a person.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Subject::Lookup => "Host name",
            Subject::Connection => "Connection",
            Subject::Greeting => "Greeting",
            Subject::Tls => "TLS",
            Subject::Login => "Login",
            Subject::Features => "Features",
            Subject::Paths => "Paths",
            Subject::RoundTrip => "Response time",
            Subject::Pipelining => "Pipelining",
            Subject::Listing => "Listings",
            Subject::Charset => "File names",
            Subject::ExtendedPassive => "Passive, EPSV",
            Subject::Passive => "Passive, PASV",
            Subject::Active => "Active mode",
            Subject::DataTls => "TLS on data",
            Subject::Clock => "Time zone",
            Subject::Limits => "Limits",
            Subject::Quirks => "Peculiarities",
        }
    }
}

/// How good it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Verdict {
    /// It could not be tested, or was not; the text says why.
    NotTested,
    /// As it should be.
    Good,
    /// Worth knowing; everything works.
    Note,
    /// Something works less well than it could, or may fail one day.
    Warning,
    /// Something does not work.
    Bad,
}

impl Verdict {
    /// One word or two for a person.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Verdict::NotTested => "not tested",
            Verdict::Good => "ok",
            Verdict::Note => "note",
            Verdict::Warning => "warning",
            Verdict::Bad => "FAILED",
        }
    }
}

/// One result.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// What it is about.
    pub subject: Subject,
    /// How good it is.
    pub verdict: Verdict,
    /// Sentences for a person.
    pub text: String,
    /// The server's own lines, escaped for display, and figures; at most [`MAX_EVIDENCE`].
    pub evidence: Vec<String>,
}

/// Most lines of evidence of one finding.
pub const MAX_EVIDENCE: usize = 40;

/// Longest line of evidence, in characters.
const LONGEST: usize = 300;

impl Finding {
    /// Without evidence.
    pub(crate) fn new(subject: Subject, verdict: Verdict, text: impl Into<String>) -> Finding {
        Finding { subject, verdict, text: text.into(), evidence: Vec::new() }
    }

    /// With these lines; what is too much is left out, and that is said.
    pub(crate) fn with(mut self, lines: impl IntoIterator<Item = String>) -> Finding {
        let mut left_out = 0u64;
        for line in lines {
            if self.evidence.len() < MAX_EVIDENCE - 1 {
                self.evidence.push(shortened(line));
            } else {
                left_out += 1;
            }
        }
        if left_out > 0 {
            self.evidence.push(format!("… and {left_out} more lines"));
        }
        self
    }

    /// What failed.
    pub(crate) fn failed(subject: Subject, verdict: Verdict, text: &str, error: &Error) -> Finding {
        Finding::new(subject, verdict, format!("{text} {}", sentence(error))).with(error.reply.clone())
    }

    /// What could not be tested.
    pub(crate) fn untested(subject: Subject, why: &str) -> Finding {
        Finding::new(subject, Verdict::NotTested, why)
    }
}

/// The line as evidence: of what is too long, its beginning.
pub(crate) fn shortened(line: String) -> String {
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}

/// An error's words, without the server's, as sentences.
fn sentence(error: &Error) -> String {
    let dot = |text: &str| format!("{}.", text.trim_end_matches('.'));
    match error.advice.as_str() {
        "" => dot(&error.message),
        advice => format!("{} {}", dot(&error.message), dot(advice)),
    }
}

#[cfg(test)]
mod tests;
