//! Whatever fails in whatever order: each job ends once, sessions stay within the limit, and while work remains that nobody has
//! paused, either a session works or the pool knows when to go on.

use proptest::prelude::*;
use towpath_ftp::pool::{MOST_TRANSFERS, Pool, PoolEvent, PoolInput, SMALL_TRANSFERS, SlotId};
use towpath_ftp::{Direction, Error, ErrorKind, Event, JobId, Outcome, Request, RequestId, Stage};

use crate::model::{Model, error, job, job_of, list, lost, moved, too_many};

#[derive(Clone, Copy, Debug)]
enum Act {
    /// The nth session at work ends it well, badly, or dies.
    Succeed(u8),
    Fail(u8, u8),
    Die(u8, u8),
    /// The nth session at work ends it well and dies with it.
    Last(u8, u8),
    Progress(u8, u32),
    /// An idle session dies.
    DieIdle(u8, u8),
    /// All die.
    Outage,
    Safe(u8, u32),
    Ask,
    CancelAsk(u8),
    Cancel(u8),
    Pause(u8, bool),
    PauseAll(bool),
    Move(u8, u8),
    Reachable,
    Connect,
    Pass(u32),
    Wanted,
}

const KINDS: [ErrorKind; 14] = [
    ErrorKind::Credentials,
    ErrorKind::Limit,
    ErrorKind::NotAccepted,
    ErrorKind::Refused,
    ErrorKind::Transient,
    ErrorKind::Full,
    ErrorKind::Lost,
    ErrorKind::Timeout,
    ErrorKind::Incomplete,
    ErrorKind::Protocol,
    ErrorKind::NotConnected,
    ErrorKind::Cancelled,
    ErrorKind::Argument,
    ErrorKind::File,
];

fn errors(number: u8) -> Error {
    match number {
        200.. => too_many(),
        150.. => lost(),
        130.. => error(Stage::Data, ErrorKind::Transient).with_reply("426 broken"),
        _ => error(Stage::Server, KINDS[usize::from(number) % KINDS.len()]),
    }
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        6 => any::<u8>().prop_map(Act::Succeed),
        3 => any::<(u8, u8)>().prop_map(|(at, kind)| Act::Fail(at, kind)),
        3 => any::<(u8, u8)>().prop_map(|(at, kind)| Act::Die(at, kind)),
        1 => any::<(u8, u8)>().prop_map(|(at, kind)| Act::Last(at, kind)),
        2 => any::<(u8, u32)>().prop_map(|(at, done)| Act::Progress(at, done)),
        1 => any::<(u8, u8)>().prop_map(|(at, kind)| Act::DieIdle(at, kind)),
        1 => Just(Act::Outage),
        1 => any::<(u8, u32)>().prop_map(|(job, bytes)| Act::Safe(job, bytes)),
        2 => Just(Act::Ask),
        1 => any::<u8>().prop_map(Act::CancelAsk),
        1 => any::<u8>().prop_map(Act::Cancel),
        2 => any::<(u8, bool)>().prop_map(|(job, paused)| Act::Pause(job, paused)),
        1 => any::<bool>().prop_map(Act::PauseAll),
        1 => any::<(u8, u8)>().prop_map(|(job, before)| Act::Move(job, before)),
        1 => Just(Act::Reachable),
        1 => Just(Act::Connect),
        2 => (0..100_000u32).prop_map(Act::Pass),
        3 => Just(Act::Wanted),
    ]
}

struct Chaos {
    model: Model,
    asks: u32,
    paused: bool,
}

impl Chaos {
    fn nth(&self, at: u8, working: bool) -> Option<SlotId> {
        let slots: Vec<SlotId> = self
            .model
            .seats
            .iter()
            .filter(|(_, seat)| seat.work.is_some() == working)
            .map(|(slot, _)| *slot)
            .collect();
        slots.get(usize::from(at) % slots.len().max(1)).copied()
    }

    fn succeed(&mut self, slot: SlotId) {
        let outcome = self.outcome(slot);
        self.model.succeed(slot, outcome);
    }

    fn outcome(&self, slot: SlotId) -> Outcome {
        match &self.model.seats[&slot].work {
            Some((_, Request::Size(_))) => Outcome::Size(1_000),
            Some((_, request)) if job_of(request).is_some() => moved(10),
            _ => Outcome::Ok,
        }
    }

    fn act(&mut self, act: Act) {
        let model = &mut self.model;
        let job = |number: u8| JobId(1 + u32::from(number) % 12);
        match act {
            Act::Succeed(at) => {
                if let Some(slot) = self.nth(at, true) {
                    self.succeed(slot);
                }
            }
            Act::Fail(at, kind) => {
                if let Some(slot) = self.nth(at, true) {
                    self.model.fail(slot, errors(kind));
                }
            }
            Act::Die(at, kind) => {
                if let Some(slot) = self.nth(at, true) {
                    self.model.die(slot, errors(kind));
                }
            }
            Act::DieIdle(at, kind) => {
                if let Some(slot) = self.nth(at, false) {
                    self.model.die(slot, errors(kind));
                }
            }
            Act::Last(at, kind) => {
                if let Some(slot) = self.nth(at, true) {
                    let outcome = self.outcome(slot);
                    self.model.succeed_and_die(slot, outcome, errors(kind));
                }
            }
            Act::Progress(at, done) => {
                if let Some(slot) = self.nth(at, true) {
                    self.model.progress(slot, u64::from(done));
                }
            }
            Act::Outage => {
                let slots: Vec<SlotId> = self.model.seats.keys().copied().collect();
                for slot in slots {
                    if self.model.seats.contains_key(&slot) {
                        self.model.die(slot, lost());
                    }
                }
            }
            Act::Safe(number, bytes) => model.give(PoolInput::Safe(job(number), u64::from(bytes))),
            Act::Ask => {
                self.asks += 1;
                model.give(PoolInput::Ask(RequestId(self.asks), list()));
            }
            Act::CancelAsk(number) => model.give(PoolInput::CancelAsk(RequestId(u32::from(number)))),
            Act::Cancel(number) => model.give(PoolInput::Cancel(job(number))),
            Act::Pause(number, paused) => model.give(PoolInput::Pause(job(number), paused)),
            Act::PauseAll(paused) => {
                self.paused = paused;
                model.give(PoolInput::PauseAll(paused));
            }
            Act::Move(number, before) => model.give(PoolInput::Move(job(number), Some(job(before)))),
            Act::Reachable => model.give(PoolInput::Reachable),
            Act::Connect => model.give(PoolInput::Connect),
            Act::Pass(milliseconds) => model.pass(u64::from(milliseconds)),
            Act::Wanted => {
                if model.wait.is_some() {
                    model.pass_until_wanted();
                }
            }
        }
    }

    /// Whether the pool has stopped until a person acts.
    fn stands(&self) -> (bool, bool) {
        let mut halted = false;
        let mut full = false;
        for event in &self.model.events {
            match event {
                PoolEvent::Halted(_) => halted = true,
                PoolEvent::UploadsStopped(_) => full = true,
                _ => {}
            }
        }
        (halted, full)
    }

    fn check(&self, allowed: usize) {
        let model = &self.model;
        assert!(model.most_open <= allowed, "{} sessions, {allowed} allowed", model.most_open);
        let connecting = model.seats.values().filter(|seat| !seat.logged_in).count();
        assert!(connecting <= 1);
        let mut limit = usize::MAX;
        for event in &model.events {
            if let PoolEvent::Limited(most) = event {
                assert!(*most >= 1 && *most < limit);
                limit = *most;
            }
        }
        assert!(model.seats.len() <= limit, "{} sessions, {limit} granted", model.seats.len());
        let (halted, full) = self.stands();
        let free =
            |job: &towpath_ftp::pool::Job| !job.paused && (!full || job.direction == Direction::Download);
        if !halted && !self.paused && model.pool.jobs().iter().any(free) {
            let working = model.seats.values().any(|seat| seat.work.is_some());
            assert!(working || model.wait.is_some(), "work remains and nothing is awaited");
        }
    }

    /// From now on all goes well: everything that is left gets done.
    fn finish(&mut self) {
        self.paused = false;
        self.model.give(PoolInput::PauseAll(false));
        for number in 0..12 {
            self.act(Act::Pause(number, false));
        }
        self.model.give(PoolInput::AllowUploads);
        self.model.give(PoolInput::Connect);
        for _ in 0..10_000 {
            if self.model.pool.jobs().is_empty() && self.model.answered.len() == self.asks as usize {
                return;
            }
            match self.nth(0, true) {
                Some(slot) if self.model.seats[&slot].cancelled => {
                    self.model.fail(slot, error(Stage::Server, ErrorKind::Cancelled));
                }
                Some(slot) => self.succeed(slot),
                None => self.model.pass_until_wanted(),
            }
        }
        panic!("it never ends: {:?}", self.model.pool.jobs());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn whatever_fails_each_job_ends_once_and_nothing_hangs(
        seed in any::<u64>(),
        limit in 1..=MOST_TRANSFERS,
        size in prop_oneof![Just(1_000u64), Just(1u64 << 32)],
        acts in proptest::collection::vec(act(), 0..150),
    ) {
        let mut model = Model::new();
        model.pool = Pool::new(seed);
        let mut chaos = Chaos { model, asks: 0, paused: false };
        let allowed = 1 + if limit >= 3 { limit.max(SMALL_TRANSFERS) } else { limit };
        chaos.model.give(PoolInput::Limit(limit));
        chaos.model.give(PoolInput::Add(
            (1..=12)
                .map(|id| job(id, if id % 2 == 0 { Direction::Upload } else { Direction::Download }, size))
                .collect(),
        ));
        for act in acts {
            if matches!(act, Act::Connect) {
                chaos.model.events.retain(|event| !matches!(event, PoolEvent::Halted(_) | PoolEvent::Limited(_)));
            }
            chaos.act(act);
            chaos.check(allowed);
        }
        chaos.finish();
        prop_assert_eq!(chaos.model.ended.len(), 12);
        prop_assert_eq!(chaos.model.answered.len(), chaos.asks as usize);
        let ends = |event: &&PoolEvent| matches!(event, PoolEvent::Request(Event::Done { .. } | Event::Failed { .. }));
        prop_assert_eq!(chaos.model.events.iter().filter(ends).count(), chaos.asks as usize);
    }
}
