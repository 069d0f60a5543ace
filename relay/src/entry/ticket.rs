//! Tickets of portals: JSON Web Tokens (RFC 7519) that let one visitor in, once, within a minute.
//!
//! ```json
//! {"aud": "https://files.example.org", "sub": "ann", "iat": 1767225600, "exp": 1767225660, "jti": "f3a9…", "sites": ["Reports"]}
//! ```
//!
//! The relay knows with which algorithm each of its keys is used; what a ticket says of algorithms and keys is compared, never followed.

use crate::config::{Access, Config, TicketAlgorithm, TicketKey, is_user};
use crate::{ConfigError, Error};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Validation};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// The longest ticket that is looked at, in bytes.
const MAX_TICKET: usize = 2048;
/// The longest id, in bytes.
const MAX_ID: usize = 128;
/// Cards in one ticket.
const MAX_SITES: usize = 64;
/// How far the clocks of portal and relay may be apart, in seconds.
const SKEW: u64 = 5;
/// The shortest secret for HMAC, in bytes: that of the hash (RFC 7518 section 3.2).
const MIN_SECRET: usize = 32;

/// The keys and what holds for tickets.
#[derive(Debug)]
pub(super) struct Tickets {
    keys: Vec<Key>,
    lifetime: u64,
}

struct Key {
    name: Arc<str>,
    /// Tells whether it is still the same key after a reload.
    print: [u8; 32],
    decoding: DecodingKey,
    validation: Validation,
}

/// What a ticket says.
#[derive(Deserialize, Serialize)]
struct Claims {
    sub: String,
    iat: u64,
    exp: u64,
    jti: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nbf: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sites: Option<Vec<String>>,
}

/// What is written into a new ticket.
#[derive(Serialize)]
struct Issued<'a> {
    aud: &'a str,
    #[serde(flatten)]
    claims: Claims,
}

/// A ticket that holds, but may have been used before.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Ticket {
    pub(super) user: String,
    pub(super) id: String,
    pub(super) sites: Option<Vec<String>>,
    /// The second after which it is too old.
    pub(super) end: u64,
    pub(super) key: Arc<str>,
    pub(super) print: [u8; 32],
}

/// Why a ticket does not hold: for the log, never for whoever shows it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fault {
    Size,
    /// None of the keys has signed this, or not with the algorithm that it is used with.
    Signature,
    /// It is for another relay.
    Audience,
    /// Something is missing, or not what it must be.
    Claims,
    Expired,
    TooEarly,
    /// It would hold for longer than tickets may.
    Lifetime,
    /// It is from before this relay's start, which does not know whether it was used.
    BeforeStart,
}

impl Tickets {
    pub(super) fn new(config: &Config) -> Result<Tickets, Error> {
        let audience = config.access.ticket_audience(config).unwrap_or_default();
        let read = |key: &TicketKey| Key::read(key, audience);
        let keys = config.ticket_keys.iter().map(read).collect::<Result<_, ConfigError>>()?;
        Ok(Tickets { keys, lifetime: config.access.ticket_lifetime })
    }

    /// Reads a ticket at a time, for a relay that began at another, both in seconds since 1970.
    pub(super) fn check(&self, text: &str, now: u64, start: u64) -> Result<Ticket, Fault> {
        if text.len() > MAX_TICKET {
            return Err(Fault::Size);
        }
        let mut fault = Fault::Signature;
        let opened = self.keys.iter().find_map(|key| match key.open(text) {
            Ok(claims) => Some((key, claims)),
            Err(Fault::Signature) => None,
            Err(other) => {
                fault = other;
                None
            }
        });
        let (key, claims) = opened.ok_or(fault)?;
        let Claims { sub: user, iat, exp, jti: id, nbf, sites } = claims;
        let is_id = (1..=MAX_ID).contains(&id.len()) && !id.chars().any(char::is_control);
        if !is_user(&user) || !is_id || sites.as_ref().is_some_and(|sites| sites.len() > MAX_SITES) {
            return Err(Fault::Claims);
        }
        let end = exp.saturating_add(SKEW);
        if now > end {
            return Err(Fault::Expired);
        }
        if iat.max(nbf.unwrap_or_default()) > now.saturating_add(SKEW) {
            return Err(Fault::TooEarly);
        }
        if exp.saturating_sub(iat) > self.lifetime {
            return Err(Fault::Lifetime);
        }
        if iat < start {
            return Err(Fault::BeforeStart);
        }
        Ok(Ticket { user, id, sites, end, key: key.name.clone(), print: key.print })
    }

    /// Whether a key is still there.
    pub(super) fn has(&self, name: &str, print: &[u8; 32]) -> bool {
        self.keys.iter().any(|key| *key.name == *name && key.print == *print)
    }
}

impl Key {
    fn read(key: &TicketKey, audience: &str) -> Result<Key, ConfigError> {
        let text = key_text(key)?;
        let wrong = |text: &str| ConfigError(format!("ticket_key {:?}: {text}", key.name));
        let (algorithm, decoding) = match key.algorithm {
            TicketAlgorithm::Hs256 => (Algorithm::HS256, DecodingKey::from_secret(secret(key, &text)?)),
            TicketAlgorithm::EdDsa => {
                let decoding = DecodingKey::from_ed_pem(&text)
                    .map_err(|_| wrong("not a public Ed25519 key in PEM (BEGIN PUBLIC KEY)"))?;
                (Algorithm::EdDSA, decoding)
            }
        };
        let mut validation = Validation::new(algorithm);
        validation.set_audience(&[audience]);
        validation.set_required_spec_claims(&["aud", "exp", "sub"]);
        // Times are compared here: the library's clock cannot be set.
        validation.validate_exp = false;
        let mut print = [0; 32];
        print.copy_from_slice(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &text).as_ref());
        Ok(Key { name: key.name.as_str().into(), print, decoding, validation })
    }

    fn open(&self, text: &str) -> Result<Claims, Fault> {
        let opened = jsonwebtoken::decode::<Claims>(text, &self.decoding, &self.validation);
        let opened = opened.map_err(|error| match error.kind() {
            ErrorKind::InvalidAudience => Fault::Audience,
            ErrorKind::MissingRequiredClaim(_) | ErrorKind::Json(_) => Fault::Claims,
            _ => Fault::Signature,
        })?;
        // What is critical must be understood, and nothing is (RFC 7515 section 4.1.11).
        if opened.header.crit.is_some() {
            return Err(Fault::Claims);
        }
        Ok(opened.claims)
    }
}

/// The key's bytes, without the end of a line after them.
fn key_text(key: &TicketKey) -> Result<Vec<u8>, ConfigError> {
    let wrong = |text: String| ConfigError(format!("ticket_key {:?}: {text}", key.name));
    let text = match (&key.file, &key.env) {
        (Some(file), _) => {
            std::fs::read(file).map_err(|error| wrong(format!("{}: {error}", file.display())))?
        }
        (None, Some(name)) => std::env::var(name)
            .map_err(|_| wrong(format!("the environment variable {name} is not set, or no text")))?
            .into_bytes(),
        (None, None) => return Err(wrong("neither file nor env says where the key is".into())),
    };
    Ok(text.trim_ascii_end().to_vec())
}

fn secret<'a>(key: &TicketKey, text: &'a [u8]) -> Result<&'a [u8], ConfigError> {
    match text.len() {
        MIN_SECRET.. => Ok(text),
        length => Err(ConfigError(format!(
            "ticket_key {:?}: {length} bytes are too few for a secret, {MIN_SECRET} are the least; \
             `openssl rand -hex 32` makes one",
            key.name
        ))),
    }
}

/// Makes a ticket with the first key that is a secret, as a portal would.
///
/// # Errors
/// [`ConfigError`] where tickets let nobody in, or there is no such key.
pub fn new_ticket(config: &Config, user: &str, sites: &[String]) -> Result<String, ConfigError> {
    config.check()?;
    let wrong = |text: &str| ConfigError(text.to_owned());
    let key = config
        .ticket_keys
        .iter()
        .find(|key| key.algorithm == TicketAlgorithm::Hs256)
        .ok_or_else(|| wrong("there is no [[ticket_key]] with a secret: a portal that signs with eddsa alone can make tickets"))?;
    let Access { ticket_lifetime, .. } = config.access;
    let aud = config.access.ticket_audience(config).unwrap_or_default();
    if !is_user(user) {
        return Err(wrong("the user's name is empty, too long or has control characters"));
    }
    let mut id = [0; 16];
    aws_lc_rs::rand::fill(&mut id).map_err(|_| wrong("the system gives no random bits"))?;
    let iat = unix_now();
    let claims = Claims {
        sub: user.to_owned(),
        iat,
        exp: iat.saturating_add(ticket_lifetime),
        jti: id.iter().map(|byte| format!("{byte:02x}")).collect(),
        nbf: None,
        sites: (!sites.is_empty()).then(|| sites.to_vec()),
    };
    let text = key_text(key)?;
    let encoding = EncodingKey::from_secret(secret(key, &text)?);
    jsonwebtoken::encode(&jsonwebtoken::Header::new(Algorithm::HS256), &Issued { aud, claims }, &encoding)
        .map_err(|_| wrong("the ticket cannot be signed"))
}

/// Seconds since 1970.
pub(super) fn unix_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").field("name", &self.name).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
