//! The pool with real sessions, against a server in memory that grants two connections.

use std::collections::{BTreeMap, VecDeque};

use towpath_ftp::pool::{JobEnd, JobEvent, Pool, PoolEvent, PoolInput, PoolOutput, SlotId};
use towpath_ftp::{
    ConnId, Direction, Encryption, End, Event, Input, JobId, Output, Request, RequestId, Secret, Session,
    Site, Target, Time,
};

use crate::model::job;

const SIZE: u64 = 1_000;

/// A session and what its server has still to say.
struct Seat {
    session: Session,
    control: Option<ConnId>,
    data: Option<ConnId>,
    inputs: VecDeque<Input>,
    granted: bool,
    /// Files that it serves before it says 421.
    files: u32,
}

struct World {
    pool: Pool,
    now: Time,
    seats: BTreeMap<SlotId, Seat>,
    events: Vec<PoolEvent>,
    wait: Option<Time>,
    granted: usize,
    /// Files per session.
    files: u32,
}

impl World {
    fn new(granted: usize, files: u32) -> World {
        World {
            pool: Pool::new(3),
            now: Time(0),
            seats: BTreeMap::new(),
            events: Vec::new(),
            wait: None,
            granted,
            files,
        }
    }

    fn give(&mut self, input: PoolInput) {
        self.pool.handle(self.now, input);
        loop {
            match self.pool.poll() {
                PoolOutput::Open(slot) => {
                    let mut site = Site::new("host", 21, "user", Secret::new("word"));
                    site.encryption = Encryption::None;
                    let seat = Seat {
                        session: Session::new(site),
                        control: None,
                        data: None,
                        inputs: VecDeque::new(),
                        granted: self.seats.values().filter(|seat| seat.granted).count() < self.granted,
                        files: self.files,
                    };
                    self.seats.insert(slot, seat);
                }
                PoolOutput::Ask(slot, id, request) => {
                    self.seats.get_mut(&slot).unwrap().inputs.push_back(Input::Request(id, request));
                }
                PoolOutput::Cancel(slot, id) => {
                    self.seats.get_mut(&slot).unwrap().inputs.push_back(Input::Cancel(id));
                }
                PoolOutput::Close(slot) => drop(self.seats.remove(&slot)),
                PoolOutput::Event(event) => self.events.push(event),
                PoolOutput::Wait(until) => {
                    self.wait = until;
                    return;
                }
            }
        }
    }

    /// One input of one session, and its drain.
    fn step(&mut self, slot: SlotId) {
        let now = self.now;
        let seat = self.seats.get_mut(&slot).unwrap();
        let Some(input) = seat.inputs.pop_front() else { return };
        seat.session.handle(now, input);
        let mut events = Vec::new();
        loop {
            match seat.session.poll() {
                Output::Wait(_) => break,
                Output::Event(event) => events.push(event),
                output => seat.answer(output),
            }
        }
        if events.iter().any(|event| matches!(event, Event::Disconnected(_))) {
            self.seats.remove(&slot);
        }
        if !events.is_empty() {
            self.give(PoolInput::Events(slot, events));
        }
    }

    /// Until nothing is left to do and the pool waits for nothing but idle ends.
    fn run(&mut self) {
        for _ in 0..100_000 {
            let busy = self.seats.iter().find(|(_, seat)| !seat.inputs.is_empty()).map(|(slot, _)| *slot);
            match (busy, self.wait) {
                (Some(slot), _) => self.step(slot),
                (None, Some(until)) if !self.pool.jobs().is_empty() => {
                    self.now = until;
                    self.give(PoolInput::Tick);
                }
                (None, _) => return,
            }
        }
        panic!("it never ends");
    }

    fn done(&self) -> usize {
        let done = |event: &&PoolEvent| {
            matches!(event, PoolEvent::Job(_, JobEvent::Ended(JobEnd::Done { confirmed: true, .. })))
        };
        self.events.iter().filter(done).count()
    }
}

impl Seat {
    fn say(&mut self, text: &str) {
        let bytes = format!("{text}\r\n").into_bytes();
        self.inputs.push_back(Input::Bytes(self.control.unwrap(), bytes));
    }

    fn answer(&mut self, output: Output) {
        match output {
            Output::Open(conn, Target::Control { .. }) => {
                self.control = Some(conn);
                self.inputs.push_back(Input::Opened { conn, peer: "192.0.2.1:21".into() });
                self.say(if self.granted { "220 ready" } else { "421 Too many connections" });
            }
            Output::Open(conn, Target::Data { .. }) => {
                self.data = Some(conn);
                self.inputs.push_back(Input::Opened { conn, peer: "192.0.2.1:4000".into() });
            }
            Output::Splice { conn, offset, .. } => {
                self.inputs.push_back(Input::Moved { conn, total: SIZE - offset });
                self.inputs.push_back(Input::Closed { conn, end: End::Clean });
            }
            Output::Send(_, bytes) => {
                for line in String::from_utf8(bytes).unwrap().lines() {
                    self.command(line.split(' ').next().unwrap());
                }
            }
            _ => {}
        }
    }

    fn command(&mut self, verb: &str) {
        let answer = match verb {
            "USER" => "331 word?",
            "PASS" => "230 in",
            "SYST" => "215 UNIX Type: L8",
            "PWD" => "257 \"/\"",
            "PASV" => "227 (192,0,2,1,15,160)",
            "EPSV" => "229 (|||4000|)",
            "RETR" | "STOR" if self.files == 0 => "421 bye",
            "RETR" | "STOR" => {
                self.files -= 1;
                self.say("150 here it is");
                "226 done"
            }
            "LIST" | "MLSD" => {
                self.say("150 here it is");
                let conn = self.data.unwrap();
                self.inputs.push_back(Input::Closed { conn, end: End::Clean });
                "226 done"
            }
            "TYPE" | "CWD" => "200 ok",
            "SIZE" => "213 1000",
            _ => "502 what",
        };
        self.say(answer);
    }
}

#[test]
fn l11_real_sessions_find_the_limit_and_every_file_comes() {
    let mut world = World::new(2, u32::MAX);
    world.give(PoolInput::Connect);
    world.give(PoolInput::Ask(RequestId(1), Request::List(None)));
    world.give(PoolInput::Add((1..=9).map(|id| job(id, Direction::Download, SIZE)).collect()));
    world.run();
    assert_eq!(world.done(), 9);
    assert!(world.events.contains(&PoolEvent::Limited(2)));
    let listed =
        |event: &PoolEvent| matches!(event, PoolEvent::Request(Event::Done { request: RequestId(1), .. }));
    assert!(world.events.iter().any(listed), "{:?}", world.events);
}

#[test]
fn real_sessions_that_end_with_421_are_replaced() {
    // Each session serves two files and closes; the third file goes back to the queue.
    let mut world = World::new(1, 2);
    world.give(PoolInput::Add((1..=7).map(|id| job(id, Direction::Download, SIZE)).collect()));
    world.run();
    assert_eq!(world.done(), 7, "{:?}", world.events);
    let broken = |event: &&PoolEvent| matches!(event, PoolEvent::Job(JobId(_), JobEvent::Waiting { .. }));
    assert!(world.events.iter().filter(broken).count() >= 3);
}
