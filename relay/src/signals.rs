//! The program's signals as orders: SIGHUP reads the file again, SIGTERM and Ctrl+C stop, the second one at once.

use tokio::sync::mpsc;
use towpath_relay::{Order, log};

/// What a reader of the configuration gives.
pub(crate) type Read = Box<dyn Fn() -> Result<towpath_relay::Config, String> + Send>;

/// The orders that come by signals. What cannot be read is logged and passed over.
pub(crate) fn orders(read: Option<Read>, reopen: log::Reopen) -> mpsc::Receiver<Order> {
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(stops(sender.clone()));
    #[cfg(unix)]
    if let Some(read) = read {
        tokio::spawn(reloads(sender, read, reopen));
    }
    #[cfg(not(unix))]
    drop((read, reopen));
    receiver
}

/// Sends an order for each SIGTERM and Ctrl+C.
async fn stops(sender: mpsc::Sender<Order>) {
    #[cfg(unix)]
    let mut terminate = {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(terminate) => terminate,
            Err(error) => return tracing::error!(%error, "SIGTERM"),
        }
    };
    loop {
        #[cfg(unix)]
        tokio::select! { _ = tokio::signal::ctrl_c() => {}, _ = terminate.recv() => {} }
        #[cfg(not(unix))]
        let _ = tokio::signal::ctrl_c().await;
        if sender.send(Order::Drain).await.is_err() {
            return;
        }
    }
}

#[cfg(unix)]
async fn reloads(sender: mpsc::Sender<Order>, read: Read, reopen: log::Reopen) {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut hangup) = signal(SignalKind::hangup()) else { return };
    while hangup.recv().await.is_some() {
        if let Err(error) = reopen.reopen() {
            tracing::error!(%error, "the audit log goes on in its old file");
        }
        match read() {
            Ok(config) => drop(sender.send(Order::Reload(Box::new(config))).await),
            Err(error) => {
                tracing::error!(%error, "configuration not reloaded, the old one stays in force");
            }
        }
    }
}
