//! Client certificates: what this side shows to a server that asks who it is.

use super::certificate;
use crate::config::ClientCertificate;
use rustls::client::ResolvesClientCert;
use rustls::sign::CertifiedKey;
use rustls::{Error, InconsistentKeys, SignatureScheme};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use thiserror::Error;

/// Certificates of a chain.
const MOST: usize = 10;
/// Bytes of a file, or of what a page sends.
const LARGEST: usize = 64 * 1024;

/// A certificate, those that lead to its authority, and its key. `Debug` shows which certificate it is.
#[derive(Clone)]
pub struct Identity(Arc<CertifiedKey>);

/// What cannot be used as a client certificate. Holds nothing of the key.
#[derive(Debug, Error)]
pub enum IdentityError {
    /// A file cannot be read.
    #[error("{0}: {1}")]
    File(String, std::io::Error),
    /// There is no certificate.
    #[error("the client certificate holds no certificate, or one that cannot be read")]
    NoCertificate,
    /// There is no key.
    #[error("the client certificate's key is missing, encrypted, or of a kind that the relay does not know")]
    NoKey,
    /// The key is another certificate's.
    #[error("the client certificate and the key do not belong together")]
    OfAnother,
    /// Too much.
    #[error("the client certificate's chain is too long")]
    Long,
}

impl Identity {
    /// Reads files of PEM or DER.
    ///
    /// # Errors
    /// [`IdentityError`].
    pub fn from_files(files: &ClientCertificate) -> Result<Identity, IdentityError> {
        let read = |path: &Path| {
            std::fs::read(path).map_err(|error| IdentityError::File(path.display().to_string(), error))
        };
        Identity::new(&read(&files.chain)?, &read(&files.key)?)
    }

    /// A chain, leaf first, and a key, each in PEM or in DER; both may be the same PEM.
    ///
    /// # Errors
    /// [`IdentityError`].
    pub fn new(chain: &[u8], key: &[u8]) -> Result<Identity, IdentityError> {
        if chain.len() > LARGEST || key.len() > LARGEST {
            return Err(IdentityError::Long);
        }
        let chain = certificates(chain)?;
        let key = private_key(key)?;
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        let key = provider.key_provider.load_private_key(key).map_err(|_| IdentityError::NoKey)?;
        let both = CertifiedKey::new(chain, key);
        match both.keys_match() {
            // A certificate that webpki does not read, such as X.509v1: the server will judge.
            Ok(())
            | Err(Error::InconsistentKeys(InconsistentKeys::Unknown) | Error::InvalidCertificate(_)) => {
                Ok(Identity(Arc::new(both)))
            }
            Err(_) => Err(IdentityError::OfAnother),
        }
    }
}

fn is_pem(bytes: &[u8]) -> bool {
    bytes.windows(10).any(|window| window == b"-----BEGIN")
}

fn certificates(bytes: &[u8]) -> Result<Vec<CertificateDer<'static>>, IdentityError> {
    let chain: Vec<_> = if is_pem(bytes) {
        CertificateDer::pem_slice_iter(bytes)
            .collect::<Result<_, _>>()
            .map_err(|_| IdentityError::NoCertificate)?
    } else {
        vec![CertificateDer::from(bytes.to_vec())]
    };
    match chain.first() {
        Some(leaf) if certificate::key_hash(leaf).is_some() && chain.len() <= MOST => Ok(chain),
        Some(_) if chain.len() > MOST => Err(IdentityError::Long),
        _ => Err(IdentityError::NoCertificate),
    }
}

fn private_key(bytes: &[u8]) -> Result<PrivateKeyDer<'static>, IdentityError> {
    if is_pem(bytes) {
        return PrivateKeyDer::from_pem_slice(bytes).map_err(|_| IdentityError::NoKey);
    }
    PrivateKeyDer::try_from(bytes.to_vec()).map_err(|_| IdentityError::NoKey)
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let print = self.0.cert.first().map(|leaf| certificate::fingerprint(leaf)).unwrap_or_default();
        f.debug_tuple("Identity").field(&print).finish()
    }
}

/// Answers servers that ask for a certificate. One object for a whole group: rustls compares it by pointer.
#[derive(Debug)]
pub(super) struct Answer {
    identity: Option<Identity>,
    asked: AtomicBool,
}

impl Answer {
    pub(super) fn new(identity: Option<Identity>) -> Answer {
        Answer { identity, asked: AtomicBool::new(false) }
    }

    /// Whether the server has asked.
    pub(super) fn asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }

    /// Whether there is something to answer with.
    pub(super) fn has_identity(&self) -> bool {
        self.identity.is_some()
    }
}

impl ResolvesClientCert for Answer {
    /// The server's list of authorities is not heeded: many send none, or a wrong one, and the certificate was meant for this server.
    fn resolve(&self, _: &[&[u8]], schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.asked.store(true, Ordering::Relaxed);
        let Identity(key) = self.identity.as_ref()?;
        key.key.choose_scheme(schemes).is_some().then(|| key.clone())
    }

    fn has_certs(&self) -> bool {
        self.identity.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertificateParams, KeyPair};

    #[test]
    fn pem_der_and_what_is_neither() {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(["me".to_owned()]).unwrap().self_signed(&key).unwrap();
        let (chain, secret) = (certificate.pem(), key.serialize_pem());
        let both = format!("{secret}{chain}");
        let other = KeyPair::generate().unwrap().serialize_pem();
        for (chain, key) in [
            (chain.as_bytes(), secret.as_bytes()),
            (certificate.der(), secret.as_bytes()),
            (chain.as_bytes(), &key.serialize_der()),
            (both.as_bytes(), both.as_bytes()),
        ] {
            let identity = Identity::new(chain, key).unwrap();
            assert!(format!("{identity:?}").len() < 90, "{identity:?}");
        }
        let long = chain.repeat(MOST + 1);
        for (chain, key) in [
            (&b""[..], secret.as_bytes()),
            (chain.as_bytes(), b""),
            (chain.as_bytes(), chain.as_bytes()),
            (secret.as_bytes(), secret.as_bytes()),
            (b"no certificate", secret.as_bytes()),
            (chain.as_bytes(), other.as_bytes()),
            (long.as_bytes(), secret.as_bytes()),
            (&[b' '; LARGEST + 1], secret.as_bytes()),
        ] {
            let error = Identity::new(chain, key).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("PRIVATE KEY"), "{error:?}");
        }
    }
}
