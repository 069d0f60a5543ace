//! Signs of life (rule K2): NOOP, PWD and TYPE in turn, since some servers do not count NOOP as activity. None changes anything: TYPE repeats
//! the type that stands, and what PWD answers is not taken for news. That a server refuses is a sign of life too.

use crate::command::Command;
use crate::habits::Form;
use crate::link::Link;
use crate::reply::Reply;

use crate::event::Outcome;

use super::kind::Type;
use super::{Operation, Report, Step};

/// Gives one.
pub(crate) struct KeepAlive {
    /// The type that was repeated.
    kind: Option<Type>,
}

impl KeepAlive {
    pub(crate) fn new() -> KeepAlive {
        KeepAlive { kind: None }
    }
}

impl Operation for KeepAlive {
    fn start(&mut self, link: &mut Link) -> Step {
        let turn = link.server.signs % 3;
        link.server.signs = link.server.signs.wrapping_add(1);
        let habits = &link.memory.quirks.habits;
        let command = match turn {
            0 => Command::bare("NOOP"),
            1 if habits.rank(Form::Xpwd) < habits.rank(Form::Pwd) => Command::bare("XPWD"),
            1 => Command::bare("PWD"),
            _ => {
                // Where none is known to stand, the one that will be wanted next does no harm.
                let kind = link.server.kind.unwrap_or(Type::Image);
                self.kind = Some(kind);
                Command::word("TYPE", if kind == Type::Image { "I" } else { "A" })
            }
        };
        link.send(&command);
        Step::Wait
    }

    fn reply(&mut self, link: &mut Link, reply: &Reply) -> Step {
        match (reply.class(), self.kind) {
            (1, _) => return Step::Wait,
            (2, Some(kind)) => link.server.kind = Some(kind),
            _ => {}
        }
        Step::Done(Report::Done(Outcome::Ok))
    }
}
