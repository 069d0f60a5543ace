//! Where a secret of a target stands: in a file, in the environment, or with a program. Never in the configuration itself, which is copied,
//! printed and backed up with less care than a secret deserves.

use serde::de::{self, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::ser::{self, SerializeMap};
use serde::{Deserialize, Serialize, Serializer};
use std::fmt;
use std::path::PathBuf;

/// Where a secret is read from, each time that it is needed: one that changes needs no restart. Its first line is the secret. Holds none
/// itself, so it may be printed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SecretSource {
    /// `{ file = "/run/credentials/towpath/mirror" }`
    File(PathBuf),
    /// `{ env = "MIRROR_PASSWORD" }`
    Env(String),
    /// `{ command = ["/usr/bin/pass", "show", "mirror"] }`: a program and its arguments, without a shell.
    Command(Vec<String>),
    /// The secret stood there itself. It is not kept, and [`crate::Config`] refuses it.
    Literal,
}

/// What a stored password may be written over.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PasswordOver {
    /// Anything, plain text too.
    Plain,
    /// TLS, whatever certificate the page has accepted.
    Tls,
    /// TLS with a certificate that the relay itself trusts. A page that accepts any cannot give the password away to whoever
    /// stands in between.
    VerifiedTls,
}

impl SecretSource {
    /// What contradicts itself.
    pub(crate) fn check(&self) -> Result<(), &'static str> {
        match self {
            SecretSource::Literal => Err("a password does not belong in this file; say where it stands: \
                 { file = \"...\" }, { env = \"...\" } or { command = [\"...\"] }"),
            SecretSource::File(path) if path.as_os_str().is_empty() => Err("the password's file has no name"),
            SecretSource::Env(name) if name.is_empty() || name.contains(['=', '\0']) => {
                Err("the password's variable has no usable name")
            }
            SecretSource::Command(words) if words.first().is_none_or(String::is_empty) => {
                Err("the password's command is empty")
            }
            _ => Ok(()),
        }
    }
}

impl fmt::Display for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SecretSource::File(path) => write!(f, "file {}", path.display()),
            SecretSource::Env(name) => write!(f, "variable {name}"),
            SecretSource::Command(words) => {
                write!(f, "command {}", words.first().map_or("", String::as_str))
            }
            SecretSource::Literal => f.write_str("the configuration"),
        }
    }
}

impl Serialize for SecretSource {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        match self {
            SecretSource::File(path) => map.serialize_entry("file", path)?,
            SecretSource::Env(name) => map.serialize_entry("env", name)?,
            SecretSource::Command(words) => map.serialize_entry("command", words)?,
            SecretSource::Literal => return Err(ser::Error::custom("a secret that stood in the file")),
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for SecretSource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<SecretSource, D::Error> {
        deserializer.deserialize_any(Source)
    }
}

struct Source;

/// Values that are no table are taken for the secret itself and dropped here: an error of the parser would repeat them.
impl<'de> Visitor<'de> for Source {
    type Value = SecretSource;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table such as { file = \"...\" }")
    }

    fn visit_str<E: de::Error>(self, _: &str) -> Result<SecretSource, E> {
        Ok(SecretSource::Literal)
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<SecretSource, E> {
        Ok(SecretSource::Literal)
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<SecretSource, E> {
        Ok(SecretSource::Literal)
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<SecretSource, E> {
        Ok(SecretSource::Literal)
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<SecretSource, E> {
        Ok(SecretSource::Literal)
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut items: A) -> Result<SecretSource, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(SecretSource::Literal)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<SecretSource, A::Error> {
        let one = || de::Error::custom("a secret has one place: file, env or command");
        let source = match map.next_key::<String>()?.as_deref() {
            Some("file") => SecretSource::File(map.next_value()?),
            Some("env") => SecretSource::Env(map.next_value()?),
            Some("command") => SecretSource::Command(map.next_value()?),
            _ => return Err(one()),
        };
        match map.next_key::<IgnoredAny>()? {
            None => Ok(source),
            Some(_) => Err(one()),
        }
    }
}
