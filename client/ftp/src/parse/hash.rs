//! Answers to HASH, XCRC, XMD5, XSHA and their like. A checksum decides whether a file is whole, so nothing is guessed: the digits must be
//! as many as the algorithm has, and where two words could be the checksum neither is.

use std::ops::Range;

use crate::calendar::number;
use crate::checksum::Algorithm;
use crate::reply::Reply;

/// What a 213 of HASH says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hashed {
    /// Lower-case hexadecimal.
    pub hex: String,
    /// First and last number of the range, where it names one. Whether the last byte is counted differs between servers.
    pub range: Option<(u64, u64)>,
}

impl Hashed {
    /// Whether it is the checksum of these bytes, as far as the server says; `None` is the whole file.
    #[must_use]
    pub fn covers(&self, range: Option<&Range<u64>>) -> bool {
        match (self.range, range) {
            (None, _) => true,
            (Some((first, _)), None) => first == 0,
            (Some((first, last)), Some(range)) => {
                first == range.start && (last == range.end || last.checked_add(1) == Some(range.end))
            }
        }
    }
}

/// `213 SHA-256 0-49 6a… name`, the range absent on some servers; one line of several may be it. `None` too where it is of
/// another algorithm than this.
#[must_use]
pub fn hash(reply: &Reply, algorithm: Algorithm) -> Option<Hashed> {
    reply.lines.iter().rev().find_map(|line| {
        let mut words = words(line);
        let named = words.next().and_then(|word| std::str::from_utf8(word).ok()).and_then(Algorithm::named);
        if named != Some(algorithm) {
            return None;
        }
        let mut word = words.next()?;
        let range = range(word);
        if range.is_some() {
            word = words.next()?;
        }
        Some(Hashed { hex: hex(word, algorithm)?, range })
    })
}

/// The checksum in a 250, 251 or 213 of the X forms: the one word that has the algorithm's digits. Some servers put the file's name or a word
/// of their own beside it.
#[must_use]
pub fn checksum(reply: &Reply, algorithm: Algorithm) -> Option<String> {
    let mut found: Option<String> = None;
    for word in reply.lines.iter().flat_map(|line| words(line)) {
        let Some(hex) = hex(word, algorithm) else { continue };
        match &found {
            Some(other) if *other != hex => return None,
            _ => found = Some(hex),
        }
    }
    found
}

fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty())
}

/// `0-49`.
fn range(word: &[u8]) -> Option<(u64, u64)> {
    let hyphen = word.iter().position(|byte| *byte == b'-')?;
    Some((number(&word[..hyphen])?, number(&word[hyphen + 1..])?))
}

fn hex(word: &[u8], algorithm: Algorithm) -> Option<String> {
    let is_frame = |byte: &u8| matches!(byte, b'"' | b'\'' | b'(' | b')' | b'.' | b',' | b';' | b':' | b'=');
    let start = word.iter().position(|byte| !is_frame(byte))?;
    let end = word.iter().rposition(|byte| !is_frame(byte))? + 1;
    let word = word.get(start..end)?;
    let word = word.strip_prefix(b"0x").or_else(|| word.strip_prefix(b"0X")).unwrap_or(word);
    let fits = word.len() == algorithm.digits() && word.iter().all(u8::is_ascii_hexdigit);
    fits.then(|| word.iter().map(|byte| char::from(byte.to_ascii_lowercase())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MD5: &str = "d41d8cd98f00b204e9800998ecf8427e";
    const SHA1: &str = "da39a3ee5e6b4b0d3255bfef95601890afd80709";

    fn reply(lines: &[&str]) -> Reply {
        Reply::new(213, lines.iter().map(|line| line.as_bytes().to_vec()).collect())
    }

    #[test]
    fn hash_with_and_without_a_range() {
        let read = |line: &str| hash(&reply(&[line]), Algorithm::Sha1);
        let hashed = |range| Some(Hashed { hex: SHA1.to_owned(), range });
        assert_eq!(read(&format!("SHA-1 0-49 {SHA1} a file")), hashed(Some((0, 49))));
        assert_eq!(read(&format!("SHA-1 {SHA1} 0-49")), hashed(None));
        assert_eq!(read(&format!("sha1 {} name", SHA1.to_uppercase())), hashed(None));
        let lines = ["Computing SHA-1 digest", &format!("SHA-1 0-50 {SHA1} {MD5}")];
        assert_eq!(hash(&reply(&lines), Algorithm::Sha1), hashed(Some((0, 50))));
        for wrong in [
            String::new(),
            "SHA-1".to_owned(),
            SHA1.to_owned(),
            format!("SHA-256 {SHA1} name"),
            format!("SHA-1 {MD5} name"),
            format!("SHA-1 name {SHA1}"),
            format!("SHA-1 {}x name", &SHA1[1..]),
            format!("SHA-1 0-99999999999999999999 {SHA1} name"),
        ] {
            assert_eq!(read(&wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_range_counts_its_last_byte_or_does_not() {
        let of = |range| Hashed { hex: String::new(), range };
        assert!(of(Some((5, 9))).covers(Some(&(5..10))) && of(Some((5, 10))).covers(Some(&(5..10))));
        assert!(!of(Some((0, 10))).covers(Some(&(5..10))) && !of(Some((5, 11))).covers(Some(&(5..10))));
        assert!(
            of(None).covers(Some(&(5..10)))
                && of(Some((0, 1))).covers(None)
                && !of(Some((1, 2))).covers(None)
        );
        assert!(of(Some((0, u64::MAX))).covers(Some(&(0..u64::MAX))));
    }

    #[test]
    fn the_x_forms() {
        let read = |lines: &[&str]| checksum(&reply(lines), Algorithm::Md5);
        let upper = MD5.to_uppercase();
        for lines in [
            &[MD5][..],
            &[&format!("XMD5 {upper}")],
            &[&format!("\"/a b\" {MD5}")],
            &[&format!("{MD5} /file")],
            &["Computing MD5 digest", &upper],
            &[&format!("MD5={MD5}").replace('=', " = ")],
            &[&format!("\"{MD5}\".")],
            &[&upper, MD5],
            // ProFTPD's answer to MD5.
            &["Computing MD5 digest", &format!("/home/a b {upper}")],
        ] {
            assert_eq!(read(lines).as_deref(), Some(MD5), "{lines:?}");
        }
        let other = MD5.replace('d', "0");
        for lines in [&[""][..], &[SHA1], &[&MD5[1..]], &[MD5, &other], &[&format!("{other} {MD5}")]] {
            assert_eq!(read(lines), None, "{lines:?}");
        }
        assert_eq!(checksum(&reply(&["0xDEADBEEF"]), Algorithm::Crc32).as_deref(), Some("deadbeef"));
        assert_eq!(checksum(&reply(&["20240101 DEADBEEF"]), Algorithm::Crc32), None);
    }

    proptest! {
        #[test]
        fn any_bytes_give_digits_of_the_right_length_or_nothing(
            lines in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..80), 0..5),
        ) {
            let reply = Reply::new(213, lines);
            for algorithm in Algorithm::ALL {
                let hexes = [hash(&reply, algorithm).map(|hashed| hashed.hex), checksum(&reply, algorithm)];
                for hex in hexes.into_iter().flatten() {
                    prop_assert_eq!(hex.len(), algorithm.digits());
                    prop_assert!(hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')));
                }
            }
        }
    }
}
