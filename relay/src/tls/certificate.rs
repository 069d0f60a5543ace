//! Certificates as a person needs to see them. Every field is the server's word: cut to size, control characters replaced.

use aws_lc_rs::digest::{SHA256, digest};
use rustls_pki_types::CertificateDer;
use std::net::{Ipv4Addr, Ipv6Addr};
use towpath_shared::Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::oid_registry::{
    OID_EC_P256, OID_NIST_EC_P384, OID_NIST_EC_P521, OID_SIG_ED448, OID_SIG_ED25519,
};
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::public_key::PublicKey;
use x509_parser::x509::SubjectPublicKeyInfo;

/// Longest subject, issuer, serial number or name, in bytes.
const MAX_FIELD: usize = 300;
/// Names of one certificate that are shown.
const MAX_NAMES: usize = 40;

/// Describes a certificate; one that cannot be parsed still has its fingerprint.
pub(super) fn describe(der: &CertificateDer<'_>) -> Certificate {
    let sha256 = fingerprint(der);
    let Ok((_, parsed)) = X509Certificate::from_der(der) else {
        return Certificate { sha256, ..Certificate::default() };
    };
    Certificate {
        subject: field(&parsed.subject().to_string()),
        issuer: field(&parsed.issuer().to_string()),
        names: names(&parsed),
        not_before: parsed.validity().not_before.timestamp(),
        not_after: parsed.validity().not_after.timestamp(),
        serial: field(&hexadecimal(parsed.raw_serial())),
        key: key(parsed.public_key()),
        sha256,
        spki_sha256: fingerprint(parsed.public_key().raw),
    }
}

/// SHA-256 of a certificate's subject public key info: what a pin is compared with.
pub(super) fn key_hash(der: &CertificateDer<'_>) -> Option<[u8; 32]> {
    let (_, parsed) = X509Certificate::from_der(der).ok()?;
    digest(&SHA256, parsed.public_key().raw).as_ref().try_into().ok()
}

/// Whether subject and issuer are the same. Whose key signed it is not asked: it is untrusted either way.
pub(super) fn is_self_issued(der: &CertificateDer<'_>) -> bool {
    X509Certificate::from_der(der)
        .is_ok_and(|(_, parsed)| parsed.subject().as_raw() == parsed.issuer().as_raw())
}

fn names(parsed: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(extension)) = parsed.subject_alternative_name() else { return Vec::new() };
    let name = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(name) => Some(field(name)),
        GeneralName::IPAddress(bytes) => <[u8; 4]>::try_from(*bytes)
            .map(|bytes| Ipv4Addr::from(bytes).to_string())
            .or_else(|_| <[u8; 16]>::try_from(*bytes).map(|bytes| Ipv6Addr::from(bytes).to_string()))
            .ok(),
        _ => None,
    };
    extension.value.general_names.iter().filter_map(name).take(MAX_NAMES).collect()
}

/// Key type and size in the words that tools use.
fn key(info: &SubjectPublicKeyInfo<'_>) -> String {
    let algorithm = &info.algorithm.algorithm;
    if *algorithm == OID_SIG_ED25519 {
        return "Ed25519".into();
    }
    if *algorithm == OID_SIG_ED448 {
        return "Ed448".into();
    }
    match info.parsed() {
        Ok(PublicKey::RSA(key)) => {
            let leading_zeros = key.modulus.iter().take_while(|byte| **byte == 0).count();
            let first = key.modulus.get(leading_zeros).map_or(0, |byte| byte.leading_zeros() as usize);
            format!("RSA {}", (key.modulus.len() - leading_zeros) * 8 - first)
        }
        Ok(PublicKey::EC(_)) => {
            let curve = info.algorithm.parameters.as_ref().and_then(|any| any.as_oid().ok());
            match curve {
                Some(curve) if curve == OID_EC_P256 => "ECDSA P-256".into(),
                Some(curve) if curve == OID_NIST_EC_P384 => "ECDSA P-384".into(),
                Some(curve) if curve == OID_NIST_EC_P521 => "ECDSA P-521".into(),
                _ => "ECDSA".into(),
            }
        }
        Ok(PublicKey::DSA(_)) => "DSA".into(),
        _ => field(&algorithm.to_id_string()),
    }
}

/// SHA-256, hexadecimal.
pub(crate) fn fingerprint(bytes: &[u8]) -> String {
    hexadecimal(digest(&SHA256, bytes).as_ref())
}

fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn field(text: &str) -> String {
    let mut text: String = text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    text.truncate(text.floor_char_boundary(MAX_FIELD));
    text
}
