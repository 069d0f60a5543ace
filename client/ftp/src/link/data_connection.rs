//! The session's data connection: which way it is made, TLS on it, and its end.

use crate::data::{self, DataConnection, Phase};
use crate::error::Stage;
use crate::io::{End, Output, Target};
use crate::quirks::DataWay;
use crate::site::ActiveMode;

use super::Link;

impl Link {
    /// The ways to a data connection, best first.
    pub(crate) fn ways(&self) -> Vec<DataWay> {
        if let Some((way, _)) = self.trial {
            return vec![way];
        }
        let active = if self.site.abilities.listen { self.site.active } else { ActiveMode::Never };
        data::ways(self.server.features.epsv, self.peer_address(), active, self.memory.quirks.way)
    }

    /// From now on this way to a data connection is tried and no other; what comes of it does not count for later.
    pub(crate) fn try_only(&mut self, way: DataWay) {
        self.end_trial();
        self.trial = Some((way, self.memory.quirks.way));
    }

    /// All ways are open again.
    pub(crate) fn end_trial(&mut self) {
        if let Some((_, before)) = self.trial.take() {
            self.memory.quirks.way = before;
        }
    }

    /// Opens a data connection.
    pub(crate) fn open_data(&mut self, port: u16, way: DataWay, upload: bool) {
        let Some(control) = self.control.as_ref().map(|control| control.conn) else { return };
        let conn = self.next_conn();
        self.data = Some(DataConnection::new(conn, way, upload, self.now));
        self.put(Output::Open(conn, Target::Data { control, port }));
    }

    /// Listens for a data connection.
    pub(crate) fn listen_data(&mut self, way: DataWay, upload: bool) {
        let Some(control) = self.control.as_ref().map(|control| control.conn) else { return };
        let conn = self.next_conn();
        self.data = Some(DataConnection::new(conn, way, upload, self.now));
        self.put(Output::Listen { conn, control });
    }

    /// The data connection stands.
    pub(crate) fn data_opened(&mut self) {
        let protected = self.server.protected;
        if let Some(data) = self.data.as_mut().filter(|data| data.phase == Phase::Opening) {
            data.phase = match (protected, data.tls_asked) {
                (false, _) => Phase::Ready,
                (true, false) => Phase::Open,
                (true, true) => Phase::Securing,
            };
        }
    }

    /// Asks for TLS on the data connection, if it has to be secured. Not before the command is sent (rule D7), but before it
    /// stands: the driver begins the handshake as soon as it does, and no round trip is spent on saying so.
    pub(crate) fn secure_data(&mut self) {
        let tls12_only = self.tls12_only();
        let (Some(data), Some(control)) = (&mut self.data, &self.control) else { return };
        if !self.server.protected || std::mem::replace(&mut data.tls_asked, true) {
            return;
        }
        if data.phase == Phase::Open {
            data.phase = Phase::Securing;
        }
        let output = Output::StartTls {
            conn: data.conn,
            server_name: self.site.host.clone(),
            group: control.conn,
            tls12_only,
        };
        self.put(output);
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
}
