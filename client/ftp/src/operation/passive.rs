//! Open a data connection: EPSV (RFC 2428 section 3) or PASV (RFC 959 section 4.1.2), the other one if the first is refused
//! (rules D2 to D4). The connection is only begun here: nobody waits for it before the command is sent (rule D7).

use crate::command::Command;
use crate::data;
use crate::error::Stage;
use crate::link::Link;
use crate::quirks;
use crate::reply::Reply;

use super::{Operation, Report, Step, refused};

/// Opens a data connection.
pub(crate) struct Passive {
    way: quirks::Passive,
    /// There is another way to try.
    may_change: bool,
    upload: bool,
}

impl Passive {
    /// By the way that is best as far as is known.
    pub(crate) fn new(link: &Link, upload: bool) -> Passive {
        Passive { way: link.way(), may_change: true, upload }
    }

    /// By this way and no other.
    pub(crate) fn only(way: quirks::Passive, upload: bool) -> Passive {
        Passive { way, may_change: false, upload }
    }
}

impl Operation for Passive {
    fn start(&mut self, link: &mut Link) -> Step {
        link.send(&Command::bare(self.way.verb()));
        Step::Wait
    }

    fn reply(&mut self, link: &mut Link, reply: &Reply) -> Step {
        let answer = match reply.class() {
            1 => return Step::Wait,
            2 => data::answer(reply, link.peer_address()),
            _ => None,
        };
        if let Some(answer) = answer {
            if answer.elsewhere {
                link.status(
                    "Server sent passive reply with unroutable address. Using server address instead.",
                );
            }
            link.open_data(answer.port, self.way, self.upload);
            return Step::Done(Report::Nothing);
        }
        if self.may_change {
            self.may_change = false;
            self.way = self.way.other();
            // What is refused for now only may be the better way the next time.
            if reply.class() == 5 {
                link.memory.quirks.passive = Some(self.way);
            }
            return self.start(link);
        }
        link.memory.quirks.passive = None;
        Step::Fail(refused(Stage::Data, "The server offers no passive data connection", reply))
    }
}
