//! A full session, cut, silenced or cancelled at each of its steps: every request ends exactly once, and nothing stays open.

use towpath_ftp::{End, ErrorKind, Item, JobId, Outcome, Request, RequestId, Stage};

use crate::model::{Fault, Knobs, SIZE, World};
use crate::talk::{broken, path};

/// All that a session can be asked.
fn session() -> Vec<Request> {
    let (job, size) = (JobId(1), Some(SIZE));
    vec![
        Request::Connect,
        Request::List(None),
        Request::List(Some(path("/d"))),
        Request::Download {
            job,
            path: path("/f"),
            size: None,
            offset: 10,
            options: towpath_ftp::TransferOptions::default(),
        },
        Request::Upload {
            job,
            path: path("/f"),
            size,
            offset: 0,
            options: towpath_ftp::TransferOptions::default(),
        },
        Request::MakeDirectory(path("/new")),
        Request::RemoveDirectory(path("/d")),
        Request::DeleteFile(path("/f")),
        Request::Rename { from: path("/a"), to: path("/b") },
        Request::Count(vec![Item { path: path("/t"), directory: true }]),
        Request::DeleteTree(vec![Item { path: path("/t"), directory: true }]),
        Request::Size(path("/f")),
        Request::ModificationTime(path("/f")),
        Request::KeepAlive,
        Request::Disconnect,
    ]
}

fn play(knobs: Knobs, fault: Fault) -> World {
    let mut world = World::with(knobs, fault);
    for request in session() {
        world.request(request);
    }
    world.run();
    world
}

fn knobs() -> [Knobs; 4] {
    let plain = Knobs { secure: false, machine: false, ..Knobs::good() };
    [Knobs::good(), Knobs { lock_step: true, ..Knobs::good() }, plain, Knobs { lock_step: true, ..plain }]
}

#[track_caller]
fn each_ended_once(world: &World, what: &str) {
    assert_eq!(world.ended.len(), world.asked.len(), "{what}: {:#?}", world.log);
    for (id, ends) in &world.ended {
        assert_eq!(ends.len(), 1, "{what}: {id:?} {ends:?}");
    }
}

/// Inputs of the network in a session without faults.
const STEPS: usize = 150;

#[test]
fn without_faults_all_is_well() {
    for knobs in knobs() {
        let world = play(knobs, Fault::None);
        each_ended_once(&world, "no fault");
        for (id, ends) in &world.ended {
            assert!(ends[0].is_ok(), "{id:?} {ends:?}; {:#?}", world.log);
        }
        assert!(world.open.is_empty());
        assert_eq!(world.disconnected, 1);
        if knobs.machine {
            let tree = |bytes| Ok(Outcome::Tree { files: 3, directories: 2, bytes, left_out: 0 });
            assert_eq!(world.ended(RequestId(9)), &tree(SIZE + SIZE + 2));
            assert_eq!(world.ended(RequestId(10)), &tree(0));
        }
    }
}

#[test]
fn the_control_connection_is_cut_at_every_step() {
    for knobs in knobs() {
        for end in [End::Clean, End::Unclean, broken(Stage::Connection, "reset")] {
            let mut lost = 0;
            for step in 0..STEPS {
                let what = format!("cut {end:?} at {step}");
                let mut world = play(knobs, Fault::Cut(step, end.clone()));
                each_ended_once(&world, &what);
                assert_eq!(world.disconnected, 1, "{what}");
                assert!(world.open.is_empty(), "{what}");
                lost += usize::from(world.ended.values().any(|ends| ends[0].is_err()));
                // The same session connects again.
                world.calm();
                let again = world.request(Request::Connect);
                world.run();
                assert_eq!(world.ended(again), &Ok(Outcome::Ok), "{what}: {:#?}", world.log);
            }
            assert!(lost > 70, "the session has steps: {lost}");
        }
    }
}

#[test]
fn the_server_falls_silent_at_every_step() {
    for knobs in knobs() {
        for step in 0..STEPS {
            let what = format!("silence at {step}");
            let world = play(knobs, Fault::Silence(step));
            each_ended_once(&world, &what);
            assert_eq!(world.disconnected, 1, "{what}");
            assert!(world.open.is_empty(), "{what}: {:?} {:#?}", world.open, world.log);
        }
    }
}

#[test]
fn each_request_is_cancelled_at_every_step() {
    for knobs in knobs() {
        for step in 0..STEPS {
            for id in [1, 2, 3, 4, 8, 9, 10, 11].map(RequestId) {
                let what = format!("cancel {id:?} at {step}");
                let world = play(knobs, Fault::Cancel(step, id));
                each_ended_once(&world, &what);
                for (other, ends) in &world.ended {
                    match &ends[0] {
                        Ok(_) => {}
                        // The others are none the wiser.
                        Err(error) => {
                            assert_eq!(other, &id, "{what}: {error:?}; {:#?}", world.log);
                            assert_eq!(error.kind, ErrorKind::Cancelled, "{what}");
                        }
                    }
                }
                assert!(world.open.is_empty(), "{what}");
            }
        }
    }
}
