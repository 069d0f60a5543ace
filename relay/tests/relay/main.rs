//! The relay as its clients and servers see it: frames on one side, sockets on the other.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod active;
mod client;
mod corpus;
mod deadlines;
mod door;
mod drain;
mod entry;
mod fixture;
#[cfg(target_os = "linux")]
mod floods;
mod http;
mod https;
mod limits;
mod link;
#[cfg(target_os = "linux")]
mod load;
#[cfg(target_os = "linux")]
mod log;
mod metrics;
#[cfg(target_os = "linux")]
mod process;
#[cfg(target_os = "linux")]
mod program;
mod proxies;
mod reload;
mod resume;
mod rules;
mod secrets;
#[cfg(target_os = "linux")]
mod slowloris;
mod streams;
#[cfg(target_os = "linux")]
mod systemd;
mod tls;
#[cfg(target_os = "linux")]
mod transfers;
mod wire;
