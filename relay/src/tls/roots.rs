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
            Err(error) => return Verdict::Invalid(in_words(&error)),
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
            Err(error) => Verdict::Invalid(in_words(&error)),
        }
    }
}

/// What else can be wrong with a chain, to stand behind "It cannot be verified:".
fn in_words(error: &webpki::Error) -> String {
    use webpki::Error;
    let words = match error {
        Error::InvalidSignatureForPublicKey | Error::SignatureAlgorithmMismatch => {
            "a signature in its chain is wrong; the certificate was changed or is a forgery"
        }
        Error::UnsupportedSignatureAlgorithmContext(_)
        | Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_) => {
            "it is signed in a way that is no longer trusted, such as SHA-1, or with a key that is too short"
        }
        Error::RequiredEkuNotFoundContext(_) | Error::EmptyEkuExtension => "it is not meant for servers",
        Error::CertRevoked => "its issuer has revoked it",
        Error::CaUsedAsEndEntity => "it is that of an authority and not that of a server",
        Error::EndEntityUsedAsCa => "its chain holds a server's certificate in the place of an authority's",
        Error::NameConstraintViolation => "its issuer may not vouch for this name",
        Error::PathLenConstraintViolated | Error::MaximumPathDepthExceeded => {
            "its chain is longer than it may be"
        }
        Error::InvalidCertValidity => "its dates contradict each other",
        Error::UnsupportedCriticalExtension => "it demands something that the relay does not know",
        other => return other.to_string(),
    };
    words.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, IsCa, KeyPair};
    use std::time::Duration;

    /// 2030-01-01: between the dates of every certificate here that is meant to be in date.
    const NOW: u64 = 1_893_456_000;

    fn params(name: &str) -> CertificateParams {
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(2040, 1, 1);
        params
    }

    fn authority() -> CertifiedIssuer<'static, KeyPair> {
        let mut params = params("Test authority");
        params.subject_alt_names.clear();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
    }

    fn issued(params: CertificateParams, by: &CertifiedIssuer<'_, KeyPair>) -> CertificateDer<'static> {
        params.signed_by(&KeyPair::generate().unwrap(), by).unwrap().der().clone()
    }

    fn verdict(roots: &Roots, leaf: &CertificateDer<'_>, name: &str) -> Verdict {
        let now = UnixTime::since_unix_epoch(Duration::from_secs(NOW));
        roots.verdict_at(leaf, &[], &ServerName::try_from(name).unwrap(), now)
    }

    #[test]
    fn verdicts() {
        let authority = authority();
        let roots = Roots::none().with(vec![authority.der().clone()]);
        let host = "ftp.example.org";
        let good = issued(params(host), &authority);
        assert_eq!(verdict(&roots, &good, host), Verdict::Trusted);
        assert_eq!(verdict(&roots, &good, "other.example.org"), Verdict::WrongName);
        assert_eq!(verdict(&roots, &good, "192.0.2.7"), Verdict::WrongName);
        assert_eq!(verdict(&Roots::none(), &good, host), Verdict::UnknownIssuer);

        let by_address = issued(params("192.0.2.7"), &authority);
        assert_eq!(verdict(&roots, &by_address, "192.0.2.7"), Verdict::Trusted);
        assert_eq!(verdict(&roots, &by_address, "192.0.2.8"), Verdict::WrongName);

        let mut old = params(host);
        old.not_after = rcgen::date_time_ymd(2029, 12, 31);
        assert_eq!(verdict(&roots, &issued(old, &authority), host), Verdict::Expired);
        let mut young = params(host);
        young.not_before = rcgen::date_time_ymd(2030, 1, 2);
        assert_eq!(verdict(&roots, &issued(young, &authority), host), Verdict::NotYetValid);

        let garbage = CertificateDer::from(b"no certificate".to_vec());
        assert!(matches!(verdict(&roots, &garbage, host), Verdict::Invalid(_)));
        assert!(matches!(roots.verdict(&[], &ServerName::try_from(host).unwrap()), Verdict::Invalid(_)));
    }

    #[test]
    fn a_certificate_that_signed_itself_is_named_so_and_can_be_listed() {
        let host = "nas.example";
        for is_ca in [IsCa::NoCa, IsCa::ExplicitNoCa, IsCa::Ca(BasicConstraints::Unconstrained)] {
            let mut params = params(host);
            params.is_ca = is_ca;
            let leaf = params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().clone();
            assert_eq!(verdict(&Roots::none(), &leaf, host), Verdict::SelfSigned);
            let roots = Roots::none().with(vec![leaf.clone()]);
            assert_eq!(verdict(&roots, &leaf, host), Verdict::Trusted);
            assert_eq!(verdict(&roots, &leaf, "other.example"), Verdict::WrongName);
        }
    }
}
