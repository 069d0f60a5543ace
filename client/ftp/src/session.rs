//! One control connection and the requests that wait for it: takes inputs to the operation on top of the stack, starts
//! requests in their order, and sees that each ends exactly once.

mod hearing;

use std::collections::VecDeque;

use crate::control::{self, LOGIN_TIMEOUT};
use crate::error::{Error, ErrorKind, Stage};
use crate::event::{Event, LogKind, Outcome, Transferred};
use crate::io::{ConnId, End, Input, Output, Time};
use crate::link::Link;
use crate::operation::{self, Failure, Operation, Report, Signal, Step, cancelled, silence};
use crate::quirks::Quirks;
use crate::request::{Request, RequestId};
use crate::site::Site;

/// Requests that may wait for their turn; one more fails at once.
pub const MOST_WAITING: usize = 10_000;

/// A session with one server: one control connection at a time, requests one after the other.
pub struct Session {
    link: Link,
    waiting: VecDeque<(RequestId, Request)>,
    stack: Vec<Box<dyn Operation>>,
    cancelling: Option<Cancelling>,
    /// What was told of the server's quirks.
    told: Quirks,
}

/// How the running request is coming to its end before its time.
#[derive(Clone, Copy)]
enum Cancelling {
    /// The replies owed are awaited.
    Replies,
    /// The operations from this depth on see to it.
    Operation(usize),
}

impl Session {
    /// A session that is not connected; [`Request::Connect`] starts it.
    #[must_use]
    pub fn new(site: Site) -> Session {
        let told = site.quirks.clone();
        Session { link: Link::new(site), waiting: VecDeque::new(), stack: Vec::new(), cancelling: None, told }
    }

    /// Takes one input: exactly one mutation. Drain [`Session::poll`] afterwards.
    pub fn handle(&mut self, now: Time, input: Input) {
        self.link.now = self.link.now.max(now);
        match input {
            Input::Request(request, _) if self.waiting.len() >= MOST_WAITING => {
                let error = Error::new(Stage::Server, ErrorKind::Transient, "Too many requests wait already");
                self.link.tell(Event::Failed { request, error });
            }
            Input::Request(id, request) => self.waiting.push_back((id, request)),
            Input::Cancel(id) => self.cancel(id),
            Input::Answer(yes) => self.signal(Signal::Answer(yes)),
            Input::Opened { conn, peer } => self.opened(conn, peer),
            Input::Listening { conn, address } if self.is_data(conn) => {
                self.signal(Signal::Listening(address));
            }
            Input::Digested { digest, .. } => self.signal(Signal::Digested(digest)),
            Input::Secured { conn, tls } if self.is_due(conn) => self.signal(Signal::Secured(tls)),
            Input::Bytes(conn, bytes) => self.bytes(conn, bytes),
            Input::Moved { conn, total } if self.is_data(conn) => self.signal(Signal::Moved(total)),
            Input::Closed { conn, end } => self.closed(conn, end),
            // Of a connection that was closed or never ours; or time alone.
            Input::Listening { .. } | Input::Secured { .. } | Input::Moved { .. } | Input::Tick => {}
        }
        self.advance(Step::Wait);
        self.keep_time();
        self.wake_the_forgotten();
    }

    /// Without a connection and a deadline nothing would ever come: whatever an operation waits for then, it waits in vain.
    fn wake_the_forgotten(&mut self) {
        let waits = !self.stack.is_empty() && self.operation_deadline().is_none();
        if waits && self.link.control.is_none() {
            let lost = self.link.doomed.take().unwrap_or_else(|| control::lost(&End::Clean));
            self.lose(lost.clone(), lost);
        }
    }

    /// What is known of the server's quirks by now: to be stored with the site and given back as [`Site::quirks`].
    /// [`Event::Learned`] tells each change.
    #[must_use]
    pub fn quirks(&self) -> &Quirks {
        &self.link.memory.quirks
    }

    /// What is to be done next; [`Output::Wait`] is the last of a drain.
    pub fn poll(&mut self) -> Output {
        match self.link.take() {
            Some(output) => output,
            None => Output::Wait(self.deadline()),
        }
    }

    fn opened(&mut self, conn: ConnId, peer: String) {
        if self.is_control(conn) {
            self.link.server.peer = peer;
        }
        if self.is_data(conn) {
            self.link.data_opened();
        }
        if self.is_due(conn) {
            self.signal(Signal::Opened);
        }
    }

    fn closed(&mut self, conn: ConnId, end: End) {
        if self.is_control(conn) {
            // It is gone: nothing is left to close.
            if let Some(mut control) = self.link.control.take() {
                self.link.withheld.extend(control.give_up());
            }
            let step = match self.stack.last_mut() {
                Some(operation) => operation.lost(&mut self.link, &end),
                None => Step::lost(control::lost(&end)),
            };
            self.advance(step);
        } else if self.is_data(conn) {
            self.signal(Signal::Closed(end));
        }
    }

    fn bytes(&mut self, conn: ConnId, bytes: Vec<u8>) {
        if self.is_data(conn) {
            self.signal(Signal::Bytes(bytes));
        } else if self.is_control(conn) {
            self.control_bytes(&bytes);
        }
    }

    fn signal(&mut self, signal: Signal) {
        if let Some(operation) = self.stack.last_mut() {
            let step = operation.signal(&mut self.link, signal);
            self.advance(step);
        }
    }

    /// Takes steps until something has to come first.
    fn advance(&mut self, mut step: Step) {
        loop {
            if matches!((&step, self.cancelling), (Step::Wait, Some(Cancelling::Replies)))
                && self.link.owed() == 0
            {
                step = Step::fail(cancelled());
            }
            step = match step {
                Step::Wait if self.link.request.is_none() => {
                    if let Some(error) = self.link.doomed.take() {
                        return self.lose(error.clone(), error);
                    }
                    match self.waiting.pop_front() {
                        Some((id, request)) => self.begin(id, request),
                        None => return,
                    }
                }
                Step::Wait => return,
                Step::Push(mut operation) => {
                    let step = operation.start(&mut self.link);
                    // A child that has nothing to wait for is never seen on the stack, but its parent must be told.
                    self.stack.push(operation);
                    step
                }
                Step::Done(report) => self.ended(Ok(report)),
                Step::Fail(failure) => self.ended(Err(failure)),
                Step::Lost { request, session } => return self.lose(request, session),
                Step::Left => return self.left(),
            };
        }
    }

    /// The operation on top has ended.
    fn ended(&mut self, result: Result<Report, Failure>) -> Step {
        let cancelled_here = match self.cancelling {
            None => false,
            Some(Cancelling::Replies) => true,
            Some(Cancelling::Operation(depth)) => self.stack.len() <= depth,
        };
        let ended = self.stack.pop();
        if cancelled_here {
            let mut error = cancelled();
            for operation in ended.iter().chain(self.stack.iter().rev()) {
                error = operation.explain(error);
            }
            self.stack.clear();
            self.link.drop_data();
            self.finish(Err(error));
            return Step::Wait;
        }
        let result = match (result, &ended) {
            (Err(failure), Some(ended)) => Err(Failure { error: ended.explain(failure.error), ..failure }),
            (result, _) => result,
        };
        match (self.stack.last_mut(), result) {
            (Some(parent), result) => parent.child(&mut self.link, result),
            (None, Ok(Report::Done(outcome))) => {
                self.finish(Ok(outcome));
                Step::Wait
            }
            (None, Ok(_)) => {
                self.finish(Ok(Outcome::Ok));
                Step::Wait
            }
            (None, Err(failure)) => {
                self.link.error(failure.error.to_string());
                self.finish(Err(failure.error));
                Step::Wait
            }
        }
    }

    /// Ends the running request.
    fn finish(&mut self, result: Result<Outcome, Error>) {
        self.cancelling = None;
        self.link.disown();
        self.link.end_trial();
        self.tell_learned();
        if let Some(request) = self.link.request.take() {
            self.link.tell(match result {
                Ok(outcome) => Event::Done { request, outcome },
                Err(error) => Event::Failed { request, error: error.advised() },
            });
        }
    }

    /// What is known of the server has changed. Nothing that the session may still take back: it is told past what is kept back.
    fn tell_learned(&mut self) {
        if self.told != self.link.memory.quirks {
            self.told = self.link.memory.quirks.clone();
            self.link.put(Output::Event(Event::Learned(self.told.clone())));
        }
    }

    fn begin(&mut self, id: RequestId, request: Request) -> Step {
        self.link.request = Some(id);
        let operation = match request {
            Request::Connect if self.link.server.logged_in => {
                self.finish(Ok(Outcome::Ok));
                return Step::Wait;
            }
            ref other
                if !self.link.server.logged_in && !matches!(other, Request::Connect | Request::Examine) =>
            {
                self.finish(Err(not_connected()));
                return Step::Wait;
            }
            // Requests that wait are sign of life enough.
            Request::KeepAlive if !self.waiting.is_empty() => {
                self.finish(Ok(Outcome::Ok));
                return Step::Wait;
            }
            request => match operation::of(&self.link.server.features, id, request) {
                Ok(operation) => operation,
                Err(error) => return Step::fail(error),
            },
        };
        Step::Push(operation)
    }

    fn cancel(&mut self, id: RequestId) {
        if let Some(place) = self.waiting.iter().position(|(waiting, _)| *waiting == id) {
            self.waiting.remove(place);
            return self.link.tell(Event::Failed { request: id, error: cancelled() });
        }
        if self.link.request != Some(id) || self.cancelling.is_some() {
            return;
        }
        let Some(operation) = self.stack.last_mut() else { return };
        match operation.cancel(&mut self.link) {
            None => {
                self.cancelling = Some(Cancelling::Replies);
                self.link.disown();
                self.advance(Step::Wait);
            }
            Some(step) => {
                self.cancelling = Some(Cancelling::Operation(self.stack.len()));
                self.advance(step);
            }
        }
    }

    /// The session is lost: every request fails, then its user is told.
    fn lose(&mut self, request: Error, session: Error) {
        if let Some(control) = &mut self.link.control {
            self.link.withheld.extend(control.give_up());
        }
        if self.outlived(&request, &session) {
            return;
        }
        let mut error = if self.cancelling.is_some() { cancelled() } else { request };
        for operation in self.stack.iter().rev() {
            error = operation.explain(error);
        }
        if self.link.request.is_some() && error != session {
            self.link.error(error.to_string());
        }
        self.link.error(session.to_string());
        self.finish(Err(error));
        self.end(Some(session));
    }

    /// Whether the running request goes on over a new connection, or ends well without one.
    fn outlived(&mut self, request: &Error, session: &Error) -> bool {
        if self.cancelling.is_some() {
            return false;
        }
        let Some(first) = self.stack.first_mut() else { return false };
        let Some(step) = first.outlive(&mut self.link, request) else { return false };
        self.stack.truncate(1);
        self.link.error(session.to_string());
        self.tell_withheld(Some(session));
        self.advance(step);
        true
    }

    /// The session ended as it should.
    fn left(&mut self) {
        self.link.status("Disconnected from server");
        self.finish(Ok(Outcome::Ok));
        self.end(None);
    }

    fn end(&mut self, error: Option<Error>) {
        let error = error.map(Error::advised);
        self.stack.clear();
        self.link.doomed = None;
        self.link.close_control();
        self.tell_withheld(error.as_ref());
        self.link.server = crate::link::Server::default();
        for (request, _) in std::mem::take(&mut self.waiting) {
            let error = error.clone().unwrap_or_else(not_connected);
            self.link.tell(Event::Failed { request, error });
        }
        self.link.tell(Event::Disconnected(error));
    }

    /// What was kept back is told at last: without an error as it was, else a request that seemed done has failed.
    fn tell_withheld(&mut self, error: Option<&Error>) {
        let held = std::mem::take(&mut self.link.withheld);
        let Some(error) = error else { return self.link.tell_held(held) };
        let fails = |event| match event {
            // All of the file arrived; only its time is not known to be set.
            Event::Done { request, outcome: Outcome::Transferred(moved) } => {
                let outcome = Outcome::Transferred(Transferred { dated: Some(false), ..moved });
                Some(Event::Done { request, outcome })
            }
            Event::Done { request, .. } | Event::Failed { request, .. } => {
                Some(Event::Failed { request, error: error.clone() })
            }
            Event::Log(line) if line.kind == LogKind::Error => Some(Event::Log(line)),
            _ => None,
        };
        self.link.tell_held(held.into_iter().filter_map(fails).collect());
    }

    /// Deadlines that have come.
    fn keep_time(&mut self) {
        let now = self.link.now;
        let odd_end = self.link.control.as_ref().and_then(control::Control::odd_end);
        if odd_end.is_some_and(|at| at <= now)
            && let Some(reply) = self.link.control.as_mut().and_then(control::Control::end_oddly)
        {
            self.reply(&reply);
            self.replies();
        }
        if self.limit().is_some_and(|at| at <= now) {
            let error = Error::new(Stage::Server, ErrorKind::Timeout, "The request took longer than it may");
            return self.lose(error.clone(), error);
        }
        if self.operation_deadline().is_some_and(|at| at <= now) {
            let step = match self.stack.last_mut() {
                Some(operation) => operation.timeout(&mut self.link),
                None => {
                    let error = silence(&self.link);
                    self.link.lock_step();
                    return self.lose(error.clone(), error);
                }
            };
            self.advance(step);
        }
    }

    /// When the running request is to be over.
    fn limit(&self) -> Option<Time> {
        self.stack.first().and_then(|operation| operation.limit())
    }

    /// The deadline of the operation on top; without one, that of replies which nobody waits for.
    fn operation_deadline(&self) -> Option<Time> {
        match self.stack.last() {
            Some(operation) => operation.deadline(&self.link),
            None => self.link.deadline(LOGIN_TIMEOUT),
        }
    }

    fn deadline(&self) -> Option<Time> {
        let odd_end = self.link.control.as_ref().and_then(control::Control::odd_end);
        [odd_end, self.operation_deadline(), self.limit()].into_iter().flatten().min()
    }

    fn is_control(&self, conn: ConnId) -> bool {
        self.link.control.as_ref().is_some_and(|control| control.conn == conn)
    }

    fn is_data(&self, conn: ConnId) -> bool {
        self.link.data.as_ref().is_some_and(|data| data.conn == conn && data.end.is_none())
    }

    /// Whether this is the connection that the operation on top is making: in the logon the control connection, later
    /// the data connection.
    fn is_due(&self, conn: ConnId) -> bool {
        self.is_data(conn) || (self.is_control(conn) && !self.link.server.logged_in)
    }
}

fn not_connected() -> Error {
    Error::new(Stage::Connection, ErrorKind::NotConnected, "There is no connection to the server")
        .with_advice("Connect first")
}
