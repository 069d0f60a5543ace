//! HTTP: the page, the upgrade to a tunnel, and two answers for whoever watches the relay.

mod tls;
mod watch;

pub(crate) use tls::Identity;
pub use tls::IdentityError;
pub(crate) use watch::{Source, watch};

use crate::audit;
use crate::config::{Config, seconds};
use crate::entry::Sender;
use crate::origin::Refusal;
use crate::page::text;
use crate::refusal::Refusals;
use crate::relay::Relay;
use crate::session::{self, READ_BUFFER, WRITE_BUFFER};
use axum::body::Body;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Uri, header};
use axum::middleware::{self, Next};
use axum::response::IntoResponse;
use axum::routing::{any, get};
use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use towpath_shared::{Header, MAX_PAYLOAD, SUBPROTOCOL};
use tracing::Instrument;
use tracing::field::Empty;

/// A connection that is no tunnel ends after this, however slowly it is read: answers are a few hundred KiB.
const HTTP_LIFETIME: Duration = Duration::from_secs(300);

/// Bytes that the kernel may hold unsent for a page: what is urgent must not queue behind megabytes of bulk in there.
#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
const UNSENT: u32 = 128 * 1024;

/// After an error of accept(), such as too many open files, before the next try.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Headers of a request.
const MAX_HEADERS: usize = 64;

/// Accepts connections until the relay drains.
pub(crate) async fn accept(listener: TcpListener, relay: Arc<Relay>) {
    let places =
        Arc::new(Semaphore::new(relay.rules().config.limits.connections.min(Semaphore::MAX_PERMITS)));
    let router = router(relay.clone());
    let refusals = Refusals::new();
    loop {
        let next = async {
            // The semaphore is never closed.
            let place = places.clone().acquire_owned().await.map_err(io::Error::other)?;
            let (socket, peer) = listener.accept().await?;
            Ok::<_, io::Error>((place, socket, peer))
        };
        let (place, socket, peer) = tokio::select! {
            () = relay.draining.cancelled() => return,
            next = next => match next {
                Ok(next) => next,
                Err(error) => {
                    tracing::warn!(%error, "accept");
                    sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            },
        };
        let (rules, address) = (relay.rules(), peer.ip().to_canonical());
        // A listed proxy stands for many; whom for, is known later.
        let counted = match rules.proxies.lists(address) {
            true => None,
            false => match relay.ledger.connection(&rules.config.limits, address) {
                Ok(counted) => Some(counted),
                Err(full) => {
                    tracing::debug!(%address, %full, "connection refused");
                    refusals.refuse(socket, full);
                    continue;
                }
            },
        };
        let (router, shared) = (router.clone(), relay.clone());
        let connection = async move {
            serve(socket, peer, router, &shared).await;
            drop((place, counted));
        };
        relay.tasks.spawn(connection.instrument(tracing::error_span!("http", %peer)));
    }
}

async fn serve(mut socket: TcpStream, peer: SocketAddr, router: Router, relay: &Relay) {
    let rules = relay.rules();
    let deadline = seconds(rules.config.deadlines.header);
    let sender = match rules.proxies.sender(&mut socket, peer.ip(), deadline).await {
        Ok(sender) => sender,
        Err(error) => return tracing::warn!(%error, "connection of a proxy"),
    };
    let router = router.layer(Extension(sender));
    // Control frames and keystrokes must not wait for the acknowledgement of bulk.
    let _ = socket.set_nodelay(true);
    #[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
    let _ = socket2::SockRef::from(&socket).set_tcp_notsent_lowat(UNSENT);
    let Some(identity) = &rules.identity else { return http(socket, router, relay).await };
    let (version, result) = match timeout(seconds(rules.config.deadlines.tls), identity.accept(socket)).await
    {
        Ok(Ok(Some(stream))) => {
            let is_newest = stream.get_ref().1.protocol_version() == Some(rustls::ProtocolVersion::TLSv1_3);
            relay.metrics.listener_handshake(if is_newest { "TLS1.3" } else { "TLS1.2" }, "ok");
            return http(stream, router, relay).await;
        }
        Ok(Ok(None)) => ("none", "plain_http"),
        Ok(Err(error)) => {
            tracing::debug!(%error, "TLS");
            ("none", "failed")
        }
        Err(_) => ("none", "too_slow"),
    };
    relay.metrics.listener_handshake(version, result);
}

async fn http<S>(stream: S, router: Router, relay: &Relay)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(seconds(relay.rules().config.deadlines.header))
        .max_headers(MAX_HEADERS)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router))
        .with_upgrades();
    let mut connection = std::pin::pin!(connection);
    let served = timeout(HTTP_LIFETIME, async {
        tokio::select! {
            served = &mut connection => served,
            () = relay.draining.cancelled() => {
                connection.as_mut().graceful_shutdown();
                tokio::select! { served = &mut connection => served, () = relay.cut.cancelled() => Ok(()) }
            }
        }
    });
    match served.await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, "http"),
        Err(_) => tracing::debug!("http connection took too long"),
    }
}

pub(crate) fn router(relay: Arc<Relay>) -> Router {
    Router::new()
        .route("/tunnel", any(tunnel))
        .route("/tunnel/{relay}", any(resumed))
        .route("/livez", get(|| async { text(StatusCode::OK, "ok\n") }))
        .route("/readyz", get(ready))
        .fallback(page)
        .layer(middleware::from_fn_with_state(relay.clone(), guard))
        .with_state(relay)
}

/// Checks Host and adds the security headers, to every answer.
async fn guard(State(relay): State<Arc<Relay>>, request: Request, next: Next) -> Response<Body> {
    let rules = relay.rules();
    let mut response = match rules.guard.check_host(request.headers()) {
        Ok(()) => next.run(request).await,
        Err(refusal) => refused(refusal),
    };
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::try_from(content_security_policy(&rules.config)) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
        (
            "permissions-policy",
            "camera=(), microphone=(), geolocation=(), payment=(), usb=(), serial=(), midi=()",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if rules.config.tls.hsts > 0
        && let Ok(value) = HeaderValue::try_from(format!("max-age={}", rules.config.tls.hsts))
    {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, value);
    }
    response
}

/// The origins were checked with the configuration: nothing in them can end the directive.
fn content_security_policy(config: &Config) -> String {
    let ancestors = match config.frame_ancestors.as_slice() {
        [] => "'none'".to_owned(),
        origins => origins.join(" "),
    };
    format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; \
         img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; \
         form-action 'none'; frame-ancestors {ancestors}"
    )
}

async fn page(
    State(relay): State<Arc<Relay>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response<Body> {
    relay.page.answer(&method, uri.path(), &headers)
}

async fn ready(State(relay): State<Arc<Relay>>) -> Response<Body> {
    if relay.draining.is_cancelled() {
        text(StatusCode::SERVICE_UNAVAILABLE, "draining\n")
    } else {
        text(StatusCode::OK, "ok\n")
    }
}

/// A new tunnel.
async fn tunnel(
    State(relay): State<Arc<Relay>>,
    Extension(sender): Extension<Sender>,
    headers: HeaderMap,
    socket: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response<Body> {
    upgrade(relay, sender, &headers, socket, false)
}

/// A tunnel that lost its WebSocket. Its name in the path led a proxy to this relay; whether the tunnel is here, its token decides.
async fn resumed(
    State(relay): State<Arc<Relay>>,
    Extension(sender): Extension<Sender>,
    headers: HeaderMap,
    socket: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response<Body> {
    upgrade(relay, sender, &headers, socket, true)
}

/// The upgrade. Origin first: a page that has no business here learns nothing else.
fn upgrade(
    relay: Arc<Relay>,
    sender: Sender,
    headers: &HeaderMap,
    socket: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
    resumes: bool,
) -> Response<Body> {
    if let Err(refusal) = relay.rules().guard.check_origin(headers) {
        relay.metrics.session_over("refused_origin");
        audit::entry_refused(relay.rules().proxies.client(sender, headers), None, "origin");
        return refused(refusal);
    }
    let upgrade = match socket {
        Ok(upgrade) => upgrade.protocols([SUBPROTOCOL]),
        Err(rejection) => return rejection.into_response(),
    };
    if upgrade.selected_protocol().is_none() {
        return text(StatusCode::BAD_REQUEST, "the subprotocol towpath.v1 is required\n");
    }
    // A relay that stops still lets running tunnels go on.
    if relay.draining.is_cancelled() && !resumes {
        relay.metrics.session_over("draining");
        return text(StatusCode::SERVICE_UNAVAILABLE, "the relay stops\n");
    }
    let caller = match relay.knock(sender, headers, resumes) {
        Ok(caller) => caller,
        Err(turned_away) => {
            relay.metrics.session_over("turned_away");
            return turned_away.into_response();
        }
    };
    let most = Header::LEN + MAX_PAYLOAD;
    let running = relay.tasks.token();
    let span = tracing::error_span!("session", id = Empty, client.address = %caller.address, user = Empty);
    upgrade
        .read_buffer_size(READ_BUFFER)
        .max_message_size(most)
        .max_frame_size(most)
        .write_buffer_size(WRITE_BUFFER)
        .max_write_buffer_size(2 * WRITE_BUFFER + most)
        .on_upgrade(move |socket| {
            let served = async move {
                session::serve(socket, relay, caller, resumes).await;
                drop(running);
            };
            served.instrument(span)
        })
}

fn refused(refusal: Refusal) -> Response<Body> {
    tracing::warn!(?refusal, "request refused");
    match refusal {
        Refusal::Origin => text(StatusCode::FORBIDDEN, "this origin may not open a tunnel\n"),
        Refusal::Host => text(StatusCode::FORBIDDEN, "this relay answers to localhost only\n"),
    }
}
