//! TLS to FTP servers: how old it may be, which keys they must show, and what this side shows.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::{self, Deserializer};
use serde::{Deserialize, Serialize, Serializer};
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// The oldest version of TLS that the relay speaks with a server.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Deserialize, Serialize)]
pub enum TlsMin {
    /// RFC 5246.
    #[default]
    #[serde(rename = "1.2")]
    Tls12,
    /// RFC 8446.
    #[serde(rename = "1.3")]
    Tls13,
}

/// SHA-256 of a server's subject public key info: the key itself, whoever has signed its certificate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pin(pub [u8; 32]);

/// A certificate that the relay shows to a server, in files of PEM or DER.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ClientCertificate {
    /// The certificate, and those that lead to the authority which the server knows.
    pub chain: PathBuf,
    /// Its private key, not encrypted.
    pub key: PathBuf,
}

/// Not a pin.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "{0:?} is not a pin such as \"sha256/\" and 44 characters of base64, or \"sha256:\" and 64 hexadecimal digits"
)]
pub struct PinError(String);

impl FromStr for Pin {
    type Err = PinError;

    fn from_str(text: &str) -> Result<Pin, PinError> {
        let wrong = || PinError(text.to_owned());
        let bytes = match (text.strip_prefix("sha256/"), text.strip_prefix("sha256:")) {
            (Some(base64), _) => STANDARD.decode(base64).ok(),
            (_, Some(digits)) => hexadecimal(digits),
            _ => None,
        };
        Ok(Pin(bytes.and_then(|bytes| bytes.try_into().ok()).ok_or_else(wrong)?))
    }
}

/// Digits as the page and openssl show them, in either case, with or without colons.
fn hexadecimal(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u32> =
        text.chars().filter(|c| *c != ':').map(|c| c.to_digit(16)).collect::<Option<_>>()?;
    let (pairs, rest) = digits.as_chunks::<2>();
    let byte = |[high, low]: &[u32; 2]| u8::try_from(high * 16 + low).ok();
    rest.is_empty().then(|| pairs.iter().filter_map(byte).collect())
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256/{}", STANDARD.encode(self.0))
    }
}

impl Serialize for Pin {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Pin {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Pin, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pins_in_both_spellings() {
        let hash = "sha256/AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=".parse::<Pin>().unwrap();
        assert_eq!((hash.0[0], hash.0[31]), (0, 31));
        let digits = "000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F";
        let colons: Vec<&str> =
            digits.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap()).collect();
        for text in [hash.to_string(), format!("sha256:{digits}"), format!("sha256:{}", colons.join(":"))] {
            assert_eq!(text.parse::<Pin>(), Ok(hash), "{text}");
        }
        for text in ["", "sha256/", "sha256/AAEC", "sha1/AAECAwQFBgcICQoLDA0ODxAREhM=", "sha256:00", digits] {
            assert!(text.parse::<Pin>().is_err(), "{text}");
        }
    }
}
