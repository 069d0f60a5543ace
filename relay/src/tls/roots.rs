//! Trusted roots, and the verdict that they lead to.

use super::certificate;
use rustls::RootCertStore;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use std::path::PathBuf;
use std::sync::Arc;
use thiserror::Error;
use towpath_shared::Verdict;

/// What leads to the verdict "trusted": the system's roots and those that the administrator adds.
#[derive(Clone, Debug)]
pub struct Roots {
    anchors: Arc<RootCertStore>,
    /// Added certificates as they are: a server's self-signed certificate may be one, and is then trusted as a leaf,
    /// which the path rules of RFC 5280 alone would not allow.
    listed: Arc<Vec<CertificateDer<'static>>>,
}

/// A file of roots that cannot be used.
#[derive(Debug, Error)]
#[error("{}: {text}", file.display())]
pub struct RootsError {
    file: PathBuf,
    text: String,
}

impl Roots {
    /// No roots at all: no certificate is trusted.
    #[must_use]
    pub fn none() -> Roots {
        Roots { anchors: Arc::new(RootCertStore::empty()), listed: Arc::default() }
    }

    /// The system's roots. What the system cannot read is left out: the certificates under it are then untrusted,
    /// which a person gets to see.
    #[must_use]
    pub fn system() -> Roots {
        let found = rustls_native_certs::load_native_certs();
        for error in &found.errors {
            tracing::warn!(%error, "system roots");
        }
        let mut anchors = RootCertStore::empty();
        let (added, ignored) = anchors.add_parsable_certificates(found.certs);
        tracing::debug!(added, ignored, "system roots");
        Roots { anchors: Arc::new(anchors), listed: Arc::default() }
    }

    /// These roots and the certificates given.
    #[must_use]
    pub fn with(self, certificates: Vec<CertificateDer<'static>>) -> Roots {
        let mut anchors = Arc::unwrap_or_clone(self.anchors);
        let mut listed = Arc::unwrap_or_clone(self.listed);
        anchors.add_parsable_certificates(certificates.iter().cloned());
        listed.extend(certificates);
        Roots { anchors: Arc::new(anchors), listed: Arc::new(listed) }
    }

    /// These roots and those of PEM files.
    ///
    /// # Errors
    /// [`RootsError`] for a file that cannot be read or holds no certificate.
    pub fn with_files(self, files: &[PathBuf]) -> Result<Roots, RootsError> {
        let mut certificates = Vec::new();
        for file in files {
            let fault = |text: String| RootsError { file: file.clone(), text };
            let found: Result<Vec<_>, _> =
                CertificateDer::pem_file_iter(file).map_err(|error| fault(error.to_string()))?.collect();
            let found = found.map_err(|error| fault(error.to_string()))?;
            if found.is_empty() {
                return Err(fault("holds no certificate".into()));
            }
            certificates.extend(found);
        }
        Ok(self.with(certificates))
    }

    /// What a chain is worth for a server.
    pub(super) fn verdict(&self, chain: &[CertificateDer<'_>], name: &ServerName<'_>) -> Verdict {
        match chain.split_first() {
            Some((leaf, rest)) => self.verdict_at(leaf, rest, name, UnixTime::now()),
            None => Verdict::Invalid("the server sent no certificate".into()),
        }
    }

    fn verdict_at(
        &self,
        leaf: &CertificateDer<'_>,
        rest: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> Verdict {
        use webpki::Error;
        let self_signed = certificate::is_self_issued(leaf);
        let entity = match webpki::EndEntityCert::try_from(leaf) {
            Ok(entity) => entity,
            Err(_) if self_signed => return Verdict::SelfSigned,
            Err(Error::UnsupportedCertVersion) => return Verdict::UnknownIssuer,
            Err(error) => return Verdict::Invalid(error.to_string()),
        };
        let algorithms = rustls::crypto::aws_lc_rs::default_provider().signature_verification_algorithms;
        let usage = webpki::KeyUsage::server_auth();
        let found = entity
            .verify_for_usage(algorithms.all, &self.anchors.roots, rest, now, usage, None, None)
            .map(|_| ());
        let found = match found {
            // Named by the administrator itself: only its dates and names are left to ask.
            Err(Error::CaUsedAsEndEntity | Error::UnknownIssuer)
                if self.listed.iter().any(|one| one == leaf) =>
            {
                Ok(())
            }
            other => other,
        };
        match found.and_then(|()| entity.verify_is_valid_for_subject_name(name)) {
            Ok(()) => Verdict::Trusted,
            Err(Error::CertExpired { .. }) => Verdict::Expired,
            Err(Error::CertNotValidYet { .. }) => Verdict::NotYetValid,
            Err(Error::CertNotValidForName(_)) => Verdict::WrongName,
            Err(Error::CaUsedAsEndEntity | Error::UnknownIssuer) if self_signed => Verdict::SelfSigned,
            Err(Error::UnknownIssuer) => Verdict::UnknownIssuer,
            Err(error) => Verdict::Invalid(error.to_string()),
        }
    }
}
