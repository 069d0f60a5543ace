//! The matrix of the completion rule: every order of replies and data end, every way of ending, whole and cut.

use towpath_ftp::{ErrorKind, JobId, Outcome, Request};

use crate::model::{DataEnd, Finale, Knobs, Preliminary, ROWS, SIZE, World};
use crate::talk::path;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Way {
    List,
    Download,
    Upload,
}

/// What has to come of it: the rule as a table.
fn expected(way: Way, knobs: Knobs) -> Result<(), ErrorKind> {
    let cut = knobs.cut.is_some();
    match (way, knobs.end, knobs.finale) {
        // Without a final reply only a download that has its size, or an upload that SIZE confirms, is done. SIZE tells the
        // whole size in this model, cut or not: it is only asked when all was sent.
        (Way::List, DataEnd::Reset, Finale::Never) => Err(ErrorKind::Lost),
        (Way::List, _, Finale::Never) => Err(ErrorKind::Timeout),
        // A cut listing that ends well and is called complete cannot be told from a whole one.
        (Way::List, DataEnd::Reset, _) => Err(ErrorKind::Incomplete),
        (Way::List, _, _) => Ok(()),
        (_, DataEnd::Reset, Finale::Never) => Err(ErrorKind::Lost),
        (Way::Upload, _, Finale::Never) if cut => Err(ErrorKind::Lost),
        (_, _, Finale::Never) if cut => Err(ErrorKind::Timeout),
        (_, _, _) if cut => Err(ErrorKind::Incomplete),
        _ => Ok(()),
    }
}

fn check(way: Way, knobs: Knobs) {
    let mut world = World::new(knobs);
    let connect = world.request(Request::Connect);
    let (job, size, offset) = (JobId(1), Some(SIZE), 0);
    let id = world.request(match way {
        Way::List => Request::List(Some(path("/d"))),
        Way::Download => Request::Download { job, path: path("/f"), size, offset },
        Way::Upload => Request::Upload { job, path: path("/f"), size, offset },
    });
    // The session is usable afterwards, whatever became of it.
    let after = world.request(Request::MakeDirectory(path("/after")));
    world.run();
    assert!(world.ended(connect).is_ok(), "{way:?} {knobs:?}");
    let end = world.ended(id).as_ref().map(|_| ()).map_err(|error| error.kind);
    assert_eq!(end, expected(way, knobs), "{way:?} {knobs:?}: {:?}; {:#?}", world.ended(id), world.log);
    assert_eq!(world.ended(after), &Ok(Outcome::Ok), "{way:?} {knobs:?}: {:#?}", world.log);
    assert_eq!(world.open.len(), 1, "only the control connection is left: {way:?} {knobs:?}");
    if way == Way::List && knobs.cut.is_none() && end.is_ok() {
        assert_eq!(world.rows, 2);
    }
}

#[test]
fn every_order_and_every_end() {
    let mut count = 0;
    for way in [Way::List, Way::Download, Way::Upload] {
        for secure in [false, true] {
            for machine in [false, true] {
                for preliminary in [Preliminary::Early, Preliminary::Late, Preliminary::Missing] {
                    for finale in [Finale::BeforeEnd, Finale::AfterEnd, Finale::Never] {
                        for end in [DataEnd::Clean, DataEnd::Unclean, DataEnd::Reset] {
                            for cut in [None, Some(30)] {
                                let knobs =
                                    Knobs { secure, machine, preliminary, finale, end, cut, ..Knobs::good() };
                                check(way, knobs);
                                check(way, Knobs { lock_step: true, ..knobs });
                                count += 1;
                            }
                        }
                    }
                }
            }
        }
    }
    assert_eq!(count, 648);
}

#[test]
fn a_file_that_is_cut_at_any_byte_is_never_taken_for_whole() {
    for way in [Way::Download, Way::Upload] {
        for end in [DataEnd::Clean, DataEnd::Unclean, DataEnd::Reset] {
            for cut in 0..SIZE {
                check(way, Knobs { end, cut: Some(cut), ..Knobs::good() });
            }
        }
    }
}

#[test]
fn a_listing_that_breaks_at_any_byte_is_never_taken_for_whole() {
    for cut in 0..ROWS.len() as u64 {
        check(Way::List, Knobs { end: DataEnd::Reset, cut: Some(cut), ..Knobs::good() });
    }
}
