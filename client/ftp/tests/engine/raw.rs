//! Commands that a person typed.

use towpath_ftp::{ErrorKind, Outcome, Request, RequestId, TypedLine};

use crate::talk::{Talk, path};

fn raw(talk: &mut Talk, line: &str) -> RequestId {
    talk.request(Request::Raw(TypedLine::new(line).unwrap()))
}

fn answer(code: u16, lines: &[&str]) -> Outcome {
    Outcome::Answer { code, lines: lines.iter().map(|line| (*line).to_owned()).collect() }
}

#[test]
fn a_line_goes_out_as_it_is_typed_and_every_answer_is_shown() {
    let mut talk = Talk::plain(&[]);
    let id = raw(&mut talk, "  site  IDLE\t600");
    talk.expect(&["send site  IDLE\t600"]);
    talk.server("200 ok");
    assert_eq!(talk.ended(id), Ok(answer(200, &["200 ok"])));
    assert!(talk.logged("Status: Raw command: what it changes on the server is not followed"));
    let id = raw(&mut talk, "XYZZY");
    talk.server("500 What?");
    talk.says_last("send XYZZY");
    assert_eq!(talk.ended(id), Ok(answer(500, &["500 What?"])));
    let id = raw(&mut talk, "RNFR /a");
    talk.server("350 go on");
    assert_eq!(talk.ended(id), Ok(answer(350, &["350 go on"])));
    talk.said();
    talk.is_usable();
}

#[test]
fn s3_secrets_of_raw_commands_are_masked() {
    let mut talk = Talk::plain(&[]);
    let id = raw(&mut talk, "ACCT hidden");
    talk.expect(&["send ACCT hidden"]);
    talk.server("202 ok");
    assert!(talk.ended(id).is_ok());
    let id = raw(&mut talk, "SITE PSWD hidden1 hidden2");
    talk.expect(&["send SITE PSWD hidden1 hidden2"]);
    talk.server("200 ok");
    assert!(talk.ended(id).is_ok());
    let id = talk.request(Request::Site(TypedLine::new("pswd hidden1 hidden2").unwrap()));
    talk.expect(&["send SITE pswd hidden1 hidden2"]);
    talk.server("550 too short");
    let error = talk.ended(id).unwrap_err();
    assert_eq!(error.message, "The server refused SITE PSWD ****");
    let id = raw(&mut talk, "pass hidden");
    assert!(!talk.ended(id).unwrap_err().to_string().contains("hidden"));
    talk.expect(&[]);
    assert!(talk.logged("Command: ACCT ****") && talk.logged("Command: SITE PSWD ****"));
    assert!(!talk.logged("hidden"), "{:?}", talk.log);
}

#[test]
fn what_would_confuse_the_session_is_not_sent() {
    let mut talk = Talk::plain(&[]);
    for line in [
        "RETR /a",
        "STOR /a",
        "STOR",
        "APPE /a",
        "STOU",
        "LIST",
        "nlst",
        "MLSD /",
        "PASV",
        "epsv ALL",
        "PORT 1,2,3,4,5,6",
        "EPRT |1|",
        "LPSV",
        "LPRT 4,4",
        "REST 5",
        "RANG 1 2",
        "AUTH TLS",
        "ADAT x",
        "MIC x",
        "CONF x",
        "ENC x",
        "CCC",
        "PROT C",
        "PBSZ 0",
        "REIN",
        "USER x",
        "PASS x",
        "ABOR",
        "MODE Z",
        "MODE",
        "STRU R",
        "TYPE A",
        "TYPE",
        "type e n",
        "QUIT",
        "HOST a",
        "SSCN ON",
        "CPSV",
        "PRET RETR a",
        "THMB x",
        "SPSV",
        "ESTA",
        "ESTP",
    ] {
        let id = raw(&mut talk, line);
        let error = talk.ended(id).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Argument, "{line}");
        let verb = line.split(' ').next().unwrap().to_uppercase();
        assert!(error.message.starts_with(&format!("{verb} was not sent: ")), "{}", error.message);
        assert!(!error.advice.is_empty());
        talk.expect(&[]);
    }
    talk.is_usable();
}

#[test]
fn p3_after_a_raw_cwd_nobody_knows_where_the_session_stands() {
    for line in ["CWD /x", "XCWD /x", "CDUP", "xcup", "SMNT /x", "RNTO /y", "SITE NAMEFMT 1", "RMD /d"] {
        let mut talk = Talk::plain(&["EPSV", "MLST type*;"]);
        let id = talk.list();
        talk.data_closed(towpath_ftp::End::Clean);
        talk.server("226 ok");
        talk.said();
        assert!(talk.ended(id).is_ok());
        let id = raw(&mut talk, line);
        talk.server("250 ok");
        talk.said();
        assert!(talk.ended(id).is_ok());
        talk.request(Request::List(None));
        talk.expect(&["send PWD"]);
    }
}

#[test]
fn d6_after_a_raw_type_i_none_is_sent() {
    let mut talk = Talk::plain(&[]);
    let id = raw(&mut talk, "type i");
    talk.server("200 ok");
    talk.said();
    assert!(talk.ended(id).is_ok());
    talk.request(Request::Size(path("/a")));
    talk.expect(&["send SIZE /a"]);
}

#[test]
fn after_a_raw_opts_hash_the_algorithm_is_chosen_anew() {
    let mut talk = Talk::plain(&["HASH MD5*"]);
    raw(&mut talk, "TYPE I");
    talk.server("200 ok");
    raw(&mut talk, "opts hash md5");
    talk.server("200 ok");
    talk.said();
    talk.request(Request::Checksum { path: path("/a"), algorithm: None, range: None });
    talk.expect(&["send OPTS HASH MD5"]);
}

#[test]
fn preliminary_replies_421_and_silence() {
    let mut talk = Talk::plain(&[]);
    let id = raw(&mut talk, "XSLOW");
    talk.server("150 working");
    assert!(talk.ended_yet().is_none());
    talk.pass(59_999);
    assert!(talk.ended_yet().is_none());
    talk.server("226 done");
    assert_eq!(talk.ended(id), Ok(answer(226, &["226 done"])));
    let id = raw(&mut talk, "XSLOW");
    talk.pass(60_000);
    assert_eq!(talk.ended(id).unwrap_err().kind, ErrorKind::Timeout);
    let mut talk = Talk::plain(&[]);
    let id = raw(&mut talk, "XSLOW");
    talk.server("421 bye");
    assert_eq!(talk.ended(id).unwrap_err().kind, ErrorKind::Lost);
}
