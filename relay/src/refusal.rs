//! The answer to an address that has too many HTTP connections: short, and never worth an attack of its own.

use crate::limits::Full;
use crate::page::text;
use axum::http::{HeaderValue, StatusCode, header};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// Answers at once; above, connections just end.
const MOST: usize = 32;

/// For request and answer together.
const LIFETIME: Duration = Duration::from_secs(2);

/// Seconds after which a browser may ask again.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("10");

/// Refuses connections.
#[derive(Clone, Debug)]
pub(crate) struct Refusals {
    places: Arc<Semaphore>,
}

impl Refusals {
    pub(crate) fn new() -> Refusals {
        Refusals { places: Arc::new(Semaphore::new(MOST)) }
    }

    /// Says 503 and why, if there is a place to do so. Never waits.
    pub(crate) fn refuse<S>(&self, socket: S, full: Full)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let Ok(place) = self.places.clone().try_acquire_owned() else { return };
        let answer = service_fn(move |_| {
            let mut answer = text(StatusCode::SERVICE_UNAVAILABLE, format!("{full}\n"));
            answer.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER);
            async move { Ok::<_, Infallible>(answer) }
        });
        tokio::spawn(async move {
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .keep_alive(false)
                .serve_connection(TokioIo::new(socket), answer);
            // Whether it hears the answer is its own matter.
            let _ = timeout(LIFETIME, connection).await;
            drop(place);
        });
    }
}
