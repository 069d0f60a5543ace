//! What may be reached: default deny, evaluated at the only place that connects ([`crate::door`]).
//!
//! A control stream reaches a host and port that a target or a rule lists; of several the first decides, targets before rules. A listed
//! *name* leads to global and private addresses only; loopback, link-local, translated and other special addresses must be listed as
//! addresses, with their port. A data stream reaches the address that its control stream is connected to, on the ports that the rule
//! says. The relay's own listeners and metadata services are never reached.

mod pattern;
mod ports;
#[cfg(test)]
mod spellings;

pub use pattern::{HostPattern, PatternError};
pub use ports::{Ports, PortsError};

use crate::address::{Class, Host, HostError};
use crate::config::{Config, Rule, Target, TlsRule};
use crate::visitor::Grants;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use thiserror::Error;

/// Why a target is refused.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub(crate) enum Denied {
    #[error("host: {0}")]
    Host(#[from] HostError),
    #[error("this relay does not serve {0}:{1}; its administrator lists what it serves")]
    NotListed(String, u16),
    #[error("{0} leads to the address {1}, which must be listed as an address")]
    SpecialAddress(String, IpAddr),
    #[error("{0} is the address of a metadata service, which the relay never connects to")]
    Metadata(IpAddr),
    #[error("the relay does not connect to itself")]
    Own,
    #[error("data connections to this server go to the ports {0} only")]
    DataPort(Ports),
    #[error("this relay does not listen for this server (active mode)")]
    Active,
}

impl Denied {
    /// In a word, for the metrics and the audit log.
    pub(crate) fn label(&self) -> &'static str {
        match self {
            Denied::Host(_) => "host",
            Denied::NotListed(..) => "not_listed",
            Denied::SpecialAddress(..) => "special_address",
            Denied::Metadata(_) => "metadata",
            Denied::Own => "own",
            Denied::DataPort(_) => "data_port",
            Denied::Active => "active",
        }
    }
}

/// What holds for the streams of a server that may be reached.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Terms {
    /// Nothing passes before TLS but the request for it.
    pub(crate) tls_required: bool,
    /// Where data streams may go to.
    pub(crate) data_ports: Ports,
    /// Whether the server may be listened for.
    pub(crate) active: bool,
    /// Which of [`crate::tls::ServerTls::of_config`] holds; 0 where nothing special is said.
    pub(crate) tls: usize,
}

/// A line of the rules.
#[derive(Clone, Debug)]
struct Line {
    hosts: Vec<HostPattern>,
    ports: Vec<Ports>,
    terms: Terms,
    /// Whom it is for; absent: everybody.
    users: Option<Vec<String>>,
    /// What its card says, if it has one.
    site: Option<String>,
}

/// The rules of one relay.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    lines: Vec<Line>,
    own: Vec<SocketAddr>,
}

/// Leave to resolve a name or to use an address for a control stream.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Leave {
    /// The address is listed itself.
    Address(SocketAddr),
    /// The name is listed: resolve it, then ask [`Policy::check_resolved`] about each address.
    Resolve(String, u16),
}

impl Policy {
    /// The rules of a configuration, for a relay that listens on `own`. Targets that cannot be read were refused before
    /// by [`Config`]; here they would match nothing.
    pub(crate) fn new(config: &Config, own: Vec<SocketAddr>) -> Policy {
        // As the list of TLS settings is numbered: what holds for all, the targets, the rules.
        let targets =
            (1..).zip(&config.targets).filter_map(|(number, target)| Line::of_target(target, number));
        let rules = (1 + config.targets.len()..).zip(&config.rules);
        let rules = rules.map(|(number, rule)| Line::of_rule(rule, number));
        Policy { lines: targets.chain(rules).collect(), own }
    }

    /// Decides on the host and port of a control stream of a visitor, and on what terms. What is there for others is denied as what is
    /// not there at all.
    pub(crate) fn check_control(
        &self,
        host: &str,
        port: u16,
        grants: &Grants,
    ) -> Result<(Leave, Terms), Denied> {
        let parsed = Host::parse(host)?;
        if let Host::Address(address) = parsed {
            self.check_never(SocketAddr::new(address, port))?;
        }
        let line = self.find(&parsed, port, grants).ok_or_else(|| Denied::NotListed(host.into(), port))?;
        let leave = match parsed {
            Host::Address(address) => Leave::Address(SocketAddr::new(address, port)),
            Host::Name(name) => Leave::Resolve(name, port),
        };
        Ok((leave, line.terms))
    }

    /// Decides on an address that a listed name has led to.
    pub(crate) fn check_resolved(
        &self,
        name: &str,
        address: SocketAddr,
        grants: &Grants,
    ) -> Result<SocketAddr, Denied> {
        let address = canonical(address);
        self.check_never(address)?;
        // The name was let through by its own card: here it counts whether the address is meant for this user at all.
        let user = grants.of_any_site();
        let listed = || self.find(&Host::Address(address.ip()), address.port(), &user).is_some();
        if Class::of(address.ip()).reachable_by_name() || listed() {
            Ok(address)
        } else {
            Err(Denied::SpecialAddress(name.into(), address.ip()))
        }
    }

    /// Decides on the port of a data stream whose control stream is connected to `peer` on these terms.
    pub(crate) fn check_data(&self, peer: IpAddr, port: u16, terms: Terms) -> Result<SocketAddr, Denied> {
        let address = canonical(SocketAddr::new(peer, port));
        self.check_never(address)?;
        match terms.data_ports.contains(port) {
            true => Ok(address),
            false => Err(Denied::DataPort(terms.data_ports)),
        }
    }

    /// Decides on listening for a server on these terms.
    pub(crate) fn check_listen(terms: Terms) -> Result<(), Denied> {
        if terms.active { Ok(()) } else { Err(Denied::Active) }
    }

    /// Whether any server may be listened for.
    pub(crate) fn listens(&self) -> bool {
        self.lines.iter().any(|line| line.terms.active)
    }

    /// Whether a connection is one to this very relay. A listener on all addresses has names that are not known here,
    /// but a connection to it has the same address at both ends.
    pub(crate) fn check_connected(&self, local: SocketAddr, peer: SocketAddr) -> Result<(), Denied> {
        let peer = canonical(peer);
        self.check_never(peer)?;
        let everywhere = |own: &SocketAddr| own.ip().is_unspecified() && own.port() == peer.port();
        let to_self = canonical(local).ip() == peer.ip() && self.own.iter().any(everywhere);
        if to_self { Err(Denied::Own) } else { Ok(()) }
    }

    /// What no rule can allow.
    fn check_never(&self, address: SocketAddr) -> Result<(), Denied> {
        if self.is_own(address) {
            return Err(Denied::Own);
        }
        match Class::of(address.ip()) {
            Class::Metadata => Err(Denied::Metadata(address.ip())),
            _ => Ok(()),
        }
    }

    fn find(&self, host: &Host, port: u16, grants: &Grants) -> Option<&Line> {
        self.lines
            .iter()
            .find(|line| line.covers(host, port) && grants.allow(line.users.as_deref(), line.site.as_deref()))
    }

    fn is_own(&self, address: SocketAddr) -> bool {
        self.own.iter().any(|own| {
            let own = canonical(*own);
            let everywhere = own.ip().is_unspecified()
                && matches!(Class::of(address.ip()), Class::Loopback | Class::Unspecified);
            own.port() == address.port() && (own.ip() == address.ip() || everywhere)
        })
    }
}

impl Line {
    fn of_target(target: &Target, number: usize) -> Option<Line> {
        let tls = if target.has_own_tls() { number } else { 0 };
        let hosts = vec![target.host.parse().ok()?];
        let ports = vec![Ports::new(target.port, target.port)?];
        let terms = Terms::new(target.tls, target.data_ports, target.active, tls);
        Some(Line { hosts, ports, terms, users: target.users.clone(), site: Some(target.label().to_owned()) })
    }

    fn of_rule(rule: &Rule, number: usize) -> Line {
        let tls = if rule.has_own_tls() { number } else { 0 };
        let terms = Terms::new(rule.tls, rule.data_ports, rule.active, tls);
        let (hosts, ports) = (rule.hosts.clone(), rule.ports.clone());
        Line { hosts, ports, terms, users: rule.users.clone(), site: None }
    }

    fn covers(&self, host: &Host, port: u16) -> bool {
        self.ports.iter().any(|ports| ports.contains(port))
            && self.hosts.iter().any(|pattern| pattern.matches(host))
    }
}

impl Terms {
    fn new(rule: TlsRule, data_ports: Ports, active: bool, tls: usize) -> Terms {
        Terms { tls_required: rule == TlsRule::Required, data_ports, active, tls }
    }
}

/// One line for each rule, in the order in which they are asked, for an administrator.
impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Line { hosts, ports, terms, users, .. } in &self.lines {
            let (hosts, ports) = (listed(hosts), listed(ports));
            let tls = if terms.tls_required { "TLS only" } else { "TLS or plain" };
            let active = if terms.active { ", active mode too" } else { "" };
            let users =
                users.as_deref().map(|users| format!("; for {} only", listed(users))).unwrap_or_default();
            writeln!(
                f,
                "allow {hosts}, ports {ports}: {tls}; data ports {}{active}{users}",
                terms.data_ports
            )?;
        }
        writeln!(f, "deny everything else, metadata services and the relay's own listeners")
    }
}

fn listed<T: fmt::Display>(all: &[T]) -> String {
    all.iter().map(T::to_string).collect::<Vec<_>>().join(" ")
}

/// The address without IPv4-mapped clothes, flow label and zone.
pub(crate) fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy() -> Policy {
        let targets = [
            ("ftp.example.org", 21),
            ("localhost", 2121),
            ("localhost", 21),
            ("127.0.0.1", 2121),
            ("127.0.0.1", 8080),
            ("192.168.0.145", 21),
            ("fd00::5", 990),
        ];
        let targets = targets.map(|(host, port)| Target::new(host, port)).to_vec();
        let config = Config { targets, ..Config::default() };
        Policy::new(&config, vec!["127.0.0.1:8080".parse().unwrap(), "0.0.0.0:9090".parse().unwrap()])
    }

    /// On the usual terms.
    const TERMS: Terms =
        Terms { tls_required: false, data_ports: Ports::UNPRIVILEGED, active: false, tls: 0 };

    fn address(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    #[test]
    fn control_streams() {
        let policy = policy();
        let listed = Ok(Leave::Address(address("127.0.0.1:2121")));
        for (host, port, expected) in [
            ("ftp.example.org", 21, Ok(Leave::Resolve("ftp.example.org".into(), 21))),
            ("FTP.example.ORG.", 21, Ok(Leave::Resolve("ftp.example.org".into(), 21))),
            ("127.0.0.1", 2121, listed.clone()),
            ("::ffff:127.0.0.1", 2121, listed.clone()),
            ("[::ffff:7f00:1]", 2121, listed),
            ("192.168.0.145", 21, Ok(Leave::Address(address("192.168.0.145:21")))),
            ("fd00:0::5", 990, Ok(Leave::Address(address("[fd00::5]:990")))),
            ("127.0.0.1", 8080, Err(Denied::Own)),
            ("::ffff:127.0.0.1", 8080, Err(Denied::Own)),
            ("127.0.0.1", 9090, Err(Denied::Own)),
            ("0.0.0.0", 9090, Err(Denied::Own)),
            ("169.254.169.254", 80, Err(Denied::Metadata(address("169.254.169.254:80").ip()))),
            ("2130706433", 2121, Err(Denied::Host(HostError::Spelling))),
            ("127.1", 2121, Err(Denied::Host(HostError::Spelling))),
            ("0x7f.1", 2121, Err(Denied::Host(HostError::Spelling))),
        ] {
            assert_eq!(
                policy.check_control(host, port, &Grants::default()),
                expected.map(|leave| (leave, TERMS)),
                "{host}:{port}"
            );
        }
        for (host, port) in [
            ("ftp.example.org", 22),
            ("ftp.example.org", 0),
            ("example.org", 21),
            ("xftp.example.org", 21),
            ("ftp.example.org.evil.example", 21),
            ("127.0.0.1", 21),
            ("127.0.0.2", 2121),
            ("::1", 2121),
            ("::127.0.0.1", 2121),
            ("64:ff9b::7f00:1", 2121),
            ("0.0.0.0", 2121),
            ("8.8.8.8", 21),
        ] {
            let found = policy.check_control(host, port, &Grants::default());
            assert_eq!(found, Err(Denied::NotListed(host.into(), port)), "{host}:{port}");
        }
    }

    #[test]
    fn names_lead_to_ordinary_addresses_only() {
        let policy = policy();
        for (text, allowed) in [
            ("93.184.215.14:21", true),
            ("10.0.0.7:21", true),
            ("[2606:2800::1]:21", true),
            ("[fd12::1]:21", true),
            // Listed as an address, with this port.
            ("127.0.0.1:2121", true),
            ("[::ffff:127.0.0.1]:2121", true),
            ("127.0.0.1:21", false),
            ("[::1]:2121", false),
            ("[::ffff:127.0.0.1]:21", false),
            ("0.0.0.0:21", false),
            ("169.254.169.254:21", false),
            ("[::ffff:169.254.169.254]:21", false),
            ("[fd00:ec2::254]:21", false),
            ("[fe80::1]:21", false),
            ("100.64.0.1:21", false),
            ("224.0.0.1:21", false),
            ("[64:ff9b::a00:1]:21", false),
            ("[2002:a00:1::1]:21", false),
            ("192.0.2.1:21", false),
            ("127.0.0.1:8080", false),
        ] {
            assert_eq!(
                policy.check_resolved("name", address(text), &Grants::default()).is_ok(),
                allowed,
                "{text}"
            );
        }
    }

    #[test]
    fn data_streams() {
        let policy = policy();
        let peer: IpAddr = "192.168.0.145".parse().unwrap();
        assert_eq!(policy.check_data(peer, 50_000, TERMS), Ok(address("192.168.0.145:50000")));
        assert_eq!(policy.check_data(peer, 1024, TERMS), Ok(address("192.168.0.145:1024")));
        for port in [0, 20, 21, 22, 25, 80, 1023] {
            assert_eq!(
                policy.check_data(peer, port, TERMS),
                Err(Denied::DataPort(TERMS.data_ports)),
                "{port}"
            );
        }
        let here: IpAddr = "127.0.0.1".parse().unwrap();
        assert_eq!(policy.check_data(here, 8080, TERMS), Err(Denied::Own));
        assert_eq!(policy.check_data(here, 9090, TERMS), Err(Denied::Own));
    }

    #[test]
    fn a_relay_that_listens_everywhere_knows_itself_by_both_ends() {
        let policy = policy();
        let (own, other) = (address("10.0.0.5:40000"), address("10.0.0.6:40000"));
        assert_eq!(policy.check_connected(own, address("10.0.0.5:9090")), Err(Denied::Own));
        assert_eq!(policy.check_connected(other, address("10.0.0.5:9090")), Ok(()));
        assert_eq!(policy.check_connected(own, address("10.0.0.5:21")), Ok(()));
        // One that listens on 127.0.0.1 has nothing on that port of another address.
        assert_eq!(policy.check_connected(own, address("10.0.0.5:8080")), Ok(()));
        assert_eq!(policy.check_connected(address("[::1]:40000"), address("[::1]:8080")), Ok(()));
        assert_eq!(
            policy.check_connected(address("127.0.0.1:40000"), address("127.0.0.1:8080")),
            Err(Denied::Own)
        );
    }

    #[test]
    fn rules_have_terms_and_the_first_decides() {
        let text = "[[target]]\nhost = \"ftp.example.org\"\ntls = \"required\"\n\
                    [[rule]]\nhosts = [\"*.example.org\", \"10.20.0.0/16\", \"ftp.example.org\"]\nports = [21, \"2100-2199\"]\n\
                    data_ports = \"50000-50100\"\n\
                    [[rule]]\nhosts = [\"10.20.0.7\"]\nports = [21]\ntls = \"required\"\n";
        let policy = Policy::new(&Config::from_toml(text).unwrap(), Vec::new());
        let terms =
            |host: &str, port| policy.check_control(host, port, &Grants::default()).map(|(_, terms)| terms);
        let pasv = Ports::new(50_000, 50_100).unwrap();
        let card = Terms { tls_required: true, ..TERMS };
        let rule = Terms { data_ports: pasv, ..TERMS };
        for (host, port, expected) in [
            ("ftp.example.org", 21, Some(card)),
            ("ftp.example.org", 2150, Some(rule)),
            ("ftp.example.org", 990, None),
            ("a.b.example.org", 2100, Some(rule)),
            ("example.org", 21, None),
            ("10.20.0.7", 21, Some(rule)),
            ("::ffff:10.20.0.7", 21, Some(rule)),
            ("10.21.0.7", 21, None),
        ] {
            assert_eq!(terms(host, port).ok(), expected, "{host}:{port}");
        }
        let peer: IpAddr = "10.20.0.7".parse().unwrap();
        for (port, is_allowed) in [(49_999, false), (50_000, true), (50_100, true), (50_101, false)] {
            assert_eq!(policy.check_data(peer, port, rule).is_ok(), is_allowed, "{port}");
        }
        let said = policy.to_string();
        assert!(said.contains("allow *.example.org 10.20.0.0/16 ftp.example.org, ports 21 2100-2199: TLS or plain; data ports 50000-50100"), "{said}");
        assert!(said.ends_with("own listeners\n"), "{said}");
    }

    #[test]
    fn what_is_for_others_is_denied_as_what_is_not_there() {
        let text = "[access]\nmodes = [\"token\"]\n\
                    [[target]]\nname = \"Reports\"\nhost = \"reports.example\"\nusers = [\"ann\", \"bob\"]\n\
                    [[target]]\nname = \"Mirror\"\nhost = \"mirror.example\"\n\
                    [[target]]\nname = \"Here\"\nhost = \"localhost\"\nusers = [\"ann\"]\n\
                    [[rule]]\nhosts = [\"127.0.0.1\"]\nusers = [\"ann\"]\n\
                    [[rule]]\nhosts = [\"reports.example\", \"localhost\"]\nports = [21]\ntls = \"required\"\nusers = [\"carl\"]\n";
        let policy = Policy::new(&Config::from_toml(text).unwrap(), Vec::new());
        let grants = |user: &str, sites: Option<&[&str]>| Grants {
            user: (!user.is_empty()).then(|| user.into()),
            sites: sites.map(|sites| sites.iter().map(|site| (*site).to_owned()).collect()),
        };
        for (user, sites, expected) in [
            ("ann", None, "reports mirror localhost 127.0.0.1"),
            ("ann", Some(&["Reports"][..]), "reports"),
            ("ann", Some(&["Reports", "Here", "None"]), "reports localhost"),
            ("ann", Some(&[]), ""),
            ("bob", None, "reports mirror"),
            ("bob", Some(&["Here", "Mirror"]), "mirror"),
            ("Ann", None, "mirror"),
            ("", None, "mirror"),
            ("", Some(&["Reports"]), ""),
            ("carl", None, "reports mirror localhost"),
            ("carl", Some(&["Reports"]), ""),
        ] {
            let grants = grants(user, sites);
            let hosts = ["reports.example", "mirror.example", "localhost", "127.0.0.1"];
            let allowed = |host: &&&str| policy.check_control(host, 21, &grants).is_ok();
            let found: Vec<&str> =
                hosts.iter().filter(allowed).map(|host| host.trim_end_matches(".example")).collect();
            assert_eq!(found.join(" "), expected, "{user} {sites:?}");
            for host in hosts.iter().filter(|host| !allowed(host)) {
                let denied = policy.check_control(host, 21, &grants).unwrap_err();
                assert_eq!(denied, Denied::NotListed((*host).into(), 21), "{user} {host}");
            }
        }
        // An address that is listed for one opens nothing to another, whatever a name leads to.
        let here = address("127.0.0.1:21");
        assert!(policy.check_resolved("localhost", here, &grants("ann", Some(&["Here"]))).is_ok());
        assert!(policy.check_resolved("localhost", here, &grants("carl", None)).is_err());
        assert_eq!(policy.check_control("reports.example", 21, &grants("bob", None)).unwrap().1, TERMS);
        assert!(policy.check_control("reports.example", 21, &grants("carl", None)).unwrap().1.tls_required);
        assert!(
            policy.to_string().contains("ports 21: TLS or plain; data ports 1024-65535; for ann bob only"),
            "{policy}"
        );
    }
}
