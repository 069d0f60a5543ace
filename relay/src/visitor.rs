//! Who is at the other end of a tunnel, and what it may use.

use crate::config::Target;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

/// The person, or at least the machine, that a tunnel is for. Limits count by it, and rules may name its user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Visitor {
    /// Where the request came from; IPv4 as such, never mapped into IPv6.
    pub(crate) address: IpAddr,
    /// The name that it was let in under, where the relay asks for one.
    pub(crate) user: Option<Arc<str>>,
}

/// What a visitor may use of what the rules list. The default is all that is not kept for users with names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Grants {
    /// Who asks.
    pub(crate) user: Option<Arc<str>>,
    /// The cards, by name, that it was let in for. Absent: all.
    pub(crate) sites: Option<Arc<[String]>>,
}

impl Grants {
    /// Whether a rule is for this visitor: one that names these users and, where it is a card's, has this name.
    pub(crate) fn allow(&self, users: Option<&[String]>, site: Option<&str>) -> bool {
        let is_user = match (users, &self.user) {
            (None, _) => true,
            (Some(users), Some(user)) => users.iter().any(|name| **name == **user),
            (Some(_), None) => false,
        };
        let is_site = match (&self.sites, site) {
            (None, _) => true,
            (Some(sites), Some(site)) => sites.iter().any(|name| name == site),
            (Some(_), None) => false,
        };
        is_user && is_site
    }

    /// The same without the limit to some cards.
    pub(crate) fn of_any_site(&self) -> Grants {
        Grants { user: self.user.clone(), sites: None }
    }

    /// Whether a target is for this visitor.
    pub(crate) fn allow_target(&self, target: &Target) -> bool {
        self.allow(target.users.as_deref(), Some(target.label()))
    }
}

/// What counts as one address wherever visitors are counted by theirs: whoever has an IPv6 address has 2^64 of them.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
        address => address,
    }
}
