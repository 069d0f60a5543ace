//! Options of the sockets to FTP servers.

use socket2::{SockRef, TcpKeepalive};
use std::mem::MaybeUninit;
use std::time::Duration;
use tokio::net::TcpStream;

/// Between the last byte and the first probe; below the idle limits of common firewalls.
const KEEPALIVE_AFTER: Duration = Duration::from_secs(60);
const KEEPALIVE_EACH: Duration = Duration::from_secs(30);

/// Prepares a connected socket: dropping it breaks the connection from now on.
pub(super) fn set_up(socket: &TcpStream, is_control: bool) {
    // None of these can fail on a connected socket; if one does, the stream still works.
    let _ = socket.set_zero_linger();
    if is_control {
        let keepalive = TcpKeepalive::new().with_time(KEEPALIVE_AFTER).with_interval(KEEPALIVE_EACH);
        let _ = SockRef::from(socket).set_tcp_keepalive(&keepalive);
    }
}

/// Both directions have ended well: dropping the socket delivers what is still under way.
pub(super) fn close_well(socket: &TcpStream) {
    let _ = SockRef::from(socket).set_linger(None);
}

/// Whether bytes have come that nobody has read.
pub(super) fn has_unread(socket: &TcpStream) -> bool {
    let mut byte = [MaybeUninit::uninit()];
    // The kernel is asked itself: tokio may not have heard of the bytes yet.
    SockRef::from(socket).peek(&mut byte).is_ok_and(|count| count > 0)
}
