//! The relay as its clients and servers see it: frames on one side, sockets on the other.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod active;
mod client;
mod door;
mod drain;
mod entry;
mod fixture;
mod http;
mod https;
mod link;
#[cfg(target_os = "linux")]
mod log;
mod metrics;
#[cfg(target_os = "linux")]
mod program;
mod proxies;
mod reload;
mod resume;
mod rules;
mod streams;
#[cfg(target_os = "linux")]
mod systemd;
mod tls;
