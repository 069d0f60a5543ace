//! The order of jobs, their pauses, and what their errors mean.

use towpath_ftp::pool::{JOB_TRIES, JobEnd, PoolEvent, PoolInput, Priority, UNPROVEN_TRIES};
use towpath_ftp::{
    Direction, ErrorKind, Event, JobId, LeftOut, Outcome, RemotePath, Request, RequestId, Stage,
};

use crate::model::{Model, error, job, lost, moved};

const BIG: u64 = 1 << 30;

/// One transfer at a time.
fn single(jobs: u32, direction: Direction) -> Model {
    let mut model = Model::new();
    model.give(PoolInput::Limit(1));
    model.add(jobs, direction, BIG);
    model.log_in();
    model
}

/// Ends whatever runs, and says in which order.
fn run(model: &mut Model) -> Vec<u32> {
    let mut order = Vec::new();
    while let Some(job) = model.running().first().copied() {
        order.push(job);
        let slot = model.of_job(job);
        model.succeed(slot, moved(BIG));
        model.log_in();
    }
    order
}

#[test]
fn jobs_start_by_priority_and_place() {
    let mut model = single(6, Direction::Download);
    model.give(PoolInput::Prioritise(JobId(5), Priority::High));
    model.give(PoolInput::Prioritise(JobId(2), Priority::Low));
    model.give(PoolInput::Move(JobId(6), Some(JobId(3))));
    model.give(PoolInput::Move(JobId(3), None));
    model.give(PoolInput::Move(JobId(4), Some(JobId(4))));
    model.give(PoolInput::Move(JobId(99), Some(JobId(1))));
    let saved: Vec<u32> = model.pool.jobs().iter().map(|job| job.id.0).collect();
    assert_eq!(saved, [5, 1, 6, 4, 3, 2]);
    assert_eq!(run(&mut model), [1, 5, 6, 4, 3, 2]);
    assert!(model.pool.jobs().is_empty());
}

#[test]
fn moving_before_a_job_takes_its_priority() {
    let mut model = single(3, Direction::Download);
    model.give(PoolInput::Prioritise(JobId(3), Priority::High));
    model.give(PoolInput::Move(JobId(2), Some(JobId(3))));
    assert_eq!(model.pool.jobs()[0].id, JobId(2));
    assert_eq!(model.pool.jobs()[0].priority, Priority::High);
}

#[test]
fn a_number_in_use_is_not_taken_twice() {
    let mut model = single(2, Direction::Download);
    model.give(PoolInput::Add(vec![job(1, Direction::Upload, 5), job(2, Direction::Upload, 5)]));
    assert_eq!(run(&mut model), [1, 2]);
    assert_eq!(model.ended.len(), 2);
}

#[test]
fn a_job_can_be_paused_while_it_waits_and_while_it_runs() {
    let mut model = single(3, Direction::Download);
    model.give(PoolInput::Pause(JobId(2), true));
    let slot = model.of_job(1);
    model.give(PoolInput::Safe(JobId(1), 500));
    model.give(PoolInput::Pause(JobId(1), true));
    model.give(PoolInput::Pause(JobId(1), true));
    assert!(model.seats[&slot].cancelled);
    model.fail(slot, error(Stage::Server, ErrorKind::Cancelled));
    assert_eq!(run(&mut model), [3]);
    assert_eq!(model.ended.len(), 1);
    assert!(model.pool.jobs().iter().all(|job| job.paused && job.tries == 0));
    model.give(PoolInput::Pause(JobId(1), false));
    model.give(PoolInput::Pause(JobId(2), false));
    assert_eq!(run(&mut model), [1, 2]);
}

#[test]
fn the_queue_can_be_paused() {
    let mut model = single(3, Direction::Download);
    model.give(PoolInput::PauseAll(true));
    let slot = model.of_job(1);
    assert!(model.seats[&slot].cancelled);
    model.fail(slot, error(Stage::Server, ErrorKind::Cancelled));
    assert!(model.running().is_empty());
    model.give(PoolInput::PauseAll(false));
    assert_eq!(run(&mut model), [1, 2, 3]);
}

#[test]
fn cancelled_jobs_end_once_whenever_it_comes() {
    let mut model = single(4, Direction::Download);
    model.give(PoolInput::Cancel(JobId(3)));
    assert_eq!(model.ended[&JobId(3)], JobEnd::Cancelled);
    let slot = model.of_job(1);
    model.give(PoolInput::Pause(JobId(1), true));
    model.give(PoolInput::Cancel(JobId(1)));
    model.give(PoolInput::Cancel(JobId(1)));
    model.fail(slot, error(Stage::Server, ErrorKind::Cancelled));
    assert_eq!(model.ended[&JobId(1)], JobEnd::Cancelled);
    // A file that is through before the cancel comes is through.
    let slot = model.of_job(2);
    model.give(PoolInput::Cancel(JobId(2)));
    model.succeed(slot, moved(BIG));
    assert_eq!(model.ended[&JobId(2)], JobEnd::Done { bytes: BIG, confirmed: true });
    // A session that dies under a cancel takes the job with it.
    let slot = model.of_job(4);
    model.give(PoolInput::Cancel(JobId(4)));
    model.die(slot, lost());
    assert_eq!(model.ended[&JobId(4)], JobEnd::Cancelled);
}

#[test]
fn d10_a_refusal_fails_the_item_only() {
    let mut model = single(2, Direction::Download);
    let slot = model.of_job(1);
    let refused = error(Stage::Server, ErrorKind::Refused);
    model.fail(slot, refused.clone());
    assert_eq!(model.ended[&JobId(1)], JobEnd::Failed(refused));
    assert_eq!(run(&mut model), [2]);
}

#[test]
fn d10_a_full_disk_stops_uploads_to_the_site() {
    let mut model = Model::new();
    model.give(PoolInput::Limit(1));
    model.give(PoolInput::Add(vec![
        job(1, Direction::Upload, BIG),
        job(2, Direction::Upload, BIG),
        job(3, Direction::Download, BIG),
    ]));
    model.log_in();
    let slot = model.of_job(1);
    model.fail(slot, error(Stage::Data, ErrorKind::Full));
    assert!(model.events.iter().any(|event| matches!(event, PoolEvent::UploadsStopped(_))));
    assert_eq!(run(&mut model), [3]);
    assert_eq!(model.pool.jobs().len(), 2);
    model.give(PoolInput::AllowUploads);
    assert_eq!(run(&mut model), [1, 2]);
}

#[test]
fn k5_what_may_pass_is_tried_again_so_many_times() {
    let mut model = single(1, Direction::Download);
    // Data connections are known to work here.
    model.give(PoolInput::Add(vec![job(9, Direction::Download, BIG)]));
    assert_eq!(run(&mut model), [1, 9]);
    model.give(PoolInput::Add(vec![job(2, Direction::Download, BIG)]));
    let mut waits = Vec::new();
    for _ in 1..JOB_TRIES {
        let slot = model.of_job(2);
        model.fail(slot, error(Stage::Server, ErrorKind::Transient));
        let failed = model.now;
        while model.running().is_empty() {
            model.pass_until_wanted();
            model.log_in();
        }
        waits.push(model.now.since(failed));
    }
    assert!(waits.windows(2).all(|pair| pair[1] > pair[0]), "{waits:?}");
    let slot = model.of_job(2);
    model.fail(slot, error(Stage::Server, ErrorKind::Transient));
    assert!(matches!(model.ended[&JobId(2)], JobEnd::Failed(_)));
}

#[test]
fn a_noteworthy_part_begins_the_count_anew() {
    let mut model = single(1, Direction::Download);
    for part in 1..20u64 {
        let slot = model.of_job(1);
        model.progress(slot, part * (2 << 20));
        model.give(PoolInput::Safe(JobId(1), part * (2 << 20)));
        model.fail(slot, error(Stage::Server, ErrorKind::Transient));
        assert_eq!(model.pool.jobs()[0].tries, 1);
        model.pass_until_wanted();
    }
    assert_eq!(run(&mut model), [1]);
}

#[test]
fn d11_a_session_whose_data_connections_worked_is_replaced() {
    let mut model = single(2, Direction::Download);
    let slot = model.of_job(1);
    model.succeed(slot, moved(BIG));
    assert_eq!(model.of_job(2), slot);
    model.fail(slot, error(Stage::Data, ErrorKind::Transient));
    assert!(model.seats.is_empty());
    model.pass_until_wanted();
    model.log_in();
    assert_ne!(model.of_job(2), slot);
}

#[test]
fn d11_data_connections_that_never_worked_are_not_tried_for_long() {
    let mut model = single(1, Direction::Download);
    for _ in 1..UNPROVEN_TRIES {
        let slot = model.of_job(1);
        model.fail(slot, error(Stage::Data, ErrorKind::Timeout));
        model.pass_until_wanted();
    }
    let slot = model.of_job(1);
    model.fail(slot, error(Stage::Data, ErrorKind::Timeout));
    assert!(matches!(model.ended[&JobId(1)], JobEnd::Failed(_)));
    assert_eq!(model.seats.len(), 1);
}

#[test]
fn a_saved_queue_goes_on_in_another_pool() {
    let mut model = single(4, Direction::Download);
    model.give(PoolInput::Safe(JobId(1), 700));
    model.give(PoolInput::Pause(JobId(3), true));
    model.give(PoolInput::Move(JobId(4), Some(JobId(2))));
    let saved = model.pool.jobs();
    let mut other = Model::new();
    other.give(PoolInput::Limit(1));
    other.give(PoolInput::Add(saved.clone()));
    assert_eq!(other.pool.jobs(), saved);
    other.log_in();
    let slot = other.of_job(1);
    let (_, request) = other.seats[&slot].work.as_ref().unwrap();
    assert_eq!(crate::model::offset_of(request), Some(700));
    assert_eq!(run(&mut other), [1, 4, 2]);
    assert_eq!(other.pool.jobs().len(), 1);
}

#[test]
fn outcomes_of_other_kinds_do_not_confuse() {
    let mut model = single(1, Direction::Download);
    let slot = model.of_job(1);
    model.succeed(slot, Outcome::Ok);
    assert_eq!(model.ended[&JobId(1)], JobEnd::Done { bytes: 0, confirmed: true });
}

#[test]
fn what_a_walk_leaves_out_is_told_under_the_users_number() {
    let mut model = Model::new();
    model.give(PoolInput::Ask(RequestId(77), Request::ListTree(Vec::new())));
    model.log_in();
    let slot = model.seat(|request| matches!(request, Request::ListTree(_)));
    let request = model.seats[&slot].work.as_ref().unwrap().0;
    let left =
        |request| Event::LeftOut { request, path: RemotePath::new("/t").unwrap(), reason: LeftOut::Link };
    model.give(PoolInput::Events(slot, vec![left(request)]));
    assert!(model.events.contains(&PoolEvent::Request(left(RequestId(77)))), "{:?}", model.events);
}
