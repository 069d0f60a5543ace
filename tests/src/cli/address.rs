//! Addresses of files on servers: `ftp://user:password@host:port/path`, with `ftps` for implicit and `ftpes` for
//! explicit TLS. Percent signs escape bytes (RFC 3986 section 2.1); paths are absolute.

use thiserror::Error;
use towpath_ftp::{ArgumentError, Encryption, Name, RemotePath, Secret};

/// A parsed address. No `Debug`: it may hold a password.
#[derive(Clone)]
pub struct Address {
    /// What the scheme says of TLS.
    pub encryption: Encryption,
    /// User, where one is named.
    pub user: Option<String>,
    /// Password, where one is named.
    pub password: Option<Secret>,
    /// Host name or address, without brackets.
    pub host: String,
    /// Port, where one is named.
    pub port: Option<u16>,
    /// Path on the server.
    pub path: RemotePath,
    /// The path was written with a `/` at its end: a directory.
    pub directory: bool,
}

/// An address that cannot be read. It never repeats the text: that may hold a password.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum AddressError {
    /// Another scheme or none.
    #[error("the address must begin with ftp://, ftps:// or ftpes://")]
    Scheme,
    /// No host.
    #[error("the address names no host")]
    Host,
    /// Not a number from 1 to 65535.
    #[error("the port of the address is not a number from 1 to 65535")]
    Port,
    /// A percent sign without two hexadecimal digits, or user text that is not UTF-8.
    #[error(
        "the address has a percent sign that is not followed by two hexadecimal digits, or text that is not UTF-8"
    )]
    Escape,
    /// A path that cannot be sent.
    #[error("the path of the address: {0}")]
    Path(#[from] ArgumentError),
}

impl Address {
    /// Reads an address.
    ///
    /// # Errors
    /// [`AddressError`].
    pub fn parse(text: &str) -> Result<Address, AddressError> {
        let (scheme, rest) = text.split_once("://").ok_or(AddressError::Scheme)?;
        let encryption = match scheme.to_ascii_lowercase().as_str() {
            "ftp" => Encryption::ExplicitIfOffered,
            "ftps" => Encryption::Implicit,
            "ftpes" => Encryption::Explicit,
            _ => return Err(AddressError::Scheme),
        };
        let (authority, path) = match rest.find('/') {
            Some(cut) => rest.split_at(cut),
            None => (rest, "/"),
        };
        let (login, place) = match authority.rsplit_once('@') {
            Some((login, place)) => (Some(login), place),
            None => (None, authority),
        };
        let (user, password) =
            match login.map(|login| login.split_once(':').map_or((login, None), |(u, p)| (u, Some(p)))) {
                None => (None, None),
                Some((user, password)) => {
                    (Some(text_of(user)?), password.map(text_of).transpose()?.map(Secret::new))
                }
            };
        let (host, port) = host_and_port(place)?;
        let bytes = unescape(path)?;
        Ok(Address {
            encryption,
            user: user.filter(|user| !user.is_empty()),
            password,
            host,
            port,
            path: RemotePath::new(&bytes)?,
            directory: bytes.ends_with(b"/"),
        })
    }

    /// The path of a file with this name: below the path, where that is a directory's, else the path itself.
    ///
    /// # Errors
    /// [`AddressError::Path`] where the name cannot stand in a path.
    pub fn file(&self, name: &[u8]) -> Result<RemotePath, AddressError> {
        if self.directory { Ok(self.path.join(&Name::new(name)?)) } else { Ok(self.path.clone()) }
    }
}

fn host_and_port(place: &str) -> Result<(String, Option<u16>), AddressError> {
    let (host, port) = match place.strip_prefix('[') {
        Some(rest) => {
            let (host, rest) = rest.split_once(']').ok_or(AddressError::Host)?;
            (host, rest.strip_prefix(':').or(rest.is_empty().then_some("")).ok_or(AddressError::Host)?)
        }
        None => place.split_once(':').unwrap_or((place, "")),
    };
    if host.is_empty() {
        return Err(AddressError::Host);
    }
    let port = match port {
        "" => None,
        digits => Some(digits.parse().ok().filter(|port| *port != 0).ok_or(AddressError::Port)?),
    };
    Ok((text_of(host)?, port))
}

fn text_of(escaped: &str) -> Result<String, AddressError> {
    String::from_utf8(unescape(escaped)?).map_err(|_| AddressError::Escape)
}

fn unescape(text: &str) -> Result<Vec<u8>, AddressError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let byte = match byte {
            b'%' => {
                let mut digit = || rest.next().and_then(|d| char::from(d).to_digit(16));
                let (Some(high), Some(low)) = (digit(), digit()) else { return Err(AddressError::Escape) };
                // Two digits of four bits each.
                (high * 16 + low) as u8
            }
            plain => plain,
        };
        bytes.push(byte);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_parts_are_read() {
        let address = Address::parse("ftpes://us%40er:p%3Aw:x@files.example:2121/a%20b/c").unwrap();
        assert_eq!(address.encryption, Encryption::Explicit);
        assert_eq!(address.user.as_deref(), Some("us@er"));
        assert!(address.password.is_some_and(|password| password.reveal() == "p:w:x"));
        assert_eq!((address.host.as_str(), address.port), ("files.example", Some(2121)));
        assert_eq!((address.path.as_bytes(), address.directory), (&b"/a b/c"[..], false));
    }

    #[test]
    fn parts_may_be_absent() {
        let address = Address::parse("FTP://[::1]").unwrap();
        assert_eq!((address.host.as_str(), address.port), ("::1", None));
        assert!(address.user.is_none() && address.password.is_none());
        assert!(address.path.is_root() && address.directory);
        let address = Address::parse("ftps://u@[::1]:990/d/").unwrap();
        assert_eq!((address.port, address.directory), (Some(990), true));
        assert_eq!(address.file(b"x").unwrap().as_bytes(), b"/d/x");
        assert_eq!(address.file(b".."), Err(AddressError::Path(ArgumentError::NotAName)));
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        for (text, error) in [
            ("http://host/", AddressError::Scheme),
            ("host/path", AddressError::Scheme),
            ("ftp:///path", AddressError::Host),
            ("ftp://user@/", AddressError::Host),
            ("ftp://[::1/", AddressError::Host),
            ("ftp://[::1]21/", AddressError::Host),
            ("ftp://host:0/", AddressError::Port),
            ("ftp://host:65536/", AddressError::Port),
            ("ftp://host/%zz", AddressError::Escape),
            ("ftp://host/%4", AddressError::Escape),
            ("ftp://%ff@host/", AddressError::Escape),
            ("ftp://host/a%0d%0aDELE%20b", AddressError::Path(ArgumentError::ControlByte)),
        ] {
            assert_eq!(Address::parse(text).err(), Some(error), "{text}");
        }
    }
}
