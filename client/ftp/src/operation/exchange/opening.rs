//! The way to the data command: what has to be so before, the data connection, REST (rules D4 to D7, T2, T4).

use crate::command::Command;
use crate::control::failure_kind;
use crate::error::{Error, ErrorKind, Stage};
use crate::io::{End, Output};
use crate::link::Link;
use crate::reply::Reply;
use crate::site::Encryption;

use super::Exchange;
use super::course::{After, State};
use super::purpose::{Order, Purpose};
use crate::operation::kind::{SetType, Type};
use crate::operation::mode::SetMode;
use crate::operation::prepare::{Prepare, Wanted};
use crate::operation::{Report, Step, refused};

impl Exchange {
    /// All that has to be so before, and a data connection.
    pub(super) fn prepare(&mut self, link: &mut Link) -> Step {
        self.state = State::Opening;
        self.reply = None;
        let path = match &self.order {
            Order::Of(_, path) => Some(path),
            Order::Fixed(_) => None,
        };
        let kind = match &self.purpose {
            Purpose::Listing(_) => SetType::for_listings(),
            Purpose::File(splice) if splice.coding.text => SetType::to(Type::Ascii),
            Purpose::File(_) => SetType::to(Type::Image),
        };
        let deflate = matches!(&self.purpose, Purpose::File(splice) if splice.coding.deflate);
        let wanted = Wanted {
            place: self.place.clone(),
            kind,
            mode: SetMode::to(deflate),
            probes: self.purpose.probes(path),
            upload: self.purpose.is_upload(),
            command: self.order.command(link),
        };
        Step::push(Prepare::new(link, wanted, self.tried.clone()))
    }

    /// Another data connection.
    pub(super) fn open(&mut self, link: &mut Link) -> Step {
        self.state = State::Opening;
        let command = self.order.command(link);
        Step::push(Prepare::another(link, &command, self.purpose.is_upload(), self.tried.clone()))
    }

    /// What the flight brought.
    pub(super) fn prepared(&mut self, report: Report) {
        match report {
            Report::Together(reports) => reports.into_iter().for_each(|report| self.prepared(report)),
            Report::Directory(actual) => self.purpose.arrived(actual),
            Report::Size(size) => self.purpose.sized(size),
            Report::Modified(modified) => self.purpose.dated(modified),
            _ => {}
        }
    }

    /// The data connection is on its way: REST if there is a place to go on from, or one to take back (rule T2).
    pub(super) fn opening(&mut self, link: &mut Link) -> Step {
        if let Err(error) = self.purpose.check() {
            link.drop_data();
            return Step::fail(error);
        }
        let offset = self.purpose.restart();
        if offset == 0 && !link.server.restarted {
            return self.go(link);
        }
        self.state = State::Restart;
        link.server.restarted = offset != 0;
        link.send(&Command::number("REST", offset));
        Step::Wait
    }

    pub(super) fn restart_answered(&mut self, link: &mut Link, reply: &Reply) -> Step {
        match reply.class() {
            1 => Step::Wait,
            3 => self.go(link),
            // REST 0 only takes an earlier one back.
            _ if self.purpose.restart() == 0 => self.go(link),
            // Rule T4: where the part that is there is all that was sent, the rest can go behind it.
            _ if self.purpose.may_append() => {
                link.server.restarted = false;
                self.append();
                self.go(link)
            }
            _ => {
                link.drop_data();
                link.server.restarted = false;
                let mut failure =
                    refused(Stage::Server, "The server cannot go on in the middle of a file", reply);
                failure.error.advice = "Transfer the file from its beginning".into();
                Step::Fail(failure)
            }
        }
    }

    /// From REST and STOR to APPE.
    pub(super) fn append(&mut self) {
        if let (Purpose::File(splice), Order::Of(verb, _)) = (&mut self.purpose, &mut self.order) {
            splice.append = true;
            *verb = "APPE";
        }
    }

    /// Sends the command, unless the data connection has failed already.
    pub(super) fn go(&mut self, link: &mut Link) -> Step {
        match link.data.as_ref().and_then(|data| data.end.clone()) {
            Some(End::Failed { stage, text }) => return self.unreachable(link, stage, &text),
            Some(_) => return self.unreachable(link, Stage::Data, "the server closed it at once"),
            None => {}
        }
        // PROT was answered before EPSV could be; whoever made a server say otherwise gets no bytes in plain text.
        if link.server.tls.is_some()
            && !link.server.protected
            && link.site.encryption != Encryption::ExplicitIfOffered
        {
            link.drop_data();
            let text = "The data connection would not be encrypted";
            return Step::fail(Error::new(Stage::Tls, ErrorKind::NotAccepted, text));
        }
        // What the server does not compress is not decompressed.
        if let Purpose::File(splice) = &mut self.purpose {
            splice.coding.deflate = link.server.deflating;
        }
        self.state = State::Moving;
        self.since = link.now;
        self.announced = None;
        if self.comes_at_once(link) {
            self.splice(link);
        }
        link.send(&self.order.command(link));
        self.held = (link.memory.quirks.patient || self.patient)
            && (link.server.protected || self.purpose.is_upload());
        if !self.held {
            self.flow(link);
        }
        self.touch(link);
        Step::Wait
    }

    /// Bytes may flow: the handshake, or the upload, begins as soon as the connection stands.
    pub(super) fn flow(&mut self, link: &mut Link) {
        self.held = false;
        if !self.comes_at_once(link) {
            self.splice(link);
        }
        link.secure_data();
        self.touch(link);
    }

    /// Whether the server may send as soon as it has read the command: a download in plain text. Where its bytes go is settled before, or a
    /// driver that is slow in between has bytes of a file and no file for them. Under TLS the server waits for the handshake.
    fn comes_at_once(&self, link: &Link) -> bool {
        !link.server.protected && !self.purpose.is_upload()
    }

    fn splice(&self, link: &mut Link) {
        if let (Purpose::File(splice), Some(data)) = (&self.purpose, &link.data) {
            let output = Output::Splice {
                conn: data.conn,
                job: splice.job,
                direction: splice.direction,
                offset: splice.offset,
                limit: splice.limit,
                coding: splice.coding,
            };
            link.put(output);
        }
    }

    /// The data connection never stood.
    pub(super) fn unreachable(&mut self, link: &mut Link, stage: Stage, text: &str) -> Step {
        let tried = link.data.as_ref().map(|data| data.way);
        let sent = matches!(self.state, State::Moving);
        link.drop_data();
        let stage = if stage == Stage::Connection { Stage::Data } else { stage };
        let message = format!("The data connection could not be made: {text}");
        let error = Error::new(stage, failure_kind(stage), message);
        self.tried.extend(tried);
        if let Some(tried) = tried {
            link.trace(format!("The data connection after {} failed: {text}", tried.verb()));
        }
        let other = link.ways().into_iter().find(|way| !self.tried.contains(way));
        match (other, sent) {
            (None, sent) => {
                link.memory.quirks.way = None;
                let error = error.with_advice("A firewall may block the server's passive ports");
                match sent {
                    true => self.abandon(link, After::Unreachable(error.into())),
                    false => Step::fail(error),
                }
            }
            (Some(other), true) => {
                let advice = format!("Connect again: {} comes first then", other.verb());
                self.abandon(link, After::Again(error.with_advice(advice)))
            }
            (Some(_), false) => self.other_way(link),
        }
    }

    /// Another data connection, by a way that was not tried yet.
    pub(super) fn other_way(&mut self, link: &mut Link) -> Step {
        link.memory.quirks.way = link.ways().into_iter().find(|way| !self.tried.contains(way));
        self.open(link)
    }
}
