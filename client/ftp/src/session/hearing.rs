//! What the server says on the control connection: bytes to replies, and each reply to whoever waits for it.

use crate::control::{self, Consequence, Hearer};
use crate::error::{Error, ErrorKind, Stage};
use crate::event::{Event, LogKind, Outcome};
use crate::habits::{Form, Habit};
use crate::link::Link;
use crate::operation::{Step, clock_answered, injected, protected, words};
use crate::reply::{Reply, escape};

use super::{Cancelling, Session};

impl Session {
    pub(super) fn control_bytes(&mut self, bytes: &[u8]) {
        let now = self.link.now;
        let Some(control) = &mut self.link.control else { return };
        if control.securing {
            let error = injected();
            return self.lose(error.clone(), error);
        }
        control.heard(now);
        let conn = control.conn;
        let read = control.reader.push(bytes);
        self.replies();
        // It may be another one by now.
        let Some(control) = self.link.control.as_mut().filter(|control| control.conn == conn) else { return };
        let strays = control.reader.strays();
        control.read_up();
        for line in &strays {
            self.link.log(LogKind::Response, escape(line));
        }
        let ssh = strays.iter().find(|line| line.starts_with(b"SSH-") && !self.link.server.logged_in);
        let error = match (read, ssh) {
            (Err(error), _) => {
                let text = format!("{}; the connection was closed", sentence(&error.to_string()));
                Error::new(Stage::Server, ErrorKind::Protocol, text)
            }
            (Ok(()), Some(line)) => Error::new(
                Stage::Connection,
                ErrorKind::Protocol,
                "This is an SFTP (SSH) server, not an FTP server",
            )
            .with_reply(escape(line))
            .with_advice("Use the port of the FTP server, usually 21"),
            (Ok(()), None) => return,
        };
        self.lose(error.clone(), error);
    }

    /// Takes the replies that are whole.
    pub(super) fn replies(&mut self) {
        while let Some(reply) = self.link.control.as_mut().and_then(|control| control.reader.next()) {
            self.reply(&reply);
        }
    }

    /// A whole reply came: to the operation whose command it answers.
    pub(super) fn reply(&mut self, reply: &Reply) {
        self.link.response(reply);
        let now = self.link.now;
        let Some(control) = &mut self.link.control else { return };
        let last_word = control.awaited().and_then(|verb| last_word(verb, reply));
        let reply = last_word.as_ref().unwrap_or(reply);
        // 421 may come at any time and is the end (rule R8); the logon knows more to say of it.
        if reply.code == 421 && (self.link.server.logged_in || control.in_flight() == 0) {
            let error = Error::new(Stage::Server, ErrorKind::Lost, "The server closed the session")
                .with_reply(words(reply))
                .with_advice("Connect again");
            return self.lose(error.clone(), error);
        }
        if control.is_misplaced(reply)
            && let Some(operation) = self.stack.last_mut()
        {
            let step = operation.timeout(&mut self.link);
            return self.advance(step);
        }
        let hearer = control.hearer();
        if let (Some(Hearer::Session(Consequence::Protection)), 2..) = (hearer, reply.class())
            && let Err(error) = protected(&mut self.link, reply)
        {
            return self.lose(error.clone(), error);
        }
        if let (Some(Hearer::Session(Consequence::Clock(listed))), 2..) = (hearer, reply.class()) {
            clock_answered(&mut self.link, listed, reply);
            if self.link.request.is_none() {
                self.tell_learned();
            }
        }
        let Some(control) = &mut self.link.control else { return };
        let settled = control.settle(reply, now);
        let cancelling = matches!(self.cancelling, Some(Cancelling::Replies));
        let step = match (hearer, self.stack.last_mut()) {
            // Rule R7: it answers nothing.
            (None, _) => return self.link.trace("A reply that nobody asked for was ignored"),
            (Some(Hearer::Lane(lane)), Some(operation)) if !cancelling => {
                self.link.lane = lane;
                operation.reply(&mut self.link, reply)
            }
            _ => Step::Wait,
        };
        self.link.lane = 0;
        let mut held = settled.map(control::Expectation::into_events).unwrap_or_default();
        if hearer == Some(Hearer::Session(Consequence::Dated)) && reply.class() >= 2 {
            dated(&mut self.link, &mut held, reply);
        }
        self.link.tell_held(held);
        self.link.release();
        self.link.show();
        self.advance(step);
    }
}

/// What Pure-FTPd says last about a download whose connection was closed, as the 426 that it is: it counts the bytes after a 150
/// instead (rule D9). After a whole file the same words follow a 226.
fn last_word(verb: &str, reply: &Reply) -> Option<Reply> {
    let counts = |line: &Vec<u8>| line.windows(15).any(|words| words == b"(measured here)");
    let is_last = reply.code == 150 && verb == "RETR" && reply.lines.iter().any(counts);
    is_last.then(|| reply.meant_as(426))
}

/// The answer to MFMT: the transfer whose outcome was kept back for it has the time that was wished, or not (rule T11).
fn dated(link: &mut Link, held: &mut [Event], reply: &Reply) {
    let habits = &mut link.memory.quirks.habits;
    if reply.class() == 2 {
        return habits.learn(Form::Mfmt, Habit::Works);
    }
    if matches!(reply.code, 500 | 502 | 504) {
        habits.learn(Form::Mfmt, Habit::Missing);
    }
    if let Some(Event::Done { outcome: Outcome::Transferred(moved), .. }) =
        held.iter_mut().find(|event| matches!(event, Event::Done { .. }))
    {
        moved.dated = Some(false);
    }
}

/// An error's text as a sentence.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
