//! Round trips between page and relay, counted in virtual time: each answer takes one trip, whatever stands behind it. (curl needs about
//! 24 for its first listing over TLS, lftp about 22.)

use towpath_ftp::{JobId, Outcome, Request, TransferOptions};

use crate::model::{Knobs, MANY, SIZE, World};
use crate::talk::path;

const TRIP: u64 = 1_000;

fn world(knobs: Knobs) -> World {
    World::new(Knobs { trip: TRIP, ..knobs })
}

/// Trips that these requests take, which are all there from the start.
fn trips(world: &mut World, requests: Vec<Request>) -> u64 {
    let before = world.trips();
    let ids: Vec<_> = requests.into_iter().map(|request| world.request(request)).collect();
    world.run();
    for id in ids {
        assert!(world.ended(id).is_ok(), "{:?}: {:#?}", world.ended(id), world.log);
    }
    world.trips() - before
}

#[test]
fn the_first_listing_over_explicit_tls_takes_eight() {
    let mut world = world(Knobs::good());
    assert_eq!(trips(&mut world, vec![Request::Connect, Request::List(None)]), 8, "{:#?}", world.log);
    assert_eq!(world.rows, 2);
}

#[test]
fn the_first_listing_without_tls_takes_six() {
    let mut world = world(Knobs { secure: false, ..Knobs::good() });
    assert_eq!(trips(&mut world, vec![Request::Connect, Request::List(None)]), 6, "{:#?}", world.log);
}

#[test]
fn a_folder_takes_two() {
    let mut world = world(Knobs::good());
    trips(&mut world, vec![Request::Connect, Request::List(None)]);
    for folder in ["/d", "/t", "/d/e"] {
        assert_eq!(trips(&mut world, vec![Request::List(Some(path(folder)))]), 2, "{:#?}", world.log);
    }
}

#[test]
fn the_next_small_file_takes_two() {
    let mut world = world(Knobs::good());
    trips(&mut world, vec![Request::Connect, Request::List(None)]);
    let download = |job| Request::Download {
        job: JobId(job),
        path: path("/f"),
        size: Some(SIZE),
        offset: 0,
        options: TransferOptions::default(),
    };
    let upload = |job| Request::Upload {
        job: JobId(job),
        path: path("/f"),
        size: Some(SIZE),
        offset: 0,
        options: TransferOptions::default(),
    };
    trips(&mut world, vec![download(1)]);
    assert_eq!(trips(&mut world, (2..12).map(download).collect()), 20, "{:#?}", world.log);
    assert_eq!(trips(&mut world, (12..22).map(upload).collect()), 20, "{:#?}", world.log);
    // A size that has to be asked for costs nothing more.
    let unknown = Request::Download {
        job: JobId(22),
        path: path("/f"),
        size: None,
        offset: 0,
        options: TransferOptions::default(),
    };
    assert_eq!(trips(&mut world, vec![unknown]), 2, "{:#?}", world.log);
}

#[test]
fn t11_times_cost_small_files_nothing() {
    let mut world = world(Knobs::good());
    trips(&mut world, vec![Request::Connect, Request::List(None)]);
    let options = TransferOptions { modified: Some(1_709_210_096), ..TransferOptions::default() };
    let upload = |job| Request::Upload {
        job: JobId(job),
        path: path("/f"),
        size: Some(SIZE),
        offset: 0,
        options: options.clone(),
    };
    // The last one's time is a trip of its own.
    assert_eq!(trips(&mut world, (1..11).map(upload).collect()), 21, "{:#?}", world.log);
    assert_eq!(world.log.iter().filter(|line| line.starts_with("MFMT")).count(), 10);
}

#[test]
fn the_log_reads_as_if_every_command_had_waited() {
    let talk = |lock_step| {
        let mut world = world(Knobs { lock_step, ..Knobs::good() });
        trips(&mut world, vec![Request::Connect, Request::List(Some(path("/d"))), Request::List(None)]);
        let shown =
            |line: &&String| ["Status", "Command", "Response"].iter().any(|kind| line.starts_with(kind));
        world.log.iter().filter(shown).cloned().collect::<Vec<String>>()
    };
    assert_eq!(talk(false), talk(true));
}

#[test]
fn a_server_that_loses_commands_gets_one_at_a_time() {
    for (secure, requests) in [(true, vec![]), (false, vec![Request::List(Some(path("/d")))])] {
        let mut world = World::new(Knobs { forgetful: true, secure, ..Knobs::good() });
        let connect = world.request(Request::Connect);
        let list = world.request(Request::List(None));
        let more: Vec<_> = requests.into_iter().map(|request| world.request(request)).collect();
        world.run();
        assert_eq!(world.ended(connect), &Ok(Outcome::Ok), "{:#?}", world.log);
        for id in std::iter::once(list).chain(more) {
            assert!(matches!(world.ended(id), Ok(Outcome::Listing { .. })), "{:#?}", world.log);
        }
        assert!(world.quirks().lock_step);
        assert_eq!(world.disconnected, 0);
    }
}

#[test]
fn software_that_is_known_gets_one_command_at_a_time_from_the_first_login_on() {
    let mut site = crate::talk::site(towpath_ftp::Encryption::None);
    site.quirks.lock_step = false;
    let mut talk = crate::talk::Talk::new(site);
    talk.request(Request::Connect);
    talk.opened();
    for reply in ["220 Welcome to the libunftp FTP server", "331 password", "230 in"] {
        talk.server(reply);
    }
    talk.says_last("send SYST");
}

/// libunftp works on commands side by side, and its answers come in any order.
#[test]
fn a_server_whose_answers_change_places_gets_one_at_a_time() {
    let mut site = crate::talk::site(towpath_ftp::Encryption::None);
    site.quirks.lock_step = false;
    let mut talk = crate::talk::Talk::new(site);
    talk.request(Request::Connect);
    talk.opened();
    for reply in ["220 hi", "331 password", "230 in", "215 UNIX", "500 no FEAT"] {
        talk.server(reply);
    }
    let id = talk.request(Request::List(Some(path("/missing"))));
    talk.said();
    talk.server("257 \"/\"");
    talk.expect(&["close 1", "open 2 ftp.example.org:21"]);
    assert!(talk.quirks().lock_step);
    talk.opened();
    for reply in ["220 hi", "331 password", "230 in", "215 UNIX", "500 no FEAT"] {
        talk.server(reply);
    }
    talk.says_last("send CWD /missing");
    talk.server("550 no such directory");
    assert!(talk.ended_after(id).is_err());
}

/// Listing two, RMD one, CWD out of it one, and a hundred DELE with sixteen in flight seven.
#[test]
fn deleting_a_directory_of_a_hundred_files_takes_ten() {
    let mut world = world(Knobs::good());
    trips(&mut world, vec![Request::Connect, Request::List(None)]);
    let tree = |directory: &str| vec![towpath_ftp::Item { path: path(directory), directory: true }];
    let taken = trips(&mut world, vec![Request::DeleteTree(tree("/many"))]);
    assert!((8..=11).contains(&taken), "{taken}");
    let sent = world.log.iter().filter(|line| line.starts_with("DELE /many/")).count();
    assert_eq!(sent as u64, MANY);
    let mut slow = self::world(Knobs { lock_step: true, ..Knobs::good() });
    trips(&mut slow, vec![Request::Connect, Request::List(None)]);
    let slowly = trips(&mut slow, vec![Request::DeleteTree(tree("/many"))]);
    assert!(slowly > MANY, "{slowly}");
    // A log that no pipelining shows in.
    let shown = |world: &World| {
        let line =
            |line: &&String| ["Status", "Command", "Response"].iter().any(|kind| line.starts_with(kind));
        let from = world.log.iter().position(|line| line.contains("CWD /many")).expect("it was entered");
        world.log[from..].iter().filter(line).cloned().collect::<Vec<String>>()
    };
    assert_eq!(shown(&world), shown(&slow));
    println!("{taken} trips, one at a time {slowly}");
}

#[test]
fn a_server_that_loses_commands_loses_no_file_of_a_deletion() {
    let mut world = World::new(Knobs { secure: false, ..Knobs::good() });
    trips_of(&mut world, vec![Request::Connect, Request::List(None)]);
    world.forget();
    let item = towpath_ftp::Item { path: path("/many"), directory: true };
    let id = world.request(Request::DeleteTree(vec![item]));
    world.run();
    let tree = Outcome::Tree { files: MANY, directories: 1, bytes: 0, left_out: 0 };
    assert_eq!(world.ended(id), &Ok(tree), "{:#?}", world.log);
    assert!(world.quirks().lock_step);
}

fn trips_of(world: &mut World, requests: Vec<Request>) {
    for request in requests {
        world.request(request);
    }
    world.run();
}
