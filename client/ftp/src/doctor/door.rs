//! The way in: name, connection, greeting, TLS, login. Where it ends early, the first thing that failed is bad and the rest is not tested.

use std::net::IpAddr;

use super::{Finding, Subject, Verdict};
use crate::error::{Error, Stage};
use crate::io::{self, TlsSession};
use crate::link::Server;
use crate::log;
use crate::parse;
use crate::reply::{Reply, escape};
use crate::site::{Encryption, Site};
use crate::timestamp::time_val;

/// A certificate that ends within this many seconds is worth a warning.
const SOON: i64 = 14 * 86_400;

/// The five findings of the way in: all of it was gone, or it ended with this error. `now` is the wall clock in Unix seconds.
pub(crate) fn door(site: &Site, server: &Server, error: Option<&Error>, now: i64) -> Vec<Finding> {
    let culprit = error.map(|error| (blame(server, error), error));
    [Subject::Lookup, Subject::Connection, Subject::Greeting, Subject::Tls, Subject::Login]
        .into_iter()
        .map(|subject| {
            if let Some((blamed, error)) = culprit
                && blamed == subject
            {
                let finding = Finding::failed(subject, Verdict::Bad, what_failed(subject), error);
                return match (subject, &server.unaccepted) {
                    (Subject::Login, _) => finding.with(server.welcome.iter().cloned()),
                    (Subject::Tls, Some(tls)) => unaccepted(finding, tls),
                    _ => finding,
                };
            }
            let seen = match subject {
                Subject::Lookup => lookup(site, server),
                Subject::Connection => connection(server),
                Subject::Greeting => greeting(server),
                Subject::Tls => tls(site, server, now),
                _ => login(server, error),
            };
            seen.unwrap_or_else(|| Finding::untested(subject, "The connection did not come so far."))
        })
        .collect()
}

/// What an error during the logon is about.
fn blame(server: &Server, error: &Error) -> Subject {
    match error.stage {
        Stage::Lookup => Subject::Lookup,
        Stage::Tls => Subject::Tls,
        _ if server.opened_in.is_none() => Subject::Connection,
        _ if server.welcome.is_empty() => Subject::Greeting,
        _ => Subject::Login,
    }
}

fn what_failed(subject: Subject) -> &'static str {
    match subject {
        Subject::Lookup => "The name of the host could not be looked up.",
        Subject::Connection => "There is no connection to the server.",
        Subject::Greeting => "Something answers, but it does not greet as an FTP server does.",
        Subject::Tls => "The connection could not be secured.",
        _ => "The login failed.",
    }
}

fn lookup(site: &Site, server: &Server) -> Option<Finding> {
    let good = |text: &str| Finding::new(Subject::Lookup, Verdict::Good, text);
    if site.host.parse::<IpAddr>().is_ok() {
        return Some(good("The host is given by its address; no name had to be looked up."));
    }
    server.opened_in?;
    let found = format!("{} is {}", escape(site.host.as_bytes()), escape(server.peer.as_bytes()));
    Some(good("The name of the host leads to an address.").with([found]))
}

fn connection(server: &Server) -> Option<Finding> {
    let time = server.opened_in?;
    let text = format!("The connection was made in {time} ms, the lookup of the name included.");
    Some(Finding::new(Subject::Connection, Verdict::Good, text).with([escape(server.peer.as_bytes())]))
}

fn greeting(server: &Server) -> Option<Finding> {
    server.welcome.first()?;
    let nothing = Reply::new(0, Vec::new());
    let software = parse::software(server.greeting.as_ref().unwrap_or(&nothing), &server.system);
    let text = match software.as_str() {
        _ if server.greeting.is_none() && server.tls.is_some() => {
            "The server greets. The greeting came before TLS, so what it says of the software is not certain."
                .to_owned()
        }
        "" => "The server greets; it does not say what software it is.".to_owned(),
        software => format!("The server says that it is {}.", escape(software.as_bytes())),
    };
    Some(Finding::new(Subject::Greeting, Verdict::Good, text).with(server.welcome.iter().cloned()))
}

fn login(server: &Server, error: Option<&Error>) -> Option<Finding> {
    let good = || Finding::new(Subject::Login, Verdict::Good, "The server accepted the login.");
    (error.is_none() && server.logged_in).then(good)
}

fn tls(site: &Site, server: &Server, now: i64) -> Option<Finding> {
    let plain = |text: &str| Some(Finding::new(Subject::Tls, Verdict::Warning, text));
    match (&server.tls, site.encryption) {
        (Some(tls), _) => Some(secured(tls, now)),
        (None, Encryption::None) => plain(
            "The site is set to plain FTP: the password and all files cross the network readable for everybody on the way.",
        ),
        (None, Encryption::ExplicitIfOffered) if server.logged_in => plain(
            "The server offers no TLS: the password and all files cross the network readable for everybody on the way.",
        ),
        _ => None,
    }
}

fn secured(tls: &TlsSession, now: i64) -> Finding {
    let mut verdict = Verdict::Good;
    let mut worse = |other: Verdict| verdict = verdict.max(other);
    let mut text = match &tls.verdict {
        io::Verdict::Trusted => "The connection is encrypted, and the certificate is trusted.".to_owned(),
        other => {
            worse(Verdict::Warning);
            let why = distrust(other);
            format!(
                "The connection is encrypted, but the certificate does not prove whose server it is: {why}. {COMPARE}"
            )
        }
    };
    if !matches!(tls.version.as_str(), "TLS1.2" | "TLS1.3") {
        worse(Verdict::Warning);
        text.push_str(" The version of TLS is out of date.");
    }
    if let Some(leaf) = tls.chain.first()
        && leaf.not_after != 0
        && leaf.not_after >= now
        && leaf.not_after < now.saturating_add(SOON)
    {
        worse(Verdict::Warning);
        text.push_str(" The certificate ends within two weeks.");
    }
    Finding::new(Subject::Tls, verdict, text).with(shown(tls))
}

/// What to do about a certificate that proves nothing.
const COMPARE: &str = "Compare its fingerprint with the one that the server's administrator names, or install a certificate of a public authority.";

/// Nobody accepted the certificate: why it was a question, and what to compare.
fn unaccepted(mut finding: Finding, tls: &TlsSession) -> Finding {
    finding.text = match &tls.verdict {
        io::Verdict::Trusted => format!("{} It is not the one that is remembered. {COMPARE}", finding.text),
        verdict => {
            format!("{} It does not prove whose server it is: {}. {COMPARE}", finding.text, distrust(verdict))
        }
    };
    finding.with(shown(tls))
}

fn distrust(verdict: &io::Verdict) -> &'static str {
    match verdict {
        io::Verdict::SelfSigned => "it is self-signed",
        io::Verdict::UnknownIssuer => "its issuer is not known",
        io::Verdict::Expired => "it has expired",
        io::Verdict::NotYetValid => "it is not valid yet",
        io::Verdict::WrongName => "it is for another name",
        io::Verdict::Trusted | io::Verdict::Invalid(_) => "it is not valid",
    }
}

/// Protocol and certificate.
fn shown(tls: &TlsSession) -> Vec<String> {
    let mut evidence = vec![log::protocol(tls)];
    if let io::Verdict::Invalid(why) = &tls.verdict {
        evidence.push(escape(why.as_bytes()));
    }
    if let Some(leaf) = tls.chain.first() {
        let show = |label: &str, value: &str| format!("{label}: {}", escape(value.as_bytes()));
        evidence.extend([show("Subject", &leaf.subject), show("Issuer", &leaf.issuer)]);
        if let Some(day) = date(leaf.not_after) {
            evidence.push(format!("Valid until {day}"));
        }
        evidence.push(show("SHA-256 fingerprint", &leaf.sha256));
    }
    evidence
}

/// `2026-11-24`.
fn date(unix_seconds: i64) -> Option<String> {
    let digits = time_val(unix_seconds)?;
    Some(format!("{}-{}-{}", digits.get(..4)?, digits.get(4..6)?, digits.get(6..8)?))
}
