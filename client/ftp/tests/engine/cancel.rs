//! Cancellation (rule D14): the session is usable afterwards, or says that it is not.

use towpath_ftp::{Encryption, End, ErrorKind, Event, JobId, Request};

use crate::talk::{Talk, path, site};

const FEATURES: &[&str] = &["EPSV", "MLST type*;size*;", "TVFS"];

#[track_caller]
fn cancelled(talk: &mut Talk, id: towpath_ftp::RequestId) {
    talk.events.retain(|event| !matches!(event, Event::Progressed { .. } | Event::Listed { .. }));
    assert_eq!(talk.ended(id).unwrap_err().kind, ErrorKind::Cancelled);
}

#[test]
fn a_waiting_request_ends_at_once() {
    let mut talk = Talk::plain(FEATURES);
    talk.request(Request::KeepAlive);
    let second = talk.request(Request::KeepAlive);
    let third = talk.request(Request::MakeDirectory(path("/x")));
    talk.cancel(second);
    cancelled(&mut talk, second);
    talk.expect(&["send NOOP"]);
    talk.server("200 ok");
    talk.expect(&["send MKD /x"]);
    talk.events.clear();
    talk.server("257 ok");
    assert!(talk.ended(third).is_ok());
    talk.events.clear();
    // What has ended cannot be cancelled.
    talk.cancel(third);
    assert!(talk.events.is_empty());
}

#[test]
fn a_simple_command_gets_its_reply_first() {
    let mut talk = Talk::plain(FEATURES);
    let id = talk.request(Request::Rename { from: path("/a"), to: path("/b") });
    talk.expect(&["send RNFR /a"]);
    talk.cancel(id);
    talk.cancel(id);
    assert!(talk.events.is_empty());
    talk.server("350 go on");
    talk.expect(&[]);
    cancelled(&mut talk, id);
    talk.is_usable();
}

/// A server that owes a reply has twenty seconds from byte to byte, as in FileZilla; data connections have sixty, for tapes and slow disks.
#[test]
fn k1_silence_ends_a_command_after_twenty_seconds_and_a_transfer_after_sixty() {
    let mut talk = Talk::plain(FEATURES);
    let id = talk.request(Request::ServerStatus);
    for _ in 0..5 {
        talk.pass(19_000);
        talk.bytes(b"211-still at it\r\n");
        assert!(talk.ended_yet().is_none());
    }
    talk.pass(19_999);
    assert!(talk.ended_yet().is_none());
    talk.pass(1);
    assert_eq!(talk.ended_after(id).unwrap_err().kind, ErrorKind::Timeout);

    let mut talk = Talk::plain(FEATURES);
    let id = talk.download(Some(1_000), 0);
    talk.server("150 go");
    for moved in 1..10 {
        talk.pass(59_000);
        talk.moved(moved);
    }
    talk.events.clear();
    talk.pass(59_999);
    talk.expect(&[]);
    talk.pass(1);
    talk.says_last("close 2");
    talk.pass(3_000);
    talk.pass(20_000);
    assert_eq!(talk.ended_after(id).unwrap_err().kind, ErrorKind::Timeout);
    // Idle, nothing is owed and nobody is silent.
    let mut talk = Talk::plain(FEATURES);
    talk.pass(3_600_000);
    assert!(talk.events.is_empty());
    talk.is_usable();
}

#[test]
fn a_cancelled_command_that_is_never_answered_ends_the_session() {
    let mut talk = Talk::plain(FEATURES);
    let id = talk.request(Request::DeleteFile(path("/a")));
    talk.cancel(id);
    talk.pass(20_000);
    talk.says_last("close 1");
    cancelled(&mut talk, id);
    assert_eq!(talk.disconnected().expect("an error").kind, ErrorKind::Timeout);
}

#[test]
fn d14_a_transfer_ends_with_its_data_connection() {
    // An upload breaks, a download closes; the server answers to that.
    let mut talk = Talk::plain(FEATURES);
    let id = talk.upload(Some(100), 0);
    talk.server("150 go");
    talk.moved(10);
    talk.cancel(id);
    talk.expect(&["abort 2"]);
    talk.server("426 connection broken");
    cancelled(&mut talk, id);
    talk.is_usable();

    let mut talk = Talk::plain(FEATURES);
    let id = talk.download(Some(100), 0);
    talk.cancel(id);
    talk.expect(&["close 2"]);
    talk.server("150 go");
    talk.server("226 all sent");
    cancelled(&mut talk, id);
    talk.is_usable();
}

/// Pure-FTPd's last word about a download whose connection was closed is a second 150. Taken for a preliminary one it costs six seconds and an
/// ABOR, for each part of a file and each cancellation.
#[test]
fn d9_d14_pure_ftpds_last_word_about_a_download_that_was_cut() {
    let word = "150 0.003 seconds (measured here), 1364.42 Mbytes per second";
    let mut talk = Talk::plain(FEATURES);
    let id = talk.download(Some(100), 0);
    talk.server("150 Accepted data connection");
    talk.moved(10);
    talk.cancel(id);
    talk.expect(&["close 2"]);
    talk.server(word);
    cancelled(&mut talk, id);
    talk.is_usable();
    // Nobody has closed it here: it is the end all the same, and no success.
    let mut talk = Talk::plain(FEATURES);
    let id = talk.download(Some(100), 0);
    talk.server("150 Accepted data connection");
    talk.moved(10);
    talk.data_closed(End::Clean);
    talk.server(word);
    let error = talk.ended_after(id).unwrap_err();
    assert_eq!((error.kind, error.reply.as_deref()), (ErrorKind::Transient, Some(word)));
    // Where no file is on its way it is a preliminary reply like any other.
    let id = talk.request(Request::KeepAlive);
    talk.server(word);
    assert!(talk.ended_yet().is_none());
    talk.server("200 ok");
    assert!(talk.ended(id).is_ok());
}

#[test]
fn d14_abor_is_sent_to_a_server_that_does_not_notice() {
    let check = |replies: &[&str], wait: u64| {
        let mut talk = Talk::plain(FEATURES);
        let id = talk.download(Some(100), 0);
        talk.cancel(id);
        talk.expect(&["close 2"]);
        talk.pass(2_999);
        talk.expect(&[]);
        talk.pass(1);
        talk.expect(&["send ABOR"]);
        for reply in replies {
            assert!(talk.ended_yet().is_none(), "{replies:?}");
            talk.server(reply);
        }
        if wait > 0 {
            assert!(talk.ended_yet().is_none(), "{replies:?}");
            talk.pass(wait);
        }
        cancelled(&mut talk, id);
        talk.is_usable();
    };
    check(&["426 aborted", "226 ABOR successful"], 0);
    check(&["451 aborted", "225 ok"], 0);
    check(&["226 transfer complete", "225 no transfer to abort"], 0);
    check(&["226 ABOR successful"], 2_000);
    check(&["225 ok"], 2_000);
}

#[test]
fn d14_a_server_that_stays_silent_is_left() {
    for replies in [&[] as &[&str], &["426 aborted"]] {
        let mut talk = Talk::plain(FEATURES);
        let id = talk.upload(Some(100), 0);
        let waiting = talk.request(Request::KeepAlive);
        talk.cancel(id);
        talk.expect(&["abort 2"]);
        talk.pass(3_000);
        talk.expect(&["send ABOR"]);
        for reply in replies {
            talk.server(reply);
        }
        talk.pass(3_000);
        talk.expect(&["close 1"]);
        cancelled(&mut talk, id);
        assert!(talk.ended(waiting).is_err());
        assert!(talk.disconnected().is_some());
        assert!(talk.logged("did not say what became of a transfer"));
        assert_eq!(talk.wait, None);
    }
}

#[test]
fn a_listing_is_cancelled_at_each_of_its_steps() {
    for step in 0..7 {
        let mut talk = Talk::plain(FEATURES);
        let id = talk.request(Request::List(Some(path("/d"))));
        let replies = ["250 ok", "257 \"/d\"", "200 ok", "229 (|||50000|)"];
        for reply in replies.iter().take(step) {
            talk.server(reply);
        }
        if step > 4 {
            talk.data_opened();
            talk.data(b"type=file; a\r\n");
        }
        if step > 5 {
            talk.data_closed(End::Clean);
        }
        talk.cancel(id);
        assert!(talk.ended_yet().is_none());
        talk.server(replies.get(step).unwrap_or(&"226 done"));
        cancelled(&mut talk, id);
        let conns = talk.said();
        assert!(
            !(4..=5).contains(&step) || conns.last().is_some_and(|says| says == "close 2"),
            "{step}: {conns:?}"
        );
        talk.is_usable();
    }
}

#[test]
fn a_data_connection_that_was_begun_is_closed_before_rest_is_answered() {
    let mut talk = Talk::plain(FEATURES);
    let id = talk.request(Request::Download {
        job: JobId(5),
        path: path("/f"),
        size: Some(9),
        offset: 4,
        options: towpath_ftp::TransferOptions::default(),
    });
    talk.server("200 ok");
    talk.server("229 (|||50000|)");
    talk.says_last("send REST 4");
    talk.cancel(id);
    talk.expect(&["close 2"]);
    talk.server("350 ok");
    cancelled(&mut talk, id);
    // And the offset is taken back before the next transfer.
    talk.request(Request::Upload {
        job: JobId(6),
        path: path("/g"),
        size: Some(9),
        offset: 0,
        options: towpath_ftp::TransferOptions::default(),
    });
    talk.server("229 (|||50001|)");
    talk.says_last("send REST 0");
}

#[test]
fn a_logon_that_is_cancelled_closes_the_connection() {
    for steps in 0..3 {
        let mut talk = Talk::new(site(Encryption::Explicit));
        let id = talk.request(Request::Connect);
        if steps > 0 {
            talk.opened();
        }
        if steps > 1 {
            talk.server("220 hi");
        }
        talk.cancel(id);
        talk.says_last("close 1");
        cancelled(&mut talk, id);
        assert_eq!(talk.disconnected().expect("an error").kind, ErrorKind::Cancelled);
        // A late reply of a closed connection says nothing.
        talk.server("220 late");
        talk.expect(&[]);
        talk.connect();
        talk.expect(&[]);
    }
}

#[test]
fn a_transfer_that_is_being_given_up_can_be_cancelled() {
    let mut talk = Talk::plain(FEATURES);
    let id = talk.upload(Some(10), 0);
    talk.pass(60_000);
    talk.expect(&["abort 2"]);
    talk.cancel(id);
    talk.expect(&[]);
    talk.server("426 aborted");
    cancelled(&mut talk, id);
    talk.is_usable();
}
