//! `TOWPATH_*`: keys of the file, set by the environment, which comes after the file and before the flags.
//!
//! `TOWPATH_LIMITS__SESSIONS=10` is `sessions = 10` in `[limits]`: two underscores for each dot. A value is read as TOML, or as plain text
//! where it is none, so addresses and paths need no quotation marks. A variable that is no key is an error, as it would be in the file.

use super::{Config, ConfigError};
use serde::Deserialize;
use std::ffi::OsString;
use toml::{Table, Value};

/// What begins the names.
const PREFIX: &str = "TOWPATH_";

/// Variables that are no keys: the log's filter, the command line client's, and those of builds and tests.
const OTHERS: [&str; 18] = [
    "LOG",
    "PASSWORD",
    "TOKEN",
    "DIST",
    "BIN",
    "SERVERS",
    "CHROMIUM",
    "PICTURE",
    "VECTORS",
    "CUTS",
    "IDLE_TUNNELS",
    "LATENCY_ROUNDS",
    "SEED",
    "SESSIONS",
    "SPEED_MIB",
    "STALL_MIB",
    "STALL_SECONDS",
    "TRANSFER_KIB",
];

impl Config {
    /// Reads TOML, and what the environment says instead.
    ///
    /// # Errors
    /// [`ConfigError`] with the line, or the variable, of the first thing that is wrong; never with a variable's value.
    pub fn load(
        text: &str,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Config, ConfigError> {
        let mut config: Config = toml::from_str(text).map_err(|error| ConfigError(error.to_string()))?;
        let mut table: Table = toml::from_str(text).map_err(|error| ConfigError(error.to_string()))?;
        let mut variables: Vec<(String, OsString)> = environment
            .into_iter()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
            .filter(|(name, _)| name.strip_prefix(PREFIX).is_some_and(|rest| !OTHERS.contains(&rest)))
            .collect();
        // Whatever their order: a section as a whole, then its keys.
        variables.sort();
        for (name, value) in variables {
            let wrong = |what: &str| ConfigError(format!("{name}: {what}"));
            let value = value.into_string().map_err(|_| wrong("its value is no text"))?;
            let path = name.strip_prefix(PREFIX).unwrap_or_default().to_ascii_lowercase();
            put(&mut table, &path, read(&value)).map_err(&wrong)?;
            config = Config::deserialize(Value::Table(table.clone())).map_err(|error| {
                // Other messages quote the value.
                let text = error.to_string();
                match text.lines().find(|line| line.starts_with("unknown field")) {
                    Some(line) => wrong(line),
                    None => wrong("its value is not of the kind that this key takes"),
                }
            })?;
        }
        config.check()?;
        Ok(config)
    }
}

/// A value as TOML has it, or as the text that it is.
fn read(text: &str) -> Value {
    let document: Result<Table, _> = toml::from_str(&format!("value = {text}"));
    match document.ok().filter(|table| table.len() == 1).and_then(|mut table| table.remove("value")) {
        Some(Value::Datetime(_)) | None => Value::String(text.to_owned()),
        Some(value) => value,
    }
}

/// Puts a value where the path of a variable's name leads.
fn put(table: &mut Table, path: &str, value: Value) -> Result<(), &'static str> {
    match path.split_once("__") {
        None => {
            table.insert(path.to_owned(), value);
            Ok(())
        }
        Some((section, rest)) => {
            let inner = table.entry(section).or_insert_with(|| Value::Table(Table::new()));
            let inner = inner.as_table_mut().ok_or("what stands before the __ is no section")?;
            put(inner, rest, value)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str, variables: &[(&str, &str)]) -> Result<Config, String> {
        let variables = variables.iter().map(|(name, value)| (name.into(), value.into()));
        Config::load(text, variables).map_err(|error| error.to_string())
    }

    #[test]
    fn the_environment_comes_after_the_file() {
        let file = "listen = \"127.0.0.1:1\"\n[limits]\nsessions = 5\nstreams = 6\n";
        let config = load(
            file,
            &[
                ("TOWPATH_LIMITS__SESSIONS", "10"),
                ("TOWPATH_LISTEN", "[::1]:8021"),
                ("TOWPATH_PUBLIC_ORIGIN", "[\"https://files.example.org\"]"),
                ("TOWPATH_ALLOW_MISSING_ORIGIN", "true"),
                ("TOWPATH_METRICS__LISTEN", "127.0.0.1:9464"),
                ("TOWPATH_LOG", "debug"),
                ("TOWPATH_LOG__FORMAT", "json"),
                ("TOWPATH_TARGET", "[{ host = \"ftp.example.org\" }]"),
                ("TOWPATH_ID", "a"),
                ("HOME", "/root"),
                ("TOWPATHS", "x"),
            ],
        )
        .unwrap();
        assert_eq!((config.limits.sessions, config.limits.streams), (10, 6));
        assert_eq!(config.listen.to_string(), "[::1]:8021");
        assert_eq!(config.public_origin, ["https://files.example.org"]);
        assert!(config.allow_missing_origin && config.log.format == crate::log::LogFormat::Json);
        assert_eq!(config.targets[0].host, "ftp.example.org");
        assert_eq!(config.id.as_deref(), Some("a"));
        // What is shown is what is in force.
        assert!(config.to_toml().unwrap().contains("sessions = 10"));
    }

    #[test]
    fn mistakes_are_named_and_values_are_not() {
        for (name, value, said) in [
            ("TOWPATH_LIMITS__SESSION", "10", "unknown field `session`"),
            ("TOWPATH_LISTNE", "127.0.0.1:1", "unknown field `listne`"),
            ("TOWPATH_LIMITS__SESSIONS", "canary", "kind"),
            ("TOWPATH_LISTEN__PORT", "canary", "no section"),
            ("TOWPATH_LISTEN", "canary", "kind"),
            ("TOWPATH_", "canary", "unknown field"),
        ] {
            let error = load("listen = \"127.0.0.1:1\"", &[(name, value)]).unwrap_err();
            assert!(error.contains(name) && error.contains(said), "{name}: {error}");
            assert!(!error.contains("canary"), "{error}");
        }
        // Together they contradict each other.
        let error = load("", &[("TOWPATH_LIMITS__SESSIONS", "0")]).unwrap_err();
        assert!(error.contains("limit of 0"), "{error}");
    }
}
