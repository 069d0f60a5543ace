//! What people type into the address field: `host`, `host:port`, or a URL of the schemes that FTP clients know
//! (RFC 1738 section 3.2; `ftps` is implicit TLS and `ftpes` explicit TLS, as FileZilla has them).

use crate::protocol::Encryption;

/// An address taken apart. No `Debug`: it may hold a password.
#[derive(Clone, PartialEq, Eq, Default)]
pub(crate) struct Address {
    /// Host name or literal address, without brackets.
    pub(crate) host: String,
    /// Port, where named.
    pub(crate) port: Option<u16>,
    /// User, where named.
    pub(crate) user: Option<String>,
    /// Password, where somebody pasted one.
    pub(crate) password: Option<String>,
    /// Use of TLS, where the scheme says so.
    pub(crate) encryption: Option<Encryption>,
    /// Start folder, where named.
    pub(crate) path: Option<String>,
}

/// Why an address cannot be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum AddressError {
    /// No host.
    Empty,
    /// A scheme that is not FTP's.
    Scheme,
    /// Not a number between 1 and 65535.
    Port,
    /// Characters that no host has.
    Host,
}

/// The usual control port.
pub(crate) fn default_port(encryption: Encryption) -> u16 {
    if encryption == Encryption::Implicit { 990 } else { 21 }
}

/// Takes an address apart.
pub(crate) fn parse(text: &str) -> Result<Address, AddressError> {
    let text = text.trim();
    let (encryption, rest) = match text.split_once("://") {
        None => (None, text),
        Some((scheme, rest)) => match scheme.to_ascii_lowercase().as_str() {
            "ftp" => (None, rest),
            "ftps" => (Some(Encryption::Implicit), rest),
            "ftpes" => (Some(Encryption::Explicit), rest),
            _ => return Err(AddressError::Scheme),
        },
    };
    let (authority, path) = match rest.find('/') {
        Some(slash) => (&rest[..slash], Some(&rest[slash..])),
        None => (rest, None),
    };
    // The last `@`: people do not always escape the one in their password.
    let (login, place) = match authority.rsplit_once('@') {
        Some((login, place)) => (Some(login), place),
        None => (None, authority),
    };
    let (user, password) =
        match login.map(|login| login.split_once(':').map_or((login, None), |(u, p)| (u, Some(p)))) {
            Some((user, password)) => (Some(decode(user)), password.map(decode)),
            None => (None, None),
        };
    let (host, port) = split_port(place)?;
    if host.is_empty() {
        return Err(AddressError::Empty);
    }
    if host.chars().any(|c| c.is_control() || c.is_whitespace() || "/\\?#<>\"'[]@".contains(c)) {
        return Err(AddressError::Host);
    }
    Ok(Address {
        host: host.to_owned(),
        port,
        user: user.filter(|user| !user.is_empty()),
        password: password.filter(|password| !password.is_empty()),
        encryption,
        path: path.map(decode).filter(|path| path != "/"),
    })
}

/// Host and port; an IPv6 address stands in brackets, or alone without a port.
fn split_port(place: &str) -> Result<(&str, Option<u16>), AddressError> {
    let (host, port) = if let Some(rest) = place.strip_prefix('[') {
        let (host, tail) = rest.split_once(']').ok_or(AddressError::Host)?;
        match tail.strip_prefix(':') {
            Some(port) => (host, Some(port)),
            None if tail.is_empty() => (host, None),
            None => return Err(AddressError::Host),
        }
    } else if place.matches(':').count() == 1 {
        place.split_once(':').map_or((place, None), |(host, port)| (host, Some(port)))
    } else {
        (place, None)
    };
    match port {
        None | Some("") => Ok((host, None)),
        Some(port) => match port.parse() {
            Ok(0) | Err(_) => Err(AddressError::Port),
            Ok(port) => Ok((host, Some(port))),
        },
    }
}

/// Undoes percent-encoding; what is no valid encoding stays as it is.
fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let pair = (first == b'%').then(|| tail.get(..2).and_then(hex_pair)).flatten();
        bytes.push(pair.unwrap_or(first));
        rest = if pair.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

fn hex_pair(pair: &[u8]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    match pair {
        [high, low] => u8::try_from(digit(*high)? * 16 + digit(*low)?).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ok(text: &str) -> Address {
        match parse(text) {
            Ok(address) => address,
            Err(error) => panic!("{text}: {error:?}"),
        }
    }

    #[test]
    fn hosts_and_ports() {
        assert!(ok(" example.org ") == Address { host: "example.org".into(), ..Address::default() });
        assert!(
            ok("example.org:2121")
                == Address { host: "example.org".into(), port: Some(2121), ..Address::default() }
        );
        assert!(ok("[::1]:2121") == Address { host: "::1".into(), port: Some(2121), ..Address::default() });
        assert!(ok("2001:db8::1") == Address { host: "2001:db8::1".into(), ..Address::default() });
    }

    #[test]
    fn a_whole_url() {
        assert!(
            ok("FTPES://web%40site:p%3Aw@ss@ftp.example.org:2100/www/my%20files")
                == Address {
                    host: "ftp.example.org".into(),
                    port: Some(2100),
                    user: Some("web@site".into()),
                    password: Some("p:w@ss".into()),
                    encryption: Some(Encryption::Explicit),
                    path: Some("/www/my files".into()),
                }
        );
        assert_eq!(ok("ftps://h/").encryption, Some(Encryption::Implicit));
        assert_eq!(ok("ftps://h/").path, None);
        assert_eq!(ok("ftp://h").encryption, None);
    }

    #[test]
    fn what_cannot_be_an_address() {
        for (text, expected) in [
            ("", AddressError::Empty),
            ("ftp://", AddressError::Empty),
            ("user@", AddressError::Empty),
            ("https://example.org", AddressError::Scheme),
            ("host:70000", AddressError::Port),
            ("host:0", AddressError::Port),
            ("host:x", AddressError::Port),
            ("a b", AddressError::Host),
            ("[::1", AddressError::Host),
            ("ho<st", AddressError::Host),
        ] {
            assert_eq!(parse(text).err(), Some(expected), "{text}");
        }
    }

    #[test]
    fn broken_escapes_stay_text() {
        assert_eq!(decode("100%"), "100%");
        assert_eq!(decode("%zz%4"), "%zz%4");
        assert_eq!(decode("%ff"), "%ff");
    }
}
