//! Who is at the other end of a tunnel.

use std::net::IpAddr;
use std::sync::Arc;

/// The person, or at least the machine, that a tunnel is for. Limits count by it, and rules may name its user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Visitor {
    /// Where the request came from; IPv4 as such, never mapped into IPv6.
    pub(crate) address: IpAddr,
    /// The name that it was let in under, where the relay asks for one.
    pub(crate) user: Option<Arc<str>>,
}
