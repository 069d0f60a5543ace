//! While the data connection is at work: its news and the replies, in any order, up to the completion rule (rules D8 to D12, S-4, S-7,
//! T8, C-3).

use crate::control::ANSWER_TIMEOUT;
use crate::data::{self, DataConnection, Note, Phase};
use crate::error::{Error, ErrorKind, Stage};
use crate::event::Event;
use crate::io::{End, Output, TlsSession};
use crate::link::Link;
use crate::reply::Reply;

use super::Exchange;
use super::course::{After, State};
use super::purpose::{Purpose, wants_resumption};
use crate::operation::Step;
use crate::operation::renew::Renew;

impl Exchange {
    pub(super) fn moving_answered(&mut self, link: &mut Link, reply: &Reply) -> Step {
        // `150` again and again is no progress.
        if reply.class() != 1 || link.now.since(self.since) < ANSWER_TIMEOUT {
            self.touch(link);
        }
        match reply.class() {
            // The word comes too late for a connection that is closed.
            1 if self.came_early(link) => self.abandon(link, After::Patiently),
            1 => {
                self.purpose.announced(reply);
                self.announced = Some(reply.clone());
                if self.held {
                    self.flow(link);
                }
                Step::Wait
            }
            2 => {
                if self.held {
                    self.flow(link);
                }
                self.reply = Some(reply.clone());
                self.conclude(link)
            }
            _ => self.refused(link, reply),
        }
    }

    pub(super) fn refused(&mut self, link: &mut Link, reply: &Reply) -> Step {
        if self.has_enough(link) {
            return self.enough(link);
        }
        // In the middle of the handshake the news of a missing ticket may still be on its way.
        let suspect =
            |data: &DataConnection| data.unresumed || (data.phase == Phase::Securing && data.end.is_none());
        let (moved, unresumed) = link.data.as_ref().map_or((0, false), |data| (data.moved, suspect(data)));
        let early = self.came_early(link);
        link.drop_data();
        // Rule S-4: some say why, some only refuse what was not resumed.
        let unresumed = wants_resumption(reply) || (unresumed && matches!(reply.code, 522 | 425 | 426 | 450));
        // Bytes of an upload may be on their way before the server has seen the session and refuses it.
        let at_once = matches!(reply.code, 425 | 522) || wants_resumption(reply);
        if unresumed && (moved == 0 || (self.purpose.is_upload() && at_once)) && self.may_renew(link) {
            return self.renew();
        }
        if self.purpose.is_empty_listing(reply) {
            return self.done(link, 0, true);
        }
        if early && matches!(reply.code, 425 | 426 | 451 | 522) {
            return self.patiently(link);
        }
        // Rule D5: another connection may be luckier.
        if reply.code == 425 && moved == 0 && !self.retried && !wants_resumption(reply) {
            self.retried = true;
            return self.open(link);
        }
        // Rule D11: what worked before on this connection and does not now may work on a new one; the first transfer's failure tells of
        // firewalls and is not tried over and over.
        if matches!(reply.code, 425 | 426) && moved == 0 && link.server.exchanged && !self.renewed {
            self.renewed = true;
            self.state = State::Renewing;
            return Step::push(Renew::plainly());
        }
        let mut failure = self.purpose.refusal(reply);
        // Rule D12: under TLS PROT P was said already.
        if reply.code == 522 && !link.server.protected {
            failure.error.advice = "The server wants encrypted data connections: connect with TLS".into();
        }
        Step::Fail(failure)
    }

    /// Whether the data connection was closed after bytes had come on it and before the server had said that it has read the command:
    /// some take that for an intrusion (pyftpdlib).
    fn came_early(&self, link: &Link) -> bool {
        let upload = self.purpose.is_upload();
        let cut = |data: &DataConnection| match data.end {
            None => false,
            Some(_) if data.phase == Phase::Securing => true,
            Some(End::Failed { stage, .. }) => upload && stage != Stage::File && data.phase == Phase::Ready,
            Some(_) => false,
        };
        link.data.as_ref().is_some_and(cut)
            && !self.is_whole(link)
            && self.announced.is_none()
            && !self.patient
            && !link.memory.quirks.patient
    }

    /// Once more, and nothing is sent before the preliminary reply.
    pub(super) fn patiently(&mut self, link: &mut Link) -> Step {
        link.trace("The server closed the data connection at once; the next one waits for its word");
        self.patient = true;
        self.open(link)
    }

    /// Whether a new login may bring what lets the server resume.
    pub(super) fn may_renew(&self, link: &Link) -> bool {
        !self.renewed && link.may_renew_tls()
    }

    pub(super) fn renew(&mut self) -> Step {
        self.renewed = true;
        self.state = State::Renewing;
        Step::push(Renew::tls())
    }

    pub(super) fn secured(&mut self, link: &mut Link, tls: &TlsSession) -> Step {
        let Some(data) = &mut link.data else { return Step::Wait };
        if data.phase != Phase::Securing {
            return Step::Wait;
        }
        let same = data::same_certificate(link.server.tls.as_ref(), tls);
        if !same && !link.site.accept_any_certificate {
            let error = Error::new(
                Stage::Tls,
                ErrorKind::NotAccepted,
                "The data connection showed another certificate than the control connection",
            )
            .with_advice("Somebody may be tampering with the connection");
            return self.abandon(link, After::Fail(error.into()));
        }
        data.phase = Phase::Ready;
        data.unresumed = !tls.resumed;
        let conn = data.conn;
        let how = if tls.resumed { "of the control connection resumed" } else { "not resumed" };
        link.trace(format!("TLS session {how}"));
        link.tell(Event::DataSecured { resumed: tls.resumed });
        if link.server.resumption.has_lapsed() {
            link.error(
                "Warning: the TLS session of this data connection was not resumed, as earlier ones were",
            );
        }
        link.put(Output::AcceptTls(conn));
        Step::Wait
    }

    pub(super) fn bytes(&mut self, link: &mut Link, bytes: &[u8]) -> Step {
        let Some(data) = &mut link.data else { return Step::Wait };
        if data.phase == Phase::Securing || data.phase == Phase::Open {
            // Before its certificate is accepted nothing counts that a connection says.
            let text = "Plain text came on a data connection that is to be secured";
            return self.give_up(link, Error::new(Stage::Tls, ErrorKind::Protocol, text));
        }
        let Purpose::Listing(rows) = &mut self.purpose else {
            // Before the splice, while REST is under way: it reaches no file, and must not count for one.
            let text = "The server sent data before it was asked for";
            return self.give_up(link, Error::new(Stage::Data, ErrorKind::Protocol, text));
        };
        data.moved = data.moved.saturating_add(bytes.len() as u64);
        match rows.push(link, bytes) {
            Ok(()) => Step::Wait,
            Err(error) => {
                let error = Error::new(
                    Stage::Data,
                    ErrorKind::Protocol,
                    format!("The listing cannot be shown in full: {error}"),
                );
                self.give_up(link, error)
            }
        }
    }

    pub(super) fn moved(&mut self, link: &mut Link, total: u64) -> Step {
        if let (Purpose::File(splice), Some(data)) = (&self.purpose, &mut link.data)
            && total > data.moved
        {
            data.moved = total;
            let done = splice.offset.saturating_add(total);
            let total = splice.size.or(splice.announced);
            link.tell(Event::Progressed { request: splice.request, done, total });
        }
        Step::Wait
    }

    pub(super) fn closed(&mut self, link: &mut Link, end: End) -> Step {
        let Some(data) = &mut link.data else { return Step::Wait };
        let stood = data.phase != Phase::Opening;
        let end = match end {
            // Whoever was at the other end, it was not proven to be the server.
            End::Clean | End::Unclean if matches!(data.phase, Phase::Open | Phase::Securing) => {
                End::Failed { stage: Stage::Tls, text: "it ended before it was secured".into() }
            }
            end => end,
        };
        data.end = Some(end.clone());
        if !matches!(self.state, State::Moving) {
            // The next step finds the end.
            return Step::Wait;
        }
        match end {
            // Servers that saw the connection end before its handshake may even have called it a success.
            End::NoTicket if self.may_renew(link) => self.renew(),
            End::Failed { stage: Stage::File, text } => {
                let error = Error::new(Stage::File, ErrorKind::File, text);
                self.give_up(link, error)
            }
            End::Failed { stage, text } if !stood => match self.reply {
                None => self.unreachable(link, stage, &text),
                Some(_) => self.conclude(link),
            },
            End::Failed { stage: Stage::Tls, text } if self.reply.is_none() => {
                link.trace(format!("The TLS handshake of the data connection failed: {text}"));
                Step::Wait
            }
            _ => self.conclude(link),
        }
    }

    /// Both halves are there: does what came agree with what should have come?
    pub(super) fn conclude(&mut self, link: &mut Link) -> Step {
        let Some(data) = &link.data else { return Step::Wait };
        let (Some(end), Some(_)) = (data.end.clone(), &self.reply) else { return Step::Wait };
        if self.has_enough(link) {
            return self.enough(link);
        }
        let moved = data.moved;
        link.close_data();
        if let Purpose::Listing(rows) = &mut self.purpose
            && let Err(error) = rows.finish(link)
        {
            let text = format!("The listing cannot be shown in full: {error}");
            return Step::fail(Error::new(Stage::Data, ErrorKind::Protocol, text));
        }
        match data::judge(&end, moved, self.purpose.expected(), self.purpose.is_upload()) {
            Err(error) => return Step::fail(error),
            Ok(Note::Nothing) => {}
            Ok(Note::Detail(text)) => link.trace(text),
            Ok(Note::Warning(text)) => link.error(text),
        }
        self.done(link, moved, true)
    }
}
