//! REIN (RFC 959 section 4.1.1): the server forgets who is logged in and how. Under TLS nobody says what becomes of the security of the connection, and
//! servers differ, so after the 220 the session logs in on a new connection.

use crate::command::Command;
use crate::error::Stage;
use crate::link::{Link, Server};
use crate::reply::Reply;

use super::logon::Logon;
use super::{Operation, Step, refused};

/// Logs out and in again.
pub(crate) struct Reinitialize;

impl Operation for Reinitialize {
    fn start(&mut self, link: &mut Link) -> Step {
        link.send(&Command::bare("REIN"));
        Step::Wait
    }

    fn reply(&mut self, link: &mut Link, reply: &Reply) -> Step {
        match reply.class() {
            // 120: not ready yet.
            1 => Step::Wait,
            2 => {
                link.close_control();
                link.server = Server::default();
                Step::push(Logon::new())
            }
            _ => {
                let mut failure =
                    refused(Stage::Server, "The server refused to log the session out (REIN)", reply);
                failure.error = failure.error.with_advice("Disconnect and connect again");
                Step::Fail(failure)
            }
        }
    }
}
