//! The clock of listings (rule T10), signs of life (rule K2), and what is told of what was learned.

use std::collections::VecDeque;

use towpath_ftp::{Encryption, End, Entry, Event, Outcome, Quirks, Request, RequestId};

use crate::talk::{Talk, site};

/// 2024-06-01 12:00:00 UTC.
const NOW: i64 = 1_717_243_200;
/// 2024-05-20 10:00:00 UTC.
const LISTED: i64 = 1_716_199_200;
const FEATURES: &[&str] = &["MDTM"];
const ROWS: &str = concat!(
    "drwxr-xr-x 2 u g 4096 May 30 11:00 sub\r\n",
    "-rw-r--r-- 1 u g 40 May 20 10:00 new.txt\r\n",
    "-rw-r--r-- 1 u g 40 May 19 10:00 older.txt\r\n",
    "-rw-r--r-- 1 u g 40 Jan  1  2020 old.txt\r\n",
);

/// A server that gets one command at a time and knows `LIST -a`.
fn known() -> Quirks {
    Quirks { lock_step: true, list_all: Some(true), ..Quirks::default() }
}

/// Connected, with this knowledge of the server.
fn connected(quirks: Quirks, features: &[&str]) -> Talk {
    let mut site = site(Encryption::None);
    site.epoch = NOW;
    site.abilities.text = true;
    site.quirks = quirks;
    let mut talk = Talk::new(site);
    talk.connect();
    talk.server("220 Welcome");
    talk.server("331 Password");
    talk.server("230 In");
    talk.said();
    talk.server("215 UNIX Type: L8");
    talk.said();
    let lines: String = features.iter().map(|line| format!(" {line}\r\n")).collect();
    talk.bytes(format!("211-Features\r\n{lines}211 End\r\n").as_bytes());
    talk.events.clear();
    talk.log.clear();
    talk.expect(&[]);
    talk
}

/// A listing of these rows up to its end.
fn list(talk: &mut Talk, rows: &str) -> (RequestId, Vec<Entry>) {
    let id = talk.request(Request::List(None));
    let mut commands = VecDeque::from(talk.said());
    while let Some(command) = commands.pop_front() {
        match command.as_str() {
            "send PWD" => talk.server("257 \"/\""),
            "send TYPE I" => talk.server("200 ok"),
            "send PASV" => talk.server("227 (192,0,2,7,195,80)"),
            "send LIST -a" | "send MLSD" => break,
            other if other.starts_with("open ") => {}
            other => panic!("{other}"),
        }
        commands.extend(talk.said());
    }
    talk.data_opened();
    talk.server("150 here");
    talk.data(rows.as_bytes());
    talk.data_closed(End::Clean);
    talk.server("226 done");
    let mut all = Vec::new();
    talk.events.retain(|event| match event {
        Event::Listed { entries, .. } => {
            all.extend(entries.clone());
            false
        }
        _ => true,
    });
    (id, all)
}

fn times(entries: &[Entry]) -> Vec<(i64, bool)> {
    entries.iter().filter_map(|entry| entry.modified).map(|time| (time.seconds, time.utc)).collect()
}

fn learned(talk: &Talk) -> Vec<Option<i32>> {
    let learned = |event: &Event| match event {
        Event::Learned(quirks) => Some(quirks.clock_offset),
        _ => None,
    };
    talk.events.iter().filter_map(learned).collect()
}

#[test]
fn t10_the_offset_is_found_by_one_question_that_nobody_waits_for() {
    let mut talk = connected(known(), FEATURES);
    let (id, rows) = list(&mut talk, ROWS);
    // The listing has ended although the answer is owed.
    assert!(matches!(talk.ended_after(id), Ok(Outcome::Listing { .. })));
    // The newest file: a directory has no MDTM.
    talk.expect(&["send MDTM /new.txt"]);
    assert_eq!(times(&rows)[1], (LISTED, false));
    talk.events.clear();
    talk.server("213 20240520080031");
    assert_eq!(learned(&talk), [Some(-120)]);
    // From now on rows with a time are UTC; a date alone stays what it is.
    let (id, rows) = list(&mut talk, ROWS);
    assert!(talk.ended_after(id).is_ok());
    let times = times(&rows);
    assert_eq!(times[1], (LISTED - 7_200, true));
    assert!(times[0].1 && times[2].1 && !times[3].1);
    assert_eq!(times[3].0, 1_577_836_800);
    // Once for each connection.
    talk.events.clear();
    talk.is_usable();
}

#[test]
fn t10_it_costs_no_round_trip_and_keeps_nothing_back() {
    let mut talk = connected(Quirks { lock_step: false, ..known() }, FEATURES);
    let (id, _) = list(&mut talk, ROWS);
    talk.expect(&["send MDTM /new.txt"]);
    assert!(talk.ended_after(id).is_ok());
    let next = talk.request(Request::Size(crate::talk::path("/new.txt")));
    // The next command goes out beside the question.
    talk.expect(&["send SIZE /new.txt"]);
    talk.server("550 not now");
    talk.server("213 40");
    assert_eq!(talk.ended_after(next), Ok(Outcome::Size(40)));
}

#[test]
fn t10_what_was_stored_counts_at_once_and_is_checked_once() {
    let mut talk = connected(Quirks { clock_offset: Some(60), ..known() }, FEATURES);
    let (_, rows) = list(&mut talk, ROWS);
    assert_eq!(times(&rows)[1], (LISTED + 3_600, true));
    // Meanwhile summer has come.
    talk.expect(&["send MDTM /new.txt"]);
    talk.events.clear();
    talk.server("213 20240520120000");
    assert_eq!(learned(&talk), [Some(120)]);
    let (_, rows) = list(&mut talk, ROWS);
    assert_eq!(times(&rows)[1], (LISTED + 7_200, true));
    talk.expect(&[]);
}

#[test]
fn t10_answers_that_are_not_meant_teach_nothing_and_the_question_has_an_end() {
    for answer in
        ["550 no", "213 00010101000000", "213 20240701000000", "213 20240522100000", "213 what", "500 x"]
    {
        let mut talk = connected(known(), FEATURES);
        for _ in 0..3 {
            list(&mut talk, ROWS);
            talk.expect(&["send MDTM /new.txt"]);
            talk.events.clear();
            talk.server(answer);
            assert!(learned(&talk).is_empty(), "{answer}");
        }
        let (_, rows) = list(&mut talk, ROWS);
        assert_eq!(times(&rows)[1], (LISTED, false));
        talk.events.clear();
        talk.is_usable();
    }
}

#[test]
fn t10_where_there_is_nothing_to_compare_nothing_is_asked() {
    // No file with hours and minutes.
    let mut talk = connected(known(), FEATURES);
    list(&mut talk, "drwxr-xr-x 2 u g 4096 May 30 11:00 sub\r\n-rw-r--r-- 1 u g 40 Jan  1  2020 old.txt\r\n");
    talk.expect(&[]);
    // No MDTM.
    let mut talk = connected(known(), &["SIZE"]);
    list(&mut talk, ROWS);
    talk.expect(&[]);
    // MLSD is UTC by itself, and no offset touches it.
    let quirks = Quirks { clock_offset: Some(60), ..known() };
    let mut talk = connected(quirks, &["MDTM", "MLST type*;modify*;"]);
    let (_, rows) = list(&mut talk, "type=file;modify=20240520100000; new.txt\r\n");
    talk.expect(&[]);
    assert_eq!(times(&rows), [(LISTED, true)]);
}

#[test]
fn k2_noop_pwd_and_type_take_turns() {
    let mut talk = Talk::plain(&[]);
    let sign = |talk: &mut Talk, command: &str, answer: &str| {
        let id = talk.request(Request::KeepAlive);
        talk.expect(&[command]);
        talk.server(answer);
        assert_eq!(talk.ended(id), Ok(Outcome::Ok));
    };
    for _ in 0..2 {
        // A refusal is a sign of life as well.
        sign(&mut talk, "send NOOP", "500 what?");
        sign(&mut talk, "send PWD", "257 \"/elsewhere\"");
        sign(&mut talk, "send TYPE I", "200 ok");
    }
    // PWD was no news, and the type that was repeated stands.
    talk.request(Request::List(None));
    talk.expect(&["send PWD"]);
    talk.server("257 \"/\"");
    talk.expect(&["send PASV"]);
}

#[test]
fn k2_type_repeats_the_type_that_stands() {
    let mut talk = connected(known(), &[]);
    let options = towpath_ftp::TransferOptions { text: true, ..Default::default() };
    let path = crate::talk::path("/f");
    talk.request(Request::Download { job: towpath_ftp::JobId(1), path, size: Some(4), offset: 0, options });
    talk.expect(&["send TYPE A"]);
    talk.server("200 ascii");
    talk.server("500 no PASV");
    talk.server("500 no EPSV");
    talk.said();
    talk.events.clear();
    for (command, answer) in [("send NOOP", "200 ok"), ("send PWD", "500 no"), ("send TYPE A", "200 ok")] {
        let id = talk.request(Request::KeepAlive);
        talk.expect(&[command]);
        talk.server(answer);
        assert_eq!(talk.ended_after(id), Ok(Outcome::Ok));
    }
}

#[test]
fn what_was_learned_is_told_once_and_before_the_end_of_its_request() {
    let mut talk = Talk::plain(&[]);
    let id = talk.request(Request::MakeDirectory(crate::talk::path("/x")));
    talk.server("500 what?");
    talk.server("257 made");
    let told = |talk: &Talk| talk.events.iter().filter(|event| matches!(event, Event::Learned(_))).count();
    assert_eq!(told(&talk), 1);
    assert!(matches!(talk.events.front(), Some(Event::Learned(quirks)) if quirks.habits.iter().count() == 2));
    assert_eq!(talk.ended_after(id), Ok(Outcome::Ok));
    // The same again is no news.
    talk.said();
    talk.events.clear();
    let id = talk.request(Request::MakeDirectory(crate::talk::path("/y")));
    talk.expect(&["send XMKD /y"]);
    talk.server("257 made");
    assert_eq!((told(&talk), talk.ended(id)), (0, Ok(Outcome::Ok)));
}
