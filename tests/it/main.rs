//! The integration tests: the engine, the relay and the driver together, against real servers and against servers that
//! misbehave on purpose. One binary, so that everything is linked once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod abilities;
mod cli;
mod crossing;
mod doctor;
mod fake;
mod hostile;
mod matrix;
mod memory;
mod policy;
mod proxies;
mod secrets;
mod server_tls;
mod session_log;
mod setup;
mod survival;
mod trees;
