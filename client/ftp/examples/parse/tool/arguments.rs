//! The command line.

use super::clock;

/// What `--help` prints.
pub(super) const HELP: &str = "\
Reads what an FTP server sent, from standard input, and prints what Towpath makes of it, one JSON object a line.

    cargo run -p towpath-ftp --example parse -- --kind KIND [--now TIME] [--system NAME] < FILE

This is the tool with which a listing that reads wrongly is reported: save the listing exactly as the server sent it
(the bytes, not a copy from a terminal), run this over it, and send both. Remove names that are nobody's business, but
keep blanks, columns and line ends as they are.

    --kind KIND    list   data of LIST, whatever the server's dialect: an object for each entry
                   mlsd   data of MLSD: the same
                   reply  replies from the control connection
                   pasv, epsv, feat, pwd, mdtm, size
                          one reply: what the answer to this command means
    --now TIME     the clock, YYYY-MM-DDThh:mm:ss, by which the year of dates without one is guessed; the real
                   one if absent
    --system NAME  the server's answer to SYST, or a word for its kind: a hint where lines alone could be read
                   in two ways
    --help         this

Lines that could not be read go to standard error as `unread: …`: nothing vanishes. Exit status: 0 read, 1 refused
(there was something, and nothing of it could be read), 2 the command line or a file failed.
";

/// What the input is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    List,
    Mlsd,
    Reply,
    Pasv,
    Epsv,
    Feat,
    Pwd,
    Mdtm,
    Size,
}

const KINDS: [(&str, Kind); 9] = [
    ("list", Kind::List),
    ("mlsd", Kind::Mlsd),
    ("reply", Kind::Reply),
    ("pasv", Kind::Pasv),
    ("epsv", Kind::Epsv),
    ("feat", Kind::Feat),
    ("pwd", Kind::Pwd),
    ("mdtm", Kind::Mdtm),
    ("size", Kind::Size),
];

/// A command line that asks for reading.
#[derive(Debug)]
pub(super) struct Arguments {
    pub(super) kind: Kind,
    /// Unix seconds.
    pub(super) now: i64,
    pub(super) system: Option<String>,
}

/// What is wanted.
#[derive(Debug)]
pub(super) enum Wish {
    Help,
    Parse(Arguments),
}

/// Reads the command line; the error is a sentence without its end.
pub(super) fn read(words: &[String]) -> Result<Wish, String> {
    let (mut kind, mut now, mut system) = (None, None, None);
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let (name, joined) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (word.as_str(), None),
        };
        if matches!(name, "--help" | "-h") {
            return Ok(Wish::Help);
        }
        if !matches!(name, "--kind" | "--now" | "--system") {
            return Err(format!("{word} is no option"));
        }
        let value = joined.or_else(|| words.next().cloned()).ok_or(format!("{name} needs a value"))?;
        match name {
            "--kind" => {
                let known = KINDS.iter().find(|(name, _)| name.eq_ignore_ascii_case(&value));
                kind = Some(known.ok_or(format!("{value} is no kind"))?.1);
            }
            "--now" => now = Some(clock::read(&value).ok_or(format!("{value} is no time"))?),
            _ => system = Some(value),
        }
    }
    let kind = kind.ok_or("--kind is missing")?;
    Ok(Wish::Parse(Arguments { kind, now: now.unwrap_or_else(clock::present), system }))
}
