//! Static tokens.

use crate::config::{Token, TokenHash};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use std::fmt::Write;

/// What every token begins with, so that one that lies about is recognised for what it is.
pub(super) const PREFIX: &str = "tp_";
/// The longest text that is hashed: a token has 67 letters.
const MAX_TOKEN: usize = 128;

/// The token with this text. All are compared, so the time tells nothing of which one it is or how far it fits.
pub(super) fn find<'a>(tokens: &'a [Token], text: &str) -> Option<&'a Token> {
    if text.len() > MAX_TOKEN {
        return None;
    }
    let TokenHash(hash) = TokenHash::of(text);
    let mut found = None;
    for token in tokens {
        let TokenHash(known) = &token.hash;
        if verify_slices_are_equal(&hash, known).is_ok() {
            found = Some(token);
        }
    }
    found
}

/// A new token of 256 random bits and the lines with which a configuration lists it. `None` where the system gives no random bits.
#[must_use]
pub fn new_token(user: &str) -> Option<(String, String)> {
    let mut bits = [0; 32];
    aws_lc_rs::rand::fill(&mut bits).ok()?;
    let mut token = PREFIX.to_owned();
    for byte in bits {
        write!(token, "{byte:02x}").ok()?;
    }
    let user = toml::Value::from(user);
    let lines = format!("[[token]]\nuser = {user}\nhash = \"{}\"\n", TokenHash::of(&token));
    Some((token, lines))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Config;

    #[test]
    fn a_new_token_is_found_by_the_lines_that_come_with_it() {
        let (first, first_lines) = new_token("Ann \"quoted\"").unwrap();
        let (second, second_lines) = new_token("bob").unwrap();
        assert!(first.starts_with("tp_") && first.len() == 67 && first != second);
        let text = format!("[access]\nmodes = [\"token\"]\n{first_lines}{second_lines}");
        let config = Config::from_toml(&text).unwrap();
        let user = |text: &str| find(&config.tokens, text).map(|token| token.user.as_str());
        assert_eq!(user(&first), Some("Ann \"quoted\""));
        assert_eq!(user(&second), Some("bob"));
        let long = "x".repeat(1000);
        for wrong in
            ["", "tp_", &first[1..], &first[..66], &format!("{first} "), &first.to_uppercase(), &long]
        {
            assert_eq!(user(wrong), None, "{wrong}");
        }
        // The hash is no token.
        assert_eq!(user(&TokenHash::of(&first).to_string()), None);
        assert!(!format!("{config:?}{}", config.to_toml().unwrap()).contains(&first[3..]));
    }
}
