//! The relay as its clients and servers see it: frames on one side, sockets on the other.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod active;
mod client;
mod deadlines;
mod door;
mod entry;
mod fixture;
mod http;
mod limits;
mod link;
mod proxies;
mod reload;
mod resume;
mod rules;
mod secrets;
mod streams;
mod tls;
mod wire;
