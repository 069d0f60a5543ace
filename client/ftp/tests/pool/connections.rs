//! How many sessions, what for, and how long.

use towpath_ftp::pool::{
    CONNECT_TRIES, DEFAULT_TRANSFERS, EXTRA_TRIES, IDLE_CAP, KEEP_ALIVE, KEEP_ALIVE_SPREAD, LONGEST_WAIT,
    MOST_TRANSFERS, PoolEvent, PoolInput, SHORTEST_WAIT, SMALL_TRANSFERS, TRANSFER_IDLE,
};
use towpath_ftp::quirks::DataWay;
use towpath_ftp::{Direction, ErrorKind, Event, Outcome, Quirks, Request, RequestId, Stage};

use crate::model::{Model, error, list, lost, moved, too_many};

const BIG: u64 = 1 << 30;

fn halted(model: &Model) -> bool {
    model.events.iter().any(|event| matches!(event, PoolEvent::Halted(_)))
}

#[test]
fn browsing_never_waits_for_transfers() {
    let mut model = Model::new();
    model.give(PoolInput::Connect);
    model.log_in();
    model.add(20, Direction::Download, BIG);
    model.log_in();
    assert_eq!(model.running().len(), DEFAULT_TRANSFERS);
    assert_eq!(model.seats.len(), DEFAULT_TRANSFERS + 1);
    for id in 0..5 {
        model.give(PoolInput::Ask(RequestId(id), list()));
        let slot = model.seat(|request| *request == list());
        model.succeed(slot, Outcome::Ok);
        assert!(model.answered.contains(&RequestId(id)));
    }
    assert_eq!(model.running().len(), DEFAULT_TRANSFERS);
}

#[test]
fn transfers_run_in_parallel_up_to_the_limit() {
    for (limit, size, expected) in [
        (DEFAULT_TRANSFERS, BIG, DEFAULT_TRANSFERS),
        (DEFAULT_TRANSFERS, 1_000, SMALL_TRANSFERS),
        (1, BIG, 1),
        // Who has lowered the limit means it.
        (2, 1_000, 2),
        (MOST_TRANSFERS, BIG, MOST_TRANSFERS),
        (1_000, BIG, MOST_TRANSFERS),
    ] {
        let mut model = Model::new();
        model.give(PoolInput::Limit(limit));
        model.add(60, Direction::Upload, size);
        model.log_in();
        assert_eq!(model.running().len(), expected, "{limit} {size}");
        assert_eq!(model.most_open, expected);
    }
}

#[test]
fn one_login_at_a_time() {
    let mut model = Model::new();
    model.give(PoolInput::Connect);
    model.add(9, Direction::Download, BIG);
    model.give(PoolInput::Ask(RequestId(1), list()));
    assert_eq!(model.seats.len(), 1);
    let slot = model.connecting().unwrap();
    model.succeed(slot, Outcome::Ok);
    assert_eq!(model.seats.len(), 2);
}

#[test]
fn l11_a_refused_extra_connection_fails_nothing_and_is_not_tried_again() {
    let mut model = Model::new();
    model.give(PoolInput::Connect);
    model.log_in();
    model.add(9, Direction::Download, BIG);
    let slot = model.connecting().unwrap();
    model.succeed(slot, Outcome::Ok);
    let slot = model.connecting().unwrap();
    model.die(slot, too_many());
    assert!(model.events.contains(&PoolEvent::Limited(2)));
    for _ in 0..9 {
        let running = model.running();
        assert_eq!(running.len(), 1);
        let slot = model.of_job(running[0]);
        model.succeed(slot, moved(BIG));
        assert_eq!(model.connecting(), None);
    }
    assert_eq!(model.ended.len(), 9);
    assert_eq!(model.most_open, 3);
}

#[test]
fn l11_a_password_refused_beside_a_session_that_has_it_is_a_limit() {
    let mut model = Model::new();
    model.give(PoolInput::Connect);
    model.log_in();
    model.add(2, Direction::Download, BIG);
    let slot = model.connecting().unwrap();
    model.die(slot, error(Stage::Login, ErrorKind::Credentials));
    assert!(model.events.contains(&PoolEvent::Limited(1)));
    assert_eq!(model.connecting(), None);
    assert_eq!(model.running(), [1]);
    assert!(!halted(&model));
}

#[test]
fn a_single_connection_is_shared_and_browsing_goes_first_between_files() {
    let mut model = Model::new();
    model.give(PoolInput::Connect);
    model.log_in();
    model.add(3, Direction::Download, BIG);
    let slot = model.connecting().unwrap();
    model.die(slot, too_many());
    assert_eq!(model.seats.len(), 1);
    assert_eq!(model.running(), [1]);
    model.give(PoolInput::Ask(RequestId(1), list()));
    model.give(PoolInput::Ask(RequestId(2), list()));
    let slot = model.of_job(1);
    model.succeed(slot, moved(BIG));
    for _ in 0..2 {
        let slot = model.seat(|request| *request == list());
        model.succeed(slot, Outcome::Ok);
    }
    assert_eq!(model.running(), [2]);
    assert_eq!(model.seats.len(), 1);
}

#[test]
fn a_transfer_session_becomes_the_browsing_one_where_no_other_is_granted() {
    let mut model = Model::new();
    model.give(PoolInput::Limit(2));
    model.add(4, Direction::Download, BIG);
    model.log_in();
    assert_eq!(model.running(), [1, 2]);
    model.give(PoolInput::Ask(RequestId(1), list()));
    let slot = model.connecting().unwrap();
    model.die(slot, too_many());
    // Both transfer. Whichever session is for browsing now takes the request when its file has ended.
    assert_eq!(model.find(|request| *request == list()), None);
    let slot = model.of_job(1);
    model.succeed(slot, moved(BIG));
    let slot = model.seat(|request| *request == list());
    model.succeed(slot, Outcome::Ok);
    assert_eq!(model.running(), [2]);
    let slot = model.of_job(2);
    model.succeed(slot, moved(BIG));
    assert_eq!(model.running(), [3]);
    assert_eq!(model.seats.len(), 2);
}

#[test]
fn l11_a_wrong_password_halts_everything() {
    let mut model = Model::new();
    model.give(PoolInput::Connect);
    model.add(3, Direction::Download, BIG);
    model.give(PoolInput::Ask(RequestId(1), list()));
    let slot = model.connecting().unwrap();
    model.die(slot, error(Stage::Login, ErrorKind::Credentials));
    assert!(halted(&model));
    assert!(model.answered.contains(&RequestId(1)));
    assert_eq!((model.opened, model.seats.len(), model.wait), (1, 0, None));
    assert_eq!(model.pool.jobs().len(), 3);
    model.pass(10 * 3_600_000);
    model.give(PoolInput::Ask(RequestId(2), list()));
    assert_eq!(model.opened, 1);
    assert!(model.answered.contains(&RequestId(2)));
    model.give(PoolInput::Reachable);
    assert_eq!(model.opened, 1);
    // A person has given another password.
    model.give(PoolInput::Connect);
    model.log_in();
    assert_eq!(model.running().len(), 3);
}

#[test]
fn k5_connecting_is_tried_again_later_and_later_and_then_no_more() {
    let mut model = Model::new();
    model.add(1, Direction::Download, BIG);
    let mut waits = Vec::new();
    for _ in 1..CONNECT_TRIES {
        let slot = model.connecting().unwrap();
        model.die(slot, error(Stage::Connection, ErrorKind::Timeout));
        waits.push(model.wait.unwrap().since(model.now));
        model.pass_until_wanted();
    }
    assert!(waits.windows(2).all(|pair| pair[1] > pair[0] || pair[1] > LONGEST_WAIT / 2), "{waits:?}");
    assert!(waits[0] >= SHORTEST_WAIT && *waits.last().unwrap() <= LONGEST_WAIT);
    let slot = model.connecting().unwrap();
    model.die(slot, error(Stage::Connection, ErrorKind::Timeout));
    assert!(halted(&model));
    assert_eq!(model.wait, None);
    assert_eq!(model.pool.jobs().len(), 1);
    // The network is back: nobody has to press anything.
    model.give(PoolInput::Reachable);
    model.log_in();
    assert_eq!(model.running(), [1]);
}

#[test]
fn an_extra_connection_that_never_comes_is_given_up() {
    let mut model = Model::new();
    model.give(PoolInput::Connect);
    model.log_in();
    model.add(2, Direction::Download, BIG);
    for _ in 0..EXTRA_TRIES {
        let slot = model.connecting().unwrap();
        model.die(slot, error(Stage::Connection, ErrorKind::Timeout));
        if model.running().is_empty() {
            model.pass_until_wanted();
        }
    }
    assert_eq!(model.running(), [1]);
    assert!(model.events.contains(&PoolEvent::Limited(1)));
}

#[test]
fn a_lost_relay_ends_all_sessions_and_the_queue_goes_on() {
    let mut model = Model::new();
    model.give(PoolInput::Connect);
    model.add(5, Direction::Download, BIG);
    model.log_in();
    let slots: Vec<_> = model.seats.keys().copied().collect();
    assert_eq!(slots.len(), 4);
    for slot in slots {
        model.die(slot, lost());
    }
    assert_eq!(model.seats.len(), 0);
    assert!(model.ended.is_empty());
    // One failure, not four.
    assert!(model.wait.unwrap().since(model.now) <= 2 * SHORTEST_WAIT);
    model.give(PoolInput::Reachable);
    model.log_in();
    assert_eq!(model.running().len(), DEFAULT_TRANSFERS);
    while let Some(job) = model.running().first().copied() {
        let slot = model.of_job(job);
        model.succeed(slot, moved(BIG));
        model.log_in();
    }
    assert_eq!(model.ended.len(), 5);
}

#[test]
fn a_dead_connection_is_found_by_a_click_and_the_click_is_not_lost() {
    let mut model = Model::new();
    model.give(PoolInput::Connect);
    model.log_in();
    model.give(PoolInput::Ask(RequestId(1), list()));
    let slot = model.seat(|request| *request == list());
    let closed = lost().with_reply("421 Timeout");
    model.die(slot, closed.clone());
    assert!(model.answered.is_empty());
    model.log_in();
    let slot = model.seat(|request| *request == list());
    model.succeed(slot, Outcome::Ok);
    assert!(model.answered.contains(&RequestId(1)));
    // Once only; and what changes something is not repeated at all.
    model.give(PoolInput::Ask(RequestId(2), list()));
    for _ in 0..2 {
        let slot = model.seat(|request| *request == list());
        model.die(slot, closed.clone());
        model.log_in();
    }
    assert!(model.answered.contains(&RequestId(2)));
    let made = Request::MakeDirectory(towpath_ftp::RemotePath::new("/d").unwrap());
    model.give(PoolInput::Ask(RequestId(3), made.clone()));
    model.pass(SHORTEST_WAIT * 2);
    model.log_in();
    let slot = model.seat(|request| *request == made);
    model.die(slot, closed);
    assert!(model.answered.contains(&RequestId(3)));
}

#[test]
fn k2_signs_of_life_every_30_to_45_seconds_until_the_cap() {
    let mut model = Model::new();
    model.give(PoolInput::Connect);
    model.log_in();
    let began = model.now;
    let mut gaps = Vec::new();
    loop {
        let before = model.now;
        model.pass_until_wanted();
        let Some(slot) = model.find(|request| *request == Request::KeepAlive) else { break };
        gaps.push(model.now.since(before));
        model.succeed(slot, Outcome::Ok);
    }
    assert_eq!(model.now.since(began), IDLE_CAP);
    assert!(model.events.contains(&PoolEvent::ClosedIdle));
    assert!(model.seats.is_empty());
    assert!(gaps.iter().all(|gap| (KEEP_ALIVE..=KEEP_ALIVE + KEEP_ALIVE_SPREAD).contains(gap)), "{gaps:?}");
    assert!(gaps.windows(2).any(|pair| pair[0] != pair[1]));
    // The next click opens it again.
    model.give(PoolInput::Ask(RequestId(1), list()));
    model.log_in();
    let slot = model.seat(|request| *request == list());
    model.succeed(slot, Outcome::Ok);
}

#[test]
fn k3_nothing_is_sent_on_a_session_that_transfers() {
    let mut model = Model::new();
    model.give(PoolInput::Limit(1));
    model.add(1, Direction::Download, BIG);
    model.log_in();
    assert_eq!(model.running(), [1]);
    // The model fails if a session that works is asked anything.
    model.pass(3_600_000);
    assert_eq!(model.wait, None);
}

#[test]
fn transfer_sessions_close_when_idle_and_lost_idle_ones_are_not_missed() {
    let mut model = Model::new();
    model.add(2, Direction::Download, BIG);
    model.log_in();
    for job in [1, 2] {
        let slot = model.of_job(job);
        model.succeed(slot, moved(BIG));
    }
    assert_eq!(model.seats.len(), 2);
    assert_eq!(model.wait.unwrap().since(model.now), TRANSFER_IDLE);
    let slot = *model.seats.keys().next().unwrap();
    model.die(slot, lost().with_reply("421 Idle"));
    assert_eq!(model.opened, 2);
    model.pass_until_wanted();
    assert_eq!((model.seats.len(), model.wait), (0, None));
}

#[test]
fn disconnecting_keeps_the_queue() {
    let mut model = Model::new();
    model.give(PoolInput::Connect);
    model.add(3, Direction::Download, BIG);
    model.log_in();
    model.give(PoolInput::Ask(RequestId(1), list()));
    model.give(PoolInput::Disconnect);
    assert!(model.seats.is_empty());
    assert!(model.answered.contains(&RequestId(1)));
    assert_eq!((model.pool.jobs().len(), model.ended.len(), model.wait), (3, 0, None));
    model.give(PoolInput::Connect);
    model.log_in();
    assert_eq!(model.running().len(), 3);
}

#[test]
fn requests_can_be_cancelled_and_transfers_are_no_requests() {
    let mut model = Model::new();
    model.give(PoolInput::Connect);
    model.log_in();
    model.give(PoolInput::Ask(RequestId(1), list()));
    model.give(PoolInput::Ask(RequestId(2), list()));
    model.give(PoolInput::CancelAsk(RequestId(2)));
    assert!(model.answered.contains(&RequestId(2)));
    model.give(PoolInput::CancelAsk(RequestId(1)));
    model.give(PoolInput::CancelAsk(RequestId(1)));
    let slot = model.seat(|request| *request == list());
    assert!(model.seats[&slot].cancelled);
    model.fail(slot, error(Stage::Server, ErrorKind::Cancelled));
    model.give(PoolInput::Ask(RequestId(3), Request::Connect));
    let failed = |event: &PoolEvent| matches!(event, PoolEvent::Request(Event::Failed { .. }));
    assert_eq!(model.events.iter().filter(|event| failed(event)).count(), 3);
}

#[test]
fn l11_the_limit_is_told_stored_and_heeded_by_the_next_pool() {
    let mut model = Model::new();
    model.give(PoolInput::Connect);
    model.log_in();
    model.add(9, Direction::Download, BIG);
    let slot = model.connecting().unwrap();
    model.succeed(slot, Outcome::Ok);
    let slot = model.connecting().unwrap();
    model.die(slot, too_many());
    let stored = model.pool.quirks().clone();
    assert_eq!(stored.limit, Some(2));
    assert!(model.events.contains(&PoolEvent::Learned(stored.clone())));
    // Another page: no connection too many is tried.
    let mut model = Model::new();
    model.pool.set_quirks(Quirks::from_text(&stored.to_text()));
    model.give(PoolInput::Connect);
    model.log_in();
    model.add(9, Direction::Download, BIG);
    model.log_in();
    assert_eq!((model.seats.len(), model.most_open), (2, 2));
    assert_eq!(model.running().len(), 1);
    // A person connects anew: perhaps it is more by now.
    model.give(PoolInput::Connect);
    model.log_in();
    assert_eq!(model.running().len(), DEFAULT_TRANSFERS);
    assert_eq!(model.pool.quirks().limit, None);
}

#[test]
fn what_one_session_has_learned_is_not_unlearned_by_another() {
    let mut model = Model::new();
    model.give(PoolInput::Connect);
    model.log_in();
    model.add(1, Direction::Download, BIG);
    model.log_in();
    let slots: Vec<_> = model.seats.keys().copied().collect();
    assert_eq!(slots.len(), 2);
    let clock = Quirks { clock_offset: Some(60), ..Quirks::default() };
    let way = Quirks { way: Some(DataWay::Passive), ..Quirks::default() };
    model.give(PoolInput::Events(slots[0], vec![Event::Learned(clock.clone())]));
    model.give(PoolInput::Events(slots[1], vec![Event::Learned(way.clone())]));
    let both = Quirks { clock_offset: Some(60), ..way };
    assert_eq!(model.pool.quirks(), &both);
    assert!(model.events.contains(&PoolEvent::Learned(both)));
}
