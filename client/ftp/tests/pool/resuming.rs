//! Where a transfer goes on that broke off (rules T2, T4).

use towpath_ftp::pool::{Job, JobEnd, JobEvent, Offset, PoolEvent, PoolInput};
use towpath_ftp::{Direction, ErrorKind, JobId, Outcome, Request, Stage};

use crate::model::{Model, error, job, lost, offset_of};

const BIG: u64 = 1 << 30;

fn single(job: Job) -> Model {
    let mut model = Model::new();
    model.give(PoolInput::Limit(1));
    model.give(PoolInput::Add(vec![job]));
    model.log_in();
    model
}

/// Waits until the job is tried again.
fn again(model: &mut Model) -> u64 {
    while model.find(|request| offset_of(request).is_some()).is_none() {
        assert_eq!(model.find(|request| matches!(request, Request::Size(_))), None, "the server is asked");
        model.pass_until_wanted();
        model.log_in();
    }
    offset(model)
}

fn offset(model: &Model) -> u64 {
    let slot = model.of_job(1);
    offset_of(&model.seats[&slot].work.as_ref().unwrap().1).unwrap()
}

/// Waits until the server is asked how much it has.
fn asked(model: &mut Model) -> towpath_ftp::pool::SlotId {
    loop {
        if let Some(slot) = model.find(|request| matches!(request, Request::Size(_))) {
            return slot;
        }
        assert!(model.running().is_empty(), "the file moves already");
        model.pass_until_wanted();
        model.log_in();
    }
}

#[test]
fn t2_a_download_goes_on_at_what_its_sink_has_safely() {
    let mut model = single(job(1, Direction::Download, BIG));
    let slot = model.of_job(1);
    model.progress(slot, 900);
    model.give(PoolInput::Safe(JobId(1), 800));
    // Impossible, so it is not believed.
    model.give(PoolInput::Safe(JobId(1), BIG + 1));
    model.die(slot, lost());
    assert_eq!(again(&mut model), 800);
    // Nothing safe came: from the same byte.
    let slot = model.of_job(1);
    model.die(slot, lost());
    assert_eq!(again(&mut model), 800);
}

#[test]
fn t4_an_upload_goes_on_at_what_the_server_has() {
    let mut model = single(job(1, Direction::Upload, BIG));
    let slot = model.of_job(1);
    model.progress(slot, 900);
    assert_eq!(model.pool.jobs()[0].offset, Offset::AskServer { sent: 900 });
    model.die(slot, lost());
    let slot = asked(&mut model);
    model.succeed(slot, Outcome::Size(850));
    assert_eq!(offset(&model), 850);
    // It is asked again each time.
    let slot = model.of_job(1);
    model.progress(slot, 2_000);
    model.die(slot, lost());
    let slot = asked(&mut model);
    model.succeed(slot, Outcome::Size(1_500));
    assert_eq!(offset(&model), 1_500);
}

#[test]
fn t4_what_was_never_sent_is_another_file() {
    let mut model = single(job(1, Direction::Upload, BIG));
    let slot = model.of_job(1);
    model.progress(slot, 900);
    model.die(slot, lost());
    let slot = asked(&mut model);
    model.succeed(slot, Outcome::Size(901));
    assert_eq!(offset(&model), 0);
}

#[test]
fn t4_an_upload_that_never_began_begins_at_the_beginning() {
    let mut model = single(job(1, Direction::Upload, BIG));
    let slot = model.of_job(1);
    model.fail(slot, error(Stage::Server, ErrorKind::Transient));
    assert_eq!(again(&mut model), 0);
    // Bytes were pumped, but the server says that there was no data connection: what it has is the old file.
    let slot = model.of_job(1);
    model.progress(slot, 900);
    model.fail(slot, error(Stage::Server, ErrorKind::Transient).with_reply("425 no"));
    assert_eq!(again(&mut model), 0);
}

#[test]
fn t4_a_server_that_knows_no_size_gets_the_whole() {
    let mut model = single(job(1, Direction::Upload, BIG));
    let slot = model.of_job(1);
    model.progress(slot, 900);
    model.die(slot, lost());
    let slot = asked(&mut model);
    model.fail(slot, error(Stage::Server, ErrorKind::Refused));
    assert_eq!(offset(&model), 0);
}

#[test]
fn t4_a_refused_resume_begins_anew_once_and_does_not_loop() {
    for direction in [Direction::Download, Direction::Upload] {
        let mut model = single(Job { offset: Offset::At(500), ..job(1, direction, BIG) });
        assert_eq!(offset(&model), 500);
        let slot = model.of_job(1);
        let refused = error(Stage::Server, ErrorKind::Transient)
            .with_reply("451 Append/Restart not permitted, try again");
        model.fail(slot, refused.clone());
        assert!(model.events.contains(&PoolEvent::Job(JobId(1), JobEvent::Restarting(refused))));
        assert_eq!(offset(&model), 0);
        // From now on it is never resumed.
        let slot = model.of_job(1);
        model.progress(slot, 5_000);
        model.give(PoolInput::Safe(JobId(1), 5_000));
        model.die(slot, lost());
        assert_eq!(again(&mut model), 0);
        let slot = model.of_job(1);
        model.fail(slot, error(Stage::Server, ErrorKind::Refused));
        assert_eq!(model.ended.len(), 1);
    }
}

#[test]
fn a_paused_upload_asks_the_server_too() {
    let mut model = single(job(1, Direction::Upload, BIG));
    let slot = model.of_job(1);
    model.progress(slot, 900);
    model.give(PoolInput::Pause(JobId(1), true));
    model.fail(slot, error(Stage::Server, ErrorKind::Cancelled));
    model.give(PoolInput::Pause(JobId(1), false));
    let slot = asked(&mut model);
    // Paused once more while it is asked.
    model.give(PoolInput::Pause(JobId(1), true));
    model.succeed(slot, Outcome::Size(900));
    assert!(model.running().is_empty());
    model.give(PoolInput::Pause(JobId(1), false));
    let slot = asked(&mut model);
    model.succeed(slot, Outcome::Size(900));
    assert_eq!(offset(&model), 900);
}

#[test]
fn k4_what_moved_whole_is_looked_at_and_not_transferred_again() {
    for direction in [Direction::Download, Direction::Upload] {
        let mut model = single(job(1, direction, BIG));
        let slot = model.of_job(1);
        model.progress(slot, BIG);
        model.give(PoolInput::Safe(JobId(1), BIG));
        model.die(slot, lost());
        let slot = asked(&mut model);
        model.succeed(slot, Outcome::Size(BIG));
        assert_eq!(model.ended[&JobId(1)], JobEnd::Done { bytes: 0, confirmed: false });
    }
}

#[test]
fn k4_a_download_of_another_size_begins_anew() {
    let mut model = single(Job { offset: Offset::At(BIG), ..job(1, Direction::Download, BIG) });
    let slot = asked(&mut model);
    model.succeed(slot, Outcome::Size(BIG + 5));
    assert_eq!(offset(&model), 0);
}

#[test]
fn a_session_that_dies_with_its_answer_takes_no_job_along() {
    let mut model = single(job(1, Direction::Upload, BIG));
    let slot = model.of_job(1);
    model.progress(slot, 900);
    model.die(slot, lost());
    let slot = asked(&mut model);
    model.succeed_and_die(slot, Outcome::Size(850), lost());
    let slot = asked(&mut model);
    model.succeed(slot, Outcome::Size(850));
    assert_eq!(offset(&model), 850);
}

#[test]
fn a_size_that_proved_wrong_is_asked_for_anew() {
    // A log file that has grown since it was listed.
    let mut model = Model::new();
    model.add(1, Direction::Download, 1_000);
    model.log_in();
    let slot = model.of_job(1);
    model.progress(slot, 1_200);
    model.fail(slot, error(Stage::Data, ErrorKind::Incomplete));
    model.pass_until_wanted();
    let slot = model.of_job(1);
    let size = match &model.seats[&slot].work.as_ref().unwrap().1 {
        Request::Download { size, .. } => *size,
        other => panic!("{other:?}"),
    };
    assert_eq!(size, None);
}

#[test]
fn t5_what_is_there_and_differs_is_not_replaced_unless_it_is_our_own_part() {
    let differs = || error(Stage::File, ErrorKind::Incomplete);
    for direction in [Direction::Download, Direction::Upload] {
        let given = Job { offset: Offset::At(400), ..job(1, direction, BIG) };
        let mut model = single(given.clone());
        let slot = model.of_job(1);
        // The comparison moves bytes, and none behind the place.
        model.progress(slot, 400);
        model.fail(slot, differs());
        assert_eq!(model.ended[&JobId(1)], JobEnd::Failed(differs()), "{direction:?}");
        // What the pool has put there itself was a part, and the file has changed since.
        let mut model = single(given);
        let slot = model.of_job(1);
        model.progress(slot, 500);
        if direction == Direction::Download {
            model.give(PoolInput::Safe(JobId(1), 500));
        }
        model.fail(slot, error(Stage::Data, ErrorKind::Lost));
        model.pass_until_wanted();
        if direction == Direction::Upload {
            let slot = model.seat(|request| matches!(request, Request::Size(_)));
            model.succeed(slot, Outcome::Size(500));
        }
        let slot = model.of_job(1);
        model.fail(slot, differs());
        assert!(model.events.contains(&PoolEvent::Job(JobId(1), JobEvent::Restarting(differs()))));
        let slot = model.of_job(1);
        assert_eq!(offset_of(&model.seats[&slot].work.as_ref().unwrap().1), Some(0));
    }
}
