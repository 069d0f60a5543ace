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

/// A language that replies can be in (RFC 2640 section 4), and whether they are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Language {
    /// Its tag as the server writes it, such as `EN` or `zh-TW`.
    pub tag: String,
    /// Whether it is the present one.
    pub current: bool,
}

/// A line of the answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Feature {
    /// Its name in upper case.
    pub name: String,
    /// What follows the name, as the server wrote it.
    pub parameters: String,
}

/// What FEAT says of one name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Support {
    /// It is listed.
    Listed,
    /// There is a list and it is not on it. EPSV, SIZE, MDTM and REST are tried all the same (rule F3).
    Unlisted,
    /// There is no list (rule F1).
    Unknown,
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
    /// CCC; never sent.
    pub ccc: bool,
    /// MFMT.
    pub mfmt: bool,
    /// MFCT.
    pub mfct: bool,
    /// Facts that MFF can set, in lower case.
    pub mff: Vec<String>,
    /// CLNT.
    pub clnt: bool,
    /// CSID.
    pub csid: bool,
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
    /// AVBL.
    pub avbl: bool,
    /// XQUOTA.
    pub xquota: bool,
    /// DSIZ.
    pub dsiz: bool,
    /// RMDA.
    pub rmda: bool,
    /// COMB.
    pub comb: bool,
    /// ESTA, Pure-FTPd's passive mode for several connections.
    pub esta: bool,
    /// ESTP, the same the other way round.
    pub estp: bool,
    /// SSCN.
    pub sscn: bool,
    /// Languages of LANG.
    pub languages: Vec<Language>,
    /// Commands of SITE, in upper case.
    pub site: Vec<String>,
    /// All lines in their order, those with a field of their own too.
    pub lines: Vec<Feature>,
}

impl Features {
    /// Whether there is a line of this name; whatever case.
    #[must_use]
    pub fn lists(&self, name: &str) -> bool {
        self.lines.iter().any(|feature| feature.name.eq_ignore_ascii_case(name))
    }

    /// What is known of this name.
    #[must_use]
    pub fn support(&self, name: &str) -> Support {
        match (self.lists(name), self.known) {
            (true, _) => Support::Listed,
            (false, true) => Support::Unlisted,
            (false, false) => Support::Unknown,
        }
    }

    /// Whether SITE lists this command; whatever case.
    #[must_use]
    pub fn lists_site(&self, command: &str) -> bool {
        self.site.iter().any(|listed| listed.eq_ignore_ascii_case(command))
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
        if name.is_empty() {
            return;
        }
        match name.as_str() {
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
            "CCC" => self.ccc = true,
            "MFCT" => self.mfct = true,
            "CLNT" => self.clnt = true,
            "CSID" => self.csid = true,
            "AVBL" => self.avbl = true,
            "XQUOTA" => self.xquota = true,
            "DSIZ" => self.dsiz = true,
            "RMDA" => self.rmda = true,
            "COMB" => self.comb = true,
            "ESTA" => self.esta = true,
            "ESTP" => self.estp = true,
            "SSCN" => self.sscn = true,
            "LANG" => self
                .languages
                .extend(starred(parameters).map(|(tag, current)| Language { tag: tag.to_owned(), current })),
            "PRET" => self.pret = true,
            "HOST" => self.host = true,
            "MODE" if first_is("Z") => self.mode_z = true,
            "RANG" if first_is("STREAM") => self.rang_stream = true,
            "HASH" => self.hash.extend(
                starred(parameters).map(|(name, selected)| HashAlgorithm { name: name.to_owned(), selected }),
            ),
            "SITE" => self.site.extend(starred(parameters).map(|(name, _)| name.to_ascii_uppercase())),
            _ => {}
        }
        self.lines.push(Feature { name, parameters: parameters.to_owned() });
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
        assert_eq!(features.lines.len(), 21);
        assert!(
            features
                .lines
                .contains(&Feature { name: "XNEW".to_owned(), parameters: "some thing".to_owned() })
        );
        assert_eq!(features.languages, [Language { tag: "EN".to_owned(), current: true }]);
        assert!(features.lists("xnew") && features.lists("SIZE") && features.lists_site("chmod"));
    }

    #[test]
    fn f1_f3_listed_unlisted_and_unknown() {
        let features = read("211-\r\n size\r\n211 End\r\n");
        assert_eq!(
            (features.support("SIZE"), features.support("MDTM")),
            (Support::Listed, Support::Unlisted)
        );
        assert_eq!(read("530 Log in first\r\n").support("SIZE"), Support::Unknown);
    }

    #[test]
    fn f4_the_rarer_ones() {
        let features = read(concat!(
            "211-\r\n AVBL\r\n XQUOTA\r\n DSIZ\r\n RMDA path\r\n COMB target;source_list\r\n CSID\r\n MFCT\r\n ESTA\r\n ESTP\r\n",
            " SSCN\r\n CCC\r\n LANG zh-TW;EN*;fr\r\n AUTH TLS\r\n AUTH SSL\r\n XCRC \"f\" SP EP\r\n SITE MKDIR\r\n SITE RMDIR\r\n211 End\r\n"
        ));
        assert!(features.avbl && features.xquota && features.dsiz && features.rmda && features.comb);
        assert!(features.csid && features.mfct && features.esta && features.estp && features.sscn);
        assert!(features.ccc && features.auth_tls && features.auth_ssl && features.lists("XCRC"));
        let tags: Vec<_> =
            features.languages.iter().map(|language| (language.tag.as_str(), language.current)).collect();
        assert_eq!(tags, [("zh-TW", false), ("EN", true), ("fr", false)]);
        assert_eq!(features.site, ["MKDIR", "RMDIR"]);
    }

    /// A list as IIS sends it, with the code before each line, tabs and all.
    #[test]
    fn r5_f1_iis() {
        let features = read(concat!(
            "211-Extended features supported:\r\n211- LANG EN*\r\n211-\tUTF8\r\n211-AUTH TLS;TLS-C;SSL;TLS-P;\r\n211-PBSZ\r\n",
            "211-PROT C;P;\r\n211-CCC\r\n211-HOST\r\n211-SIZE\r\n211-MDTM\r\n211-REST\tSTREAM\r\n211 END\r\n"
        ));
        assert!(features.utf8 && features.auth_tls && features.auth_ssl && features.pbsz && features.prot);
        assert!(features.host && features.size && features.mdtm && features.rest_stream && !features.mlsd);
        assert_eq!(features.lines.len(), 10);
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
        assert_eq!(features.lines.len(), 2);
    }

    proptest! {
        #[test]
        fn any_lines(lines in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..60), 0..20)) {
            let count = lines.len();
            prop_assert!(feat(&Reply::new(211, lines)).lines.len() <= count);
        }
    }
}
