use super::*;
use crate::entry::{Entry, EntryKind};
use crate::parse;
use crate::path::Name;
use crate::quirks::Quirks;
use crate::reply::Reply;
use proptest::prelude::*;

fn said(lines: &[&str]) -> Finding {
    limits(&lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>())
}

#[test]
fn limits_as_servers_write_them() {
    for (line, text) in [
        (
            "220-You are user number 1 of 50 allowed.",
            "This session is number 1 of 50 that the server allows for all its users.",
        ),
        (
            "220-You will be disconnected after 15 minutes of inactivity.",
            "It closes sessions that are idle for 15 minutes.",
        ),
        ("     Session timeout in seconds is 300", "It closes sessions that are idle for 300 seconds."),
        ("211-Idle timeout: 1 minute", "It closes sessions that are idle for 1 minute."),
        (
            "230-Maximum 2 connections per user",
            "It speaks of a limit of 2 sessions for each user or address.",
        ),
        ("211 max clients: 10", "It speaks of a limit of 10 sessions at once."),
    ] {
        let finding = said(&[line, "220 Welcome", line]);
        assert_eq!((finding.text.as_str(), finding.evidence.as_slice()), (text, &[line.to_owned()][..]));
    }
    for line in
        ["220 hello", "211-At session startup, client count was 3", "214 TIMEOUT IDLE", "220 of 5 of 6", ""]
    {
        assert_eq!(said(&[line]).text, "The server does not say what its limits are.", "{line}");
    }
}

#[test]
fn features_that_are_missing_say_what_that_means() {
    let feat = |lines: &[&str]| {
        let lines = ["x"].iter().chain(lines).chain(&["end"]).map(|line| line.as_bytes().to_vec());
        features("UNIX Type: L8", &parse::feat(&Reply::new(211, lines.collect())))
    };
    let all = ["MLST type*;", "UTF8", "MDTM", "SIZE", "REST STREAM", "EPSV", "MFMT", "TVFS"];
    assert_eq!(feat(&all).verdict, Verdict::Good);
    assert_eq!(feat(&all).evidence[0], "SYST: UNIX Type: L8");
    for (place, name) in all.iter().enumerate() {
        let mut others = all.to_vec();
        others.remove(place);
        let finding = feat(&others);
        let name = if *name == all[0] { "MLSD" } else { name };
        assert!(finding.text.starts_with(&format!("No {name}")), "{name}: {}", finding.text);
        let weighty = ["MLSD", "SIZE", "REST STREAM"].contains(&name);
        assert_eq!(finding.verdict, if weighty { Verdict::Warning } else { Verdict::Note }, "{name}");
    }
    assert_eq!(features("", &parse::Features::default()).verdict, Verdict::Warning);
}

#[test]
fn names_that_are_not_utf8_are_counted_and_a_charset_is_suggested() {
    let row = |name: &[u8]| Entry::new(Name::new(name).unwrap(), EntryKind::File);
    let russian = b"\xcf\xf0\xe8\xe2\xe5\xf2 \xec\xe8\xf0.txt";
    let finding = charset(false, &[row(b"a"), row(russian)]);
    assert_eq!(finding.verdict, Verdict::Warning);
    assert!(finding.text.contains("1 of 2 names"), "{}", finding.text);
    assert!(finding.evidence[1].contains("Привет мир"), "{:?}", finding.evidence);
    assert_eq!(charset(true, &[row("ä".as_bytes())]).verdict, Verdict::Good);
    assert_eq!(charset(false, &[row(b"a")]).verdict, Verdict::Note);
}

#[test]
fn the_speed_in_figures() {
    let finding = round_trips(vec![30, 10, 20]);
    assert_eq!(finding.text, "The server answers a command in 20 ms (median; at best 10, at worst 30 ms).");
    assert_eq!(round_trips(Vec::new()).verdict, Verdict::NotTested);
    assert_eq!(round_trips(vec![900]).verdict, Verdict::Warning);
    assert_eq!(pipelining(8, 20, 160).verdict, Verdict::Good);
    assert_eq!(pipelining(8, 150, 160).verdict, Verdict::Note);
    // A server next door: what the two figures differ by is chance.
    let finding = pipelining(8, 42, 6);
    assert_eq!(finding.verdict, Verdict::Good);
    assert!(finding.text.contains("so near"), "{}", finding.text);
}

#[test]
fn quirks_in_words() {
    assert_eq!(quirks(&Quirks::default()).verdict, Verdict::Good);
    let finding = quirks(&Quirks::from_text("lock-step=yes\nway=PASV\nform MFMT=missing"));
    assert_eq!(finding.text, "Commands are sent to it one at a time. For data connections PASV comes first.");
    assert_eq!(finding.evidence, ["MFMT is missing"]);
}

#[test]
fn subjects_are_in_their_order() {
    assert!(Subject::ALL.is_sorted());
}

proptest! {
    #[test]
    fn hostile_lines_are_bounded(lines in proptest::collection::vec(".{0,400}", 0..120)) {
        let finding = Finding::new(Subject::Limits, Verdict::Note, "").with(lines.clone());
        prop_assert!(finding.evidence.len() <= MAX_EVIDENCE);
        prop_assert!(finding.evidence.iter().all(|line| line.chars().count() <= LONGEST + 1));
        prop_assert!(limits(&lines).evidence.len() <= MAX_EVIDENCE);
    }
}
