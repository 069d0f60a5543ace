//! TLS on the control connection, and who decides on its certificate (RFC 4217 section 4; RFC 9525 for names is the
//! driver's part). No byte flows between the consent to TLS and the decision.

use crate::control::{TLS_TIMEOUT, failure_kind};
use crate::error::{Error, ErrorKind, Stage};
use crate::event::{Event, Question};
use crate::io::{End, Output, Time, TlsSession, Verdict};
use crate::link::Link;
use crate::log;
use crate::quirks::Tls12;
use crate::reply::Reply;
use crate::site::{Encryption, Site};

use super::{Operation, Report, Signal, Step, cancelled};

/// Handshake and certificate.
pub(crate) struct Secure {
    since: Time,
    /// The session that a person is asked about.
    asking: Option<TlsSession>,
}

/// What is to become of a certificate.
#[derive(Debug, PartialEq, Eq)]
enum Decision {
    Accept,
    Ask { changed: bool },
}

impl Secure {
    pub(crate) fn new() -> Secure {
        Secure { since: Time::default(), asking: None }
    }

    fn secured(&mut self, link: &mut Link, tls: TlsSession) -> Step {
        link.trace("TLS Handshake successful");
        link.trace(log::protocol(&tls));
        link.status("Verifying certificate...");
        match decide(&link.site, &link.memory.accepted, &tls) {
            Decision::Accept => accept(link, tls),
            Decision::Ask { changed } => {
                self.asking = Some(tls.clone());
                link.tell(Event::Asked(Question::Certificate { tls, changed }));
                Step::Wait
            }
        }
    }
}

impl Operation for Secure {
    fn start(&mut self, link: &mut Link) -> Step {
        if link.site.encryption != Encryption::Implicit {
            link.status("Initializing TLS...");
        }
        self.since = link.now;
        let (server_name, tls12_only) = (link.site.host.clone(), link.tls12_only());
        if let Some(control) = &mut link.control {
            control.securing = true;
            let conn = control.conn;
            link.put(Output::StartTls { conn, server_name, group: conn, tls12_only });
        }
        Step::Wait
    }

    fn reply(&mut self, _link: &mut Link, _reply: &Reply) -> Step {
        Step::Wait
    }

    fn signal(&mut self, link: &mut Link, signal: Signal) -> Step {
        match signal {
            Signal::Secured(tls) if self.asking.is_none() => self.secured(link, tls),
            Signal::Answer(yes) => match self.asking.take() {
                None => Step::Wait,
                Some(tls) if yes => {
                    link.memory.accepted.extend(tls.fingerprint().map(str::to_owned));
                    accept(link, tls)
                }
                Some(tls) => {
                    link.server.unaccepted = Some(tls);
                    let text = "The server's certificate was not accepted";
                    Step::lost(Error::new(Stage::Tls, ErrorKind::NotAccepted, text))
                }
            },
            _ => Step::Wait,
        }
    }

    fn deadline(&self, _link: &Link) -> Option<Time> {
        self.asking.is_none().then(|| self.since.after(TLS_TIMEOUT))
    }

    fn timeout(&mut self, _link: &mut Link) -> Step {
        let text = format!("The TLS handshake was not done within {} seconds", TLS_TIMEOUT / 1_000);
        Step::lost(Error::new(Stage::Tls, ErrorKind::Timeout, text))
    }

    fn cancel(&mut self, _link: &mut Link) -> Option<Step> {
        Some(Step::lost(cancelled()))
    }

    fn lost(&mut self, link: &mut Link, end: &End) -> Step {
        let text = match end {
            End::Failed { stage: Stage::Tls, text } => format!("The TLS handshake failed: {text}"),
            End::Clean | End::Unclean => "The server closed the connection during the TLS handshake".into(),
            End::NoTicket => "The TLS session could not be resumed".into(),
            End::Failed { text, .. } => text.clone(),
        };
        let stage = match end {
            End::Failed { stage, .. } => *stage,
            _ => Stage::Tls,
        };
        let advice = match link.site.encryption {
            _ if self.asking.is_some() => "Connect again and decide sooner",
            Encryption::Implicit => "The port may be one for explicit TLS; try that mode",
            _ => "",
        };
        let error = Error::new(stage, failure_kind(stage), text).with_advice(advice);
        // The logon knows what else there is to try.
        if link.memory.quirks.tls12 == Tls12::Lowered { Step::Fail(error.into()) } else { Step::lost(error) }
    }
}

fn accept(link: &mut Link, tls: TlsSession) -> Step {
    link.server.tls = Some(tls);
    if let Some(control) = &mut link.control {
        control.securing = false;
        let conn = control.conn;
        link.put(Output::AcceptTls(conn));
    }
    Step::Done(Report::Nothing)
}

/// Rule L3: whoever can write into the connection before TLS begins could make us believe its words were
/// the server's.
pub(crate) fn injected() -> Error {
    Error::new(
        Stage::Tls,
        ErrorKind::Protocol,
        "Plain text came after the server had agreed to start TLS; somebody may be tampering with the connection",
    )
    .with_advice("Do not log in over this network")
}

/// A certificate is accepted in silence if its key is pinned, if it was accepted before in this session, or if its chain is trusted
/// and the site has no pins. A pinned key that changes is always a question, whatever the chain says.
fn decide(site: &Site, accepted: &[String], tls: &TlsSession) -> Decision {
    let pinned = tls.chain.first().is_some_and(|leaf| {
        !leaf.spki_sha256.is_empty()
            && site.pins.iter().any(|pin| pin.eq_ignore_ascii_case(&leaf.spki_sha256))
    });
    let known = tls.fingerprint().is_some_and(|print| accepted.iter().any(|other| other == print));
    let trusted = tls.verdict == Verdict::Trusted && site.pins.is_empty();
    if site.accept_any_certificate || pinned || known || trusted {
        Decision::Accept
    } else {
        Decision::Ask { changed: !site.pins.is_empty() }
    }
}
