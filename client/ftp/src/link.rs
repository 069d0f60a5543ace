//! The session as its operations see it: the connections, what is known of the server, and the outputs for the driver.

use std::collections::VecDeque;
use std::net::IpAddr;

use crate::command::Command;
use crate::control::Control;
use crate::data::{self, DataConnection, Phase, Way};
use crate::error::{Error, Stage};
use crate::event::{Event, LogKind};
use crate::habits::Habits;
use crate::io::{ConnId, End, Output, Target, Time, TlsSession};
use crate::log;
use crate::parse::Features;
use crate::path::RemotePath;
use crate::reply::Reply;
use crate::request::RequestId;
use crate::site::Site;

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
    /// PROT P stands: data connections are secured.
    pub(crate) protected: bool,
    /// The login is complete.
    pub(crate) logged_in: bool,
    /// TYPE I stands (rule D6).
    pub(crate) binary: bool,
    /// A REST other than 0 was sent (rule T2).
    pub(crate) restarted: bool,
    /// MLSD is listed and was refused all the same.
    pub(crate) refuses_mlsd: bool,
    /// Where the session stands.
    pub(crate) standing: Option<Standing>,
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
    /// The way of passive mode that works, once the first choice has failed (rule D4).
    pub(crate) way: Option<Way>,
    /// Whether `LIST -a` works, once that is known (rule M2).
    pub(crate) list_all: Option<bool>,
    /// Which forms of commands the server has.
    pub(crate) habits: Habits,
    /// What is known of TLS 1.2 as the cure for too few tickets (rule S-4).
    pub(crate) tls12: Tls12,
}

/// TLS 1.2 as the cure of rule S-4.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Tls12 {
    /// Not needed so far, or wished by the site itself.
    #[default]
    Untried,
    /// The session lowered itself to it.
    Lowered,
    /// The server has none.
    Refused,
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
    outputs: VecDeque<Output>,
    next_conn: u32,
}

impl Link {
    pub(crate) fn new(site: Site) -> Link {
        Link {
            now: Time::default(),
            site,
            control: None,
            data: None,
            server: Server::default(),
            memory: Memory::default(),
            request: None,
            doomed: None,
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

    pub(crate) fn tell(&mut self, event: Event) {
        self.put(Output::Event(event));
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
            self.log(LogKind::Response, text);
        }
    }

    pub(crate) fn log(&mut self, kind: LogKind, text: String) {
        let at = self.now;
        self.put(log::line(at, kind, text));
    }

    /// Sends a command and expects its reply. Without a connection nothing happens: its loss is on its way to
    /// the operation.
    pub(crate) fn send(&mut self, command: &Command) {
        let now = self.now;
        let Some(control) = &mut self.control else { return };
        control.expect(command.verb(), command.is_timed(), now);
        let conn = control.conn;
        self.log(LogKind::Command, command.shown());
        self.put(Output::Send(conn, command.line()));
    }

    /// Opens a control connection.
    pub(crate) fn open_control(&mut self) {
        let conn = self.next_conn();
        self.server = Server::default();
        self.control = Some(Control::new(conn, self.now));
        let target = Target::Control { host: self.site.host.clone(), port: self.site.port };
        self.put(Output::Open(conn, target));
    }

    /// Opens a data connection.
    pub(crate) fn open_data(&mut self, port: u16, way: Way, upload: bool) {
        let Some(control) = self.control.as_ref().map(|control| control.conn) else { return };
        let conn = self.next_conn();
        self.data = Some(DataConnection::new(conn, way, upload, self.now));
        self.put(Output::Open(conn, Target::Data { control, port }));
    }

    /// Starts TLS on the data connection if it stands and has to be secured. Not before the command is sent (rule D7).
    pub(crate) fn secure_data(&mut self) {
        let (Some(data), Some(control)) = (&mut self.data, &self.control) else { return };
        if data.phase == Phase::Open {
            data.phase = Phase::Securing;
            let output = Output::StartTls {
                conn: data.conn,
                server_name: self.site.host.clone(),
                group: control.conn,
                tls12_only: self.site.tls12_only,
            };
            self.put(output);
        }
    }

    /// Whether a new login can bring what lets the server resume: TLS 1.2, or new tickets.
    pub(crate) fn may_renew_tls(&self) -> bool {
        !self.site.tls12_only && self.server.tls.as_ref().is_some_and(|tls| tls.version != "TLS1.2")
    }

    /// Gives up the data connection: an upload's breaks, so that the server cannot take what it has for the whole.
    pub(crate) fn drop_data(&mut self) {
        let Some(data) = self.data.take() else { return };
        // A file that failed on this side says nothing of the connection; every other end is the connection's.
        let open = matches!(data.end, None | Some(End::Failed { stage: Stage::File, .. }));
        if open {
            self.put(if data.upload { Output::Abort(data.conn) } else { Output::Close(data.conn) });
        }
    }

    /// The data connection did its work; closes it unless it has ended.
    pub(crate) fn close_data(&mut self) {
        if let Some(data) = self.data.take()
            && data.end.is_none()
        {
            self.put(Output::Close(data.conn));
        }
    }

    /// Replies owed.
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

    /// The way of passive mode to try first.
    pub(crate) fn way(&self) -> Way {
        self.memory.way.unwrap_or_else(|| Way::first(self.server.features.epsv, self.peer_address()))
    }

    /// Whether full paths are safe in arguments, or only names in the present directory (rule P4).
    pub(crate) fn full_paths(&self) -> bool {
        let system = self.server.system.to_ascii_uppercase();
        self.server.features.tvfs
            || system.is_empty()
            || system.contains("UNIX")
            || system.contains("WINDOWS")
            || system.contains("L8")
    }

    /// Wall clock in Unix seconds.
    pub(crate) fn wall_clock(&self) -> i64 {
        let seconds = i64::try_from(self.now.0 / 1_000).unwrap_or(i64::MAX);
        self.site.epoch.saturating_add(seconds)
    }

    fn next_conn(&mut self) -> ConnId {
        self.next_conn = self.next_conn.wrapping_add(1);
        ConnId(self.next_conn)
    }
}
