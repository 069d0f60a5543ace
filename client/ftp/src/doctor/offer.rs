//! What FEAT offers, and what it means that something is missing.

use super::{Finding, Subject, Verdict};
use crate::parse::Features;
use crate::reply::escape;

/// SYST and FEAT.
pub(crate) fn features(system: &str, features: &Features) -> Finding {
    let system_line = match system {
        "" => "SYST: no answer".to_owned(),
        system => format!("SYST: {}", escape(system.as_bytes())),
    };
    if !features.known {
        let text = "The server does not say what it can do (FEAT). Each ability is found out by trying, and listings are read from text made \
                    for people.";
        return Finding::new(Subject::Features, Verdict::Warning, text).with([system_line]);
    }
    let missing: Vec<&str> =
        wants(features).into_iter().filter(|(has, ..)| !has).map(|(_, meaning)| meaning).collect();
    let weighty = !features.mlsd || !features.rest_stream || !features.size;
    let (verdict, text) = match (missing.is_empty(), weighty) {
        (true, _) => (Verdict::Good, "The server offers all that matters.".to_owned()),
        (false, false) => (Verdict::Note, missing.join(" ")),
        (false, true) => (Verdict::Warning, missing.join(" ")),
    };
    let lines = features.lines.iter().map(|line| {
        let text = format!("{} {}", line.name, line.parameters);
        escape(text.trim_end().as_bytes())
    });
    Finding::new(Subject::Features, verdict, text).with([system_line].into_iter().chain(lines))
}

/// What matters: whether it is there, and what it means that it is not. EPSV, SIZE, MDTM and REST are tried all the same (rule F3).
fn wants(features: &Features) -> [(bool, &'static str); 8] {
    [
        (
            features.mlsd,
            "No MLSD: listings are read from text made for people, and their times may lack year, seconds and zone.",
        ),
        (
            features.utf8,
            "No UTF8: names with letters beyond ASCII may look wrong until the right charset is chosen.",
        ),
        (features.mdtm, "No MDTM listed: exact times of files may not be had."),
        (features.size, "No SIZE listed: whether a file is whole may not be checked."),
        (features.rest_stream, "No REST STREAM listed: a transfer that broke off may have to begin again."),
        (
            features.epsv,
            "No EPSV listed: data connections are opened in the old way, which is not made for IPv6.",
        ),
        (
            features.mfmt || features.mff.iter().any(|fact| fact == "modify"),
            "No MFMT: uploaded files may bear the time of their upload.",
        ),
        (features.tvfs, "No TVFS: how paths are written is found out by looking at them."),
    ]
}
