//! What the server says of itself, and small changes to the session.

use towpath_ftp::{Argument, ErrorKind, Outcome, Request, Secret, TypedLine};

use crate::talk::{Talk, path};

fn word(text: &str) -> Argument {
    Argument::new(text).unwrap()
}

#[test]
fn answers_are_shown_line_by_line() {
    let check = |request: Request, command: &str, reply: &str, code: u16, lines: &[&str]| {
        let mut talk = Talk::plain(&[]);
        let id = talk.request(request);
        talk.expect(&[&format!("send {command}")]);
        talk.bytes(reply.as_bytes());
        let lines = lines.iter().map(|line| (*line).to_owned()).collect();
        assert_eq!(talk.ended(id), Ok(Outcome::Answer { code, lines }));
        talk.is_usable();
    };
    let two = "214-Commands:\r\n USER \x1b[2J\r\n214 End\r\n";
    check(Request::Help(None), "HELP", two, 214, &["214-Commands:", " USER \\x1b[2J", "214 End"]);
    check(Request::Help(Some(word("SITE"))), "HELP SITE", "214 x\r\n", 214, &["214 x"]);
    check(Request::ServerStatus, "STAT", "211 x\r\n", 211, &["211 x"]);
    check(Request::SystemType, "SYST", "215 UNIX Type: L8\r\n", 215, &["215 UNIX Type: L8"]);
    let chmod = TypedLine::new("UMASK 022").unwrap();
    check(Request::Site(chmod), "SITE UMASK 022", "200 x\r\n", 200, &["200 x"]);
    // Rule R10: the codes of STAT of a path differ.
    for code in [200, 211, 212, 213, 221] {
        let reply = format!("{code}-status\r\n-rw-r--r-- 1 f\r\n{code} End\r\n");
        let lines = [format!("{code}-status"), "-rw-r--r-- 1 f".to_owned(), format!("{code} End")];
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        check(Request::StatusOf(path("/d")), "STAT /d", &reply, code, &lines);
    }
}

#[test]
fn refusals_are_errors() {
    let check = |request: Request, reply: &str, kind: ErrorKind| {
        let mut talk = Talk::plain(&[]);
        let id = talk.request(request);
        talk.said();
        talk.server(reply);
        assert_eq!(talk.ended(id).unwrap_err().kind, kind, "{reply}");
        talk.is_usable();
    };
    check(Request::Help(None), "502 none", ErrorKind::Refused);
    check(Request::StatusOf(path("/d")), "450 not now", ErrorKind::Transient);
    check(Request::Mount(word("/m")), "502 no", ErrorKind::Refused);
    check(Request::Allocate(5), "552 quota", ErrorKind::Full);
    check(Request::DirectorySize(path("/d")), "550 none", ErrorKind::Refused);
    check(Request::SetLanguage(Some(word("xx"))), "504 no", ErrorKind::Refused);
    check(Request::Reinitialize, "502 no", ErrorKind::Refused);
    check(Request::Site(TypedLine::new("HELP").unwrap()), "500 no", ErrorKind::Refused);
}

#[test]
fn f1_features_are_read_anew() {
    let mut talk = Talk::plain(&[]);
    let id = talk.request(Request::Features);
    talk.expect(&["send FEAT"]);
    talk.bytes(b"211-\r\n RMDA\r\n211 End\r\n");
    match talk.ended(id) {
        Ok(Outcome::Features(features)) => assert!(features.rmda && features.lists("rmda")),
        other => panic!("{other:?}"),
    }
    talk.request(Request::RemoveTree(path("/a")));
    talk.expect(&["send RMDA /a"]);
    talk.server("250 ok");
    talk.events.clear();
    // A refusal leaves what was known.
    let id = talk.request(Request::Features);
    talk.server("500 What?");
    talk.said();
    assert!(talk.ended(id).is_err());
    talk.request(Request::RemoveTree(path("/a")));
    talk.expect(&["send RMDA /a"]);
}

#[test]
fn a_language_that_is_not_offered_is_named_with_those_that_are() {
    let mut talk = Talk::plain(&["LANG EN*;fr"]);
    let id = talk.request(Request::SetLanguage(Some(word("de"))));
    talk.expect(&["send LANG de"]);
    talk.server("504 no");
    let error = talk.ended(id).unwrap_err();
    assert_eq!(error.message, "The server refused to answer in de; it offers EN, fr");
    let id = talk.request(Request::SetLanguage(None));
    talk.expect(&["send LANG"]);
    talk.server("200 ok");
    assert_eq!(talk.ended(id), Ok(Outcome::Ok));
}

#[test]
fn free_space_by_avbl_or_the_quotas() {
    let mut talk = Talk::plain(&["AVBL", "XQUOTA"]);
    let id = talk.request(Request::FreeSpace(Some(path("/d"))));
    talk.expect(&["send AVBL /d"]);
    talk.server("213 18446744073709551615");
    assert_eq!(talk.ended(id), Ok(Outcome::Space(u64::MAX)));
    let id = talk.request(Request::FreeSpace(None));
    talk.expect(&["send AVBL"]);
    talk.server("502 off");
    talk.expect(&["send XQUOTA"]);
    talk.bytes(b"213-File and disk usage\r\n Files: used 3\r\n Disk: used 10, limit 30\r\n213 End\r\n");
    assert_eq!(talk.ended(id), Ok(Outcome::Space(20)));
    let mut talk = Talk::plain(&["UTF8"]);
    let id = talk.request(Request::FreeSpace(None));
    talk.expect(&["send SITE QUOTA"]);
    talk.bytes(b"200-The current quota\r\n  Uploaded Kb:\t1.00/unlimited\r\n200 End\r\n");
    assert_eq!(talk.ended(id).unwrap_err().kind, ErrorKind::Protocol);
    let id = talk.request(Request::FreeSpace(None));
    talk.expect(&["send SITE QUOTA"]);
    talk.bytes(b"200-The current quota\r\n  Uploaded Kb:\t1.00/3.50\r\n200 End\r\n");
    assert_eq!(talk.ended(id), Ok(Outcome::Space(2_560)));
    let id = talk.request(Request::DirectorySize(path("/d")));
    talk.expect(&[]);
    assert_eq!(talk.ended(id).unwrap_err().advice, "Count the files instead");
    talk.is_usable();
}

#[test]
fn s3_the_account_is_not_seen() {
    let mut talk = Talk::plain(&[]);
    let id = talk.request(Request::Account);
    assert_eq!(talk.ended(id).unwrap_err().kind, ErrorKind::Credentials);
    let mut site = crate::talk::site(towpath_ftp::Encryption::None);
    site.account = Some(Secret::new("hidden"));
    let mut talk = Talk::new(site);
    talk.connect();
    for line in ["220 hi", "230 in", "215 UNIX", "211 none"] {
        talk.server(line);
    }
    talk.said();
    talk.events.clear();
    let id = talk.request(Request::Account);
    talk.expect(&["send ACCT hidden"]);
    talk.server("202 superfluous");
    assert_eq!(talk.ended(id), Ok(Outcome::Ok));
    assert!(talk.logged("Command: ACCT ****") && !talk.logged("hidden"));
}

#[test]
fn smnt_and_allo() {
    let mut talk = Talk::plain(&[]);
    let id = talk.request(Request::Mount(word("/m")));
    talk.expect(&["send SMNT /m"]);
    talk.server("250 ok");
    assert_eq!(talk.ended(id), Ok(Outcome::Ok));
    let id = talk.request(Request::Allocate(u64::MAX));
    talk.expect(&["send ALLO 18446744073709551615"]);
    talk.server("202 superfluous");
    assert_eq!(talk.ended(id), Ok(Outcome::Ok));
}

#[test]
fn after_rein_the_session_logs_in_again() {
    let mut talk = Talk::plain(&[]);
    let id = talk.request(Request::Reinitialize);
    talk.expect(&["send REIN"]);
    talk.server("120 in a moment");
    talk.expect(&[]);
    talk.server("220 ready");
    talk.expect(&["close 1", "open 2 ftp.example.org:21"]);
    talk.opened();
    talk.server("220 hi");
    talk.expect(&["send USER me"]);
    talk.server("230 in");
    talk.server("215 UNIX");
    talk.server("211 none");
    talk.said();
    assert_eq!(talk.ended(id), Ok(Outcome::Ok));
    talk.is_usable();
}
