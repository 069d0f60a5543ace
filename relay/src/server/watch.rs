//! The listener for whoever watches the relay: what it counts, and two answers about its health. Nothing of the page is here, and
//! it goes on while the relay drains.

use super::{ACCEPT_PAUSE, MAX_HEADERS, ready};
use crate::config::seconds;
use crate::metrics;
use crate::page::text;
use crate::relay::Relay;
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, Response, StatusCode, header};
use axum::routing::get;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// Connections at once: a few scrapers and probes.
const CONNECTIONS: usize = 32;

/// A connection ends after this.
const LIFETIME: Duration = Duration::from_secs(60);

/// Between tries to get an address that another process has.
const TAKEN_PAUSE: Duration = Duration::from_secs(1);

/// Where the listener comes from.
pub(crate) enum Source {
    /// It listens.
    Listener(TcpListener),
    /// Another process has the address: a relay that drains keeps it until it ends.
    Taken(SocketAddr),
}

/// Answers until the task is aborted.
pub(crate) async fn watch(source: Source, relay: Arc<Relay>) {
    let listener = match source {
        Source::Listener(listener) => listener,
        Source::Taken(address) => loop {
            match TcpListener::bind(address).await {
                Ok(listener) => break listener,
                Err(_) => sleep(TAKEN_PAUSE).await,
            }
        },
    };
    if let Ok(address) = listener.local_addr() {
        tracing::info!(%address, "metrics");
    }
    let router = Router::new()
        .route("/metrics", get(metrics))
        .route("/livez", get(|| async { text(StatusCode::OK, "ok\n") }))
        .route("/readyz", get(ready))
        .with_state(relay.clone());
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        if connections.len() >= CONNECTIONS {
            connections.join_next().await;
        }
        match listener.accept().await {
            Ok((socket, _)) => drop(connections.spawn(serve(socket, router.clone(), relay.clone()))),
            Err(error) => {
                tracing::warn!(%error, "accept for metrics");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn serve(socket: TcpStream, router: Router, relay: Arc<Relay>) {
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(seconds(relay.rules().config.deadlines.header))
        .max_headers(MAX_HEADERS)
        .serve_connection(TokioIo::new(socket), TowerToHyperService::new(router));
    if let Ok(Err(error)) = timeout(LIFETIME, connection).await {
        tracing::debug!(%error, "http for metrics");
    }
}

async fn metrics(State(relay): State<Arc<Relay>>) -> Response<Body> {
    match relay.metrics.text() {
        Ok(metrics) => {
            let mut response = Response::new(Body::from(metrics));
            let kind = HeaderValue::from_static(metrics::CONTENT_TYPE);
            response.headers_mut().insert(header::CONTENT_TYPE, kind);
            response
        }
        Err(error) => {
            tracing::error!(%error, "metrics");
            text(StatusCode::INTERNAL_SERVER_ERROR, "see the relay's log\n")
        }
    }
}
