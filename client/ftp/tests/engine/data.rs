//! The data connection: EPSV and PASV, the order of its steps, the completion rule (rules D1 to D12).

use towpath_ftp::{
    End, ErrorKind, Event, Item, JobId, Outcome, Request, Stage, TlsSession, TransferOptions, Verdict,
};

use crate::talk::{Talk, broken, path, resumed, tls};

/// ESTA: a server that shows links as what they are.
const FEATURES: &[&str] = &["EPSV", "MLST type*;size*;", "TVFS", "ESTA"];

/// A talk at the point where the way of passive mode is chosen.
fn choosing(features: &[&str]) -> Talk {
    let mut talk = Talk::plain(features);
    talk.request(Request::List(None));
    talk.expect(&["send PWD"]);
    talk.server("257 \"/\"");
    talk.expect(&["send TYPE I"]);
    talk.server("200 ok");
    talk
}

#[test]
fn d4_epsv_comes_first_only_where_it_is_listed() {
    let mut talk = choosing(&["MLST type*;", "EPSV"]);
    talk.expect(&["send EPSV"]);
    let mut talk = choosing(&["MLST type*;"]);
    talk.expect(&["send PASV"]);
    talk.server("227 Entering Passive Mode (192,0,2,7,195,80)");
    talk.expect(&["open 2 data of 1 port 50000", "send MLSD"]);
    assert!(!talk.logged("unroutable"));
}

#[test]
fn d4_epsv_comes_first_over_ipv6() {
    let mut talk = Talk::new(crate::talk::site(towpath_ftp::Encryption::None));
    talk.request(Request::Connect);
    talk.expect(&["open 1 ftp.example.org:21"]);
    talk.opened_as("[2001:db8::1]:21");
    talk.server("220 hi");
    talk.server("230 in");
    talk.server("215 UNIX");
    talk.server("500 no FEAT");
    talk.request(Request::List(None));
    talk.server("257 \"/\"");
    talk.server("200 ok");
    talk.says_last("send EPSV");
}

#[test]
fn d4_a_refused_way_gives_way_to_the_other_for_good() {
    let mut talk = choosing(FEATURES);
    talk.expect(&["send EPSV"]);
    talk.server("500 no");
    talk.expect(&["send PASV"]);
    talk.server("227 =10,0,0,1,195,80");
    assert!(
        talk.logged(
            "Status: Server sent passive reply with unroutable address. Using server address instead."
        )
    );
    talk.expect(&["open 2 data of 1 port 50000", "send MLSD"]);
    talk.data_opened();
    talk.server("150 go");
    talk.data_closed(End::Clean);
    talk.server("226 done");
    talk.request(Request::List(None));
    talk.expect(&["send PASV"]);
}

#[test]
fn d4_two_refusals_are_an_error_and_the_session_goes_on() {
    let mut talk = Talk::plain(FEATURES);
    let id = talk.request(Request::List(None));
    talk.server("257 \"/\"");
    talk.server("200 ok");
    talk.server("500 no");
    talk.says_last("send PASV");
    talk.server("425 no");
    let error = talk.ended(id).unwrap_err();
    assert_eq!((error.stage, error.kind), (Stage::Data, ErrorKind::Transient));
    talk.is_usable();
}

#[test]
fn d4_a_connection_that_fails_gives_way_to_the_other() {
    let mut talk = choosing(FEATURES);
    talk.server("229 (|||50000|)");
    talk.says_last("send MLSD");
    talk.data_closed(broken(Stage::Connection, "connection refused"));
    talk.expect(&[]);
    // The server says what it has to say of the command, then all begins anew.
    talk.server("425 cannot open data connection");
    talk.expect(&["send PASV"]);
    talk.server("227 (192,0,2,7,195,81)");
    talk.expect(&["open 3 data of 1 port 50001", "send MLSD"]);
    talk.data_opened();
    talk.data(b"type=file; a\r\n");
    talk.data_closed(End::Clean);
    talk.server("226 ok");
    assert!(talk.events.iter().any(|event| matches!(event, Event::Done { .. })), "{:?}", talk.log);
}

#[test]
fn d4_a_connection_that_never_stands_gives_way_too() {
    let mut talk = choosing(FEATURES);
    talk.server("229 (|||50000|)");
    talk.says_last("send MLSD");
    talk.pass(19_999);
    talk.expect(&[]);
    talk.pass(1);
    talk.expect(&["close 2"]);
    talk.pass(3_000);
    talk.expect(&["send ABOR"]);
    talk.server("426 aborted");
    talk.expect(&[]);
    talk.server("226 ABOR done");
    talk.expect(&["send PASV"]);
}

#[test]
fn d4_no_way_at_all_is_an_error_of_the_data_connection() {
    let mut talk = choosing(FEATURES);
    talk.server("229 (|||50000|)");
    talk.data_closed(broken(Stage::Connection, "connection refused"));
    talk.server("425 no");
    talk.server("227 (192,0,2,7,195,81)");
    talk.data_closed(broken(Stage::Connection, "connection refused"));
    talk.server("425 no");
    talk.says_last("send MLSD");
    let error = talk.events.iter().find_map(|event| match event {
        Event::Failed { error, .. } => Some(error.clone()),
        _ => None,
    });
    let error = error.expect("a failure");
    assert_eq!(error.stage, Stage::Data);
    assert!(error.message.contains("connection refused"), "{error}");
    talk.events.clear();
    talk.is_usable();
}

#[test]
fn d2_d3_answers_of_the_other_form_are_taken_and_their_address_is_not() {
    let mut talk = choosing(FEATURES);
    talk.expect(&["send EPSV"]);
    talk.server("227 Entering Passive Mode (203,0,113,9,195,80)");
    talk.expect(&["open 2 data of 1 port 50000", "send MLSD"]);
}

#[test]
fn d5_one_425_is_tried_again() {
    let mut talk = choosing(FEATURES);
    talk.server("229 (|||50000|)");
    talk.data_opened();
    talk.says_last("send MLSD");
    talk.server("425 cannot build data connection");
    talk.expect(&["close 2", "send EPSV"]);
    talk.server("229 (|||50001|)");
    talk.expect(&["open 3 data of 1 port 50001", "send MLSD"]);
    talk.data_opened();
    talk.server("425 cannot build data connection");
    talk.expect(&["close 3"]);
    assert!(talk.logged("Failed to retrieve directory listing"));
    talk.events.clear();
    talk.is_usable();
}

#[test]
fn d7_tls_begins_when_the_connection_stands_and_the_command_is_sent() {
    let mut talk = Talk::secure(FEATURES);
    // REST stands between: TLS waits for RETR.
    talk.request(Request::Download {
        job: towpath_ftp::JobId(5),
        path: crate::talk::path("/f"),
        size: Some(10),
        offset: 4,
        options: towpath_ftp::TransferOptions::default(),
    });
    talk.expect(&["send TYPE I"]);
    talk.server("200 ok");
    talk.server("229 (|||50000|)");
    talk.expect(&["send EPSV", "open 2 data of 1 port 50000", "send REST 4"]);
    talk.data_opened();
    talk.expect(&[]);
    talk.server("350 ok");
    talk.expect(&["send RETR /f", "splice 2 download job 5 at 4", "starttls 2 ftp.example.org group 1"]);
}

#[test]
fn d11_after_an_earlier_success_a_new_connection_is_tried_once() {
    let mut talk = Talk::plain(FEATURES);
    let first = talk.download(Some(3), 0);
    talk.moved(3);
    talk.data_closed(End::Clean);
    talk.server("226 done");
    assert!(talk.ended_after(first).is_ok());
    let options = towpath_ftp::TransferOptions::default();
    let path = crate::talk::path("/f");
    let id = talk.request(Request::Download { job: JobId(5), path, size: Some(3), offset: 0, options });
    talk.server("229 (|||50001|)");
    talk.server("426 not now");
    talk.says_last("open 4 ftp.example.org:21");
    talk.opened();
    for reply in
        ["220 hi", "230 in", "215 UNIX", "500 no FEAT", "257 \"/\"", "200 type", "227 (192,0,2,7,195,82)"]
    {
        if reply.starts_with("257") && !talk.said().iter().any(|said| said == "send PWD") {
            continue;
        }
        talk.server(reply);
    }
    talk.server("426 not now either");
    let error = talk.ended_after(id).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Transient, "{error}");
}

#[test]
fn d12_522_in_plain_text_says_that_tls_is_wanted() {
    let mut talk = Talk::plain(FEATURES);
    let id = talk.download(Some(3), 0);
    talk.server("522 data connections must be encrypted");
    let error = talk.ended_after(id).unwrap_err();
    assert!(error.advice.contains("TLS"), "{error}");
}

/// ProFTPD closes its port before it says 550.
#[test]
fn d4_what_the_server_says_of_the_command_counts_more_than_its_closed_port() {
    let mut talk = Talk::plain(FEATURES);
    let options = towpath_ftp::TransferOptions::default();
    let path = crate::talk::path("/f");
    let id = talk.request(Request::Download { job: JobId(5), path, size: Some(3), offset: 0, options });
    talk.server("200 type");
    talk.server("229 (|||50000|)");
    talk.data_closed(broken(Stage::Connection, "refused"));
    talk.server("550 no such file");
    let error = talk.ended_after(id).unwrap_err();
    assert_eq!((error.stage, error.kind), (Stage::Server, ErrorKind::Refused), "{error}");
    assert_eq!(talk.quirks().way, None);
    talk.said();
    talk.is_usable();
}

/// pyftpdlib closes a data connection on which bytes come before it has read the command.
#[test]
fn d7_a_server_that_wants_its_word_first_gets_it() {
    let mut talk = Talk::secure(FEATURES);
    let id = talk.upload(Some(3), 0);
    talk.data_closed(broken(Stage::Tls, "closed"));
    talk.server("425 cannot open");
    talk.expect(&["send EPSV"]);
    talk.server("229 (|||50001|)");
    talk.expect(&["open 3 data of 1 port 50001", "send STOR /f"]);
    talk.data_opened();
    talk.expect(&[]);
    talk.server("150 go");
    talk.expect(&["splice 3 upload job 5 at 0", "starttls 3 ftp.example.org group 1"]);
    talk.data_secured(resumed("a"));
    talk.moved(3);
    talk.data_closed(End::Clean);
    talk.server("226 done");
    assert_eq!(talk.ended_after(id), Ok(Outcome::Transferred(towpath_ftp::Transferred::of(3))));
    assert!(talk.quirks().patient);
    // Its word may also come when the connection is closed already.
    let mut other = Talk::secure(FEATURES);
    other.upload(Some(3), 0);
    other.data_closed(broken(Stage::Tls, "closed"));
    other.server("150 go");
    other.server("426 nobody came");
    other.says_last("send EPSV");
    // From then on it is waited for, but not for ever.
    let options = towpath_ftp::TransferOptions::default();
    let path = crate::talk::path("/f");
    talk.said();
    talk.request(Request::Upload { job: JobId(5), path, size: Some(3), offset: 0, options });
    talk.server("229 (|||50002|)");
    talk.expect(&["send EPSV", "open 4 data of 1 port 50002", "send STOR /f"]);
    talk.data_opened();
    talk.pass(3_000);
    talk.expect(&["splice 4 upload job 5 at 0", "starttls 4 ftp.example.org group 1"]);
}

#[test]
fn d8_the_halves_come_in_either_order() {
    // Final reply first.
    let mut talk = Talk::plain(FEATURES);
    let id = talk.download(Some(3), 0);
    talk.server("226 done");
    talk.expect(&[]);
    talk.pass(19_999);
    talk.moved(1);
    talk.pass(19_999);
    talk.moved(3);
    talk.data_closed(End::Clean);
    assert_eq!(talk.ended(id), Ok(Outcome::Transferred(towpath_ftp::Transferred::of(3))));
    talk.is_usable();
    // Data first, 150 after it.
    let mut talk = Talk::plain(FEATURES);
    let id = talk.download(Some(3), 0);
    talk.moved(3);
    talk.data_closed(End::Clean);
    talk.server("150 here it comes");
    talk.server("226 done");
    assert_eq!(talk.ended(id), Ok(Outcome::Transferred(towpath_ftp::Transferred::of(3))));
    talk.is_usable();
}

#[test]
fn d9_any_success_is_one() {
    for reply in ["226 ok", "250 ok", "200 ok", "225 ok"] {
        let mut talk = Talk::plain(FEATURES);
        let id = talk.download(Some(0), 0);
        talk.server("125 open already");
        talk.data_closed(End::Clean);
        talk.server(reply);
        assert_eq!(talk.ended(id), Ok(Outcome::Transferred(towpath_ftp::Transferred::of(0))), "{reply}");
    }
}

#[test]
fn d10_refusals_have_their_kind() {
    let check = |reply: &str, stage, kind| {
        let mut talk = Talk::plain(FEATURES);
        let id = talk.upload(Some(3), 0);
        talk.server(reply);
        talk.expect(&["abort 2"]);
        let error = talk.ended(id).unwrap_err();
        assert_eq!((error.stage, error.kind), (stage, kind), "{reply}");
        assert_eq!(error.reply.as_deref(), Some(reply));
        talk.is_usable();
    };
    check("552 Quota exceeded", Stage::Data, ErrorKind::Full);
    check("452 Disk full", Stage::Data, ErrorKind::Full);
    check("450 busy", Stage::Data, ErrorKind::Transient);
    check("426 aborted", Stage::Data, ErrorKind::Transient);
    check("553 no", Stage::Server, ErrorKind::Refused);
    check("550 Broken pipe", Stage::Server, ErrorKind::Transient);
    check("350 what", Stage::Data, ErrorKind::Protocol);
}

/// Some servers end the handshake and say why, some only refuse what was not resumed.
#[test]
fn s_4_a_server_that_wants_resumption_gets_tls_1_2() {
    for (handshake, reply) in [
        (false, "522 SSL connection failed; session reuse required"),
        (false, "425 TLS session not resumed"),
        (true, "425 Unable to build data connection: Operation not permitted"),
        (true, "522 no"),
    ] {
        let mut talk = Talk::secure(FEATURES);
        talk.download(Some(3), 0);
        if handshake {
            talk.data_secured(tls(Verdict::Trusted, "a"));
        } else {
            talk.data_closed(broken(Stage::Tls, "connection reset"));
        }
        talk.said();
        talk.server(reply);
        talk.says_last("open 3 ftp.example.org:21");
        assert!(talk.ended_yet().is_none());
    }
    // What was resumed and is refused all the same is refused for another reason.
    let mut talk = Talk::secure(FEATURES);
    talk.download(Some(3), 0);
    talk.data_secured(resumed("a"));
    talk.said();
    talk.server("425 Unable to build data connection");
    talk.expect(&["close 2", "send EPSV"]);
}

/// In the middle of a walk that has deleted something already: what is gone stays gone and counted, and the walk goes on.
#[test]
fn s_4_a_session_that_runs_out_of_tickets_goes_on_with_tls_1_2() {
    let mut talk = Talk::secure(FEATURES);
    let item = |name: &str, directory| Item { path: crate::talk::path(name), directory };
    let id = talk.request(Request::DeleteTree(vec![item("/f", false), item("/d", true)]));
    talk.expect(&["send DELE /f"]);
    talk.server("250 gone");
    talk.expect(&["send CWD /d"]);
    talk.server("250 ok");
    talk.server("257 \"/d\"");
    talk.server("200 ok");
    talk.server("229 (|||50000|)");
    talk.data_opened();
    talk.says_last("starttls 2 ftp.example.org group 1");
    talk.data_secured(tls(Verdict::Trusted, "a"));
    talk.expect(&["accept 2"]);
    talk.server("522 SSL connection failed; session reuse required");
    talk.expect(&["close 2", "close 1", "open 3 ftp.example.org:21"]);
    talk.opened();
    talk.server("220 again");
    talk.server("234 go");
    talk.says_last("starttls 3 ftp.example.org group 3 TLS 1.2 only");
    talk.secured(TlsSession { version: "TLS1.2".into(), ..tls(Verdict::Trusted, "a") });
    talk.server("230 in");
    talk.server("215 UNIX");
    talk.bytes(b"211-x\r\n EPSV\r\n ESTA\r\n MLST type*;\r\n211 end\r\n");
    talk.server("200 pbsz");
    talk.server("200 prot");
    // It stands where it stood, and the listing begins anew.
    talk.says_last("send CWD /d");
    talk.server("250 ok");
    talk.server("257 \"/d\"");
    talk.server("200 ok");
    talk.server("229 (|||50001|)");
    talk.data_opened();
    talk.says_last("starttls 4 ftp.example.org group 3 TLS 1.2 only");
    talk.data_secured(resumed("a"));
    talk.data_closed(End::Clean);
    talk.server("226 ok");
    talk.says_last("send CWD /");
    talk.server("250 ok");
    talk.server("250 removed");
    let tree = Outcome::Tree { files: 1, directories: 1, bytes: 0, left_out: 0 };
    assert_eq!(talk.ended_after(id), Ok(tree), "{:#?}", talk.log);
}

/// The driver knows that no ticket is left and does not even try: the server's word is not needed.
#[test]
fn s_4_without_a_ticket_the_login_is_renewed_at_once() {
    // What the server makes of the connection that ends before its handshake may be heard first.
    for first in [None, Some("226 done"), Some("426 closed")] {
        let mut talk = Talk::secure(FEATURES);
        talk.upload(Some(3), 0);
        if let Some(first) = first {
            talk.server(first);
        }
        if first != Some("426 closed") {
            talk.data_closed(End::NoTicket);
        }
        talk.says_last("open 3 ftp.example.org:21");
        assert!(talk.ended_yet().is_none());
    }
    let mut talk = Talk::secure(FEATURES);
    talk.upload(Some(3), 0);
    talk.data_closed(End::NoTicket);
    talk.says_last("open 3 ftp.example.org:21");
    talk.opened();
    talk.server("220 again");
    talk.server("234 go");
    talk.says_last("starttls 3 ftp.example.org group 3 TLS 1.2 only");
    assert!(!talk.events.iter().any(|event| matches!(event, Event::DataSecured { .. })));
    assert!(talk.ended_yet().is_none());
}

/// A server without TLS 1.2 is not lost for it: a new login brings new tickets, and TLS 1.2 is not tried again.
#[test]
fn s_4_a_server_without_tls_1_2_gives_new_tickets() {
    let mut talk = Talk::secure(FEATURES);
    let id = talk.upload(Some(3), 0);
    talk.data_closed(End::NoTicket);
    talk.opened();
    talk.server("220 again");
    talk.server("234 go");
    talk.closed(broken(Stage::Tls, "no version in common"));
    talk.says_last("open 4 ftp.example.org:21");
    talk.opened();
    talk.server("220 again");
    talk.server("234 go");
    talk.says_last("starttls 4 ftp.example.org group 4");
    talk.secured(tls(Verdict::Trusted, "a"));
    talk.server("230 in");
    talk.server("215 UNIX");
    talk.server("211 none");
    talk.server("200 pbsz");
    talk.server("200 prot");
    talk.server("200 type");
    talk.server("227 (192,0,2,7,195,80)");
    talk.data_opened();
    talk.data_secured(resumed("a"));
    talk.server("150 ok");
    talk.moved(3);
    talk.data_closed(End::Clean);
    talk.server("226 done");
    assert_eq!(
        talk.ended_after(id),
        Ok(Outcome::Transferred(towpath_ftp::Transferred::of(3))),
        "{:#?}",
        talk.log
    );
    // The next time it goes straight for new tickets.
    let path = crate::talk::path("/f");
    talk.request(Request::Upload {
        job: JobId(5),
        path,
        size: Some(3),
        offset: 0,
        options: towpath_ftp::TransferOptions::default(),
    });
    talk.server("227 (192,0,2,7,195,80)");
    talk.data_opened();
    talk.data_closed(End::NoTicket);
    talk.opened();
    talk.server("220 again");
    talk.server("234 go");
    talk.says_last("starttls 7 ftp.example.org group 7");
}

#[test]
fn s_4_a_session_is_not_renewed_twice() {
    let mut talk = Talk::secure(FEATURES);
    let id = talk.download(Some(3), 0);
    talk.data_secured(tls(Verdict::Trusted, "a"));
    talk.server("522 session reuse required");
    talk.says_last("open 3 ftp.example.org:21");
    talk.opened();
    talk.server("220 again");
    talk.server("234 go");
    talk.secured(TlsSession { version: "TLS1.2".into(), ..tls(Verdict::Trusted, "a") });
    talk.server("230 in");
    talk.server("215 UNIX");
    talk.server("211 none");
    talk.server("200 pbsz");
    talk.server("200 prot");
    talk.server("200 type");
    talk.server("227 (192,0,2,7,195,80)");
    talk.data_opened();
    talk.data_secured(tls(Verdict::Trusted, "a"));
    talk.server("522 session reuse required");
    talk.says_last("close 4");
    let error = talk.ended_after(id).unwrap_err();
    assert_eq!((error.stage, error.kind), (Stage::Data, ErrorKind::Refused));
    assert!(error.advice.contains("TLS 1.2"), "{error}");
    talk.is_usable();
}

#[test]
fn s_7_another_certificate_on_the_data_connection_ends_the_transfer() {
    let mut talk = Talk::secure(FEATURES);
    let id = talk.upload(Some(3), 0);
    talk.data_secured(tls(Verdict::Trusted, "b"));
    talk.expect(&["abort 2"]);
    talk.server("426 aborted");
    let error = talk.ended(id).unwrap_err();
    assert_eq!((error.stage, error.kind), (Stage::Tls, ErrorKind::NotAccepted));
    assert!(!talk.events.iter().any(|event| matches!(event, Event::DataSecured { .. })));
    talk.is_usable();
}

#[test]
fn s_5_the_same_certificate_is_accepted_and_resumption_told() {
    for (session, expected) in [(tls(Verdict::SelfSigned, "a"), false), (resumed("a"), true)] {
        let mut talk = Talk::secure(FEATURES);
        let id = talk.download(Some(3), 0);
        talk.server("150 go");
        talk.data_secured(session);
        talk.expect(&["accept 2"]);
        assert_eq!(talk.events.pop_front(), Some(Event::DataSecured { resumed: expected }));
        talk.moved(3);
        talk.data_closed(End::Clean);
        talk.server("226 ok");
        talk.events.retain(|event| !matches!(event, Event::Progressed { .. }));
        assert_eq!(talk.ended(id), Ok(Outcome::Transferred(towpath_ftp::Transferred::of(3))));
    }
    // A resumed session may come without a chain; one that is not may not.
    let mut bare = resumed("a");
    bare.chain.clear();
    let mut talk = Talk::secure(FEATURES);
    talk.download(Some(3), 0);
    talk.data_secured(bare.clone());
    talk.says_last("accept 2");
    bare.resumed = false;
    let mut talk = Talk::secure(FEATURES);
    talk.download(Some(3), 0);
    talk.data_secured(bare);
    talk.says_last("close 2");
}

/// An upload over a session with this file already there, on a data connection that is secured like this; SIZE is the server's word then.
fn upload_after(
    talk: &mut Talk,
    session: TlsSession,
    size: Option<&str>,
) -> Result<Outcome, towpath_ftp::Error> {
    let upload = Request::Upload {
        job: JobId(5),
        path: path("/f"),
        size: Some(3),
        offset: 0,
        options: TransferOptions::default(),
    };
    let id = talk.request(upload);
    for answer in ["200 binary", "229 ok (|||50000|)"] {
        let said = talk.said();
        if said.iter().any(|said| said == "send EPSV") && answer.starts_with("200") {
            continue;
        }
        talk.server(answer);
    }
    talk.data_opened();
    talk.server("150 go");
    talk.data_secured(session);
    talk.moved(3);
    talk.data_closed(End::Clean);
    talk.said();
    talk.server("226 ok");
    match size {
        Some(size) => {
            talk.says_last("send SIZE /f");
            talk.server(size);
        }
        None => assert!(!talk.said().iter().any(|said| said.contains("SIZE"))),
    }
    talk.ended(id)
}

/// A ticket that has expired: ProFTPD stored nothing and said 226 (proftpd#1931). The server's word is looked at once.
#[test]
fn s_5_s_6_a_session_that_lapses_is_warned_of_and_what_it_stored_is_measured() {
    for (there, is_whole) in [("213 3", true), ("213 0", false), ("550 no", true)] {
        let mut talk = Talk::secure(FEATURES);
        upload_after(&mut talk, resumed("a"), None).unwrap();
        assert!(!talk.logged("was not resumed"));
        let ended = upload_after(&mut talk, tls(Verdict::Trusted, "a"), Some(there));
        assert!(talk.logged("was not resumed, as earlier ones were"));
        match ended {
            Ok(_) => assert!(is_whole, "{there}"),
            Err(error) => {
                assert!(!is_whole && error.kind == ErrorKind::Incomplete, "{there}: {error:?}");
                assert!(error.message.contains("0 of 3 bytes"), "{error:?}");
            }
        }
        // One that resumes again needs no proof.
        upload_after(&mut talk, resumed("a"), None).unwrap();
    }
    // Servers whose sessions never resume are believed as ever.
    let mut talk = Talk::secure(FEATURES);
    for _ in 0..2 {
        upload_after(&mut talk, tls(Verdict::Trusted, "a"), None).unwrap();
    }
    assert!(!talk.logged("was not resumed, as"));
}

/// Somebody else may have taken the data port: an end before TLS is no empty listing, and bytes before it are nobody's.
#[test]
fn what_comes_before_tls_on_a_secured_data_connection_counts_for_nothing() {
    for end in [End::Clean, End::Unclean] {
        let mut talk = Talk::secure(FEATURES);
        let id = talk.list();
        talk.data_closed(end);
        talk.server("226 done");
        let error = talk.ended(id).unwrap_err();
        assert_eq!((error.stage, error.kind), (Stage::Data, ErrorKind::Incomplete));
        talk.said();
        talk.is_usable();
    }
    let mut talk = Talk::secure(FEATURES);
    let id = talk.list();
    talk.data(b"type=file; planted\r\n");
    talk.says_last("close 2");
    talk.server("426 broken");
    assert_eq!(talk.ended(id).unwrap_err().stage, Stage::Tls);
    talk.is_usable();
}

#[test]
fn d4_a_session_that_is_lost_over_a_dead_data_port_takes_the_other_way_next() {
    let mut talk = Talk::plain(FEATURES);
    let id = talk.list();
    talk.data_closed(broken(Stage::Connection, "timed out"));
    // It stood already: that is a break, and the server's word is awaited.
    talk.server("425 no");
    talk.says_last("send EPSV");
    talk.server("229 (|||50001|)");
    talk.data_closed(broken(Stage::Connection, "timed out"));
    talk.pass(3_000);
    talk.pass(3_000);
    talk.says_last("close 1");
    let error = talk.ended(id).unwrap_err();
    assert!(error.message.contains("timed out") && error.advice.contains("PASV"), "{error}");
    assert!(talk.disconnected().is_some());
    talk.connect();
    talk.server("220 hi");
    talk.server("230 in");
    talk.expect(&["send USER me", "send SYST"]);
    talk.server("215 UNIX");
    talk.server("211 none");
    talk.expect(&["send FEAT"]);
    talk.request(Request::List(None));
    talk.server("257 \"/\"");
    talk.server("200 ok");
    talk.says_last("send PASV");
}

#[test]
fn a_second_transfer_sends_no_second_type() {
    let mut talk = Talk::plain(FEATURES);
    talk.download(Some(0), 0);
    talk.data_closed(End::Clean);
    talk.server("226 ok");
    talk.request(Request::List(None));
    talk.server("257 \"/\"");
    talk.expect(&["send PWD", "send EPSV"]);
}
