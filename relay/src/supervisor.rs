//! What systemd, or whoever else has started the relay and speaks its protocol, is told (`NOTIFY_SOCKET`, `WATCHDOG_USEC`). Nobody is
//! told anything where nobody asked.

use crate::relay::Relay;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};

#[cfg(unix)]
use sd_notify::NotifyState;
#[cfg(unix)]
use std::sync::LazyLock;
#[cfg(unix)]
use std::sync::mpsc::{SyncSender, sync_channel};

/// Messages that may wait for a supervisor.
#[cfg(unix)]
const WAITING: usize = 16;

/// How often the status is told where no watchdog asks for more.
const STATUS_EACH: Duration = Duration::from_secs(10);

/// The relay listens, or has read its configuration again.
pub(crate) fn ready() {
    #[cfg(unix)]
    notify(&[NotifyState::Ready]);
}

/// The relay reads its configuration again.
pub(crate) fn reloading() {
    #[cfg(unix)]
    match NotifyState::monotonic_usec_now() {
        Ok(now) => notify(&[NotifyState::Reloading, now]),
        Err(_) => notify(&[NotifyState::Reloading]),
    }
}

/// The relay drains.
pub(crate) fn stopping() {
    #[cfg(unix)]
    notify(&[NotifyState::Stopping]);
}

/// Tells how it is until the task is aborted. That this task gets its turns is what the watchdog watches: a relay whose tasks block each
/// other is started again.
pub(crate) async fn report(relay: Arc<Relay>) {
    #[cfg(unix)]
    {
        let watchdog = sd_notify::watchdog_enabled();
        // Twice within its time, as sd_watchdog_enabled(3) has it.
        let each = watchdog.map_or(STATUS_EACH, |time| (time / 2).min(STATUS_EACH));
        let mut turns = interval(each.max(Duration::from_millis(1)));
        turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            turns.tick().await;
            let sessions = relay.metrics.sessions_now();
            let what = if relay.draining.is_cancelled() { "draining" } else { "serving" };
            let status = format!("{what}, sessions: {sessions}");
            match watchdog {
                Some(_) => notify(&[NotifyState::Watchdog, NotifyState::Status(&status)]),
                None => notify(&[NotifyState::Status(&status)]),
            }
        }
    }
    #[cfg(not(unix))]
    let _ = (relay, STATUS_EACH, interval, MissedTickBehavior::Delay);
}

/// Tells it from a thread of its own: a supervisor that does not listen must hold up neither the relay nor its end. What it does not
/// take in time is not told.
#[cfg(unix)]
fn notify(states: &[NotifyState<'_>]) {
    static TELLER: LazyLock<Option<SyncSender<String>>> = LazyLock::new(|| {
        std::env::var_os("NOTIFY_SOCKET")?;
        let (sender, told) = sync_channel::<String>(WAITING);
        let tell = move || {
            for lines in told {
                if let Err(error) = sd_notify::notify(&[NotifyState::Custom(&lines)]) {
                    tracing::debug!(%error, "the supervisor was not told");
                }
            }
        };
        std::thread::Builder::new().name("supervisor".into()).spawn(tell).ok()?;
        Some(sender)
    });
    if let Some(teller) = &*TELLER {
        let lines: Vec<String> = states.iter().map(ToString::to_string).collect();
        let _ = teller.try_send(lines.join("\n"));
    }
}
