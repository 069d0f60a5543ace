//! Downloads and uploads: sizes, offsets, ends, words.

use towpath_ftp::{End, ErrorKind, Event, JobId, Outcome, Request, Stage};

use crate::talk::{Talk, broken, path};

const FEATURES: &[&str] = &["EPSV", "MLST type*;size*;", "TVFS"];

#[test]
fn a_download_reads_as_in_filezilla() {
    let mut talk = Talk::plain(FEATURES);
    let id = talk.download(Some(1_363), 0);
    talk.server("150 go");
    talk.moved(1_000);
    talk.now = talk.now.after(1_200);
    talk.moved(1_363);
    talk.data_closed(End::Clean);
    talk.server("226 done");
    assert_eq!(
        talk.log,
        [
            "Status: Starting download of /f",
            "Command: TYPE I",
            "Response: 200 binary",
            "Command: EPSV",
            "Response: 229 ok (|||50000|)",
            "Command: RETR /f",
            "Response: 150 go",
            "Response: 226 done",
            "Status: File transfer successful, transferred 1,363 bytes in 2 seconds",
        ]
    );
    let progress = |done| Event::Progressed { request: id, done, total: Some(1_363) };
    assert_eq!(talk.events.pop_front(), Some(progress(1_000)));
    assert_eq!(talk.events.pop_front(), Some(progress(1_363)));
    assert_eq!(talk.ended(id), Ok(Outcome::Transferred(towpath_ftp::Transferred::of(1_363))));
}

#[test]
fn t6_an_unknown_size_is_asked_for_in_type_i() {
    let check = |answer: &str, total| {
        let mut talk = Talk::plain(FEATURES);
        let id = talk.request(Request::Download {
            job: JobId(5),
            path: path("/f"),
            size: None,
            offset: 0,
            options: towpath_ftp::TransferOptions::default(),
        });
        talk.expect(&["send TYPE I"]);
        talk.server("200 ok");
        talk.expect(&["send SIZE /f"]);
        talk.server(answer);
        talk.expect(&["send EPSV"]);
        talk.server("229 (|||50000|)");
        talk.says_last("send RETR /f");
        talk.data_opened();
        talk.moved(7);
        assert_eq!(talk.events.pop_front(), Some(Event::Progressed { request: id, done: 7, total }));
    };
    check("213 5000000000", Some(5_000_000_000));
    check("550 no", None);
    check("213 what", None);
}

#[test]
fn t2_a_download_goes_on_where_it_stopped_and_rest_is_taken_back() {
    let mut talk = Talk::plain(FEATURES);
    let offset = (1 << 40) + 1;
    let id = talk.download(Some(offset + 5), offset);
    talk.server("150 go");
    talk.moved(5);
    let done = offset + 5;
    assert_eq!(talk.events.pop_front(), Some(Event::Progressed { request: id, done, total: Some(done) }));
    talk.data_closed(End::Clean);
    talk.server("226 ok");
    assert_eq!(talk.ended(id), Ok(Outcome::Transferred(towpath_ftp::Transferred::of(5))));
    // The next transfer takes the offset back, the one after has nothing to take back.
    for rest in [true, false] {
        let id = talk.request(Request::Upload {
            job: JobId(6),
            path: path("/g"),
            size: Some(0),
            offset: 0,
            options: towpath_ftp::TransferOptions::default(),
        });
        talk.expect(&["send EPSV"]);
        talk.server("229 (|||50001|)");
        if rest {
            talk.says_last("send REST 0");
            talk.server("501 no");
        }
        talk.data_opened();
        talk.data_closed(End::Clean);
        talk.server("226 ok");
        assert_eq!(talk.ended(id), Ok(Outcome::Transferred(towpath_ftp::Transferred::of(0))));
        talk.says_last(&format!("splice {} upload job 6 at 0", if rest { 3 } else { 4 }));
    }
    assert_eq!(talk.log.iter().filter(|line| line.contains("REST 0")).count(), 1);
}

#[test]
fn t2_a_server_that_cannot_go_on_says_so_before_any_byte() {
    let mut talk = Talk::plain(FEATURES);
    let id = talk.request(Request::Upload {
        job: JobId(5),
        path: path("/f"),
        size: Some(9),
        offset: 4,
        options: towpath_ftp::TransferOptions::default(),
    });
    talk.server("200 ok");
    talk.server("213 7");
    talk.server("229 (|||50000|)");
    talk.says_last("send REST 4");
    talk.server("502 no");
    talk.expect(&["abort 2"]);
    let error = talk.ended(id).unwrap_err();
    assert_eq!((error.stage, error.kind), (Stage::Server, ErrorKind::Refused));
    assert!(error.advice.contains("beginning"), "{error}");
    talk.is_usable();
}

#[test]
fn a_part_larger_than_the_file_is_not_asked_for() {
    let mut talk = Talk::plain(FEATURES);
    let id = talk.request(Request::Download {
        job: JobId(5),
        path: path("/f"),
        size: Some(3),
        offset: 4,
        options: towpath_ftp::TransferOptions::default(),
    });
    assert_eq!(talk.ended(id).unwrap_err().kind, ErrorKind::Incomplete);
    talk.is_usable();
}

#[test]
fn t8_sizes_must_agree() {
    let short = |talk: &mut Talk, id| {
        let error = talk.ended(id).unwrap_err();
        assert_eq!((error.stage, error.kind), (Stage::Data, ErrorKind::Incomplete));
        talk.is_usable();
    };
    let mut talk = Talk::plain(FEATURES);
    let id = talk.download(Some(10), 0);
    talk.moved(9);
    talk.data_closed(End::Clean);
    talk.server("226 ok");
    short(&mut talk, id);

    let mut talk = Talk::plain(FEATURES);
    let id = talk.upload(Some(10), 0);
    talk.moved(9);
    talk.data_closed(End::Clean);
    talk.server("226 ok");
    short(&mut talk, id);

    let mut talk = Talk::plain(FEATURES);
    let id = talk.upload(Some(10), 0);
    talk.moved(11);
    talk.data_closed(End::Clean);
    talk.server("226 ok");
    short(&mut talk, id);

    // A file that grew since it was listed is whole.
    let mut talk = Talk::plain(FEATURES);
    let id = talk.download(Some(10), 0);
    talk.moved(11);
    talk.data_closed(End::Clean);
    talk.server("226 ok");
    talk.events.retain(|event| !matches!(event, Event::Progressed { .. }));
    assert_eq!(talk.ended(id), Ok(Outcome::Transferred(towpath_ftp::Transferred::of(11))));
    assert!(talk.logged("grown"));
}

#[test]
fn c3_an_end_without_close_notify_counts_only_if_the_size_or_the_reply_confirms_it() {
    let check = |size: Option<u64>, moved: u64, good: bool| {
        let mut talk = Talk::plain(FEATURES);
        let id = talk.request(Request::Download {
            job: JobId(5),
            path: path("/f"),
            size,
            offset: 0,
            options: towpath_ftp::TransferOptions::default(),
        });
        talk.server("200 ok");
        if size.is_none() {
            talk.server("550 no SIZE");
        }
        talk.server("229 (|||50000|)");
        talk.data_opened();
        talk.moved(moved);
        talk.data_closed(End::Unclean);
        talk.server("226 ok");
        talk.says_last("send RETR /f");
        talk.events.retain(|event| !matches!(event, Event::Progressed { .. }));
        match talk.ended(id) {
            Ok(outcome) => {
                assert!(good, "{size:?}");
                assert_eq!(outcome, Outcome::Transferred(towpath_ftp::Transferred::of(moved)));
                assert!(talk.logged("Error: Warning: the data connection ended without a proper end of TLS"));
            }
            Err(error) => {
                assert!(!good, "{error}");
                assert_eq!(error.kind, ErrorKind::Incomplete);
            }
        }
        talk.is_usable();
    };
    check(Some(5), 5, true);
    check(Some(5), 4, false);
    check(Some(5), 6, false);
    check(None, 4, true);
}

#[test]
fn a_break_after_the_last_byte_is_forgiven_if_all_is_confirmed() {
    let check = |size: Option<u64>, reply: &str, good: bool| {
        let mut talk = Talk::plain(FEATURES);
        let id = talk.upload(size, 0);
        talk.moved(5);
        talk.data_closed(broken(Stage::Data, "connection reset"));
        assert!(talk.ended_yet().is_none());
        talk.server(reply);
        talk.events.retain(|event| !matches!(event, Event::Progressed { .. }));
        assert_eq!(talk.ended(id).is_ok(), good, "{size:?} {reply}");
        talk.is_usable();
    };
    check(Some(5), "226 ok", true);
    check(None, "226 ok", false);
    check(Some(6), "226 ok", false);
    check(Some(5), "426 broken", false);
}

#[test]
fn the_servers_reason_for_a_break_is_awaited() {
    let mut talk = Talk::plain(FEATURES);
    let id = talk.upload(Some(10), 0);
    talk.moved(5);
    talk.data_closed(broken(Stage::Data, "connection reset"));
    talk.server("552 Quota exceeded");
    let error = talk.ended_after(id).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Full);
    assert_eq!(error.reply.as_deref(), Some("552 Quota exceeded"));
    // If it never comes, the break itself is the reason.
    let mut talk = Talk::plain(FEATURES);
    let id = talk.upload(Some(10), 0);
    talk.moved(5);
    talk.data_closed(broken(Stage::Data, "connection reset"));
    talk.pass(20_000);
    talk.pass(3_000);
    talk.expect(&["send ABOR"]);
    talk.server("226 fine");
    talk.pass(2_000);
    let error = talk.ended_after(id).unwrap_err();
    assert!(error.message.contains("connection reset"), "{error}");
    talk.is_usable();
}

#[test]
fn k4_a_missing_226_is_forgiven_if_the_download_has_its_size() {
    let mut talk = Talk::plain(FEATURES);
    let id = talk.download(Some(5), 0);
    talk.server("150 go");
    talk.moved(5);
    talk.data_closed(End::Clean);
    talk.pass(19_999);
    talk.expect(&[]);
    talk.pass(1);
    talk.pass(3_000);
    talk.expect(&["send ABOR"]);
    talk.server("225 nothing to abort");
    talk.pass(2_000);
    talk.events.retain(|event| !matches!(event, Event::Progressed { .. }));
    assert_eq!(talk.ended(id), Ok(Outcome::Transferred(towpath_ftp::Transferred::of(5))));
    assert!(talk.logged("did not confirm"));
    talk.is_usable();
}

#[test]
fn k4_a_missing_226_of_an_upload_is_looked_into() {
    let check = |answer: &str, good: bool| {
        let mut talk = Talk::plain(FEATURES);
        let id = talk.upload(Some(5), 0);
        talk.moved(5);
        talk.data_closed(End::Clean);
        talk.pass(20_000);
        talk.pass(3_000);
        talk.expect(&["send ABOR"]);
        talk.server("225 nothing to abort");
        talk.pass(2_000);
        talk.expect(&["send SIZE /f"]);
        talk.server(answer);
        talk.events.retain(|event| !matches!(event, Event::Progressed { .. }));
        match talk.ended(id) {
            Ok(_) => assert!(good),
            Err(error) => assert!(!good && error.kind == ErrorKind::Timeout, "{error}"),
        }
        talk.is_usable();
    };
    check("213 5", true);
    check("213 4", false);
    check("550 none", false);
}

#[test]
fn k4_a_download_that_has_its_size_survives_the_connection() {
    for upload in [false, true] {
        for closed in [false, true] {
            let mut talk = Talk::plain(FEATURES);
            let id = if upload { talk.upload(Some(5), 0) } else { talk.download(Some(5), 0) };
            let waiting = talk.request(Request::KeepAlive);
            talk.moved(5);
            talk.data_closed(End::Clean);
            if closed {
                talk.closed(End::Clean);
                talk.expect(&[]);
            } else {
                talk.pass(20_000);
                talk.pass(3_000);
                talk.pass(3_000);
                talk.expect(&["send ABOR", "close 1"]);
            }
            talk.events.retain(|event| !matches!(event, Event::Progressed { .. }));
            match talk.ended(id) {
                Ok(outcome) => {
                    assert!(!upload && outcome == Outcome::Transferred(towpath_ftp::Transferred::of(5)))
                }
                Err(error) => assert!(upload && error.kind == ErrorKind::Timeout, "{error}"),
            }
            assert!(talk.ended(waiting).is_err());
            assert!(talk.disconnected().is_some());
        }
    }
}

#[test]
fn a_missing_226_without_a_size_is_an_error() {
    let mut talk = Talk::plain(FEATURES);
    let id = talk.request(Request::Upload {
        job: JobId(5),
        path: path("/f"),
        size: None,
        offset: 0,
        options: towpath_ftp::TransferOptions::default(),
    });
    talk.server("200 ok");
    talk.server("229 (|||50000|)");
    talk.data_opened();
    talk.moved(5);
    talk.data_closed(End::Clean);
    talk.pass(20_000);
    // The server has not said a word since: nothing is sure any more.
    talk.pass(3_000);
    talk.says_last("send ABOR");
    talk.pass(3_000);
    talk.expect(&["close 1"]);
    let error = talk.ended_after(id).unwrap_err();
    assert_eq!((error.stage, error.kind), (Stage::Data, ErrorKind::Timeout));
    assert!(talk.disconnected().is_some());
}

#[test]
fn a_data_connection_that_does_not_end_after_the_226() {
    let mut talk = Talk::plain(FEATURES);
    let id = talk.download(Some(5), 0);
    talk.moved(5);
    talk.server("226 done");
    talk.pass(20_000);
    talk.expect(&["close 2"]);
    talk.events.retain(|event| !matches!(event, Event::Progressed { .. }));
    assert_eq!(talk.ended(id), Ok(Outcome::Transferred(towpath_ftp::Transferred::of(5))));
    let mut talk = Talk::plain(FEATURES);
    let id = talk.download(Some(6), 0);
    talk.moved(5);
    talk.server("226 done");
    talk.pass(20_000);
    talk.expect(&["close 2"]);
    assert_eq!(talk.ended_after(id).unwrap_err().kind, ErrorKind::Timeout);
    talk.is_usable();
}

#[test]
fn a_stalled_transfer_is_given_up() {
    let mut talk = Talk::plain(FEATURES);
    let id = talk.upload(Some(10), 0);
    talk.server("150 go");
    talk.pass(59_999);
    talk.moved(1);
    talk.pass(59_999);
    talk.expect(&[]);
    talk.pass(1);
    talk.expect(&["abort 2"]);
    talk.server("426 aborted");
    let error = talk.ended_after(id).unwrap_err();
    assert_eq!((error.stage, error.kind), (Stage::Data, ErrorKind::Timeout));
    talk.is_usable();
}

/// What was handed over last may lie in buffers before a slow server for a while.
#[test]
fn an_upload_drains_longer_than_it_stalls() {
    let mut talk = Talk::plain(FEATURES);
    let id = talk.upload(Some(10), 0);
    talk.server("150 go");
    talk.moved(10);
    talk.pass(299_999);
    talk.expect(&[]);
    talk.data_closed(End::Clean);
    talk.server("226 ok");
    assert_eq!(talk.ended_after(id), Ok(Outcome::Transferred(towpath_ftp::Transferred::of(10))));
    let id = talk.request(Request::Upload {
        job: JobId(6),
        path: path("/g"),
        size: Some(10),
        offset: 0,
        options: towpath_ftp::TransferOptions::default(),
    });
    talk.server("229 (|||50001|)");
    talk.data_opened();
    talk.moved(10);
    talk.said();
    talk.pass(300_000);
    talk.expect(&["abort 3"]);
    talk.server("426 aborted");
    assert_eq!(talk.ended_after(id).unwrap_err().kind, ErrorKind::Timeout);
}

#[test]
fn a_file_that_fails_on_this_side_breaks_an_upload_and_spares_the_session() {
    let mut talk = Talk::plain(FEATURES);
    let id = talk.upload(Some(10), 0);
    talk.server("150 go");
    talk.moved(3);
    talk.data_closed(broken(Stage::File, "the file was removed"));
    talk.expect(&["abort 2"]);
    talk.server("426 aborted");
    let error = talk.ended_after(id).unwrap_err();
    assert_eq!((error.stage, error.kind), (Stage::File, ErrorKind::File));
    assert_eq!(error.message, "the file was removed");
    talk.is_usable();

    let mut talk = Talk::plain(FEATURES);
    let id = talk.download(Some(10), 0);
    talk.data_closed(broken(Stage::File, "disk full here"));
    talk.expect(&["close 2"]);
    talk.server("426 aborted");
    assert_eq!(talk.ended_after(id).unwrap_err().kind, ErrorKind::File);
    talk.is_usable();
}

#[test]
fn p4_names_go_without_directories_where_paths_are_not_unix() {
    let mut talk = Talk::new(crate::talk::site(towpath_ftp::Encryption::None));
    talk.connect();
    talk.server("220 hi");
    talk.server("230 in");
    talk.server("215 VMS");
    talk.server("500 no FEAT");
    talk.expect(&["send USER me", "send SYST", "send FEAT"]);
    talk.request(Request::Download {
        job: JobId(5),
        path: path("/a/b/-c"),
        size: Some(1),
        offset: 0,
        options: towpath_ftp::TransferOptions::default(),
    });
    talk.expect(&["send CWD /a/b"]);
    talk.server("250 ok");
    talk.expect(&["send PWD"]);
    talk.server("257 \"/a/b\"");
    talk.server("200 ok");
    talk.server("227 (192,0,2,7,195,80)");
    talk.expect(&[
        "send TYPE I",
        "send PASV",
        "open 2 data of 1 port 50000",
        "splice 2 download job 5 at 0",
        "send RETR ./-c",
    ]);
}
