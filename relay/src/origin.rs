//! Who may open a tunnel from a browser: the exact Origin check, and the guard against DNS rebinding.
//!
//! WebSockets know no CORS: any page on the web could reach a relay on this machine or intranet. So the Origin header must
//! name an allowed origin in scheme, host and port (RFC 6454); prefixes and suffixes mean nothing.

use axum::http::{HeaderMap, header};
use std::net::IpAddr;

/// A scheme, host and port.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Origin {
    scheme: Scheme,
    authority: Authority,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Scheme {
    Http,
    Https,
}

/// A host in lower case and a port.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Authority {
    host: String,
    port: u16,
}

impl Origin {
    /// Reads `scheme://host[:port]`; nothing may follow.
    pub(crate) fn parse(text: &str) -> Option<Origin> {
        let (scheme, rest) = text.split_once("://")?;
        let scheme = match scheme {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            _ => return None,
        };
        Some(Origin { scheme, authority: Authority::parse(rest, scheme)? })
    }
}

impl Authority {
    fn parse(text: &str, scheme: Scheme) -> Option<Authority> {
        let (host, port) = match text.rsplit_once(':') {
            // A colon inside brackets belongs to an IPv6 address.
            Some((host, port)) if !port.ends_with(']') => {
                if port.is_empty() || !port.bytes().all(|byte| byte.is_ascii_digit()) {
                    return None;
                }
                (host, port.parse().ok()?)
            }
            _ => (text, if scheme == Scheme::Http { 80 } else { 443 }),
        };
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        let valid = match host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            Some(inner) => inner.parse::<std::net::Ipv6Addr>().is_ok(),
            None => !host.is_empty() && host.bytes().all(plain),
        };
        valid.then(|| Authority { host: host.to_ascii_lowercase(), port })
    }

    /// Whether the host can only mean this machine, whatever a name server says.
    fn is_local(&self) -> bool {
        let bare = self.host.trim_start_matches('[').trim_end_matches(']');
        self.host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}

/// Why a request is turned away.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Refusal {
    /// The Origin is absent, `null`, unreadable or another.
    Origin,
    /// The Host header does not name this machine although the relay listens on loopback only.
    Host,
}

/// The rules that a configuration and a listener make together.
#[derive(Clone, Debug)]
pub(crate) struct Guard {
    allowed: Vec<Origin>,
    allow_missing: bool,
    on_loopback: bool,
    secure: bool,
}

impl Guard {
    /// `allowed` empty means same-origin. `on_loopback`: the listener's address is a loopback one.
    pub(crate) fn new(allowed: Vec<Origin>, allow_missing: bool, on_loopback: bool) -> Guard {
        Guard { allowed, allow_missing, on_loopback, secure: false }
    }

    /// The relay itself speaks TLS: its own page is never one that came without, from whoever sits in between.
    pub(crate) fn over_tls(self, secure: bool) -> Guard {
        Guard { secure, ..self }
    }

    /// Checks any request: a page on another name that has been rebound to 127.0.0.1 carries that name as Host.
    pub(crate) fn check_host(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        if !self.on_loopback || !self.allowed.is_empty() {
            return Ok(());
        }
        match host(headers, Scheme::Http) {
            Some(authority) if authority.is_local() => Ok(()),
            _ => Err(Refusal::Host),
        }
    }

    /// Checks a request for a tunnel.
    pub(crate) fn check_origin(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let mut values = headers.get_all(header::ORIGIN).iter();
        let (first, second) = (values.next(), values.next());
        let Some(value) = first else {
            return if self.allow_missing { Ok(()) } else { Err(Refusal::Origin) };
        };
        let origin = value.to_str().ok().and_then(Origin::parse).ok_or(Refusal::Origin)?;
        if second.is_some() {
            return Err(Refusal::Origin);
        }
        let allowed = if self.allowed.is_empty() {
            // The scheme is the proxy's business where there is one: Host decides.
            let scheme_fits = !self.secure || origin.scheme == Scheme::Https;
            scheme_fits && host(headers, origin.scheme).is_some_and(|own| own == origin.authority)
        } else {
            self.allowed.contains(&origin)
        };
        if allowed { Ok(()) } else { Err(Refusal::Origin) }
    }
}

fn host(headers: &HeaderMap, scheme: Scheme) -> Option<Authority> {
    let mut values = headers.get_all(header::HOST).iter();
    let (first, second) = (values.next()?, values.next());
    if second.is_some() {
        return None;
    }
    Authority::parse(first.to_str().ok()?, scheme)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn headers(host: Option<&str>, origin: &[&str]) -> HeaderMap {
        let mut map = HeaderMap::new();
        if let Some(host) = host {
            map.insert(header::HOST, HeaderValue::from_str(host).unwrap());
        }
        for origin in origin {
            map.append(header::ORIGIN, HeaderValue::from_str(origin).unwrap());
        }
        map
    }

    #[test]
    fn same_origin() {
        let guard = Guard::new(Vec::new(), false, false);
        for (host, origin, allowed) in [
            ("relay.example", "http://relay.example", true),
            ("relay.example", "https://relay.example", true),
            ("relay.example:443", "https://relay.example", true),
            ("relay.example:8080", "http://relay.example:8080", true),
            ("Relay.Example:8080", "http://relay.example:8080", true),
            ("[::1]:8080", "http://[::1]:8080", true),
            ("relay.example:80", "https://relay.example", false),
            ("relay.example", "http://relay.example:8080", false),
            ("relay.example:8080", "http://relay.example", false),
            ("relay.example", "http://evil-relay.example", false),
            ("relay.example", "http://relay.example.evil.example", false),
            ("relay.example", "http://relay.example@evil.example", false),
            ("relay.example", "http://relay.example/", false),
            ("relay.example", "ftp://relay.example", false),
            ("relay.example", "null", false),
            ("relay.example", "", false),
            ("relay.example", "http://", false),
            ("relay.example:", "http://relay.example:", false),
            ("relay.example:+80", "http://relay.example", false),
        ] {
            let found = guard.check_origin(&headers(Some(host), &[origin]));
            assert_eq!(found.is_ok(), allowed, "{origin} at {host}");
        }
        assert!(guard.check_origin(&headers(Some("a.example"), &[])).is_err());
        assert!(guard.check_origin(&headers(None, &["http://a.example"])).is_err());
        let twice = headers(Some("a.example"), &["http://a.example", "http://b.example"]);
        assert!(guard.check_origin(&twice).is_err());
    }

    #[test]
    fn a_relay_that_speaks_tls_has_no_origin_without() {
        let guard = Guard::new(Vec::new(), false, false).over_tls(true);
        for (host, origin, allowed) in [
            ("relay.example", "https://relay.example", true),
            ("relay.example:8443", "https://relay.example:8443", true),
            ("relay.example:8443", "http://relay.example:8443", false),
            ("relay.example", "http://relay.example", false),
            ("relay.example:80", "http://relay.example", false),
        ] {
            let found = guard.check_origin(&headers(Some(host), &[origin]));
            assert_eq!(found.is_ok(), allowed, "{origin} at {host}");
        }
    }

    #[test]
    fn configured_origins_are_the_only_ones() {
        let allowed = vec![Origin::parse("https://files.example.org").unwrap()];
        let guard = Guard::new(allowed, false, false);
        for (origin, allowed) in [
            ("https://files.example.org", true),
            ("https://files.example.org:443", true),
            ("http://files.example.org", false),
            ("https://files.example.org:8443", false),
            ("http://10.0.0.5:8080", false),
        ] {
            let found = guard.check_origin(&headers(Some("10.0.0.5:8080"), &[origin]));
            assert_eq!(found.is_ok(), allowed, "{origin}");
        }
    }

    #[test]
    fn a_missing_origin_may_be_allowed_but_null_never_is() {
        let guard = Guard::new(Vec::new(), true, true);
        assert!(guard.check_origin(&headers(Some("127.0.0.1:8080"), &[])).is_ok());
        assert!(guard.check_origin(&headers(Some("127.0.0.1:8080"), &["null"])).is_err());
        assert!(guard.check_origin(&headers(Some("127.0.0.1:8080"), &["http://a.example"])).is_err());
    }

    #[test]
    fn a_rebound_name_is_refused_on_loopback() {
        let local = Guard::new(Vec::new(), true, true);
        for (host, allowed) in [
            (Some("localhost:8080"), true),
            (Some("127.0.0.1"), true),
            (Some("[::1]:8080"), true),
            (Some("evil.example:8080"), false),
            (Some("127.0.0.1.evil.example"), false),
            (Some("192.168.0.1"), false),
            (None, false),
        ] {
            assert_eq!(local.check_host(&headers(host, &[])).is_ok(), allowed, "{host:?}");
        }
        let open = Guard::new(Vec::new(), true, false);
        assert!(open.check_host(&headers(Some("relay.example"), &[])).is_ok());
    }
}
