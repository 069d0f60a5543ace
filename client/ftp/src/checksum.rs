//! Checksums that servers compute: HASH (draft-bryan-ftpext-hash) and the older XCRC, XMD5, XSHA forms.

/// How a checksum is computed. The order is that of strength.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Algorithm {
    /// CRC-32: finds faults of transport, proves nothing against an attacker.
    Crc32,
    /// MD5: the same.
    Md5,
    /// SHA-1.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-512.
    Sha512,
}

impl Algorithm {
    /// All of them, the strongest first.
    pub const ALL: [Algorithm; 5] =
        [Algorithm::Sha512, Algorithm::Sha256, Algorithm::Sha1, Algorithm::Md5, Algorithm::Crc32];

    /// Its name as HASH writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Algorithm::Crc32 => "CRC32",
            Algorithm::Md5 => "MD5",
            Algorithm::Sha1 => "SHA-1",
            Algorithm::Sha256 => "SHA-256",
            Algorithm::Sha512 => "SHA-512",
        }
    }

    /// The one of this name, with or without the hyphen, in any case.
    #[must_use]
    pub fn named(name: &str) -> Option<Algorithm> {
        let same = |algorithm: &Algorithm| {
            let plain = |text: &str| text.chars().filter(|c| *c != '-').collect::<String>();
            plain(algorithm.name()).eq_ignore_ascii_case(&plain(name))
        };
        // Longer than any name: not worth a copy.
        if name.len() > 16 { None } else { Algorithm::ALL.into_iter().find(same) }
    }

    /// Hexadecimal digits of a checksum.
    #[must_use]
    pub fn digits(self) -> usize {
        match self {
            Algorithm::Crc32 => 8,
            Algorithm::Md5 => 32,
            Algorithm::Sha1 => 40,
            Algorithm::Sha256 => 64,
            Algorithm::Sha512 => 128,
        }
    }
}

/// What a server computed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Checksum {
    /// How.
    pub algorithm: Algorithm,
    /// Lower-case hexadecimal, of the algorithm's length.
    pub hex: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_and_without_hyphen() {
        for algorithm in Algorithm::ALL {
            assert_eq!(Algorithm::named(algorithm.name()), Some(algorithm));
            assert_eq!(Algorithm::named(&algorithm.name().to_lowercase().replace('-', "")), Some(algorithm));
        }
        assert_eq!(Algorithm::named("CRC-32"), Some(Algorithm::Crc32));
        for none in ["", "SHA", "SHA-384", "SHA-25", "----------------------------MD5"] {
            assert_eq!(Algorithm::named(none), None, "{none}");
        }
        assert!(Algorithm::ALL.is_sorted_by(|a, b| a > b));
    }
}
