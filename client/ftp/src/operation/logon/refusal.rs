//! What it means that a server does not let somebody in: wrong words, too many sessions, or something else.

use crate::error::{Error, ErrorKind, Stage};
use crate::operation::{Step, refused, words};
use crate::reply::Reply;

/// No connection, or not now.
pub(super) fn turned_away(reply: &Reply, message: &str) -> Step {
    if is_limit(reply) {
        return Step::lost(limit(reply));
    }
    Step::lost(refused(Stage::Login, message, reply).error)
}

/// USER, PASS or ACCT failed (rule L11): wrong words, or too many sessions.
pub(super) fn not_let_in(reply: &Reply, advice: &str) -> Step {
    if is_limit(reply) {
        return Step::lost(limit(reply));
    }
    let failure = refused(Stage::Login, "The server refused the login", reply);
    Step::lost(match reply.code {
        430 | 501 | 530 => Error {
            kind: ErrorKind::Credentials,
            message: "The server did not accept the user name or password".into(),
            advice: advice.into(),
            ..failure.error
        },
        _ => failure.error,
    })
}

fn limit(reply: &Reply) -> Error {
    Error::new(Stage::Login, ErrorKind::Limit, "The server has too many connections already")
        .with_reply(words(reply))
        .with_advice("Close other connections or try again later")
}

/// "Too many connections", "no more users", "maximum number of logins": a limit, not a wrong password.
pub(super) fn is_limit(reply: &Reply) -> bool {
    let text = words(reply).to_ascii_lowercase();
    let any = |words: &[&str]| words.iter().any(|word| text.contains(word));
    matches!(reply.class(), 4 | 5)
        && any(&["too many", "no more", "maximum", "limit"])
        && any(&["connection", "user", "login", "session", "client"])
}
