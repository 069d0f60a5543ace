//! What a page shows to be let in.
//!
//! It travels in HELLO: a browser cannot set headers on a WebSocket, and addresses and subprotocols are written into the logs of proxies.

use serde::de::Deserializer;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A credential.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Credential {
    /// A token that an administrator has given to a person or program.
    Token {
        /// Its text.
        secret: Secret,
    },
    /// A ticket that a portal has made for one visit.
    Ticket {
        /// Its text.
        secret: Secret,
    },
    /// A kind that this version does not know, or something that is none.
    #[serde(other)]
    Unknown,
}

/// The text of a credential. It has no `Display`, and its `Debug` says nothing.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secret(String);

impl Credential {
    /// A token.
    #[must_use]
    pub fn token(text: impl Into<String>) -> Credential {
        Credential::Token { secret: Secret(text.into()) }
    }

    /// A ticket.
    #[must_use]
    pub fn ticket(text: impl Into<String>) -> Credential {
        Credential::Ticket { secret: Secret(text.into()) }
    }

    /// Reads the field of HELLO. What is none is [`Credential::Unknown`] and never an error: serde's errors quote what they found, and they
    /// go to logs.
    pub(crate) fn tolerant<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Credential>, D::Error> {
        let value = serde_json::Value::deserialize(from)?;
        if value.is_null() {
            return Ok(None);
        }
        Ok(Some(serde_json::from_value(value).unwrap_or(Credential::Unknown)))
    }
}

impl Secret {
    /// The text, to be compared or sent and nothing else.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(****)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Hello;

    fn read(credential: &str) -> Option<Credential> {
        let text = format!(r#"{{"agent":"page","credential":{credential}}}"#);
        serde_json::from_str::<Hello>(&text).unwrap().credential
    }

    #[test]
    fn what_is_no_credential_is_an_unknown_one_and_no_error() {
        assert_eq!(read(r#"{"kind":"token","secret":"tp_1"}"#), Some(Credential::token("tp_1")));
        assert_eq!(
            read(r#"{"kind":"ticket","secret":"a.b.c","later":1}"#),
            Some(Credential::ticket("a.b.c"))
        );
        assert_eq!(read("null"), None);
        assert_eq!(serde_json::from_str::<Hello>("{}").unwrap().credential, None);
        for text in [
            r#""tp_1""#,
            "5",
            "[]",
            "{}",
            r#"{"kind":"token"}"#,
            r#"{"kind":"token","secret":5}"#,
            r#"{"kind":"token","secret":["tp_1"]}"#,
            r#"{"kind":"passkey","secret":"tp_1","more":{}}"#,
            r#"{"kind":"unknown"}"#,
            r#"{"secret":"tp_1"}"#,
        ] {
            assert_eq!(read(text), Some(Credential::Unknown), "{text}");
        }
    }

    #[test]
    fn debug_output_holds_no_secret() {
        let hello = Hello { credential: Some(Credential::token("tp_canary")), ..Hello::default() };
        let shown = format!("{hello:?} {:#?} {:?}", hello, Credential::ticket("canary.canary.canary"));
        assert!(!shown.contains("canary") && shown.contains("Ticket"), "{shown}");
        let sent = serde_json::to_string(&hello).unwrap();
        assert!(sent.contains(r#""credential":{"kind":"token","secret":"tp_canary"}"#), "{sent}");
        assert!(!serde_json::to_string(&Hello::default()).unwrap().contains("credential"));
    }
}
