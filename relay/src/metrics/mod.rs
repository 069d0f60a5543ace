//! What the relay counts about itself, for Prometheus.
//!
//! Labels come from fixed sets of words, never from a page, a server or a user: the number of series is bounded whatever happens,
//! and nothing about a person is in them. What happens for each frame costs an atomic addition or two.

mod labels;

pub(crate) use labels::snake;
use labels::{PerKind, PerReason};
use prometheus::core::Collector;
use prometheus::{
    Counter, CounterVec, Encoder, Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, IntGaugeVec,
    Opts, Registry, TextEncoder,
};
use std::time::{Duration, Instant};
use towpath_shared::{Header, Kind, Message, Reason, TlsInfo};

/// The content type of [`Metrics::text`].
pub(crate) const CONTENT_TYPE: &str = prometheus::TEXT_FORMAT;

/// Upper bounds of the buckets for times on a network, in seconds.
const NETWORK_TIMES: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// Which way bytes go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Direction {
    /// From the page to the server.
    Up,
    /// From the server to the page.
    Down,
}

/// All that is counted.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    sessions: IntGauge,
    session_results: IntCounterVec,
    streams: IntGaugeVec,
    opens: IntCounterVec,
    open_duration: Histogram,
    /// By direction, page leg and server leg.
    bytes: [[IntCounter; 2]; 2],
    /// By direction.
    frames: [PerKind; 2],
    stalls: [Counter; 2],
    send_queue: IntGauge,
    rtt: Histogram,
    handshakes: IntCounterVec,
    resumption_missing: IntCounter,
    denied: IntCounterVec,
    resets: PerReason,
    draining: IntGauge,
    listener_handshakes: IntCounterVec,
    not_after: IntGauge,
}

/// Something that is going on: counted as long as this lives.
#[derive(Debug)]
pub(crate) struct Going(IntGauge);

impl Drop for Going {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// Registers as it makes: every name is in one place.
struct Maker(Registry);

impl Maker {
    fn add<C: Collector + Clone + 'static>(&self, collector: prometheus::Result<C>) -> prometheus::Result<C> {
        let collector = collector?;
        self.0.register(Box::new(collector.clone()))?;
        Ok(collector)
    }

    fn gauge(&self, name: &str, help: &str) -> prometheus::Result<IntGauge> {
        self.add(IntGauge::new(name, help))
    }

    fn counters(&self, name: &str, help: &str, labels: &[&str]) -> prometheus::Result<IntCounterVec> {
        self.add(IntCounterVec::new(Opts::new(name, help), labels))
    }

    fn times(&self, name: &str, help: &str) -> prometheus::Result<Histogram> {
        let options = HistogramOpts::new(name, help).buckets(NETWORK_TIMES.to_vec());
        self.add(Histogram::with_opts(options))
    }
}

impl Metrics {
    /// Nothing has happened yet.
    ///
    /// # Errors
    /// Where two of the names below were the same.
    pub(crate) fn new() -> prometheus::Result<Metrics> {
        let make = Maker(Registry::new());
        #[cfg(target_os = "linux")]
        make.0.register(Box::new(prometheus::process_collector::ProcessCollector::for_self()))?;
        let bytes = make.counters(
            "relay_bytes_total",
            "Payload bytes of streams, as they pass the WebSocket (leg page) and the sockets (leg server).",
            &["direction", "leg"],
        )?;
        let frames = make.counters("relay_frames_total", "Frames of the tunnel.", &["type", "direction"])?;
        let stalls = make.add(CounterVec::new(
            Opts::new(
                "relay_credit_stall_seconds_total",
                "Time that streams had bytes to move and could not: down, the page gave no credit; up, the server took nothing.",
            ),
            &["direction"],
        ))?;
        let stall = |direction| stalls.get_metric_with_label_values(&[direction]);
        let legs = |direction| {
            let leg = |leg| bytes.get_metric_with_label_values(&[direction, leg]);
            Ok::<_, prometheus::Error>([leg("page")?, leg("server")?])
        };
        let resets = make.counters("relay_resets_total", "Streams that the relay has reset.", &["reason"])?;
        let metrics = Metrics {
            sessions: make.gauge("relay_sessions", "Tunnels that are open.")?,
            session_results: make.counters(
                "relay_sessions_total",
                "Tunnels that were refused or have ended, by how.",
                &["result"],
            )?,
            streams: make.add(IntGaugeVec::new(
                Opts::new("relay_streams", "Streams that are open or being opened."),
                &["kind"],
            ))?,
            opens: make.counters(
                "relay_stream_open_total",
                "Streams that a page asked for, by what came of it.",
                &["result"],
            )?,
            open_duration: make.times(
                "relay_open_duration_seconds",
                "From OPEN to the connection, name lookup included.",
            )?,
            bytes: [legs("up")?, legs("down")?],
            frames: [PerKind::new(&frames, "up")?, PerKind::new(&frames, "down")?],
            stalls: [stall("up")?, stall("down")?],
            send_queue: make.gauge("relay_send_queue_bytes", "Bytes of data that wait for WebSockets.")?,
            rtt: make.times("relay_ws_rtt_seconds", "From a WebSocket ping to its pong.")?,
            handshakes: make.counters(
                "relay_tls_handshakes_total",
                "TLS handshakes with servers. Verdict: what the certificate is worth, or why there was no handshake.",
                &["version", "kind", "verdict"],
            )?,
            resumption_missing: make.add(IntCounter::new(
                "relay_tls_resumption_missing_total",
                "Data connections over TLS that did not resume their control connection's session.",
            ))?,
            denied: make.counters("relay_policy_denied_total", "What the policy refused.", &["reason"])?,
            resets: PerReason::new(&resets)?,
            draining: make.gauge("relay_draining", "1 from the order to stop, 0 before.")?,
            listener_handshakes: make.counters(
                "relay_listener_handshakes_total",
                "TLS handshakes of the page's listener.",
                &["version", "result"],
            )?,
            not_after: make.gauge(
                "relay_certificate_not_after_timestamp_seconds",
                "End of validity of the listener's certificate, 0 where it has none.",
            )?,
            registry: make.0,
        };
        // A series that is there from the start can be watched for its first increase.
        for kind in ["control", "data", "listen"] {
            metrics.streams.with_label_values(&[kind]);
        }
        metrics.opens.with_label_values(&["ok"]);
        Ok(metrics)
    }

    /// Everything, in Prometheus' text format.
    pub(crate) fn text(&self) -> prometheus::Result<Vec<u8>> {
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
        Ok(text)
    }

    /// A tunnel has begun; it is over when the value is dropped.
    pub(crate) fn session(&self) -> Going {
        going(&self.sessions)
    }

    /// Tunnels that are open now.
    pub(crate) fn sessions_now(&self) -> i64 {
        self.sessions.get()
    }

    /// A tunnel has ended or was not even let in.
    pub(crate) fn session_over(&self, result: &'static str) {
        self.session_results.with_label_values(&[result]).inc();
    }

    /// A stream has been asked for; it is over when the value is dropped.
    pub(crate) fn stream(&self, kind: &'static str) -> Going {
        going(&self.streams.with_label_values(&[kind]))
    }

    /// A stream's connection stands, after this time.
    pub(crate) fn opened(&self, after: Duration) {
        self.opens.with_label_values(&["ok"]).inc();
        self.open_duration.observe(after.as_secs_f64());
    }

    /// A stream that was asked for did not come to be.
    pub(crate) fn not_opened(&self, reason: Reason) {
        self.opens.with_label_values(&[snake(&format!("{reason:?}"))]).inc();
    }

    fn page_bytes(&self, direction: Direction, bytes: usize) {
        self.bytes[direction as usize][0].inc_by(bytes as u64);
    }

    /// Bytes have passed a server's socket.
    pub(crate) fn server_bytes(&self, direction: Direction, bytes: usize) {
        self.bytes[direction as usize][1].inc_by(bytes as u64);
    }

    /// A frame has passed the WebSocket: counts its type, the bytes that it carries of a stream, and the reason of a RESET.
    pub(crate) fn frame(&self, direction: Direction, frame: &[u8]) {
        self.frames[direction as usize].count(frame);
        match Header::split(frame) {
            Ok((Header { kind: Kind::Data, .. }, payload)) => self.page_bytes(direction, payload.len()),
            Ok((header @ Header { kind: Kind::Reset, .. }, payload)) if direction == Direction::Down => {
                if let Ok(Message::Reset(reset)) = Message::decode(header, payload) {
                    self.resets.count(&reset);
                }
            }
            _ => {}
        }
    }

    /// A stream waits for the side that its bytes go to, until the value is dropped.
    pub(crate) fn stall(&self, direction: Direction) -> Stall<'_> {
        Stall { counter: &self.stalls[direction as usize], since: Instant::now() }
    }

    /// Data waits for a WebSocket; it has gone, or was given up, when the value is dropped.
    pub(crate) fn queued(&self, bytes: usize) -> Queued {
        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        self.send_queue.add(bytes);
        Queued { gauge: self.send_queue.clone(), bytes }
    }

    /// A WebSocket's round trip.
    pub(crate) fn round_trip(&self, millis: u64) {
        self.rtt.observe(Duration::from_millis(millis).as_secs_f64());
    }

    /// A handshake with a server has gone well.
    pub(crate) fn handshake(&self, info: &TlsInfo, is_control: bool) {
        let kind = if info.resumed { "resumed" } else { "full" };
        let verdict = snake(&format!("{:?}", info.verdict));
        self.handshakes.with_label_values(&[info.version.name(), kind, &verdict]).inc();
        if !is_control && !info.resumed {
            self.resumption_missing.inc();
        }
    }

    /// A handshake with a server has failed, or was not tried for want of a ticket.
    pub(crate) fn no_handshake(&self, reason: Reason) {
        if reason == Reason::NoTicket {
            self.resumption_missing.inc();
        } else {
            self.handshakes.with_label_values(&["none", "failed", &snake(&format!("{reason:?}"))]).inc();
        }
    }

    /// A handshake at the page's listener is over.
    pub(crate) fn listener_handshake(&self, version: &'static str, result: &'static str) {
        self.listener_handshakes.with_label_values(&[version, result]).inc();
    }

    /// The listener's certificate is good until then, in Unix seconds.
    pub(crate) fn certificate(&self, not_after: i64) {
        self.not_after.set(not_after);
    }

    /// The policy has refused something.
    pub(crate) fn denied(&self, reason: &'static str) {
        self.denied.with_label_values(&[reason]).inc();
    }

    /// The relay takes nothing new from now on.
    pub(crate) fn draining(&self) {
        self.draining.set(1);
    }
}

/// Bytes in a queue; see [`Metrics::queued`].
#[derive(Debug)]
pub(crate) struct Queued {
    gauge: IntGauge,
    bytes: i64,
}

impl Drop for Queued {
    fn drop(&mut self) {
        self.gauge.sub(self.bytes);
    }
}

/// A wait; see [`Metrics::stall`].
#[derive(Debug)]
pub(crate) struct Stall<'a> {
    counter: &'a Counter,
    since: Instant,
}

impl Drop for Stall<'_> {
    fn drop(&mut self) {
        self.counter.inc_by(self.since.elapsed().as_secs_f64());
    }
}

fn going(gauge: &IntGauge) -> Going {
    gauge.inc();
    Going(gauge.clone())
}
