//! The native side of Towpath: a driver that runs the FTP engine over plain sockets and over the relay, the command line
//! client on top of it, and fixtures of real FTP servers for the integration tests.

pub mod cli;
pub mod crew;
pub mod driver;
pub mod server;
