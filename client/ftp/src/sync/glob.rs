//! Patterns of file names: `*`, `?`, `**`. No backtracking: all ways through the pattern are followed at once, so a text costs its
//! length times the pattern's, which is bounded, and no pattern can be made that hangs.

use thiserror::Error;

/// Longest pattern, in bytes.
pub const MOST_PATTERN: usize = 512;

/// Why a text is no pattern.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum GlobError {
    /// Nothing there.
    #[error("the pattern is empty")]
    Empty,
    /// Longer than [`MOST_PATTERN`].
    #[error("the pattern is longer than {MOST_PATTERN} bytes")]
    TooLong,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Token {
    /// This byte.
    Byte(u8),
    /// One character, not `/`.
    One,
    /// Any run without `/`.
    Run,
    /// Any run.
    Deep,
    /// Nothing, or any run that ends with `/`.
    Directories,
}

/// A pattern.
///
/// `*` is any run of characters but `/`, `?` one of them, `**` any run with `/` as well, and `**/` any number of directories, none
/// included. Without a `/` the pattern matches the last name of a path, at any depth; a `/` at its beginning binds it to the root; one
/// at its end makes it match directories only. Case counts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Glob {
    tokens: Vec<Token>,
    directories_only: bool,
}

impl Glob {
    /// Reads a pattern.
    ///
    /// # Errors
    /// [`GlobError`].
    pub fn new(pattern: impl AsRef<[u8]>) -> Result<Glob, GlobError> {
        let pattern = pattern.as_ref();
        if pattern.len() > MOST_PATTERN {
            return Err(GlobError::TooLong);
        }
        let directories_only = pattern.ends_with(b"/");
        let pattern = pattern.strip_suffix(b"/").unwrap_or(pattern);
        let anywhere = !pattern.contains(&b'/');
        let mut rest = pattern.strip_prefix(b"/").unwrap_or(pattern);
        if rest.is_empty() {
            return Err(GlobError::Empty);
        }
        let mut tokens = if anywhere { vec![Token::Directories] } else { Vec::new() };
        while let Some(first) = rest.first() {
            let starts = matches!(tokens.last(), None | Some(Token::Byte(b'/') | Token::Directories));
            let (token, length) = match first {
                b'*' if rest.starts_with(b"**/") && starts => (Token::Directories, 3),
                b'*' if rest.starts_with(b"**") => (Token::Deep, 2),
                b'*' => (Token::Run, 1),
                b'?' => (Token::One, 1),
                byte => (Token::Byte(*byte), 1),
            };
            tokens.push(token);
            rest = &rest[length..];
        }
        Ok(Glob { tokens, directories_only })
    }

    /// Whether it matches a path, names with `/` between them.
    #[must_use]
    pub fn matches(&self, path: &[u8], directory: bool) -> bool {
        if self.directories_only && !directory {
            return false;
        }
        // Whether the tokens before this place have matched the bytes so far.
        let mut at = vec![false; self.tokens.len() + 1];
        let mut next = at.clone();
        let mut one = at.clone();
        at[0] = true;
        self.skip(&mut at, true);
        let mut rest = path;
        while let Some(first) = rest.first() {
            let length = character(rest);
            // A character of several bytes is one for `?`, and its bytes for all else.
            one.fill(false);
            for (place, token) in self.tokens.iter().enumerate() {
                one[place + 1] = at[place] && *token == Token::One && *first != b'/';
            }
            for byte in &rest[..length] {
                self.step(&at, &mut next, *byte);
                std::mem::swap(&mut at, &mut next);
            }
            for (place, matched) in one.iter().enumerate() {
                at[place] |= matched;
            }
            self.skip(&mut at, rest[length - 1] == b'/');
            if !at.contains(&true) {
                return false;
            }
            rest = &rest[length..];
        }
        at.last().copied().unwrap_or(false)
    }

    fn step(&self, at: &[bool], next: &mut [bool], byte: u8) {
        next.fill(false);
        for (place, token) in self.tokens.iter().enumerate().filter(|(place, _)| at[*place]) {
            match token {
                Token::Byte(wanted) => next[place + 1] |= *wanted == byte,
                Token::One => {}
                Token::Run => next[place] |= byte != b'/',
                Token::Deep | Token::Directories => next[place] = true,
            }
        }
        self.skip(next, byte == b'/');
    }

    /// Passes over tokens that may match nothing; `boundary`: a name begins here.
    fn skip(&self, at: &mut [bool], boundary: bool) {
        for (place, token) in self.tokens.iter().enumerate() {
            let passes = match token {
                Token::Run | Token::Deep => true,
                Token::Directories => boundary,
                Token::Byte(_) | Token::One => false,
            };
            at[place + 1] |= at[place] && passes;
        }
    }
}

/// Length of the UTF-8 character at the beginning; 1 where there is none.
fn character(bytes: &[u8]) -> usize {
    let length = match bytes.first() {
        Some(0xc2..=0xdf) => 2,
        Some(0xe0..=0xef) => 3,
        Some(0xf0..=0xf4) => 4,
        _ => 1,
    };
    let whole = bytes.get(..length).is_some_and(|bytes| std::str::from_utf8(bytes).is_ok());
    if whole { length } else { 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, path: &str) -> bool {
        Glob::new(pattern).unwrap().matches(path.as_bytes(), false)
    }

    #[test]
    fn patterns() {
        for (pattern, yes, no) in [
            ("*.txt", &["a.txt", ".txt", "d/a.txt", "d/e/a.b.txt"][..], &["a.txt.gz", "a.txt/b"][..]),
            ("?.txt", &["a.txt", "ä.txt", "d/漢.txt"], &[".txt", "ab.txt", "//.txt"]),
            ("/*.txt", &["a.txt"], &["d/a.txt"]),
            ("d/*", &["d/a"], &["a", "d", "d/a/b", "e/d/a"]),
            ("d/**", &["d/a", "d/a/b"], &["d", "e/d/a"]),
            ("**/b", &["b", "a/b", "a/a/b"], &["ab", "a/ab", "b/a"]),
            ("a/**/b", &["a/b", "a/x/b", "a/x/y/b"], &["a/xb", "ab", "a/b/c"]),
            ("a**b", &["ab", "d/ab", "axxb", "a/x/b"], &["ba"]),
            ("*", &["a", "a/b"], &[]),
            ("**", &["a", "a/b"], &[]),
            ("a", &["a", "b/a"], &["A", "ab", "a/b"]),
            ("a*b*c", &["abc", "aXbYc", "abcbc"], &["acb", "ab/c"]),
            ("x/?", &["x/ä"], &["x/", "x/ab"]),
        ] {
            for path in yes {
                assert!(matches(pattern, path), "{pattern} {path}");
            }
            for path in no {
                assert!(!matches(pattern, path), "{pattern} {path}");
            }
        }
        assert!(Glob::new(b"a\xff?").unwrap().matches(b"a\xff\xfe", false));
    }

    #[test]
    fn a_slash_at_the_end_means_directories() {
        let glob = Glob::new("cache/").unwrap();
        assert!(glob.matches(b"a/cache", true));
        assert!(!glob.matches(b"a/cache", false));
    }

    /// What a pattern means, said plainly: with backtracking.
    fn plainly(tokens: &[Token], text: &[u8], boundary: bool) -> bool {
        let Some((token, tokens)) = tokens.split_first() else { return text.is_empty() };
        let after = |length: usize| length.checked_sub(1).map_or(boundary, |last| text[last] == b'/');
        let runs = |fits: &dyn Fn(usize) -> bool| {
            (0..=text.len()).any(|length| fits(length) && plainly(tokens, &text[length..], after(length)))
        };
        match token {
            Token::Byte(byte) => text.first() == Some(byte) && plainly(tokens, &text[1..], *byte == b'/'),
            Token::One => {
                !text.is_empty() && text[0] != b'/' && plainly(tokens, &text[character(text)..], false)
            }
            Token::Run => runs(&|length| !text[..length].contains(&b'/')),
            Token::Deep => runs(&|_| true),
            Token::Directories => runs(&|length| after(length) && (length > 0 || boundary)),
        }
    }

    proptest::proptest! {
        #[test]
        fn all_ways_at_once_are_the_same_as_one_after_the_other(
            pattern in "[ab*?/ä]{1,8}",
            path in "[abä]{0,3}(/[abä]{0,3}){0,3}",
        ) {
            if let Ok(glob) = Glob::new(&pattern) {
                let expected = !glob.directories_only && plainly(&glob.tokens, path.as_bytes(), true);
                proptest::prop_assert_eq!(glob.matches(path.as_bytes(), false), expected);
            }
        }
    }

    #[test]
    fn no_pattern_is_too_costly() {
        let glob = Glob::new("*a".repeat(MOST_PATTERN / 2)).unwrap();
        assert!(glob.matches("a".repeat(10_000).as_bytes(), false));
        assert!(!glob.matches(("a".repeat(10_000) + "b").as_bytes(), false));
        assert_eq!(Glob::new("a".repeat(MOST_PATTERN + 1)), Err(GlobError::TooLong));
        assert_eq!(Glob::new("/"), Err(GlobError::Empty));
        assert_eq!(Glob::new(""), Err(GlobError::Empty));
    }
}
