//! The session as its operations see it: the connections, what is known of the server, and the outputs for the driver.

mod data_connection;

use std::collections::VecDeque;
use std::net::IpAddr;

use crate::charset::Charset;
use crate::command::{Command, Wire};
use crate::control::{Consequence, Control, Hearer};
use crate::data::{self, DataConnection, Resumption, Told};
use crate::error::Error;
use crate::event::{Event, LogKind};
use crate::io::{ConnId, Output, Target, Time, TlsSession};
use crate::listing::Parser;
use crate::log;
use crate::operation::Type;
use crate::parse::Features;
use crate::path::{Argument, ArgumentError, PathSyntax, RemotePath};
use crate::quirks::{DataWay, Quirks, Tls12};
use crate::reply::Reply;
use crate::request::RequestId;
use crate::site::Site;
use crate::telnet::doubled;

/// What one connection teaches about the server; forgotten with it.
#[derive(Default)]
pub(crate) struct Server {
    /// Address and port of the peer.
    pub(crate) peer: String,
    /// The greeting; one that came in plain text before TLS is forgotten (rule L7).
    pub(crate) greeting: Option<Reply>,
    /// Text of SYST.
    pub(crate) system: String,
    /// FEAT.
    pub(crate) features: Features,
    /// TLS of the control connection.
    pub(crate) tls: Option<TlsSession>,
    /// TLS whose certificate was not accepted, for the doctor.
    pub(crate) unaccepted: Option<TlsSession>,
    /// PROT P stands: data connections are secured.
    pub(crate) protected: bool,
    /// The login is complete.
    pub(crate) logged_in: bool,
    /// The type that stands, if that is known (rule D6).
    pub(crate) kind: Option<Type>,
    /// MODE Z stands.
    pub(crate) deflating: bool,
    /// A REST other than 0 was sent (rule T2).
    pub(crate) restarted: bool,
    /// A data connection did its work.
    pub(crate) exchanged: bool,
    /// A listing has shown a link as one.
    pub(crate) shows_links: bool,
    /// How it writes paths, since its first PWD.
    pub(crate) syntax: Option<PathSyntax>,
    /// It has been asked to name files as paths, or need not be (rule P7).
    pub(crate) named: bool,
    /// Commands that were sent together went unanswered.
    pub(crate) crowded: bool,
    /// Where the session stands.
    pub(crate) standing: Option<Standing>,
    /// Milliseconds until the connection stood.
    pub(crate) opened_in: Option<u64>,
    /// Lines of the greeting and of the answer to the login, for eyes alone: those in plain text may be anybody's.
    pub(crate) welcome: Vec<String>,
    /// Whether data connections under TLS resumed the session.
    pub(crate) resumption: Resumption,
    /// The last answer to EPSV or PASV.
    pub(crate) passive: Option<Told>,
    /// Signs of life that were given (rule K2).
    pub(crate) signs: u32,
    /// Times that the clock of listings may still be asked for (rule T10).
    pub(crate) clock: ClockTries,
}

/// How often a connection asks what the server's clock is, before it gives that up.
pub(crate) struct ClockTries(pub(crate) u8);

impl Default for ClockTries {
    fn default() -> ClockTries {
        ClockTries(3)
    }
}

/// A directory by its two names (rule P3).
pub(crate) struct Standing {
    /// As CWD was asked for it.
    pub(crate) asked: Option<RemotePath>,
    /// As PWD calls it.
    pub(crate) actual: RemotePath,
}

/// What is kept for the life of the session, over its connections.
#[derive(Default)]
pub(crate) struct Memory {
    /// SHA-256 of leaf certificates that a person accepted.
    pub(crate) accepted: Vec<String>,
    /// A person accepted plain text (rule L6).
    pub(crate) plaintext: bool,
    /// User and password go in the charset of old: UTF-8 was refused (rule U3).
    pub(crate) login_of_old: bool,
    /// What was learned about the server.
    pub(crate) quirks: Quirks,
}

/// All that operations act on.
pub(crate) struct Link {
    /// The present time.
    pub(crate) now: Time,
    /// The site.
    pub(crate) site: Site,
    /// The control connection.
    pub(crate) control: Option<Control>,
    /// The data connection.
    pub(crate) data: Option<DataConnection>,
    /// Knowledge of this connection.
    pub(crate) server: Server,
    /// Knowledge of this session.
    pub(crate) memory: Memory,
    /// Whose turn it is.
    pub(crate) request: Option<RequestId>,
    /// The connection is of no use any more, but the running request can still end well; the session ends after it.
    pub(crate) doomed: Option<Error>,
    /// Events that were kept back when the connection was lost.
    pub(crate) withheld: Vec<Event>,
    /// Whose replies the commands that are sent now are for; see [`crate::operation::Together`].
    pub(crate) lane: u8,
    /// One way to a data connection is tried and no other: that one, and what [`Quirks::way`] was before.
    trial: Option<(DataWay, Option<DataWay>)>,
    outputs: VecDeque<Output>,
    next_conn: u32,
}

impl Link {
    pub(crate) fn new(site: Site) -> Link {
        Link {
            now: Time::default(),
            memory: Memory { quirks: site.quirks.clone(), ..Memory::default() },
            site,
            control: None,
            data: None,
            server: Server::default(),
            request: None,
            doomed: None,
            withheld: Vec::new(),
            lane: 0,
            trial: None,
            outputs: VecDeque::new(),
            next_conn: 0,
        }
    }

    /// Something for the driver to do.
    pub(crate) fn put(&mut self, output: Output) {
        self.outputs.push_back(output);
    }

    /// The next thing to do.
    pub(crate) fn take(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// Tells an event. While replies are owed that nobody waits for, it comes after them.
    pub(crate) fn tell(&mut self, event: Event) {
        if let Event::DataSecured { resumed } = event {
            self.server.resumption.take(resumed);
        }
        let event = match &mut self.control {
            Some(control) => control.hold(event),
            None => Some(event),
        };
        if let Some(event) = event {
            self.put(Output::Event(event));
        }
    }

    /// Tells events that were kept back.
    pub(crate) fn tell_held(&mut self, events: Vec<Event>) {
        for event in events {
            match event {
                Event::Log(line) => self.put(log::line(self.now, line.kind, line.text)),
                event => self.put(Output::Event(event)),
            }
        }
    }

    pub(crate) fn status(&mut self, text: impl Into<String>) {
        self.log(LogKind::Status, text.into());
    }

    pub(crate) fn trace(&mut self, text: impl Into<String>) {
        self.log(LogKind::Trace, text.into());
    }

    pub(crate) fn error(&mut self, text: impl Into<String>) {
        self.log(LogKind::Error, text.into());
    }

    pub(crate) fn response(&mut self, reply: &Reply) {
        for text in reply.display_lines() {
            self.log_now(LogKind::Response, text);
        }
    }

    pub(crate) fn log(&mut self, kind: LogKind, text: String) {
        self.tell(log::event(self.now, kind, text));
    }

    /// A line that belongs here whatever is kept back.
    pub(crate) fn log_now(&mut self, kind: LogKind, text: String) {
        self.put(log::line(self.now, kind, text));
    }

    /// Sends a command, now or when its turn comes, and expects its reply. Without a connection nothing happens: its loss is on its
    /// way to the operation.
    pub(crate) fn send(&mut self, command: &Command) {
        self.send_for(command, Hearer::Lane(self.lane));
    }

    /// Sends a command whose reply nobody waits for.
    pub(crate) fn send_loose(&mut self, command: &Command, consequence: Consequence) {
        self.send_for(command, Hearer::Session(consequence));
    }

    /// Sends a command about the one that is not answered (ABOR).
    pub(crate) fn send_urgently(&mut self, command: &Command) {
        let Some(control) = &mut self.control else { return };
        control.queue_urgently(command.verb(), command.shown(), command.wire());
        self.release();
        // It is no answer that it waits for.
        self.show_all();
    }

    fn send_for(&mut self, command: &Command, hearer: Hearer) {
        let Some(control) = &mut self.control else { return };
        control.queue(command.verb(), command.shown(), command.wire(), hearer, command.is_timed());
        self.release();
    }

    /// Lets the commands out whose turn it is.
    pub(crate) fn release(&mut self) {
        let now = self.now;
        while let Some(control) = &mut self.control
            && let Some(wire) = control.release(now)
        {
            let conn = control.conn;
            self.show();
            self.put(match wire {
                Wire::Line(line) if self.telnet() => Output::Send(conn, doubled(&line).into_owned()),
                Wire::Line(line) => Output::Send(conn, line),
                Wire::StoredPassword => Output::SendPassword(conn),
            });
        }
    }

    /// Whether the byte 255 is a command of Telnet (rules S2, R6): never where it can be a part of a character.
    fn telnet(&self) -> bool {
        self.site.telnet && self.site.charset.is_single_byte()
    }

    /// Logs the command whose reply comes next, if that was not done yet.
    pub(crate) fn show(&mut self) {
        if let Some(text) = self.control.as_mut().and_then(Control::show) {
            self.log_now(LogKind::Command, text);
        }
    }

    /// Logs all commands that were sent.
    fn show_all(&mut self) {
        let shown = self.control.as_mut().map(Control::show_all).unwrap_or_default();
        for text in shown {
            self.log_now(LogKind::Command, text);
        }
    }

    /// What is unanswered is nobody's any more, what is not sent will not be.
    pub(crate) fn disown(&mut self) {
        if let Some(control) = &mut self.control {
            control.disown(None);
        }
    }

    /// The same of the commands of this lane alone.
    pub(crate) fn disown_own(&mut self) {
        let lane = self.lane;
        if let Some(control) = &mut self.control {
            control.disown(Some(lane));
        }
    }

    /// Whether a command is unanswered that was sent together with others.
    pub(crate) fn is_crowded(&self) -> bool {
        self.control.as_ref().is_some_and(Control::is_crowded)
    }

    /// From now on this server gets one command at a time; `false` where it does already. What is to be done again is the
    /// caller's matter.
    pub(crate) fn lock_step(&mut self) -> bool {
        if !self.is_crowded() {
            return false;
        }
        self.memory.quirks.lock_step = true;
        self.server.crowded = true;
        self.trace(
            "The server does not answer commands in their order that are sent together; from now on it gets one at a time",
        );
        true
    }

    /// Opens a control connection.
    pub(crate) fn open_control(&mut self) {
        let conn = self.next_conn();
        self.server = Server::default();
        let mut control = Control::new(conn, !self.memory.quirks.lock_step, self.now);
        control.reader.set_telnet(self.telnet());
        self.control = Some(control);
        let target = Target::Control { host: self.site.host.clone(), port: self.site.port };
        self.put(Output::Open(conn, target));
    }

    /// Closes the control connection, for a new one to follow. What the session has done so far stays done.
    pub(crate) fn close_control(&mut self) {
        self.drop_data();
        if let Some(mut control) = self.control.take() {
            let held = control.give_up();
            self.tell_held(held);
            self.put(Output::Close(control.conn));
        }
    }

    /// Offer TLS 1.2 only (rule S-4).
    pub(crate) fn tls12_only(&self) -> bool {
        self.site.tls12_only || self.memory.quirks.tls12 == Tls12::Lowered
    }

    /// Whether a new login can bring what lets the server resume: TLS 1.2, or new tickets.
    pub(crate) fn may_renew_tls(&self) -> bool {
        !self.tls12_only() && self.server.tls.as_ref().is_some_and(|tls| tls.version == "TLS1.3")
    }

    /// Replies owed, to commands included that wait for their turn.
    pub(crate) fn owed(&self) -> usize {
        self.control.as_ref().map_or(0, Control::owed)
    }

    /// When the silence of the control connection becomes an error.
    pub(crate) fn deadline(&self, timeout: u64) -> Option<Time> {
        self.control.as_ref().and_then(|control| control.deadline(timeout))
    }

    /// Address of the peer, where the driver's text holds one.
    pub(crate) fn peer_address(&self) -> Option<IpAddr> {
        data::peer_address(&self.server.peer)
    }

    /// The bytes of a user name or password (rule U3).
    pub(crate) fn credential(&self, text: &str) -> Result<Argument, ArgumentError> {
        let charset = match self.site.charset {
            Charset::Auto(old) if self.memory.login_of_old => Charset::Legacy(old),
            charset => charset,
        };
        // What the charset has no character for goes as it is.
        let bytes = charset.encode(text).unwrap_or_else(|_| text.as_bytes().to_vec());
        Argument::new(bytes)
    }

    /// How the server writes paths (rule P6): as the site says, else as its first PWD shows.
    pub(crate) fn syntax(&mut self, told: &[u8]) -> PathSyntax {
        let (server, site) = (&mut self.server, self.site.syntax);
        let detect =
            || site.unwrap_or_else(|| PathSyntax::detect(&server.system, told, server.features.tvfs));
        let syntax = server.syntax.unwrap_or_else(detect);
        server.syntax = Some(syntax);
        syntax
    }

    /// Whether full paths are safe in arguments, or only names in the present directory (rule P4).
    pub(crate) fn full_paths(&self) -> bool {
        let system = self.server.system.to_ascii_uppercase();
        let unlike = matches!(
            self.server.syntax,
            Some(
                PathSyntax::Vms
                    | PathSyntax::Mvs
                    | PathSyntax::VxWorks
                    | PathSyntax::Zvm
                    | PathSyntax::NonStop
            )
        );
        let known = self.server.features.tvfs
            || system.is_empty()
            || system.contains("UNIX")
            || system.contains("WINDOWS")
            || system.contains("L8");
        known && !unlike
    }

    /// Reads what LIST sends: in the dialect that the site names, else by evidence with SYST as a hint (rule M8).
    pub(crate) fn listing_parser(&self) -> Parser {
        match self.site.dialect {
            Some(dialect) => Parser::list_as(dialect, self.wall_clock()),
            None => Parser::list_for(&self.server.system, self.wall_clock()),
        }
    }

    /// Wall clock in Unix seconds.
    pub(crate) fn wall_clock(&self) -> i64 {
        self.site.epoch.saturating_add(i64::try_from(self.now.0 / 1_000).unwrap_or(i64::MAX))
    }

    fn next_conn(&mut self) -> ConnId {
        self.next_conn = self.next_conn.wrapping_add(1);
        ConnId(self.next_conn)
    }
}
