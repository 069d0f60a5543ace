//! `[access]`, `[[token]]`, `[[ticket_key]]`: who may come in.

use crate::config::{Config, MAX_DEADLINE, Target};
use aws_lc_rs::digest::{SHA256, digest};
use axum::http::HeaderName;
use serde::de::{self, Deserializer};
use serde::{Deserialize, Serialize, Serializer};
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use time::{Date, Month, PrimitiveDateTime, Time, UtcOffset};
use toml::value::Datetime;

/// The longest lifetime that tickets may be given, in seconds.
const MAX_TICKET_LIFETIME: u64 = 3600;
/// The longest name of a user, in bytes.
const MAX_USER: usize = 128;

/// Who may come in, and what becomes of those who try.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Access {
    /// What lets a person in; any of them does. Empty: whoever reaches the relay is in.
    pub modes: Vec<Mode>,
    /// The header in which a listed proxy names the person that it has let in.
    pub header: String,
    /// The name of this relay in tickets. Absent: the first `public_origin`.
    pub audience: Option<String>,
    /// The longest that a ticket may hold, in seconds.
    pub ticket_lifetime: u64,
    /// Failed tries of one address until it is blocked.
    pub tries: u32,
    /// How long it is blocked, in seconds.
    pub block: u64,
    /// Connections at once that have shown nothing yet. One address may have a quarter of them.
    pub strangers: usize,
    /// Users who are out, whatever they show.
    pub revoked_users: Vec<String>,
    /// Ids (`jti`) of tickets that count no more, nor the sessions that began with them.
    pub revoked_tickets: Vec<String>,
}

/// What lets a person in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// One of `[[token]]`.
    Token,
    /// A ticket that a portal has signed with one of `[[ticket_key]]`.
    Ticket,
    /// A header of a listed proxy, which has asked for a password or the like itself.
    Header,
}

/// A token, as its hash. `towpath token` makes one.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Token {
    /// Whose it is. A user may have several, so that one can take another's place.
    pub user: String,
    /// What the relay knows of it.
    pub hash: TokenHash,
    /// The first moment, or day in UTC, on which it does not count any more.
    #[serde(default)]
    pub expires: Option<Datetime>,
    /// The cards that it opens, by name. Absent: all that its user may use.
    #[serde(default)]
    pub sites: Option<Vec<String>>,
}

/// SHA-256 of a token. A token holds 256 random bits: nobody can try them all, so a slow hash as for passwords would cost time and
/// protect nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TokenHash(pub(crate) [u8; 32]);

/// A key with which a portal signs tickets.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TicketKey {
    /// What the log calls it.
    pub name: String,
    /// The one algorithm that it is used with, whatever a ticket says.
    #[serde(default)]
    pub algorithm: TicketAlgorithm,
    /// File with the key: 32 bytes of secret or more for `hs256`, a public key in PEM for `eddsa`.
    #[serde(default)]
    pub file: Option<PathBuf>,
    /// Environment variable with the key, instead.
    #[serde(default)]
    pub env: Option<String>,
}

/// How a ticket is signed (RFC 7518 section 3.1, RFC 8037).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TicketAlgorithm {
    /// HMAC with SHA-256: portal and relay know the same secret.
    #[default]
    Hs256,
    /// Ed25519: the portal alone can sign.
    EdDsa,
}

impl Default for Access {
    fn default() -> Access {
        Access {
            modes: Vec::new(),
            header: "X-Remote-User".into(),
            audience: None,
            ticket_lifetime: 60,
            tries: 10,
            block: 300,
            strangers: 64,
            revoked_users: Vec::new(),
            revoked_tickets: Vec::new(),
        }
    }
}

impl Access {
    /// Whether this lets a person in.
    pub(crate) fn has(&self, mode: Mode) -> bool {
        self.modes.contains(&mode)
    }

    /// What contradicts itself, or the rest of the configuration.
    pub(crate) fn check(&self, config: &Config) -> Result<(), String> {
        if HeaderName::try_from(&self.header).is_err() {
            return Err(format!("access: {:?} cannot be the name of a header", self.header));
        }
        if self.has(Mode::Header) && config.proxies.networks.is_empty() {
            return Err(
                "access: the mode \"header\" needs [proxies] networks: nobody else is believed".into()
            );
        }
        if !self.has(Mode::Token) && !config.tokens.is_empty() {
            return Err("a [[token]] lets nobody in: [access] modes lacks \"token\"".into());
        }
        if !self.has(Mode::Ticket) && !config.ticket_keys.is_empty() {
            return Err("a [[ticket_key]] lets nobody in: [access] modes lacks \"ticket\"".into());
        }
        if self.has(Mode::Ticket) && self.ticket_audience(config).is_none() {
            return Err(
                "access: tickets name the relay that they are for: set public_origin or [access] audience"
                    .into(),
            );
        }
        if !(1..=MAX_TICKET_LIFETIME).contains(&self.ticket_lifetime) {
            return Err(format!("access: ticket_lifetime is from 1 to {MAX_TICKET_LIFETIME} seconds"));
        }
        if self.tries == 0 || self.strangers == 0 || self.block > MAX_DEADLINE {
            return Err("access: tries and strangers are 1 or more, and block is at most 30 days".into());
        }
        self.check_users(config)?;
        let sites: Vec<&str> = config.targets.iter().map(Target::label).collect();
        for token in &config.tokens {
            check_user(&token.user)?;
            token.expires_at()?;
            if let Some(site) = token.sites.iter().flatten().find(|site| !sites.contains(&site.as_str())) {
                return Err(format!("token of {:?}: no [[target]] has the name {site:?}", token.user));
            }
        }
        for (index, key) in config.ticket_keys.iter().enumerate() {
            if key.file.is_some() == key.env.is_some() {
                return Err(format!("ticket_key {:?}: either file or env says where the key is", key.name));
            }
            if config.ticket_keys.iter().take(index).any(|other| other.name == key.name) {
                return Err(format!("ticket_key {:?} is there twice", key.name));
            }
        }
        Ok(())
    }

    /// Who may come in, in words: a line for each way.
    pub(crate) fn in_words(&self, config: &Config) -> Vec<String> {
        let mut lines = Vec::new();
        if self.modes.is_empty() {
            lines.push("everybody who reaches the relay".to_owned());
        }
        if self.has(Mode::Token) {
            let holder = |token: &Token| {
                let end = token.expires.map(|end| format!(" until {end}")).unwrap_or_default();
                let sites = token.sites.as_ref().map(|sites| format!(" for {}", sites.join(", ")));
                format!("token of {}{end}{}", token.user, sites.unwrap_or_default())
            };
            lines.extend(config.tokens.iter().map(holder));
        }
        if self.has(Mode::Ticket) {
            let audience = self.ticket_audience(config).unwrap_or_default();
            let key = |key: &TicketKey| format!("tickets signed by {} for {audience}", key.name);
            lines.extend(config.ticket_keys.iter().map(key));
        }
        if self.has(Mode::Header) {
            let networks: Vec<String> = config.proxies.networks.iter().map(ToString::to_string).collect();
            lines.push(format!("users whom {} names in {}", networks.join(" "), self.header));
        }
        if lines.is_empty() {
            lines.push("nobody: there is no token and no key for tickets".to_owned());
        }
        lines.extend(self.revoked_users.iter().map(|user| format!("never {user}")));
        lines
    }

    fn check_users(&self, config: &Config) -> Result<(), String> {
        let of_targets = config.targets.iter().map(|target| &target.users);
        let named: Vec<&String> =
            of_targets.chain(config.rules.iter().map(|rule| &rule.users)).flatten().flatten().collect();
        if self.modes.is_empty()
            && let Some(user) = named.first()
        {
            return Err(format!("users = [{user:?}]: without [access] modes nobody has a name"));
        }
        named.into_iter().chain(&self.revoked_users).try_for_each(|user| check_user(user))
    }

    /// The name of the relay in tickets.
    pub(crate) fn ticket_audience<'a>(&'a self, config: &'a Config) -> Option<&'a str> {
        self.audience.as_deref().or(config.public_origin.first().map(String::as_str))
    }
}

/// Whether a text can be the name of a user: it is shown in logs.
pub(crate) fn is_user(text: &str) -> bool {
    (1..=MAX_USER).contains(&text.len()) && !text.chars().any(char::is_control) && text.trim() == text
}

fn check_user(user: &str) -> Result<(), String> {
    match is_user(user) {
        true => Ok(()),
        false => Err(format!("{user:?} cannot be a user: 1 to {MAX_USER} bytes, no control characters")),
    }
}

impl Token {
    /// When it ends, in seconds since 1970.
    pub(crate) fn expires_at(&self) -> Result<Option<u64>, String> {
        let Some(expires) = self.expires else { return Ok(None) };
        let wrong = || format!("token of {:?}: expires is a day or a moment, such as 2027-01-31", self.user);
        let day = expires.date.ok_or_else(wrong)?;
        let month = Month::try_from(day.month).map_err(|_| wrong())?;
        let date = Date::from_calendar_date(day.year.into(), month, day.day).map_err(|_| wrong())?;
        let time = match expires.time {
            Some(time) => Time::from_hms(time.hour, time.minute, time.second.unwrap_or_default())
                .map_err(|_| wrong())?,
            None => Time::MIDNIGHT,
        };
        let offset = match expires.offset {
            Some(toml::value::Offset::Custom { minutes }) => {
                UtcOffset::from_whole_seconds(i32::from(minutes) * 60).map_err(|_| wrong())?
            }
            Some(toml::value::Offset::Z) | None => UtcOffset::UTC,
        };
        let moment = PrimitiveDateTime::new(date, time).assume_offset(offset).unix_timestamp();
        // What ended before 1970 has ended.
        Ok(Some(u64::try_from(moment).unwrap_or_default()))
    }
}

impl TokenHash {
    /// The hash of a token.
    #[must_use]
    pub fn of(token: &str) -> TokenHash {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
        TokenHash(hash)
    }
}

impl fmt::Display for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sha256:")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for TokenHash {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<TokenHash, &'static str> {
        const WRONG: &str = "a token's hash is sha256: and 64 hexadecimal digits; towpath token prints it";
        let digits = text.strip_prefix("sha256:").filter(|digits| digits.len() == 64).ok_or(WRONG)?;
        let mut hash = [0; 32];
        for (byte, pair) in hash.iter_mut().zip(digits.as_bytes().chunks(2)) {
            let value = |digit: u8| char::from(digit).to_digit(16).ok_or(WRONG);
            for digit in pair {
                // Two digits fill a byte: what is shifted out was zero.
                *byte = (*byte << 4) | u8::try_from(value(*digit)?).map_err(|_| WRONG)?;
            }
        }
        Ok(TokenHash(hash))
    }
}

impl Serialize for TokenHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TokenHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<TokenHash, D::Error> {
        // The text is not quoted: somebody may have written the token itself there.
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "sha256:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eff";
    const MODES: &str =
        "public_origin = [\"https://a.example\"]\n[access]\nmodes = [\"token\", \"ticket\"]\n";

    #[test]
    fn contradictions_are_named() {
        let token = |more: &str| format!("{MODES}[[token]]\nuser = \"ann\"\nhash = \"{HASH}\"\n{more}");
        let key = |more: &str| format!("{MODES}[[ticket_key]]\nname = \"panel\"\n{more}");
        for (text, expected) in [
            (format!("[[token]]\nuser = \"ann\"\nhash = \"{HASH}\""), "lacks \"token\""),
            ("[[ticket_key]]\nname = \"panel\"\nenv = \"KEY\"".into(), "lacks \"ticket\""),
            ("[access]\nmodes = [\"ticket\"]".into(), "public_origin"),
            ("[access]\nmodes = [\"header\"]".into(), "[proxies] networks"),
            ("[access]\nmodes = [\"password\"]".into(), "line 2"),
            ("[access]\nmode = \"token\"".into(), "line 2"),
            ("[access]\nheader = \"X Remote User\"".into(), "name of a header"),
            ("[access]\nticket_lifetime = 0".into(), "ticket_lifetime"),
            ("[access]\nticket_lifetime = 86400".into(), "ticket_lifetime"),
            ("[access]\ntries = 0".into(), "tries"),
            ("[access]\nstrangers = 0".into(), "strangers"),
            ("[access]\nblock = 9223372036854775807".into(), "30 days"),
            ("[access]\nrevoked_users = [\"\"]".into(), "cannot be a user"),
            ("[[target]]\nhost = \"a.example\"\nusers = [\"ann\"]".into(), "nobody has a name"),
            ("[[rule]]\nhosts = [\"a.example\"]\nusers = [\"ann\"]".into(), "nobody has a name"),
            (format!("{MODES}[[rule]]\nhosts = [\"a.example\"]\nusers = [\" ann\"]"), "cannot be a user"),
            (token("sites = [\"Reports\"]"), "no [[target]] has the name \"Reports\""),
            (token("expires = 12:00:00"), "such as 2027-01-31"),
            (token("expires = \"soon\""), "line 7"),
            (format!("{MODES}[[token]]\nuser = \"a\\nb\"\nhash = \"{HASH}\""), "cannot be a user"),
            (key(""), "either file or env"),
            (key("file = \"a\"\nenv = \"A\""), "either file or env"),
            (key("env = \"A\"\nalgorithm = \"none\""), "line 7"),
            (key("env = \"A\"\n[[ticket_key]]\nname = \"panel\"\nenv = \"B\""), "twice"),
        ] {
            let error = Config::from_toml(&text).unwrap_err().to_string();
            assert!(error.contains(expected), "{text}\ngave {error}");
        }
        for text in [token(""), key("env = \"A\""), MODES.to_owned()] {
            let config = Config::from_toml(&text).unwrap();
            let effective = config.to_toml().unwrap();
            assert_eq!(format!("{:?}", Config::from_toml(&effective).unwrap()), format!("{config:?}"));
        }
    }

    #[test]
    fn who_may_come_in_is_said_in_words() {
        let text = format!(
            "{MODES}revoked_users = [\"carl\"]\n[[target]]\nname = \"Reports\"\nhost = \"a.example\"\n\
             [[token]]\nuser = \"ann\"\nhash = \"{HASH}\"\nexpires = 2027-01-31\nsites = [\"Reports\"]\n\
             [[ticket_key]]\nname = \"panel\"\nenv = \"KEY\"\n"
        );
        let words = |text: &str| {
            let config = Config::from_toml(text).unwrap();
            config.access.in_words(&config)
        };
        assert_eq!(
            words(&text),
            [
                "token of ann until 2027-01-31 for Reports",
                "tickets signed by panel for https://a.example",
                "never carl"
            ]
        );
        assert_eq!(words(""), ["everybody who reaches the relay"]);
        assert_eq!(words(MODES), ["nobody: there is no token and no key for tickets"]);
        let header = "[access]\nmodes = [\"header\"]\n[proxies]\nnetworks = [\"10.0.0.1\"]\n";
        assert_eq!(words(header), ["users whom 10.0.0.1 names in X-Remote-User"]);
    }

    #[test]
    fn hashes_read_as_they_are_written_and_what_is_none_is_not_quoted() {
        assert_eq!(HASH.parse::<TokenHash>().unwrap().to_string(), HASH);
        for wrong in ["tp_canary", &HASH[1..], &HASH[..70], &format!("{HASH}0"), &HASH.replace('f', "g"), ""]
        {
            let text = format!("{MODES}[[token]]\nuser = \"ann\"\nhash = \"{wrong}\"\n");
            let error = Config::from_toml(&text).unwrap_err().to_string();
            assert!(error.contains("towpath token prints it") && error.contains("line 6"), "{error}");
            assert!(!error.contains("canary"), "{error}");
        }
    }

    #[test]
    fn tokens_end_on_a_day_or_at_a_moment() {
        for (text, expected) in [
            ("2027-01-31", Some(1_801_353_600)),
            ("2027-01-31T00:00:00", Some(1_801_353_600)),
            ("2027-01-31T01:00:00Z", Some(1_801_357_200)),
            ("2027-01-31 01:00:00+01:00", Some(1_801_353_600)),
            ("1950-01-01", Some(0)),
        ] {
            let text = format!("{MODES}[[token]]\nuser = \"ann\"\nhash = \"{HASH}\"\nexpires = {text}\n");
            assert_eq!(Config::from_toml(&text).unwrap().tokens[0].expires_at(), Ok(expected), "{text}");
        }
    }
}
