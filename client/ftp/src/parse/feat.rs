//! The answer to FEAT (RFC 2389 section 3).

use crate::path::display;
use crate::reply::Reply;

/// A fact of MLST (RFC 3659 section 7.8) and whether it is on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fact {
    /// Its name in lower case, such as `unix.mode`.
    pub name: String,
    /// Whether listings carry it.
    pub on: bool,
}

/// A hash that HASH can do, and whether it is the one selected.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HashAlgorithm {
    /// Its name as the server writes it, such as `SHA-256`.
    pub name: String,
    /// Whether it is selected.
    pub selected: bool,
}

/// A feature that has no field of its own.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Feature {
    /// Its name in upper case.
    pub name: String,
    /// What follows the name.
    pub parameters: String,
}

/// What a server says that it can do. Absent is not the same as impossible (rule F3), and nothing at all is known where
/// it refused FEAT.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is a line of the reply")]
pub struct Features {
    /// Whether the server answered FEAT with a list, an empty one too.
    pub known: bool,
    /// `UTF8` or `UTF-8`.
    pub utf8: bool,
    /// MLSD and MLST: implied by either line.
    pub mlsd: bool,
    /// Facts of MLST.
    pub facts: Vec<Fact>,
    /// EPSV.
    pub epsv: bool,
    /// EPRT.
    pub eprt: bool,
    /// SIZE.
    pub size: bool,
    /// MDTM.
    pub mdtm: bool,
    /// `REST STREAM`.
    pub rest_stream: bool,
    /// TVFS: paths are Unix paths.
    pub tvfs: bool,
    /// AUTH with TLS among its mechanisms.
    pub auth_tls: bool,
    /// AUTH with SSL among its mechanisms.
    pub auth_ssl: bool,
    /// PBSZ.
    pub pbsz: bool,
    /// PROT.
    pub prot: bool,
    /// MFMT.
    pub mfmt: bool,
    /// Facts that MFF can set, in lower case.
    pub mff: Vec<String>,
    /// CLNT.
    pub clnt: bool,
    /// PRET.
    pub pret: bool,
    /// HOST.
    pub host: bool,
    /// `MODE Z`.
    pub mode_z: bool,
    /// `RANG STREAM`.
    pub rang_stream: bool,
    /// Algorithms of HASH.
    pub hash: Vec<HashAlgorithm>,
    /// Commands of SITE, in upper case.
    pub site: Vec<String>,
    /// The rest.
    pub others: Vec<Feature>,
}

impl Features {
    /// Whether a line of this name was among those without a field.
    #[must_use]
    pub fn has_other(&self, name: &str) -> bool {
        self.others.iter().any(|feature| feature.name.eq_ignore_ascii_case(name))
    }
}

/// Reads the reply. One that is no success leaves everything unknown (rule F1).
#[must_use]
pub fn feat(reply: &Reply) -> Features {
    let mut features = Features { known: reply.class() == 2, ..Features::default() };
    let Some((_, inner)) = reply.lines.split_first() else { return features };
    let Some((_, inner)) = inner.split_last() else { return features };
    if features.known {
        let prefix = format!("{:03}-", reply.code);
        for line in inner {
            // IIS writes the code before every line (rule R5).
            let line = line.trim_ascii();
            features.add(&display(line.strip_prefix(prefix.as_bytes()).unwrap_or(line)));
        }
    }
    features
}

impl Features {
    fn add(&mut self, line: &str) {
        let line = line.trim();
        let (name, parameters) = line.split_once([' ', '\t']).unwrap_or((line, ""));
        let (name, parameters) = (name.to_ascii_uppercase(), parameters.trim());
        let upper = parameters.to_ascii_uppercase();
        let first_is = |word: &str| upper.split([' ', ';', ',']).next() == Some(word);
        let has = |word: &str| upper.split([' ', ';', ',']).any(|part| part == word);
        match name.as_str() {
            "" => {}
            "UTF8" | "UTF-8" => self.utf8 = true,
            "MLSD" => self.mlsd = true,
            "MLST" => {
                self.mlsd = true;
                self.facts.extend(
                    starred(parameters).map(|(name, on)| Fact { name: name.to_ascii_lowercase(), on }),
                );
            }
            "EPSV" => self.epsv = true,
            "EPRT" => self.eprt = true,
            "SIZE" => self.size = true,
            "MDTM" => self.mdtm = true,
            "REST" if first_is("STREAM") => self.rest_stream = true,
            "TVFS" => self.tvfs = true,
            "AUTH" => {
                self.auth_tls |= has("TLS") || has("TLS-C") || has("TLS-P");
                self.auth_ssl |= has("SSL");
            }
            "PBSZ" => self.pbsz = true,
            "PROT" => self.prot = true,
            "MFMT" => self.mfmt = true,
            "MFF" => self.mff.extend(starred(parameters).map(|(name, _)| name.to_ascii_lowercase())),
            "CLNT" => self.clnt = true,
            "PRET" => self.pret = true,
            "HOST" => self.host = true,
            "MODE" if first_is("Z") => self.mode_z = true,
            "RANG" if first_is("STREAM") => self.rang_stream = true,
            "HASH" => self.hash.extend(
                starred(parameters).map(|(name, selected)| HashAlgorithm { name: name.to_owned(), selected }),
            ),
            "SITE" => self.site.extend(starred(parameters).map(|(name, _)| name.to_ascii_uppercase())),
            _ => self.others.push(Feature { name, parameters: parameters.to_owned() }),
        }
    }
}

/// Words between semicolons, commas (drftpd, rule F2) or blanks, and whether a star follows.
fn starred(list: &str) -> impl Iterator<Item = (&str, bool)> {
    list.split([';', ',', ' ']).filter_map(|word| {
        let name = word.trim_end_matches('*');
        (!name.is_empty()).then_some((name, name.len() < word.len()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Features {
        let mut reader = crate::reply::Reader::new();
        reader.push(text.as_bytes()).unwrap();
        feat(&reader.next().unwrap())
    }

    #[test]
    fn f1_refused_is_unknown_and_empty_is_known() {
        for refused in ["500 What?\r\n", "502 No\r\n", "530 Log in first\r\n"] {
            assert_eq!(read(refused), Features::default());
        }
        assert_eq!(read("211 no features\r\n"), Features { known: true, ..Features::default() });
    }

    #[test]
    fn f1_f4_a_long_answer() {
        let features = read(concat!(
            "211-Extensions supported:\r\n UTF8\r\n MDTM\r\n  size\r\n\tREST STREAM\r\n",
            " MLST type*;size*;modify*;UNIX.mode*;unique;\r\n EPSV\r\n TVFS\r\n AUTH TLS;TLS-C;SSL;TLS-P;\r\n PBSZ\r\n PROT\r\n",
            " HASH SHA-256*;SHA-512\r\n MFMT\r\n MFF modify;UNIX.mode;\r\n CLNT\r\n PRET\r\n MODE Z\r\n RANG STREAM\r\n HOST\r\n",
            " SITE UTIME;CHMOD\r\n XNEW some thing\r\n LANG EN*\r\n211 End.\r\n"
        ));
        assert!(features.known && features.utf8 && features.mdtm && features.size && features.rest_stream);
        assert!(features.mlsd && features.epsv && features.tvfs && features.auth_tls && features.auth_ssl);
        assert!(features.pbsz && features.prot && features.mfmt && features.clnt && features.pret);
        assert!(features.mode_z && features.rang_stream && features.host && !features.eprt);
        let facts: Vec<_> = features.facts.iter().map(|fact| (fact.name.as_str(), fact.on)).collect();
        assert_eq!(
            facts,
            [("type", true), ("size", true), ("modify", true), ("unix.mode", true), ("unique", false)]
        );
        assert_eq!(features.hash[0], HashAlgorithm { name: "SHA-256".to_owned(), selected: true });
        assert_eq!(features.mff, ["modify", "unix.mode"]);
        assert_eq!(features.site, ["UTIME", "CHMOD"]);
        assert_eq!(features.others.len(), 2);
        assert_eq!(
            features.others[0],
            Feature { name: "XNEW".to_owned(), parameters: "some thing".to_owned() }
        );
        assert!(features.has_other("lang") && !features.has_other("UTF8"));
    }

    #[test]
    fn f2_commas_between_facts() {
        let features = read("211-\r\n MLST type*,x.crc32*,size\r\n211 End\r\n");
        assert_eq!(features.facts.len(), 3);
        assert!(features.mlsd && features.facts[1].on && !features.facts[2].on);
    }

    #[test]
    fn r5_a_code_before_every_line() {
        let features = read("211-FEAT\r\n211-MDTM\r\n211-UTF-8\r\n211 End\r\n");
        assert!(features.mdtm && features.utf8);
        assert!(features.others.is_empty());
    }

    proptest! {
        #[test]
        fn any_lines(lines in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..60), 0..20)) {
            let count = lines.len();
            prop_assert!(feat(&Reply::new(211, lines)).others.len() <= count);
        }
    }
}
