//! A page that asks without end.

use towpath_ftp::{Event, Request};

use crate::bounded;
use crate::talk::Talk;

/// Requests that wait are refused past a number, not kept.
#[test]
fn requests_without_end() {
    let mut talk = Talk::plain(&[]);
    let mut refused = 0;
    for _ in 0..200_000 {
        talk.request(Request::KeepAlive);
        refused += talk.events.drain(..).filter(|event| matches!(event, Event::Failed { .. })).count();
    }
    println!("{refused} of 200000 requests were refused");
    bounded("requests");
    assert!(refused > 150_000, "{refused}");
}
