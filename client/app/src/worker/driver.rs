//! Drives one engine session over the tunnel: inputs in, outputs done, events kept for whoever owns it.

use super::arrival::Happening;
use super::convert;
use super::files::{Files, Written};
use super::learned::Learned;
use super::outbox::Outbox;
use super::owner::{Owner, Role};
use super::pump::{Download, Upload};
use super::reset;
use super::tunnel::Tunnel;
use crate::protocol::{self as page, JobId, SessionId};
use js_sys::Uint8Array;
use std::collections::{BTreeMap, VecDeque};
use towpath_ftp as ftp;
use towpath_ftp::{ConnId, Direction, End, Input, Output, Stage, Target, Time};
use wasm_bindgen::JsValue;

/// All that a session acts on.
pub(super) struct Context<'a> {
    /// The sessions' time: it stands still while the link is interrupted.
    pub(super) now: Time,
    /// The worker's time, which the tunnel goes by.
    pub(super) clock: Time,
    /// The tunnel.
    pub(super) tunnel: &'a mut Tunnel,
    /// Files of jobs.
    pub(super) files: &'a mut Files,
    /// Messages to the page.
    pub(super) outbox: &'a mut Outbox<JsValue>,
    /// What servers have taught.
    pub(super) learned: &'a mut Learned,
}

impl Context<'_> {
    /// Sees to it that the tunnel is up or on its way; where it cannot be, opening a connection says so.
    pub(super) fn ensure_tunnel(&mut self) {
        if !self.tunnel.is_down() {
            return;
        }
        self.outbox.tunnel(page::Tunnel::Connecting);
        if let Err(text) = self.tunnel.connect(self.clock) {
            self.outbox.tunnel(page::Tunnel::Lost(convert::fault(page::Stage::Relay, text, "")));
        }
    }
}

/// What a connection's bytes are for.
enum Splice {
    /// They go to the engine.
    None,
    /// They go into a job's file.
    Download(JobId, Download<Uint8Array>),
    /// They come from a job's file.
    Upload(JobId, Upload<Uint8Array>),
    /// The file failed: the engine knows and will close or break the connection.
    Broken,
}

/// One engine session and its connections.
pub(super) struct Driver {
    session: SessionId,
    role: Role,
    generation: u32,
    engine: ftp::Session,
    host: String,
    port: u16,
    /// What of the engine's knowledge was taken over.
    known: ftp::Quirks,
    connections: BTreeMap<ConnId, Splice>,
    inputs: VecDeque<Input>,
    events: VecDeque<ftp::Event>,
    wake: Option<Time>,
}

impl Driver {
    /// A session that is not connected.
    pub(super) fn new(session: SessionId, role: Role, generation: u32, site: ftp::Site) -> Driver {
        Driver {
            session,
            role,
            generation,
            host: site.host.clone(),
            port: site.port,
            known: site.quirks.clone(),
            engine: ftp::Session::new(site),
            connections: BTreeMap::new(),
            inputs: VecDeque::new(),
            events: VecDeque::new(),
            wake: None,
        }
    }

    /// Which of the sessions that followed each other it is.
    pub(super) fn generation(&self) -> u32 {
        self.generation
    }

    /// Keeps what the engine has learned of the server for the sessions that follow.
    pub(super) fn tell_learned(&mut self, learned: &mut Learned) {
        let now = self.engine.quirks();
        if self.known != *now {
            learned.take_over(&self.host, self.port, &self.known, now);
            self.known.clone_from(now);
        }
    }

    /// What the engine has told since the last call.
    pub(super) fn take_events(&mut self) -> VecDeque<ftp::Event> {
        std::mem::take(&mut self.events)
    }

    /// When the engine wants to be told the time.
    pub(super) fn wake(&self) -> Option<Time> {
        self.wake
    }

    /// The time has come that the engine waits for, or not yet.
    pub(super) fn tick(&mut self, cx: &mut Context<'_>) {
        if self.wake.is_some_and(|wake| wake <= cx.now) {
            self.inputs.push_back(Input::Tick);
        }
        self.run(cx);
    }

    /// Tells the engine something.
    pub(super) fn input(&mut self, cx: &mut Context<'_>, input: Input) {
        self.inputs.push_back(input);
        self.run(cx);
    }

    /// Something happened on a connection.
    pub(super) fn happened(&mut self, cx: &mut Context<'_>, conn: ConnId, happening: Happening) {
        let owner = self.owner(conn);
        let Some(splice) = self.connections.get_mut(&conn) else { return };
        match happening {
            Happening::Listening { address } => self.inputs.push_back(Input::Listening { conn, address }),
            Happening::Opened { peer } => self.inputs.push_back(Input::Opened { conn, peer }),
            Happening::Secured(info) => {
                self.inputs.push_back(Input::Secured { conn, tls: convert::secured(info) });
            }
            Happening::Writable => {}
            Happening::Data(bytes) => {
                let len = u64::from(bytes.length());
                match splice {
                    Splice::None => {
                        self.inputs.push_back(Input::Bytes(conn, bytes.to_vec()));
                        self.run(cx);
                        cx.tunnel.consumed(owner, len, cx.clock);
                        return;
                    }
                    Splice::Download(_, pump) => {
                        pump.arrived(bytes, len);
                        self.pump_download(cx, conn);
                    }
                    // A server has nothing to say on an upload's data connection, and a file that failed takes no more.
                    Splice::Upload(..) | Splice::Broken => cx.tunnel.consumed(owner, len, cx.clock),
                }
            }
            Happening::Finished(unclean) => match splice {
                Splice::Download(_, pump) => {
                    pump.finished(unclean);
                    self.pump_download(cx, conn);
                }
                Splice::Upload(_, pump) if !pump.is_finished() => {
                    let text = "The server ended the data connection before the whole file was sent";
                    let moved = Input::Moved { conn, total: pump.sent() };
                    self.inputs.push_back(moved);
                    self.fail(cx, conn, Stage::Data, text);
                }
                Splice::Upload(_, pump) => {
                    let moved = Input::Moved { conn, total: pump.sent() };
                    self.inputs.push_back(moved);
                    self.ended(cx, conn, unclean);
                }
                Splice::None | Splice::Broken => self.ended(cx, conn, unclean),
            },
            Happening::Reset(reset, purpose) => {
                self.connections.remove(&conn);
                self.inputs.push_back(Input::Closed { conn, end: reset::end(&reset, purpose) });
            }
        }
        self.run(cx);
    }

    /// The tunnel is lost, and this connection with it.
    pub(super) fn lost(&mut self, cx: &mut Context<'_>, conn: ConnId, text: &str) {
        if self.connections.remove(&conn).is_some() {
            self.inputs.push_back(relay_failed(conn, text));
            self.run(cx);
        }
    }

    /// A write ended.
    pub(super) fn wrote(&mut self, cx: &mut Context<'_>, conn: ConnId, result: Result<(), String>) {
        match result {
            Ok(()) => {
                self.written(cx, conn);
                self.pump_download(cx, conn);
            }
            Err(text) => self.file_failed(conn, text),
        }
        self.run(cx);
    }

    /// A read ended.
    pub(super) fn read(&mut self, cx: &mut Context<'_>, conn: ConnId, result: Result<Uint8Array, String>) {
        let Some(Splice::Upload(_, pump)) = self.connections.get_mut(&conn) else { return };
        match result {
            Ok(chunk) => {
                let len = u64::from(chunk.length());
                if !pump.read(chunk, len) {
                    self.file_failed(conn, "The file changed while it was sent".to_owned());
                }
            }
            Err(text) => self.file_failed(conn, text),
        }
        self.run(cx);
    }

    /// Breaks all connections: the session is of no more use.
    pub(super) fn abandon(&mut self, cx: &mut Context<'_>) {
        for conn in std::mem::take(&mut self.connections).into_keys() {
            cx.tunnel.abort(self.owner(conn));
        }
        self.inputs.clear();
        self.wake = None;
    }

    /// Feeds what waits to the engine and does what it says, until it wants no more.
    fn run(&mut self, cx: &mut Context<'_>) {
        loop {
            while let Some(input) = self.inputs.pop_front() {
                self.engine.handle(cx.now, input);
                loop {
                    match self.engine.poll() {
                        Output::Wait(wake) => {
                            self.wake = wake;
                            break;
                        }
                        output => self.perform(cx, output),
                    }
                }
            }
            // Only now: the engine may have asked for TLS right after it named the file.
            self.pump_uploads(cx);
            if self.inputs.is_empty() {
                return;
            }
        }
    }

    fn perform(&mut self, cx: &mut Context<'_>, output: Output) {
        match output {
            Output::Open(conn, target) => self.open(cx, conn, target),
            Output::StartTls { conn, server_name, group: _, tls12_only } => {
                cx.tunnel.start_tls(self.owner(conn), server_name, tls12_only);
            }
            Output::AcceptTls(conn) => cx.tunnel.accept_tls(self.owner(conn)),
            Output::Send(conn, bytes) => cx.tunnel.send(self.owner(conn), &bytes),
            Output::SendPassword(conn) => cx.tunnel.write_password(self.owner(conn)),
            // Abilities that this driver does not have are not asked for: neither limit nor coding, nor what follows.
            Output::Splice { conn, job, direction, offset, limit: _, coding: _ } => {
                let Some(splice) = self.connections.get_mut(&conn) else { return };
                let job = JobId(job.0);
                *splice = match direction {
                    Direction::Download => Splice::Download(job, Download::new(offset)),
                    Direction::Compare => Splice::Broken,
                    Direction::Upload => Splice::Upload(job, Upload::new(offset, cx.files.source_size(job))),
                };
            }
            Output::Listen { conn, control } => {
                let listening = cx.tunnel.listen(self.owner(conn), self.owner(control));
                self.opened(conn, listening);
            }
            Output::Digest { job, .. } => self.inputs.push_back(Input::Digested { job, digest: None }),
            Output::Close(conn) => {
                if self.connections.remove(&conn).is_some() {
                    cx.tunnel.close(self.owner(conn), cx.clock);
                }
            }
            Output::Abort(conn) => {
                if self.connections.remove(&conn).is_some() {
                    cx.tunnel.abort(self.owner(conn));
                }
            }
            Output::Event(event) => self.events.push_back(event),
            // Taken by the loop that called.
            Output::Wait(_) => {}
        }
    }

    fn open(&mut self, cx: &mut Context<'_>, conn: ConnId, target: Target) {
        let owner = self.owner(conn);
        let opened = match target {
            Target::Control { host, port } => cx.tunnel.open_control(owner, host, port),
            Target::Data { control, port } => cx.tunnel.open_data(owner, self.owner(control), port),
        };
        self.opened(conn, opened);
    }

    /// A connection is on its way, or it could not even be tried.
    fn opened(&mut self, conn: ConnId, opened: Result<(), String>) {
        match opened {
            Ok(()) => drop(self.connections.insert(conn, Splice::None)),
            Err(text) => self.inputs.push_back(relay_failed(conn, &text)),
        }
    }

    /// Writes what a download has, and ends it when all is written.
    fn pump_download(&mut self, cx: &mut Context<'_>, conn: ConnId) {
        let owner = self.owner(conn);
        while let Some(Splice::Download(job, pump)) = self.connections.get_mut(&conn) {
            if let Some(unclean) = pump.over() {
                let total = pump.written();
                self.inputs.push_back(Input::Moved { conn, total });
                return self.ended(cx, conn, unclean);
            }
            let Some((at, chunks)) = pump.next_write() else { return };
            match cx.files.write(*job, owner, at, chunks) {
                Ok(Written::Later) => return,
                Ok(Written::Now) => self.written(cx, conn),
                Err(text) => return self.file_failed(conn, text),
            }
        }
    }

    /// The write that was under way is done: its bytes are consumed.
    fn written(&mut self, cx: &mut Context<'_>, conn: ConnId) {
        let owner = self.owner(conn);
        if let Some(Splice::Download(_, pump)) = self.connections.get_mut(&conn) {
            let bytes = pump.wrote();
            let total = pump.written();
            cx.tunnel.consumed(owner, bytes, cx.clock);
            self.inputs.push_back(Input::Moved { conn, total });
        }
    }

    /// Reads ahead and sends what credit allows.
    fn pump_uploads(&mut self, cx: &mut Context<'_>) {
        let (session, role, generation) = (self.session, self.role, self.generation);
        for (conn, splice) in &mut self.connections {
            let Splice::Upload(job, pump) = splice else { continue };
            let owner = Owner { session, role, generation, conn: *conn };
            let before = pump.sent();
            while let Some(part) = pump.next_send(cx.tunnel.room(owner, cx.clock)) {
                // Chunks are half a mebibyte: their places fit.
                let payload = part.chunk.subarray(part.start as u32, part.end as u32);
                cx.tunnel.send_payload(owner, &payload);
            }
            if let Some((start, end)) = pump.next_read() {
                cx.files.read(*job, owner, start, end);
            }
            if pump.sent() > before {
                self.inputs.push_back(Input::Moved { conn: *conn, total: pump.sent() });
            }
            // An empty file must not end a connection that does not stand yet, or whose TLS does not.
            if (pump.sent() > 0 || cx.tunnel.is_writable(owner)) && pump.finish() {
                cx.tunnel.finish(owner);
            }
        }
    }

    /// The other side ended the connection.
    fn ended(&mut self, cx: &mut Context<'_>, conn: ConnId, unclean: bool) {
        self.connections.remove(&conn);
        cx.tunnel.close(self.owner(conn), cx.clock);
        let end = if unclean { End::Unclean } else { End::Clean };
        self.inputs.push_back(Input::Closed { conn, end });
    }

    /// The connection is of no more use and breaks.
    fn fail(&mut self, cx: &mut Context<'_>, conn: ConnId, stage: Stage, text: &str) {
        self.connections.remove(&conn);
        cx.tunnel.abort(self.owner(conn));
        self.inputs.push_back(Input::Closed { conn, end: End::Failed { stage, text: text.to_owned() } });
    }

    /// The job's file failed. The connection stands; the engine breaks it or closes it.
    fn file_failed(&mut self, conn: ConnId, text: String) {
        if let Some(splice @ (Splice::Download(..) | Splice::Upload(..))) = self.connections.get_mut(&conn) {
            *splice = Splice::Broken;
            self.inputs.push_back(Input::Closed { conn, end: End::Failed { stage: Stage::File, text } });
        }
    }

    fn owner(&self, conn: ConnId) -> Owner {
        Owner { session: self.session, role: self.role, generation: self.generation, conn }
    }
}

fn relay_failed(conn: ConnId, text: &str) -> Input {
    Input::Closed { conn, end: End::Failed { stage: Stage::Relay, text: text.to_owned() } }
}
