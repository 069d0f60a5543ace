//! A relay from its start to its end: what it is told to do meanwhile, and how it stops.

use crate::config::{Config, seconds};
use crate::listen::Listeners;
use crate::relay::Relay;
use crate::{Error, server, supervisor};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{interval, sleep, timeout};

/// How often the log says that the listener's certificate expires soon.
const DAY: Duration = Duration::from_secs(24 * 3600);

/// From the end of the drain to the end of all tasks: close frames go out, sockets are broken.
const LAST_STEPS: Duration = Duration::from_secs(6);

/// What a running relay can be told.
#[derive(Debug)]
pub enum Order {
    /// Put another configuration in force: for what begins from then on, while running streams go on as they began. One that cannot be used
    /// is logged and changes nothing. The listeners, the page's files, and the number of connections and sessions stay as they are.
    Reload(Box<Config>),
    /// Take nothing new, let transfers finish for as long as the configuration says, and end. A second one is a [`Order::Stop`].
    Drain,
    /// End at once.
    Stop,
}

/// Serves on `listeners` until `shutdown` resolves, then drains: see [`Order::Drain`].
///
/// # Errors
/// [`Error`] where the configuration cannot be used or a listener fails.
pub async fn run(
    listeners: impl Into<Listeners>,
    config: Config,
    shutdown: impl Future<Output = ()>,
) -> Result<(), Error> {
    let (sender, orders) = mpsc::channel(1);
    let ordering = async {
        shutdown.await;
        let _ = sender.send(Order::Drain).await;
        std::future::pending::<Infallible>().await
    };
    tokio::select! {
        end = run_with_orders(listeners, config, orders) => end,
        never = ordering => match never {},
    }
}

/// Serves on `listeners` and does as it is told until it is told to end.
///
/// # Errors
/// As [`run`].
pub async fn run_with_orders(
    listeners: impl Into<Listeners>,
    config: Config,
    mut orders: mpsc::Receiver<Order>,
) -> Result<(), Error> {
    let (listener, watch, own) = listeners.into().open(&config).await?;
    let relay = Arc::new(Relay::new(config, own)?);
    tell(&relay, "relay listens");
    // Their tasks end with them, and they end with this function.
    let mut watching = JoinSet::new();
    if let Some(source) = watch {
        watching.spawn(server::watch(source, relay.clone()));
    }
    watching.spawn(supervisor::report(relay.clone()));
    let accepting = tokio::spawn(server::accept(listener, relay.clone()));
    supervisor::ready();
    let last = obey(&relay, &mut orders).await;

    let drain = relay.rules().config.deadlines.drain;
    supervisor::stopping();
    relay.metrics.draining();
    relay.draining.cancel();
    // The listener is closed with this task: who comes now is refused at once, and another process can have the address.
    let _ = accepting.await;
    relay.tasks.close();
    let is_drained = match last {
        Order::Stop => false,
        _ => {
            tracing::info!(seconds = drain, "relay drains");
            tokio::select! {
                () = relay.tasks.wait() => true,
                () = sleep(seconds(drain)) => false,
                () = stopped(&mut orders) => false,
            }
        }
    };
    if !is_drained {
        tracing::info!("streams are cut");
        relay.cut.cancel();
        let _ = timeout(LAST_STEPS, relay.tasks.wait()).await;
    }
    tracing::info!("relay stops");
    Ok(())
}

/// Does what it is told. Returns the order to end.
async fn obey(relay: &Relay, orders: &mut mpsc::Receiver<Order>) -> Order {
    // The first tick comes at once.
    let mut daily = interval(DAY);
    loop {
        tokio::select! {
            _ = daily.tick() => relay.tell_certificate(),
            Some(order) = orders.recv() => match order {
                Order::Reload(config) => reload(relay, *config),
                Order::Drain | Order::Stop => return order,
            },
        }
    }
}

fn reload(relay: &Relay, config: Config) {
    supervisor::reloading();
    match relay.reload(config) {
        Ok(()) => {
            relay.tell_certificate();
            tell(relay, "configuration reloaded");
        }
        Err(error) => {
            tracing::error!(%error, "configuration not reloaded, the old one stays in force");
        }
    }
    supervisor::ready();
}

/// Resolves when a relay that drains is told to end once more.
async fn stopped(orders: &mut mpsc::Receiver<Order>) {
    loop {
        match orders.recv().await {
            Some(Order::Reload(_)) => {}
            Some(Order::Drain | Order::Stop) => return,
            None => std::future::pending().await,
        }
    }
}

fn tell(relay: &Relay, what: &str) {
    let rules = relay.rules();
    let Config { targets, rules: more, .. } = &rules.config;
    let own = relay.own().first().map(ToString::to_string).unwrap_or_default();
    tracing::info!(%own, targets = targets.len(), rules = more.len(), "{what}");
}
