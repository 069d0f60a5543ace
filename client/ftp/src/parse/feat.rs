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
