//! Open a data connection in passive mode: EPSV (RFC 2428 section 3) or PASV (RFC 959 section 4.1.2; rules D1 to D3), before
//! it PRET where the server wants that (rule D6). The connection is only begun here: nobody waits for it before the command
//! is sent (rule D7).

use crate::command::Command;
use crate::data::{self, Told};
use crate::error::Stage;
use crate::link::Link;
use crate::quirks::DataWay;
use crate::reply::Reply;

use super::{Operation, Report, Step, refused, words};

/// Opens a data connection, or reports [`Report::Unopened`].
pub(crate) struct Passive {
    way: DataWay,
    upload: bool,
    /// What the connection will be for, where the server wants to know.
    announced: Option<Command>,
    /// The reply to PRET is next.
    announcing: bool,
}

impl Passive {
    pub(crate) fn new(way: DataWay, upload: bool, announced: Option<Command>) -> Passive {
        Passive { way, upload, announced, announcing: false }
    }
}

impl Operation for Passive {
    fn start(&mut self, link: &mut Link) -> Step {
        self.announcing = false;
        if let Some(command) = &self.announced {
            self.announcing = true;
            link.send(&Command::announcing(command));
        }
        link.send(&Command::bare(self.way.verb()));
        Step::Wait
    }

    fn reply(&mut self, link: &mut Link, reply: &Reply) -> Step {
        if reply.class() == 1 || std::mem::take(&mut self.announcing) {
            // What the server thinks of the announcement shows in its next answer.
            return Step::Wait;
        }
        let answer = if reply.class() == 2 { data::answer(reply, link.peer_address()) } else { None };
        let Some(answer) = answer else {
            return Step::Done(Report::Unopened(refused(
                Stage::Data,
                "The server offers no passive data connection",
                reply,
            )));
        };
        if answer.elsewhere {
            link.status("Server sent passive reply with unroutable address. Using server address instead.");
        }
        link.server.passive = Some(Told { words: words(reply), elsewhere: answer.elsewhere });
        link.open_data(answer.port, self.way, self.upload);
        Step::Done(Report::Nothing)
    }
}
