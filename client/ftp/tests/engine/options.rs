//! Transfers with options: where they go on, what they are called meanwhile, how the bytes travel, what comes after.

use towpath_ftp::{
    Abilities, Algorithm, Encryption, End, ErrorKind, Input, JobId, Outcome, Placement, Request, Stage,
    TransferOptions, Transferred,
};

use crate::talk::{Talk, broken, path, site};

const FEATURES: &[&str] = &["UTF8", "EPSV", "MLST type*;size*;modify*;", "REST STREAM", "MODE Z"];

/// Connected, with a driver that can do everything but listen.
fn able(features: &[&str]) -> Talk {
    let mut site = site(Encryption::None);
    site.abilities = Abilities { compare: true, text: true, deflate: true, digest: true, listen: false };
    Talk::plain_at(site, features)
}

fn upload(talk: &mut Talk, offset: u64, options: TransferOptions) -> towpath_ftp::RequestId {
    talk.request(Request::Upload { job: JobId(5), path: path("/d/f"), size: Some(9), offset, options })
}

fn download(talk: &mut Talk, offset: u64, options: TransferOptions) -> towpath_ftp::RequestId {
    talk.request(Request::Download {
        job: JobId(5),
        path: path("/d/f"),
        size: Some(100_000),
        offset,
        options,
    })
}

/// Up to the open data connection; what was said before is forgotten.
fn opened(talk: &mut Talk, replies: &[&str], command: &str, splice: &str) {
    for reply in replies {
        talk.server(reply);
    }
    let said = talk.said();
    // A download's bytes may come at once, so where they go is settled before the command.
    let first = command.starts_with("send RETR");
    let order = if first { [splice, command] } else { [command, splice] };
    assert!(said.ends_with(&order.map(str::to_owned)), "{said:?}");
    talk.data_opened();
    talk.server("150 go");
}

fn moved(talk: &mut Talk, bytes: u64) {
    talk.moved(bytes);
    talk.data_closed(End::Clean);
    talk.server("226 done");
    talk.events.retain(|event| !matches!(event, towpath_ftp::Event::Progressed { .. }));
}

const READY: &[&str] = &["200 ok", "229 (|||50000|)"];

#[test]
fn t4_without_rest_for_uploads_the_rest_goes_behind_by_appe() {
    let mut talk = able(&["EPSV"]);
    let id = upload(&mut talk, 4, TransferOptions::default());
    opened(
        &mut talk,
        &["200 ok", "213 4", "229 (|||50000|)", "502 no REST"],
        "send APPE /d/f",
        "splice 2 upload job 5 at 4",
    );
    moved(&mut talk, 5);
    assert_eq!(talk.ended(id), Ok(Outcome::Transferred(Transferred::of(5))));
    // Only where what is there is just what was sent.
    let mut talk = able(&["EPSV"]);
    let id = upload(&mut talk, 4, TransferOptions::default());
    for reply in ["200 ok", "213 6", "229 (|||50000|)", "502 no REST"] {
        talk.server(reply);
    }
    assert_eq!(talk.ended(id).unwrap_err().kind, ErrorKind::Refused);
}

#[test]
fn t4_a_part_that_shrank_or_outgrew_the_file_is_not_gone_on_with() {
    for there in ["213 3", "213 10"] {
        let mut talk = able(FEATURES);
        let id = upload(&mut talk, 4, TransferOptions::default());
        for reply in ["200 ok", there, "229 (|||50000|)"] {
            talk.server(reply);
        }
        let error = talk.ended(id).unwrap_err();
        assert_eq!((error.stage, error.kind), (Stage::Server, ErrorKind::Incomplete), "{there}: {error}");
        talk.said();
        talk.is_usable();
    }
}

#[test]
fn t5_the_bytes_before_the_place_are_compared_first() {
    let options = TransferOptions { compare: true, ..TransferOptions::default() };
    for same in [true, false] {
        let mut talk = able(FEATURES);
        let id = download(&mut talk, 70_000, options.clone());
        opened(
            &mut talk,
            &["200 ok", "229 (|||50000|)", "350 ok"],
            "send RETR /d/f",
            "splice 2 compare job 5 at 4464 limit 65536",
        );
        if same {
            talk.moved(65_536);
            talk.data_closed(End::Clean);
            // That the rest was not wanted is no failure.
            talk.server("426 closed early");
            talk.server("229 (|||50001|)");
            talk.server("350 ok");
            let said = talk.said();
            assert!(said.contains(&"send REST 70000".to_owned()), "{said:?}");
            assert!(
                said.ends_with(&["splice 3 download job 5 at 70000", "send RETR /d/f"].map(str::to_owned))
            );
        } else {
            talk.moved(100);
            talk.data_closed(broken(Stage::File, "differs"));
            talk.server("426 closed early");
            let error = talk.ended_after(id).unwrap_err();
            assert_eq!((error.stage, error.kind), (Stage::File, ErrorKind::Incomplete), "{error}");
            assert!(error.advice.contains("beginning"), "{error}");
        }
    }
    // A driver that cannot compare is not asked to.
    let mut talk = Talk::plain(FEATURES);
    download(&mut talk, 70_000, options);
    READY.iter().for_each(|reply| talk.server(reply));
    talk.says_last("send REST 70000");
}

/// ProFTPD under TLS and inetutils-ftpd close the control connection when a data connection ends in the middle.
#[test]
fn t5_a_connection_that_the_comparison_cost_is_made_anew() {
    let options = TransferOptions { compare: true, ..TransferOptions::default() };
    let mut talk = able(FEATURES);
    let id = download(&mut talk, 70_000, options);
    opened(
        &mut talk,
        &["200 ok", "229 (|||50000|)", "350 ok"],
        "send RETR /d/f",
        "splice 2 compare job 5 at 4464 limit 65536",
    );
    talk.moved(65_536);
    talk.data_closed(End::Clean);
    talk.closed(End::Clean);
    talk.says_last("open 3 ftp.example.org:21");
    talk.opened();
    for reply in ["220 hi", "230 in", "215 UNIX", "500 no FEAT"] {
        talk.server(reply);
    }
    let said = talk.said();
    assert!(!said.iter().any(|line| line.contains("RETR")), "{said:?}");
    for reply in ["257 \"/\"", "200 type", "227 (192,0,2,7,195,82)", "350 ok"] {
        talk.server(reply);
    }
    talk.says_last("send RETR /d/f");
    talk.data_opened();
    talk.server("150 go");
    moved(&mut talk, 30_000);
    assert_eq!(talk.ended(id), Ok(Outcome::Transferred(Transferred::of(30_000))));
}

#[test]
fn t5_what_the_comparison_found_is_told_even_if_it_cost_the_connection() {
    let options = TransferOptions { compare: true, ..TransferOptions::default() };
    let mut talk = able(FEATURES);
    let id = download(&mut talk, 70_000, options);
    opened(
        &mut talk,
        &["200 ok", "229 (|||50000|)", "350 ok"],
        "send RETR /d/f",
        "splice 2 compare job 5 at 4464 limit 65536",
    );
    talk.data_closed(broken(Stage::File, "differs"));
    talk.closed(End::Clean);
    let error = talk.ended_after(id).unwrap_err();
    assert_eq!((error.stage, error.kind), (Stage::File, ErrorKind::Incomplete), "{error}");
    assert!(error.advice.contains("beginning"), "{error}");
}

#[test]
fn a_connection_that_is_lost_with_the_data_connection_ends_what_would_follow() {
    // Between the transfer and the checksum.
    let options = TransferOptions { checksum: true, ..TransferOptions::default() };
    let mut talk = able(FEATURES);
    let id = download(&mut talk, 0, options);
    opened(&mut talk, READY, "send RETR /d/f", "splice 2 download job 5 at 0");
    talk.moved(100_000);
    talk.data_closed(End::Clean);
    talk.closed(End::Clean);
    assert_eq!(talk.ended_after(id), Ok(Outcome::Transferred(Transferred::of(100_000))));
}

#[test]
fn t7_text_is_type_a_without_a_size_and_never_in_the_middle() {
    let options = TransferOptions { text: true, ..TransferOptions::default() };
    let mut talk = able(FEATURES);
    let id = download(&mut talk, 0, options.clone());
    talk.expect(&["send TYPE A"]);
    opened(&mut talk, READY, "send RETR /d/f", "splice 2 download job 5 at 0 as text");
    moved(&mut talk, 3);
    assert_eq!(talk.ended(id), Ok(Outcome::Transferred(Transferred::of(3))));
    download(&mut talk, 5, options);
    talk.expect(&["send TYPE I"]);
}

#[test]
fn a_part_of_a_file_ends_where_it_should() {
    let mut talk = able(FEATURES);
    let id = download(&mut talk, 10, TransferOptions { length: Some(20), ..TransferOptions::default() });
    opened(
        &mut talk,
        &["200 ok", "229 (|||50000|)", "350 ok"],
        "send RETR /d/f",
        "splice 2 download job 5 at 10 limit 20",
    );
    talk.moved(20);
    talk.data_closed(End::Clean);
    talk.server("451 you closed it");
    talk.events.retain(|event| !matches!(event, towpath_ftp::Event::Progressed { .. }));
    assert_eq!(talk.ended(id), Ok(Outcome::Transferred(Transferred::of(20))));
    talk.is_usable();
    // Fewer are too few.
    let id = download(&mut talk, 10, TransferOptions { length: Some(20), ..TransferOptions::default() });
    talk.server("229 (|||50001|)");
    talk.server("350 ok");
    talk.data_opened();
    talk.moved(19);
    talk.data_closed(End::Clean);
    talk.server("226 done");
    assert_eq!(talk.ended_after(id).unwrap_err().kind, ErrorKind::Incomplete);
}

#[test]
fn nobody_waits_long_for_a_word_about_a_limit_that_was_reached() {
    let mut talk = able(FEATURES);
    let id = download(&mut talk, 10, TransferOptions { length: Some(20), ..TransferOptions::default() });
    opened(
        &mut talk,
        &["200 ok", "229 (|||50000|)", "350 ok"],
        "send RETR /d/f",
        "splice 2 download job 5 at 10 limit 20",
    );
    talk.server("150 go");
    talk.moved(20);
    talk.data_closed(End::Clean);
    talk.said();
    // As Pure-FTPd does under TLS.
    talk.server("150 0.003 seconds (measured here)");
    talk.pass(1_000);
    talk.pass(3_000);
    talk.says_last("send ABOR");
    talk.server("226 aborted");
    talk.pass(2_000);
    talk.events.retain(|event| !matches!(event, towpath_ftp::Event::Progressed { .. }));
    assert_eq!(talk.ended(id), Ok(Outcome::Transferred(Transferred::of(20))));
    talk.is_usable();
}

#[test]
fn append_and_unique() {
    let mut talk = able(FEATURES);
    let id =
        upload(&mut talk, 0, TransferOptions { placement: Placement::Append, ..TransferOptions::default() });
    opened(&mut talk, READY, "send APPE /d/f", "splice 2 upload job 5 at 0");
    moved(&mut talk, 9);
    assert_eq!(talk.ended(id), Ok(Outcome::Transferred(Transferred::of(9))));

    let mut talk = able(FEATURES);
    let id =
        upload(&mut talk, 0, TransferOptions { placement: Placement::Unique, ..TransferOptions::default() });
    opened(
        &mut talk,
        &["250 ok", "257 \"/d\"", "200 ok", "229 (|||50000|)"],
        "send STOU",
        "splice 2 upload job 5 at 0",
    );
    talk.server("150 FILE: f.1");
    moved(&mut talk, 9);
    match talk.ended(id) {
        Ok(Outcome::Transferred(moved)) => assert_eq!(moved.name.unwrap().as_bytes(), b"f.1"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_temporary_name_is_taken_off_at_the_end_even_over_another_file() {
    let options = TransferOptions { temporary: true, ..TransferOptions::default() };
    for in_the_way in [false, true] {
        let mut talk = able(FEATURES);
        let id = upload(&mut talk, 0, options.clone());
        opened(&mut talk, READY, "send STOR /d/f.part", "splice 2 upload job 5 at 0");
        moved(&mut talk, 9);
        talk.expect(&["send RNFR /d/f.part"]);
        talk.server("350 ok");
        talk.expect(&["send RNTO /d/f"]);
        if in_the_way {
            talk.server("550 exists");
            talk.expect(&["send DELE /d/f"]);
            talk.server("250 gone");
            talk.expect(&["send RNFR /d/f.part"]);
            talk.server("350 ok");
            talk.expect(&["send RNTO /d/f"]);
        }
        talk.server("250 renamed");
        assert_eq!(talk.ended(id), Ok(Outcome::Transferred(Transferred::of(9))));
    }
}

#[test]
fn mode_z_where_it_is_listed_and_taken() {
    let options = TransferOptions { deflate: true, ..TransferOptions::default() };
    for taken in [true, false] {
        let mut talk = able(FEATURES);
        let id = upload(&mut talk, 0, options.clone());
        let reply = if taken { "200 deflating" } else { "504 not now" };
        let splice = if taken { "splice 2 upload job 5 at 0 deflated" } else { "splice 2 upload job 5 at 0" };
        talk.server("200 type");
        talk.expect(&["send TYPE I", "send MODE Z"]);
        opened(&mut talk, &[reply, "229 (|||50000|)"], "send STOR /d/f", splice);
        moved(&mut talk, 9);
        if taken {
            talk.expect(&["send SIZE /d/f"]);
            talk.server("213 9");
        }
        assert!(talk.ended(id).is_ok());
        // A listing is read by the engine, which does not decompress.
        talk.request(Request::List(None));
        talk.server("257 \"/\"");
        if taken {
            talk.expect(&["send PWD", "send MODE S"]);
        } else {
            talk.expect(&["send PWD", "send EPSV"]);
        }
    }
    // ProFTPD 1.3.8 loses bytes and calls it a success.
    let mut talk = able(FEATURES);
    let id = upload(&mut talk, 0, options.clone());
    let replies = ["200 type", "200 deflating", "229 (|||50000|)"];
    opened(&mut talk, &replies, "send STOR /d/f", "splice 2 upload job 5 at 0 deflated");
    moved(&mut talk, 9);
    talk.server("213 8");
    let error = talk.ended(id).unwrap_err();
    assert_eq!((error.stage, error.kind), (Stage::Server, ErrorKind::Incomplete), "{error}");
    // Not listed, not tried.
    let mut talk = able(&["EPSV"]);
    upload(&mut talk, 0, options);
    talk.server("200 type");
    talk.expect(&["send TYPE I", "send EPSV"]);
}

#[test]
fn allo_is_said_first_and_no_room_ends_it_before_a_byte() {
    let options = TransferOptions { allocate: true, ..TransferOptions::default() };
    let mut talk = able(FEATURES);
    let id = upload(&mut talk, 0, options);
    talk.server("200 type");
    talk.expect(&["send TYPE I", "send ALLO 9"]);
    talk.server("552 quota");
    assert_eq!(talk.ended(id).unwrap_err().kind, ErrorKind::Full);
    talk.is_usable();
}

#[test]
fn t11_the_time_of_an_upload_is_set_and_a_download_asks_for_it() {
    let options = TransferOptions { modified: Some(1_709_210_096), ..TransferOptions::default() };
    // Listed: nobody waits for the answer but the outcome.
    for (reply, dated) in [("213 Modify=20240229123456; /d/f", true), ("550 no", false)] {
        let mut talk = able(&["EPSV", "MFMT"]);
        let id = upload(&mut talk, 0, options.clone());
        opened(&mut talk, READY, "send STOR /d/f", "splice 2 upload job 5 at 0");
        moved(&mut talk, 9);
        talk.expect(&["send MFMT 20240229123456 /d/f"]);
        assert!(talk.ended_yet().is_none());
        talk.server(reply);
        let wanted = Transferred { dated: Some(dated), ..Transferred::of(9) };
        assert_eq!(talk.ended(id), Ok(Outcome::Transferred(wanted)));
    }
    // Not listed: the chain, and what fails does not undo the transfer.
    let mut talk = able(&["EPSV"]);
    let id = upload(&mut talk, 0, options.clone());
    opened(&mut talk, READY, "send STOR /d/f", "splice 2 upload job 5 at 0");
    moved(&mut talk, 9);
    talk.expect(&["send MFMT 20240229123456 /d/f"]);
    talk.server("500 what");
    talk.expect(&["send SITE UTIME /d/f 20240229123456 20240229123456 20240229123456 UTC"]);
    talk.server("550 denied");
    let wanted = Transferred { dated: Some(false), ..Transferred::of(9) };
    assert_eq!(talk.ended(id), Ok(Outcome::Transferred(wanted)));
    // Down.
    let mut talk = able(&["EPSV"]);
    let id = download(&mut talk, 0, options);
    opened(
        &mut talk,
        &["200 ok", "213 20240229123456", "229 (|||50000|)"],
        "send RETR /d/f",
        "splice 2 download job 5 at 0",
    );
    moved(&mut talk, 100_000);
    match talk.ended(id) {
        Ok(Outcome::Transferred(moved)) => assert_eq!(moved.modified.unwrap().seconds, 1_709_210_096),
        other => panic!("{other:?}"),
    }
}

#[test]
fn t11_a_connection_that_is_lost_before_mfmt_is_answered_has_stored_the_file_all_the_same() {
    let mut talk = able(&["EPSV", "MFMT"]);
    let id = upload(&mut talk, 0, TransferOptions { modified: Some(0), ..TransferOptions::default() });
    opened(&mut talk, READY, "send STOR /d/f", "splice 2 upload job 5 at 0");
    moved(&mut talk, 9);
    let next = talk.request(Request::List(None));
    talk.closed(End::Clean);
    let wanted = Transferred { dated: Some(false), ..Transferred::of(9) };
    assert_eq!(talk.ended_after(id), Ok(Outcome::Transferred(wanted)));
    let mut talk_events = talk.events.iter();
    let failed = |event: &towpath_ftp::Event| matches!(event, towpath_ftp::Event::Failed { request, .. } if *request == next);
    assert!(!talk_events.any(failed), "its end was taken out with the others");
}

#[test]
fn t12_a_missing_directory_is_made_once() {
    let options = TransferOptions { directories: true, ..TransferOptions::default() };
    let mut talk = able(FEATURES);
    let id = upload(&mut talk, 0, options);
    opened(&mut talk, READY, "send STOR /d/f", "splice 2 upload job 5 at 0");
    talk.server("553 no such directory");
    talk.expect(&["abort 2", "send MKD /d"]);
    talk.server("257 made");
    talk.server("229 (|||50001|)");
    talk.expect(&[
        "send EPSV",
        "open 3 data of 1 port 50001",
        "send STOR /d/f",
        "splice 3 upload job 5 at 0",
    ]);
    talk.server("553 still no");
    assert_eq!(talk.ended(id).unwrap_err().kind, ErrorKind::Refused);
}

#[test]
fn checksums_are_compared_where_both_sides_have_one() {
    let hex = "a".repeat(64);
    let options = TransferOptions { checksum: true, ..TransferOptions::default() };
    for (here, same) in [(Some(hex.clone()), Some(true)), (Some("b".repeat(64)), Some(false)), (None, None)] {
        let mut talk = able(&["EPSV", "HASH SHA-256*"]);
        let id = upload(&mut talk, 0, options.clone());
        opened(&mut talk, READY, "send STOR /d/f", "splice 2 upload job 5 at 0");
        moved(&mut talk, 9);
        talk.expect(&["send HASH /d/f"]);
        talk.server(&format!("213 SHA-256 0-9 {hex} /d/f"));
        talk.expect(&["digest Sha256 of job 5 to 9"]);
        talk.input(Input::Digested { job: JobId(5), digest: here });
        match (talk.ended(id), same) {
            (Ok(Outcome::Transferred(moved)), Some(true)) => {
                assert_eq!(moved.checksum, Some(Algorithm::Sha256));
            }
            (Ok(Outcome::Transferred(moved)), None) => assert_eq!(moved.checksum, None),
            (Err(error), Some(false)) => {
                assert_eq!((error.stage, error.kind), (Stage::File, ErrorKind::Incomplete));
            }
            other => panic!("{other:?}"),
        }
    }
    // A server without one is no failure.
    let mut talk = able(&["EPSV"]);
    let id = upload(&mut talk, 0, options);
    opened(&mut talk, READY, "send STOR /d/f", "splice 2 upload job 5 at 0");
    moved(&mut talk, 9);
    while talk.ended_yet().is_none() {
        talk.server("500 what");
    }
    assert_eq!(talk.ended(id), Ok(Outcome::Transferred(Transferred::of(9))));
}

#[test]
fn d6_pret_comes_before_pasv_where_it_is_listed() {
    let mut talk = able(&["PRET", "EPSV"]);
    upload(&mut talk, 0, TransferOptions::default());
    talk.server("200 type");
    talk.expect(&["send TYPE I", "send PRET STOR /d/f"]);
    talk.server("200 ok");
    talk.expect(&["send EPSV"]);
    talk.server("229 (|||50000|)");
    talk.expect(&["open 2 data of 1 port 50000", "send STOR /d/f", "splice 2 upload job 5 at 0"]);
}

#[test]
fn t13_what_the_150_announces_is_good_for_progress() {
    let mut talk = able(&["EPSV"]);
    talk.request(Request::Download {
        job: JobId(5),
        path: path("/f"),
        size: None,
        offset: 0,
        options: TransferOptions::default(),
    });
    for reply in ["200 ok", "550 SIZE not allowed", "229 (|||50000|)"] {
        talk.server(reply);
    }
    talk.data_opened();
    talk.server("150 Opening data connection (12345 bytes)");
    talk.moved(5);
    let told = talk
        .events
        .iter()
        .any(|event| matches!(event, towpath_ftp::Event::Progressed { total: Some(12_345), done: 5, .. }));
    assert!(told, "{:?}", talk.events);
}

#[test]
fn t3_past_4_gib_the_place_is_proven_before_it_is_used() {
    const PLACE: u64 = 5 << 30;
    let options = TransferOptions { compare: true, ..TransferOptions::default() };
    let mut talk = able(FEATURES);
    let id = talk.request(Request::Download {
        job: JobId(5),
        path: path("/big"),
        size: Some(PLACE + 10),
        offset: PLACE,
        options,
    });
    opened(
        &mut talk,
        &["200 ok", "229 (|||50000|)", "350 ok"],
        "send RETR /big",
        "splice 2 compare job 5 at 5368643584 limit 65536",
    );
    // A server that counts REST in 32 bits sends other bytes.
    talk.data_closed(broken(Stage::File, "differs"));
    talk.server("426 closed");
    assert_eq!(talk.ended_after(id).unwrap_err().kind, ErrorKind::Incomplete);
}
