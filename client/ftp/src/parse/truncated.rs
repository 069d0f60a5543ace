//! Whether a server cut a listing short (rule M7): the end is a 226 like any other, and only its words tell.

use crate::reply::Reply;

/// Words that say that a listing was cut, in small letters: Pure-FTPd's, and those of servers with a limit of their own.
const WORDS: [&str; 8] = [
    "output truncated",
    "listing truncated",
    "list truncated",
    "results truncated",
    "truncated to",
    "too many files",
    "listing limited to",
    "display limit reached",
];

/// How many entries the server showed before it stopped; `None` where the reply does not say that it did. 0: it does not say how many.
#[must_use]
pub fn truncated(reply: &Reply) -> Option<u64> {
    reply.lines.iter().find_map(|line| {
        let lower = line.to_ascii_lowercase();
        WORDS.iter().find_map(|words| {
            let at = lower.windows(words.len()).position(|window| window == words.as_bytes())?;
            // `Output truncated to 10000 matches`: the first number behind the words.
            let rest = lower.get(at + words.len()..)?;
            let start = rest.iter().position(u8::is_ascii_digit).unwrap_or(rest.len());
            let digits = rest.get(start..)?.iter().take_while(|byte| byte.is_ascii_digit()).count();
            Some(crate::calendar::number(rest.get(start..start + digits)?).unwrap_or(0))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn m7_pure_ftpd_stops_and_says_so() {
        for (lines, wanted) in [
            (&["Options: -a -l", "Output truncated to 10000 matches"][..], Some(10_000)),
            (&["226-Output truncated to 2000 matches", "Transfer complete"], Some(2000)),
            (&["Listing truncated."], Some(0)),
            (&["Transfer complete; listing limited to 500 entries"], Some(500)),
            (&["Output truncated to 99999999999999999999 matches"], Some(0)),
            (&["Options: -a -l", "12000 matches total"], None),
            (&["Transfer complete"], None),
            (&[""], None),
        ] {
            let reply = Reply::new(226, lines.iter().map(|line| line.as_bytes().to_vec()).collect());
            assert_eq!(truncated(&reply), wanted, "{lines:?}");
        }
    }
}
