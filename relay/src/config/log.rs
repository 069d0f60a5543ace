//! `[log]`: what lines look like, and where the audit log goes. What is in them, `TOWPATH_LOG` says.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The log.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// What lines look like, the audit log's too.
    pub format: LogFormat,
    /// File for audit events, opened again on SIGHUP. Absent: they go where the log goes.
    pub audit: Option<PathBuf>,
}

/// A form of lines.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// A JSON object a line.
    Json,
}
