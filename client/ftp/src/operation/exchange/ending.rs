//! Ends that are none of the good ones: what is given up, what never came, what cannot be known (rules D8, D14, K4).

use crate::control::{CONNECT_TIMEOUT, REPLY_TIMEOUT};
use crate::data::Phase;
use crate::error::{Error, ErrorKind, Stage};
use crate::io::{End, Time};
use crate::link::Link;

use super::Exchange;
use super::course::{After, State};
use crate::operation::abandon::Abandon;
use crate::operation::{Failure, Report, Step, cancelled, silence};

/// How long nothing may move in the middle of a transfer.
const STALL_TIMEOUT: u64 = 60_000;
/// The same once an upload's last byte is on its way: buffers of some MiB may lie before a slow server.
const DRAIN_TIMEOUT: u64 = 300_000;
/// How long a patient exchange waits for the preliminary reply.
const HOLD_TIMEOUT: u64 = 3_000;
/// After one of data end and final reply: how long the other may take, counted anew with every progress (rule D8).
const OTHER_HALF_TIMEOUT: u64 = 20_000;
/// The same for the end of an upload that arrived: the server's close_notify is waited for so long, and then nothing depends on it (rule C-2).
const FAREWELL_TIMEOUT: u64 = 10_000;
/// The same where the driver ended it at its limit: nothing depends on what the server says to that, and under TLS Pure-FTPd says nothing.
const ENOUGH_TIMEOUT: u64 = 1_000;

impl Exchange {
    pub(super) fn give_up(&mut self, link: &mut Link, error: Error) -> Step {
        self.abandon(link, After::Fail(error.into()))
    }

    /// Gives up the data connection and awaits what the server says to that.
    pub(super) fn abandon(&mut self, link: &mut Link, after: After) -> Step {
        link.drop_data();
        self.state = State::Abandoning(Some(after));
        Step::push(Abandon::new())
    }

    pub(super) fn abandoned(&mut self, link: &mut Link, result: Result<Report, Failure>) -> Step {
        let State::Abandoning(after) = &mut self.state else { return Step::Wait };
        let after = after.take();
        match (result, after) {
            // The server may have closed its port because of what it then said: that is what became of the command.
            (Ok(Report::Abandoned(Some(reply))), Some(After::Again(_) | After::Unreachable(_)))
                if self.purpose.is_about_the_command(&reply) =>
            {
                self.refused(link, &reply)
            }
            (Ok(_), Some(After::Fail(failure) | After::Unreachable(failure))) => Step::Fail(failure),
            (Ok(_), Some(After::Again(_))) => self.other_way(link),
            (Ok(_), Some(After::Patiently)) => self.patiently(link),
            (Err(lost), Some(After::Patiently)) => Step::lost(lost.error),
            (Ok(_), Some(After::Unconfirmed)) => self.unconfirmed(link, None),
            (Ok(_), None) => Step::fail(cancelled()),
            (Err(lost), Some(After::Unconfirmed)) => self.unconfirmed(link, Some(lost.error)),
            (Err(lost), Some(After::Fail(failure) | After::Unreachable(failure))) => {
                Step::Lost { request: failure.error, session: lost.error }
            }
            (Err(lost), Some(After::Again(error))) => Step::Lost { request: error, session: lost.error },
            (Err(lost), None) => Step::lost(lost.error),
        }
    }

    /// All bytes moved, but the server's word did not come; perhaps because the connection is lost (rule K4).
    pub(super) fn unconfirmed(&mut self, link: &mut Link, lost: Option<Error>) -> Step {
        link.doomed = lost;
        self.done(link, self.purpose.expected().unwrap_or(0), false)
    }

    /// When patience ends.
    pub(super) fn patience(&self, link: &Link) -> Option<Time> {
        let (State::Moving, Some(data)) = (&self.state, &link.data) else {
            return link.deadline(REPLY_TIMEOUT);
        };
        if self.held {
            return Some(self.since.after(HOLD_TIMEOUT));
        }
        let patience = match (&data.end, &self.reply) {
            (None, None) if data.phase == Phase::Opening => CONNECT_TIMEOUT,
            (None, None) if self.purpose.is_upload() && self.is_whole(link) => DRAIN_TIMEOUT,
            (None, None) => STALL_TIMEOUT,
            (Some(_), None) if self.has_enough(link) => ENOUGH_TIMEOUT,
            (None, Some(_)) if self.purpose.is_upload() && self.is_whole(link) => FAREWELL_TIMEOUT,
            _ => OTHER_HALF_TIMEOUT,
        };
        Some(data.progress.after(patience))
    }

    /// Patience has ended.
    pub(super) fn late(&mut self, link: &mut Link) -> Step {
        let (State::Moving, Some(data)) = (&self.state, &link.data) else {
            return Step::lost(silence(link));
        };
        if self.held {
            self.flow(link);
            return Step::Wait;
        }
        let (ended, opening) = (data.end.clone(), data.phase == Phase::Opening);
        let (moved, idle) = (data.moved, link.now.since(data.progress));
        let late = |text: &str, ms: u64| {
            Error::new(Stage::Data, ErrorKind::Timeout, format!("{text} for {} seconds", ms / 1_000))
                .with_advice("Try again")
        };
        match (ended, &self.reply) {
            (None, None) if opening => {
                let text = format!("no answer within {} seconds", CONNECT_TIMEOUT / 1_000);
                self.unreachable(link, Stage::Data, &text)
            }
            (None, None) => self.give_up(link, late("No data has moved", idle)),
            // The server says that it is done, yet its data connection does not end.
            (None, Some(_)) if self.is_whole(link) => {
                link.error("Warning: the server did not end the data connection");
                self.done(link, moved, true)
            }
            (None, Some(_)) => {
                link.drop_data();
                Step::fail(late(
                    "The server said that it was done, but the data connection has not ended",
                    OTHER_HALF_TIMEOUT,
                ))
            }
            (Some(End::Clean | End::Unclean), None) if self.is_whole(link) => {
                link.close_data();
                self.abandon(link, After::Unconfirmed)
            }
            (Some(End::Failed { text, .. }), None) => {
                let text = format!("The data connection broke: {text}");
                let error = Error::new(Stage::Data, ErrorKind::Lost, text).with_advice("Try again");
                self.give_up(link, error)
            }
            (Some(_), _) => self.give_up(
                link,
                late(
                    "The data connection ended, but the server has not confirmed the transfer",
                    OTHER_HALF_TIMEOUT,
                ),
            ),
        }
    }
}
