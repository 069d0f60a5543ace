//! Text of strangers made safe for eyes. A name may hold line ends, escape codes or characters that turn the writing direction
//! (`U+202E` makes `gpj.exe` read `exe.jpg`); each is shown as a marked placeholder instead of taking effect.

/// A run of text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Piece {
    /// Harmless.
    Plain(String),
    /// A placeholder for one character that would not show, or would deceive.
    Mark(String),
}

/// Splits text into harmless runs and placeholders.
pub(crate) fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut plain = String::new();
    for c in text.chars() {
        match placeholder(c) {
            None => plain.push(c),
            Some(mark) => {
                if !plain.is_empty() {
                    pieces.push(Piece::Plain(std::mem::take(&mut plain)));
                }
                pieces.push(Piece::Mark(mark));
            }
        }
    }
    if !plain.is_empty() {
        pieces.push(Piece::Plain(plain));
    }
    pieces
}

/// The same as one string, for attributes and announcements.
pub(crate) fn text(text: &str) -> String {
    let piece = |piece| match piece {
        Piece::Plain(text) | Piece::Mark(text) => text,
    };
    pieces(text).into_iter().map(piece).collect()
}

fn placeholder(c: char) -> Option<String> {
    match c {
        '\n' => Some("\\n".into()),
        '\r' => Some("\\r".into()),
        '\t' => Some("\\t".into()),
        c if c.is_control() => Some(format!("\\x{:02X}", u32::from(c))),
        // Direction marks, embeddings, overrides and isolates; zero-width characters; line and paragraph separators.
        '\u{061C}'
        | '\u{200B}'..='\u{200F}'
        | '\u{2028}'..='\u{202E}'
        | '\u{2060}'..='\u{2069}'
        | '\u{FEFF}' => Some(format!("U+{:04X}", u32::from(c))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deceivers_are_marked() {
        assert_eq!(
            pieces("photo\u{202E}gpj.exe"),
            [Piece::Plain("photo".into()), Piece::Mark("U+202E".into()), Piece::Plain("gpj.exe".into())]
        );
        assert_eq!(text("a\nb\u{1b}[31m\u{85}"), "a\\nb\\x1B[31m\\x85");
    }

    #[test]
    fn markup_and_foreign_scripts_stay() {
        for name in ["<img src=x onerror=alert(1)>", "日本語.txt", "שלום", "😀", "a b"] {
            assert_eq!(text(name), name);
        }
    }
}
