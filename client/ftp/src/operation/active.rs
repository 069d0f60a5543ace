//! Let the server connect: listen, then PORT (RFC 959 section 4.1.2) or EPRT (RFC 2428 section 2) tells it where (rule D15). The
//! driver accepts once, and only from the control connection's peer.

use std::net::SocketAddr;

use crate::command::Command;
use crate::error::{Error, ErrorKind, Stage};
use crate::io::{End, Time};
use crate::link::Link;
use crate::quirks::DataWay;
use crate::reply::Reply;

use super::{Operation, Report, Signal, Step, refused};

/// How long the driver may take to listen.
const LISTEN_TIMEOUT: u64 = 10_000;

/// Listens and tells the server, or reports [`Report::Unopened`].
pub(crate) struct Active {
    way: DataWay,
    upload: bool,
    since: Time,
    told: bool,
}

impl Active {
    pub(crate) fn new(way: DataWay, upload: bool) -> Active {
        Active { way, upload, since: Time::default(), told: false }
    }

    fn tell(&mut self, link: &mut Link, address: &str) -> Step {
        let command = address.parse().ok().and_then(|address| command(self.way, address));
        match command {
            Some(command) => {
                self.told = true;
                link.send(&command);
                Step::Wait
            }
            None => unopened(link, format!("{address} cannot be told to the server")),
        }
    }
}

impl Operation for Active {
    fn start(&mut self, link: &mut Link) -> Step {
        self.since = link.now;
        self.told = false;
        link.listen_data(self.way, self.upload);
        Step::Wait
    }

    fn reply(&mut self, link: &mut Link, reply: &Reply) -> Step {
        match reply.class() {
            1 => Step::Wait,
            2 => Step::Done(Report::Nothing),
            _ => {
                link.drop_data();
                let text = "The server does not connect to this side (active mode)";
                Step::Done(Report::Unopened(refused(Stage::Data, text, reply)))
            }
        }
    }

    fn signal(&mut self, link: &mut Link, signal: Signal) -> Step {
        match signal {
            Signal::Listening(address) if !self.told => self.tell(link, &address),
            Signal::Closed(end) => {
                let text = match end {
                    End::Failed { text, .. } => text,
                    _ => "the listener ended".to_owned(),
                };
                if let Some(data) = &mut link.data {
                    data.end = Some(End::Clean);
                }
                match self.told {
                    // Its reply is still to come.
                    true => Step::Wait,
                    false => unopened(link, text),
                }
            }
            _ => Step::Wait,
        }
    }

    fn deadline(&self, _link: &Link) -> Option<Time> {
        (!self.told).then(|| self.since.after(LISTEN_TIMEOUT))
    }

    fn timeout(&mut self, link: &mut Link) -> Step {
        unopened(link, format!("nobody listened within {} seconds", LISTEN_TIMEOUT / 1_000))
    }
}

fn unopened(link: &mut Link, text: String) -> Step {
    link.drop_data();
    let text = format!("No data connection can be listened for: {text}");
    Step::Done(Report::Unopened(Error::new(Stage::Data, ErrorKind::Refused, text).into()))
}

/// `PORT h1,h2,h3,h4,p1,p2` or `EPRT |1|address|port|`.
fn command(way: DataWay, address: SocketAddr) -> Option<Command> {
    let address = SocketAddr::new(address.ip().to_canonical(), address.port());
    match (way, address) {
        (DataWay::Active, SocketAddr::V4(address)) => {
            let [a, b, c, d] = address.ip().octets();
            let [high, low] = address.port().to_be_bytes();
            Some(Command::text("PORT", &format!("{a},{b},{c},{d},{high},{low}")))
        }
        (DataWay::ExtendedActive, address) => {
            let family = if address.is_ipv4() { 1 } else { 2 };
            Some(Command::text("EPRT", &format!("|{family}|{}|{}|", address.ip(), address.port())))
        }
        _ => None,
    }
}
