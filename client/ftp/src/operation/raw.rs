//! A command that a person typed. Its answer is shown whatever it says; only what would leave the session and the server of different minds is not sent at
//! all, and the refusal says what to use instead.

use crate::command::Command;
use crate::error::{Error, ErrorKind, Stage};
use crate::event::Outcome;
use crate::io::Time;
use crate::link::Link;
use crate::reply::{Reply, escape};
use crate::typed::TypedLine;

use super::kind::Type;
use super::{Operation, Report, Step, refused};

/// Nobody knows how long a command takes that is not known.
const PATIENCE: u64 = 60_000;

const WARNING: &str =
    "Raw command: what it changes on the server is not followed; if the session is confused, connect again";

/// Sends the line.
pub(crate) struct Raw {
    line: TypedLine,
    /// A refusal by the server is a failure, not an answer.
    strict: bool,
}

impl Raw {
    /// Any command.
    pub(crate) fn new(line: TypedLine) -> Raw {
        Raw { line, strict: false }
    }

    /// A command of SITE: what follows the word.
    pub(crate) fn site(argument: &TypedLine) -> Raw {
        Raw { line: argument.of_site(), strict: true }
    }

    /// What the server's consent means for what is known of the session.
    fn settle(&self, link: &mut Link) {
        match (self.line.verb().as_str(), self.line.second().as_str()) {
            ("TYPE", _) => link.server.kind = Some(Type::Image),
            // HASH may compute by another algorithm now.
            ("OPTS", "HASH") => link.server.features.hash.iter_mut().for_each(|hash| hash.selected = false),
            ("CWD" | "XCWD" | "CDUP" | "XCUP" | "SMNT" | "RMD" | "XRMD" | "RMDA" | "RNTO" | "SITE", _) => {
                link.server.standing = None
            }
            _ => {}
        }
    }
}

impl Operation for Raw {
    fn start(&mut self, link: &mut Link) -> Step {
        let (verb, second) = (self.line.verb(), self.line.second());
        if let Some((why, instead)) = objection(&verb, &second) {
            let text = format!("{verb} was not sent: {why}");
            return Step::fail(Error::new(Stage::Server, ErrorKind::Argument, text).with_advice(instead));
        }
        if !self.strict {
            link.status(WARNING);
        }
        link.send(&Command::typed(self.line.argument(), self.line.masked()));
        Step::Wait
    }

    fn reply(&mut self, link: &mut Link, reply: &Reply) -> Step {
        match reply.class() {
            1 => return Step::Wait,
            2 | 3 => self.settle(link),
            _ if self.strict => {
                let shown = self.line.masked().unwrap_or_else(|| escape(self.line.argument().as_bytes()));
                return Step::Fail(refused(Stage::Server, format!("The server refused {shown}"), reply));
            }
            _ => {}
        }
        Step::Done(Report::Done(Outcome::Answer { code: reply.code, lines: reply.display_lines() }))
    }

    fn deadline(&self, link: &Link) -> Option<Time> {
        link.deadline(PATIENCE)
    }
}

/// Why a command is not sent, and what to do instead.
fn objection(verb: &str, second: &str) -> Option<(&'static str, &'static str)> {
    const DATA: &str = "it needs a data connection";
    const PORTS: &str = "data connections are opened with the transfers that need them";
    const SECURITY: &str = "the security of the connection is settled at the login";
    const OBSOLETE: &str = "nothing that Towpath speaks to needs it any more";
    Some(match (verb, second) {
        ("RETR", _) => (DATA, "Download the file"),
        ("STOR" | "APPE" | "STOU", _) => (DATA, "Upload the file"),
        ("LIST" | "NLST" | "MLSD", _) => (DATA, "List the directory, or use STAT and the path"),
        ("THMB", _) => (DATA, "Download the file"),
        ("PASV" | "EPSV" | "PORT" | "EPRT" | "SPSV" | "CPSV" | "ESTA" | "ESTP" | "PRET", _) => {
            (PORTS, "Start the transfer itself")
        }
        ("LPSV" | "LPRT", _) => (OBSOLETE, "EPSV took its place and is used by itself"),
        ("REST", _) => ("it changes the next transfer", "Resume the transfer instead"),
        ("RANG", _) => ("it changes the next transfer", "Ask for the checksum of a part instead"),
        ("ABOR", _) => ("a raw command waits for the one before it", "Cancel the transfer instead"),
        ("AUTH" | "PBSZ" | "PROT" | "SSCN", _) => {
            (SECURITY, "Choose the encryption in the site and connect again")
        }
        ("CCC", _) => {
            ("it would take the encryption from the connection", "Choose plain FTP in the site if you must")
        }
        ("ADAT" | "MIC" | "CONF" | "ENC", _) => (
            "it belongs to other security mechanisms than TLS (RFC 2228)",
            "Use TLS: choose the encryption in the site",
        ),
        ("USER" | "PASS", _) => ("the login is done", "Change the site and connect again"),
        ("HOST", _) => ("it comes before the login", "Change the site and connect again"),
        ("REIN", _) => ("the session would not notice that it is logged out", "Disconnect and connect again"),
        ("QUIT", _) => ("the session would take the end for a fault", "Disconnect instead"),
        ("MODE", "S") | ("STRU", "F") | ("TYPE", "I") => return None,
        ("MODE", _) => ("transfers would be read wrongly", "MODE S stands; compression is the site's choice"),
        ("STRU", _) => ("transfers would be read wrongly", "STRU F stands"),
        ("TYPE", _) => ("files would no longer be sent as they are", "TYPE I stands"),
        _ => return None,
    })
}
