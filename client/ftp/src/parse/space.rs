//! Answers to AVBL (draft-peterson-streamlined-ftp-command-extensions), XQUOTA and SITE QUOTA: how much room there is.

use crate::calendar::number;
use crate::path::display;
use crate::reply::Reply;

/// Bytes of the 213 to AVBL: the first word that is a number.
#[must_use]
pub fn avbl(reply: &Reply) -> Option<u64> {
    let words = reply.lines.iter().rev().flat_map(|line| line.split(u8::is_ascii_whitespace));
    words.into_iter().find_map(number)
}

/// Bytes left by the lines of a quota. They are for people and every server has its own, so this knows three shapes: `Uploaded Mb: 1.50/10.00`
/// (ProFTPD; used and limit), a line that says what is free, and one that says what is used and what is the limit. `None` where there is no
/// limit or no such line.
#[must_use]
pub fn quota(reply: &Reply) -> Option<u64> {
    let lines: Vec<String> = reply.lines.iter().map(|line| display(line).to_ascii_lowercase()).collect();
    lines.iter().find_map(|line| pair(line)).or_else(|| lines.iter().find_map(|line| labelled(line)))
}

/// `uploaded mb: 1.50/10.00`
fn pair(line: &str) -> Option<u64> {
    let (unit, numbers) = line.trim().strip_prefix("uploaded ")?.split_once(':')?;
    let (used, limit) = numbers.split_once('/')?;
    let factor = factor(unit.trim())?;
    Some(scaled(limit.trim(), factor)?.saturating_sub(scaled(used.trim(), factor)?))
}

/// `disk space: used 5 MB, limit 10 MB` or `free space: 5 MB`; lines that count files are none of ours.
fn labelled(line: &str) -> Option<u64> {
    if line.contains("file") {
        return None;
    }
    let (mut free, mut used, mut limit) = (None, None, None);
    let mut label = "";
    let mut words =
        line.split([' ', '\t', ':', ',', '=', ';', '(', ')']).filter(|word| !word.is_empty()).peekable();
    while let Some(word) = words.next() {
        match word {
            "free" | "available" | "remaining" | "left" => label = "free",
            "used" | "usage" => label = "used",
            "limit" | "quota" | "total" | "max" | "maximum" => label = "limit",
            _ if word.starts_with(|c: char| c.is_ascii_digit()) => {
                let factor = words.peek().and_then(|unit| factor(unit)).unwrap_or(1);
                let place = match label {
                    "free" => &mut free,
                    "used" => &mut used,
                    "limit" => &mut limit,
                    _ => continue,
                };
                *place = place.or(scaled(word, factor));
            }
            _ => {}
        }
    }
    free.or_else(|| Some(u64::saturating_sub(limit?, used?)))
}

fn factor(unit: &str) -> Option<u64> {
    match unit {
        "b" | "byte" | "bytes" => Some(1),
        "k" | "kb" | "kib" => Some(1 << 10),
        "m" | "mb" | "mib" => Some(1 << 20),
        "g" | "gb" | "gib" => Some(1 << 30),
        "t" | "tb" | "tib" => Some(1 << 40),
        _ => None,
    }
}

/// A number with at most three places behind the point, times the unit; `None` for `unlimited`.
fn scaled(text: &str, factor: u64) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let whole = number(whole.as_bytes())?.checked_mul(factor)?;
    let places: String = fraction.chars().take(3).collect();
    if places.is_empty() {
        return Some(whole);
    }
    let parts = number(places.as_bytes())?;
    let scale = 10u64.pow(u32::try_from(places.len()).ok()?);
    whole.checked_add(parts.checked_mul(factor)? / scale)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn reply(lines: &[&str]) -> Reply {
        Reply::new(213, lines.iter().map(|line| line.as_bytes().to_vec()).collect())
    }

    #[test]
    fn avbl_is_a_number() {
        assert_eq!(avbl(&reply(&["18446744073709551615"])), Some(u64::MAX));
        assert_eq!(avbl(&reply(&["Available:", "1024 bytes"])), Some(1024));
        for text in ["", "plenty", "-1", "18446744073709551616"] {
            assert_eq!(avbl(&reply(&[text])), None, "{text}");
        }
    }

    #[test]
    fn quotas_in_three_shapes() {
        let mib = 1 << 20;
        for (lines, free) in [
            (
                &["The current quota", "  Uploaded Mb:\t1.50/10.00", "  Uploaded files:\t3/unlimited"][..],
                8 * mib + mib / 2,
            ),
            // ProFTPD 1.3.8.
            (
                &[
                    "The current quota for this session are [current/limit]:",
                    " Limit Type: Hard",
                    "   Uploaded Mb:\t\t0.00/10.00",
                    "   Downloaded Mb:\tunlimited",
                    "   Uploaded files:\tunlimited",
                ],
                10 * mib,
            ),
            (&["  Uploaded bytes:\t7.00/5.00"], 0),
            (&["File count: used 3, limit 9", "Disk space: used 5 MB, limit 10 MB"], 5 * mib),
            (&["Free space: 12 kB"], 12 << 10),
            (&["Used: 100, max: 300"], 200),
        ] {
            assert_eq!(quota(&reply(lines)), Some(free), "{lines:?}");
        }
        for lines in [
            &["Uploaded bytes: 1.00/unlimited"][..],
            &["no quota"],
            &["Used: 100"],
            &["max 99999999999999999999"],
            &[""],
        ] {
            assert_eq!(quota(&reply(lines)), None, "{lines:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text(lines in proptest::collection::vec("(uploaded|used|limit|free|[0-9./:, kmgtb]){0,30}", 0..4)) {
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            let _ = (avbl(&reply(&lines)), quota(&reply(&lines)));
        }
    }
}
