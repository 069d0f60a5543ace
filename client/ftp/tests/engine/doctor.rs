//! The examination of a server: what it finds, and that its report is whole whatever fails.

use towpath_ftp::doctor::{Finding, Subject, Verdict};
use towpath_ftp::{
    Encryption, End, ErrorKind, Event, Outcome, Request, RequestId, Stage, Time, Verdict as Trust,
};

use crate::model::{Fault, Knobs, World};
use crate::scripted::{Scripted, Wrong, ends};
use crate::talk::{Talk, broken, site, tls};

fn report(end: &Result<Outcome, towpath_ftp::Error>, what: &str) -> Vec<Finding> {
    let Ok(Outcome::Report(findings)) = end else { panic!("{what}: no report: {end:?}") };
    let subjects: Vec<Subject> = findings.iter().map(|finding| finding.subject).collect();
    assert_eq!(subjects, Subject::ALL, "{what}: every subject once, in its order");
    for finding in findings {
        assert!(!finding.text.is_empty(), "{what}: {:?}", finding.subject);
    }
    findings.clone()
}

fn of(findings: &[Finding], subject: Subject) -> &Finding {
    findings.iter().find(|finding| finding.subject == subject).unwrap()
}

fn knobs() -> [Knobs; 4] {
    let plain = Knobs { secure: false, machine: false, ..Knobs::good() };
    [Knobs::good(), Knobs { lock_step: true, ..Knobs::good() }, plain, Knobs { lock_step: true, ..plain }]
}

fn examine(knobs: Knobs, fault: Fault, connected: bool) -> (World, RequestId) {
    let mut world = World::with(knobs, fault);
    if connected {
        world.request(Request::Connect);
    }
    let id = world.request(Request::Examine);
    world.run();
    (world, id)
}

#[test]
fn a_good_server_gets_a_good_report() {
    for connected in [false, true] {
        for knobs in knobs() {
            let (world, id) = examine(knobs, Fault::None, connected);
            let findings = report(world.ended(id), "good");
            let verdict = |subject| of(&findings, subject).verdict;
            use Subject::{
                Connection, DataTls, ExtendedPassive, Greeting, Login, Lookup, Passive, Paths, RoundTrip,
            };
            for subject in [Lookup, Connection, Greeting, Login, Paths, RoundTrip, ExtendedPassive, Passive] {
                assert_eq!(verdict(subject), Verdict::Good, "{subject:?} {findings:#?}");
            }
            let tls = if knobs.secure { Verdict::Good } else { Verdict::Warning };
            assert_eq!(verdict(Subject::Tls), tls);
            assert_eq!(verdict(DataTls), if knobs.secure { Verdict::Good } else { Verdict::NotTested });
            let listing = if knobs.machine { Verdict::Good } else { Verdict::Note };
            assert_eq!(verdict(Subject::Listing), listing);
            assert_eq!(verdict(Subject::Active), Verdict::NotTested);
            let pipelining = if knobs.lock_step { Verdict::NotTested } else { Verdict::Good };
            assert_eq!(verdict(Subject::Pipelining), pipelining, "{findings:#?}");
            // Nothing is changed on the server, and the session is as good as before.
            let writes = ["STOR", "APPE", "STOU", "DELE", "MKD", "RMD", "RNFR", "RNTO", "MFMT", "ALLO"];
            for line in &world.log {
                assert!(writes.iter().all(|verb| !line.starts_with(verb)), "{line}");
            }
            assert_eq!((world.disconnected, world.open.len()), (0, 1));
            assert_eq!(world.quirks().way, None);
        }
    }
}

/// A server that loses commands which come together is found out, and the rest is tested over a new connection.
#[test]
fn a_forgetful_server_is_named() {
    let knobs = Knobs { forgetful: true, secure: false, trip: 20, ..Knobs::good() };
    let (world, id) = examine(knobs, Fault::None, false);
    let findings = report(world.ended(id), "forgetful");
    assert!(world.quirks().lock_step);
    assert_eq!(of(&findings, Subject::Listing).verdict, Verdict::Good, "{findings:#?}");
    assert!(of(&findings, Subject::Quirks).text.contains("one at a time"));
}

/// Inputs of the network in an examination without faults, and some more.
const STEPS: usize = 130;

#[test]
fn the_report_is_whole_wherever_the_connection_is_cut() {
    for knobs in knobs() {
        for end in [End::Clean, End::Unclean, broken(Stage::Connection, "reset")] {
            let mut bad = 0;
            for step in 0..STEPS {
                let what = format!("{knobs:?} cut {end:?} at {step}");
                let (world, id) = examine(knobs, Fault::Cut(step, end.clone()), false);
                let findings = report(world.ended(id), &what);
                bad += usize::from(findings.iter().any(|finding| finding.verdict == Verdict::Bad));
                // Cut once in the middle, the session stands again in the end; cut in the logon, it is over.
                assert!(world.disconnected <= 1, "{what}");
                assert_eq!(
                    world.open.len(),
                    usize::from(world.disconnected == 0),
                    "{what}: {:#?}",
                    world.log
                );
                assert_eq!(world.quirks().way, None, "{what}");
            }
            assert!(bad > 20, "a cut is seen: {bad}");
        }
    }
}

#[test]
fn the_report_is_whole_wherever_the_server_falls_silent() {
    for knobs in knobs() {
        for step in 0..STEPS {
            let what = format!("{knobs:?} silence at {step}");
            let (world, id) = examine(knobs, Fault::Silence(step), false);
            report(world.ended(id), &what);
            assert!(world.disconnected <= 1 && world.open.len() <= 1, "{what}");
        }
    }
}

#[test]
fn it_is_cancelled_at_every_step() {
    for knobs in knobs() {
        for step in 0..STEPS {
            let what = format!("{knobs:?} cancel at {step}");
            let mut world = World::with(knobs, Fault::Cancel(step, RequestId(0)));
            let id = world.request(Request::Examine);
            let other = world.request(Request::Size(crate::talk::path("/f")));
            world.run();
            match world.ended(id) {
                Err(error) => assert_eq!(error.kind, ErrorKind::Cancelled, "{what}"),
                end => drop(report(end, &what)),
            }
            // It ran beside nothing: what waited goes on, or hears of the end of the session.
            assert_eq!(
                world.ended(other).is_ok(),
                world.disconnected == 0,
                "{what}: {:?}",
                world.ended(other)
            );
            assert_eq!(world.quirks().way, None, "{what}");
        }
    }
}

/// The reconnects and the time have an end, whatever a hostile server does at any step.
#[test]
fn the_report_is_whole_and_in_time_whatever_a_step_does() {
    let mut wrongs = vec![
        Wrong::Silence,
        Wrong::Twice,
        Wrong::Missing,
        Wrong::Part(2, None),
        Wrong::EndlessReply,
        Wrong::EndlessLine,
        Wrong::Drip("150 wait\r\n", 15_000),
        Wrong::Drip("500 no\r\n", 15_000),
        Wrong::Drip("421 bye\r\n", 1_000),
    ];
    for end in ends() {
        wrongs.push(Wrong::Close(end.clone()));
        wrongs.push(Wrong::CloseData(end));
    }
    let mut longest = 0;
    for kind in [(false, false), (false, true), (true, false), (true, true)] {
        let mut good = Scripted::new(kind.0, kind.1, Wrong::Nothing, usize::MAX);
        good.request(Request::Examine);
        good.run(Time(1_000_000));
        let steps = good.acts.len();
        assert!(steps > 35, "{steps}");
        for wrong in &wrongs {
            for at in 0..steps {
                let what = format!("{kind:?} {wrong:?} at {at}");
                let mut server = Scripted::new(kind.0, kind.1, wrong.clone(), at);
                server.request(Request::Examine);
                server.run(Time(1_000_000));
                let [(_, end, took)] = server.ended.as_slice() else {
                    panic!("{what}: {:?} {:#?}", server.ended, server.log)
                };
                report(end, &what);
                longest = longest.max(took.0);
                assert!(took.0 <= 310_000, "{what} took {} ms", took.0);
            }
        }
    }
    println!("longest examination: {longest} ms");
}

/// A talk whose server is asked for an examination and whose connection stands.
fn begun(encryption: Encryption) -> (Talk, RequestId) {
    let mut talk = Talk::new(site(encryption));
    let id = talk.request(Request::Examine);
    talk.said();
    (talk, id)
}

#[test]
fn what_fails_on_the_way_in_is_a_finding() {
    use Subject::{Connection, Greeting, Login, Lookup, Tls};
    let check = |mut talk: Talk, id, subject: Subject, words: &str| {
        let findings = report(&talk.ended_after(id), words);
        let finding = of(&findings, subject);
        assert_eq!(finding.verdict, Verdict::Bad, "{findings:#?}");
        assert!(finding.text.contains(words), "{finding:?}");
        for other in findings.iter().filter(|finding| finding.subject != subject) {
            assert_ne!(other.verdict, Verdict::Bad, "{other:?}");
        }
        // The session has ended after the request has.
        assert!(talk.disconnected().is_some());
    };
    let (mut talk, id) = begun(Encryption::None);
    talk.closed(broken(Stage::Lookup, "no such host"));
    check(talk, id, Lookup, "no such host");
    let (mut talk, id) = begun(Encryption::None);
    talk.closed(broken(Stage::Connection, "connection refused"));
    check(talk, id, Connection, "connection refused");
    let (mut talk, id) = begun(Encryption::None);
    talk.opened();
    talk.server("530 go away");
    check(talk, id, Greeting, "does not accept the connection");
    let (mut talk, id) = begun(Encryption::Explicit);
    talk.opened();
    talk.server("220 hi");
    talk.server("502 no TLS");
    talk.server("502 no SSL");
    check(talk, id, Tls, "does not offer TLS");
    let (mut talk, id) = begun(Encryption::Explicit);
    talk.opened();
    talk.server("220 hi");
    talk.server("234 go");
    talk.secured(tls(Trust::SelfSigned, "a"));
    assert!(talk.events.iter().any(|event| matches!(event, Event::Asked(_))));
    talk.answer(false);
    check(talk, id, Tls, "certificate was not accepted");
    let (mut talk, id) = begun(Encryption::None);
    talk.opened();
    talk.server("220 You are user number 7 of 10 allowed");
    talk.server("331 password");
    talk.server("530 wrong");
    check(talk, id, Login, "did not accept the user name or password");
}

/// A whole examination by hand, in lock-step: what the server says is what the report shows.
#[test]
fn a_transcript() {
    let (mut talk, id) = begun(Encryption::None);
    talk.opened();
    talk.server("220 You are user number 7 of 10 allowed");
    talk.server("331 password");
    talk.server("230 in");
    talk.server("215 UNIX Type: L8");
    talk.bytes(b"211-\r\n MDTM\r\n SIZE\r\n UTF8\r\n211 end\r\n");
    talk.said();
    talk.server("200 utf8");
    talk.expect(&["send PWD"]);
    talk.server("257 \"/home\"");
    for trip in 1..=8 {
        talk.expect(&["send NOOP"]);
        talk.pass(trip * 10);
        talk.server("200 ok");
    }
    let listing = |talk: &mut Talk, way: &str, reply: &str, first: bool| {
        if first {
            talk.expect(&["send TYPE I"]);
            talk.server("200 ok");
        }
        talk.expect(&[&format!("send {way}")]);
        talk.server(reply);
        if reply.starts_with('5') {
            return;
        }
        let list = talk.said().pop();
        assert_eq!(list.as_deref(), Some("send LIST -a"));
        talk.data_opened();
        talk.server("150 here");
        talk.data(b"-rw-r--r-- 1 u g 40 Jan  1 2020 \xe4\xf6\xfc.txt\r\nwhat is this line\r\n");
        talk.data_closed(End::Clean);
        talk.server("226 done");
    };
    listing(&mut talk, "PASV", "227 (192,0,2,7,195,80)", true);
    listing(&mut talk, "EPSV", "500 what?", false);
    listing(&mut talk, "PASV", "227 (10,0,0,1,195,80)", false);
    talk.says_last("send STAT");
    talk.bytes(b"211-Status\r\n Session timeout in seconds is 300\r\n211 end\r\n");
    talk.expect(&["send HELP"]);
    talk.server("214 help");
    talk.expect(&["send SITE HELP"]);
    talk.server("500 no");
    let findings = report(&talk.ended_after(id), "transcript");
    let check = |subject, verdict, words: &str| {
        let finding = of(&findings, subject);
        assert_eq!(finding.verdict, verdict, "{finding:?}");
        let all = format!("{} {}", finding.text, finding.evidence.join(" "));
        assert!(all.contains(words), "{words:?}: {finding:?}");
    };
    check(Subject::Greeting, Verdict::Good, "220 You are user number 7");
    check(Subject::Features, Verdict::Warning, "No MLSD");
    check(Subject::RoundTrip, Verdict::Good, "at best 10, at worst 80 ms");
    check(Subject::Pipelining, Verdict::NotTested, "one at a time");
    check(
        Subject::Listing,
        Verdict::Warning,
        "Lines that could not be read: 1. 1 row in 0 ms what is this line",
    );
    check(Subject::Charset, Verdict::Warning, "1 of 1 names");
    check(Subject::ExtendedPassive, Verdict::Note, "500 what?");
    check(Subject::Passive, Verdict::Warning, "227 (10,0,0,1,195,80)");
    check(Subject::Clock, Verdict::NotTested, "No file in the start directory");
    check(Subject::Limits, Verdict::Note, "number 7 of 10");
    check(Subject::Limits, Verdict::Note, "idle for 300 seconds");
    check(Subject::Quirks, Verdict::Note, "one at a time");
    // Each was told before, once.
    let told = talk.events.iter().filter(|event| matches!(event, Event::Examined { .. })).count();
    assert_eq!(told, Subject::ALL.len());
}
