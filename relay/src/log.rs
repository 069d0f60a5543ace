//! The log: lines for people or for programs, and the audit log beside it.
//!
//! What is in a line may come from a page, a server or an attacker, so no value can end its line, move the cursor of a terminal or fill the
//! disk: control characters are escaped and long values cut, in both formats. Payload, secrets and names of files are never handed in.
//!
//! Audit events have the target [`AUDIT`] and all they need in themselves. `TOWPATH_LOG` does not filter them.

mod file;
mod layer;
mod value;

pub use crate::config::{Log, LogFormat};
pub use file::Reopen;

use file::LogFile;
use layer::Lines;
use std::io;
use std::sync::Arc;
use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::{FilterExt, filter_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{EnvFilter, Layer, Registry};

/// The target of audit events.
pub const AUDIT: &str = "towpath::audit";

/// Where lines go.
pub(crate) trait Sink: Send + Sync {
    /// Writes a line, its end included. Where that fails nobody can be told.
    fn line(&self, line: &str);
}

impl Sink for io::Stderr {
    fn line(&self, line: &str) {
        let _ = io::Write::write_all(&mut self.lock(), line.as_bytes());
    }
}

impl Sink for io::Empty {
    fn line(&self, _: &str) {}
}

/// Starts logging for the whole process, to standard error, filtered by `TOWPATH_LOG` or else by `default`. Without a configuration there
/// is no audit log. The value opens the audit log's file again, for whoever rotates it.
///
/// # Errors
/// Where the audit log's file cannot be opened, or logging was started before.
pub fn start(config: Option<&Log>, default: &str) -> io::Result<Reopen> {
    let filter = EnvFilter::try_from_env("TOWPATH_LOG").unwrap_or_else(|_| EnvFilter::new(default));
    let path = config.and_then(|config| config.audit.as_deref());
    let file = path.map(LogFile::open).transpose()?.map(Arc::new);
    let audit: Arc<dyn Sink> = match (&file, config) {
        (Some(file), _) => file.clone(),
        (None, Some(_)) => Arc::new(io::stderr()),
        (None, None) => Arc::new(io::empty()),
    };
    let format = config.map(|config| config.format).unwrap_or_default();
    let subscriber = subscriber(format, filter, Arc::new(io::stderr()), audit);
    tracing::subscriber::set_global_default(subscriber).map_err(io::Error::other)?;
    Ok(Reopen(file))
}

fn subscriber(
    format: LogFormat,
    filter: EnvFilter,
    log: Arc<dyn Sink>,
    audit: Arc<dyn Sink>,
) -> impl Subscriber + for<'a> LookupSpan<'a> + Send + Sync {
    let is_audit = |metadata: &tracing::Metadata<'_>| metadata.target() == AUDIT;
    let rest = filter.and(filter_fn(move |metadata| !is_audit(metadata)));
    let only = filter_fn(is_audit).with_max_level_hint(LevelFilter::INFO);
    Registry::default()
        .with(Lines::new(format, log).with_filter(rest))
        .with(Lines::new(format, audit).with_filter(only))
}

#[cfg(test)]
pub(crate) mod tests;
