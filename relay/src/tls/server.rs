//! What holds for TLS with one server.

use super::certificate;
use super::failure::TlsFailure;
use super::identity::{Identity, IdentityError};
use super::roots::Roots;
use crate::config::{Config, Pin, TlsMin};
use rustls_pki_types::{CertificateDer, ServerName};
use towpath_shared::{Reason, Verdict};

/// What an administrator says of TLS with a server; the default is TLS 1.2 and newer, no pins, no client certificate.
#[derive(Clone, Debug, Default)]
pub struct ServerTls {
    /// The oldest version.
    pub min: TlsMin,
    /// The keys that the server may show. Empty: the verdict is that of its certificate.
    pub pins: Vec<Pin>,
    /// What this side shows, if it is asked who it is.
    pub identity: Option<Identity>,
    /// TLS 1.0 and 1.1 too, by OpenSSL; needs the feature `legacy-tls`.
    pub legacy: bool,
}

impl ServerTls {
    /// What a configuration says, in the order of its numbers: everything that says nothing, its targets, its rules.
    pub(crate) fn of_config(config: &Config) -> Result<Vec<ServerTls>, IdentityError> {
        let global = config.tls_min;
        let mut all = vec![ServerTls { min: global, ..ServerTls::default() }];
        for target in &config.targets {
            all.push(ServerTls {
                min: target.tls_min.unwrap_or(global),
                pins: target.pins.clone(),
                identity: target.client_certificate.as_ref().map(Identity::from_files).transpose()?,
                legacy: target.legacy_tls,
            });
        }
        for rule in &config.rules {
            all.push(ServerTls {
                min: rule.tls_min.unwrap_or(global),
                pins: Vec::new(),
                identity: rule.client_certificate.as_ref().map(Identity::from_files).transpose()?,
                legacy: rule.legacy_tls,
            });
        }
        Ok(all)
    }

    /// What a chain is worth. A pinned key is trusted whoever signed it, for which name and until when; with pins no other key is, whoever
    /// vouches for it.
    pub(super) fn verdict(
        &self,
        roots: &Roots,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
    ) -> Result<Verdict, TlsFailure> {
        if self.pins.is_empty() {
            return Ok(roots.verdict(chain, name));
        }
        let key = chain.first().and_then(certificate::key_hash).map(Pin);
        match key {
            Some(key) if self.pins.contains(&key) => Ok(Verdict::Trusted),
            Some(key) => Err(TlsFailure::new(
                Reason::TlsPin,
                format!(
                    "the server shows the key {key}, which is none of those that the relay's administrator has pinned; \
                     it has a new key, or somebody stands in between"
                ),
            )),
            None => Err(TlsFailure::new(
                Reason::TlsPin,
                "the server shows no key that could be compared with the pinned ones",
            )),
        }
    }
}
