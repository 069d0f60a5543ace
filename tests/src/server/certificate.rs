//! Self-signed certificates for `localhost` and 127.0.0.1, a new one for each fixture.

use super::ServerError;
use rcgen::{CertificateParams, KeyPair};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

/// A key and its self-signed certificate.
#[derive(Debug)]
pub struct Identity {
    certificate: rcgen::Certificate,
    key: KeyPair,
}

impl Identity {
    /// A new key (P-256) and its certificate.
    ///
    /// # Errors
    /// [`ServerError::Certificate`].
    pub fn new() -> Result<Identity, ServerError> {
        let params = CertificateParams::new(["localhost".to_owned(), "127.0.0.1".to_owned()])?;
        let key = KeyPair::generate()?;
        Ok(Identity { certificate: params.self_signed(&key)?, key })
    }

    /// The certificate in PEM.
    #[must_use]
    pub fn certificate_pem(&self) -> String {
        self.certificate.pem()
    }

    /// The key in PEM.
    #[must_use]
    pub fn key_pem(&self) -> String {
        self.key.serialize_pem()
    }

    /// The certificate in DER.
    #[must_use]
    pub fn certificate(&self) -> CertificateDer<'static> {
        self.certificate.der().clone()
    }

    /// The key in DER.
    #[must_use]
    pub fn key(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.key.serialize_der()))
    }
}
