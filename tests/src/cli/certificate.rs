//! `--cert` and `--key`: what is shown to servers that ask who this is, for both ways to them.

use super::Failure;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls_pki_types::PrivateKeyDer;
use std::path::Path;
use towpath_relay::tls::Identity;

/// A client certificate. No `Debug`: it holds its key.
pub(super) struct Certificate {
    /// For connections of our own.
    pub(super) identity: Identity,
    /// For a relay: PEM of certificates and key.
    pub(super) pem: String,
}

impl Certificate {
    /// Reads both files, each PEM or DER.
    pub(super) fn read(chain: &Path, key: &Path) -> Result<Certificate, Failure> {
        let read =
            |path: &Path| std::fs::read(path).map_err(|error| Failure::File { path: path.to_owned(), error });
        let (chain, key) = (read(chain)?, read(key)?);
        let identity = Identity::new(&chain, &key)?;
        let label = match PrivateKeyDer::try_from(key.as_slice()) {
            Ok(PrivateKeyDer::Pkcs1(_)) => "RSA PRIVATE KEY",
            Ok(PrivateKeyDer::Sec1(_)) => "EC PRIVATE KEY",
            _ => "PRIVATE KEY",
        };
        Ok(Certificate { identity, pem: armoured(&chain, "CERTIFICATE") + &armoured(&key, label) })
    }
}

/// PEM as it is, DER in PEM's clothes (RFC 7468).
fn armoured(bytes: &[u8], label: &str) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if text.contains("-----BEGIN") => format!("{text}\n"),
        _ => {
            let base64 = STANDARD.encode(bytes);
            let lines: Vec<&str> =
                base64.as_bytes().chunks(64).filter_map(|line| std::str::from_utf8(line).ok()).collect();
            format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn der_is_put_into_pem_that_reads_as_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate =
            rcgen::CertificateParams::new(["me".to_owned()]).unwrap().self_signed(&key).unwrap();
        let path = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            path
        };
        let ders = (path("a", certificate.der()), path("b", &key.serialize_der()));
        let pems = (path("c", certificate.pem().as_bytes()), path("d", key.serialize_pem().as_bytes()));
        for (chain, key) in [ders, pems] {
            let Ok(read) = Certificate::read(&chain, &key) else { panic!("{chain:?}") };
            let again = Identity::new(read.pem.as_bytes(), read.pem.as_bytes()).unwrap();
            assert_eq!(format!("{again:?}"), format!("{:?}", read.identity));
        }
    }
}
