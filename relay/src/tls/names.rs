//! Names of what was negotiated, as GnuTLS has them, and with it FileZilla's log.

use rustls::{CipherSuite, NamedGroup};

/// The name of a group.
pub(super) fn group_name(group: NamedGroup) -> String {
    match group {
        NamedGroup::X25519 => "X25519".into(),
        NamedGroup::X448 => "X448".into(),
        NamedGroup::secp256r1 => "SECP256R1".into(),
        NamedGroup::secp384r1 => "SECP384R1".into(),
        NamedGroup::secp521r1 => "SECP521R1".into(),
        NamedGroup::X25519MLKEM768 => "X25519-MLKEM768".into(),
        NamedGroup::secp256r1MLKEM768 => "SECP256R1-MLKEM768".into(),
        other => format!("{other:?}"),
    }
}

/// The name of a suite's cipher, for the suites that rustls has.
pub(super) fn cipher_name(suite: CipherSuite) -> &'static str {
    use CipherSuite::*;
    match suite {
        TLS13_AES_256_GCM_SHA384
        | TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384
        | TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 => "AES-256-GCM",
        TLS13_AES_128_GCM_SHA256
        | TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
        | TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 => "AES-128-GCM",
        TLS13_CHACHA20_POLY1305_SHA256
        | TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256
        | TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256 => "CHACHA20-POLY1305",
        other => other.as_str().unwrap_or("unknown"),
    }
}
