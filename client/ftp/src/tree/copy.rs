//! Copies from one place on the server to another: by the server itself where it offers that (SITE CPFR and CPTO of ProFTPD's `mod_copy`), else
//! through the client, down into a scratch file and up again.

use crate::error::{Error, ErrorKind};
use crate::habits::{Form, Habit, Habits};
use crate::parse::Features;
use crate::path::RemotePath;

/// How a file is copied.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum CopyWay {
    /// The server does it. Where that is not known it is tried first: a refusal costs one round trip, and the way back is open.
    #[default]
    OnServer,
    /// Download and upload.
    ThroughClient,
}

/// The way to begin with, by what the server says and has taught.
#[must_use]
pub fn copy_way(features: &Features, habits: &Habits) -> CopyWay {
    let offered = features.lists_site("COPY") || features.lists_site("CPFR");
    match habits.of(Form::SiteCopy) {
        Some(Habit::Works) => CopyWay::OnServer,
        Some(Habit::Missing) => CopyWay::ThroughClient,
        // A list of SITE commands without it says that it is missing; without any list nothing is said.
        None if !features.site.is_empty() && !offered => CopyWay::ThroughClient,
        None => CopyWay::OnServer,
    }
}

/// Whether a failed copy says that the server cannot copy at all: then this and all that follow go through the client. A refusal of this
/// file alone says nothing of the sort; then this one goes through the client.
#[must_use]
pub fn cannot_copy(error: &Error) -> bool {
    let code = error.reply.as_deref().and_then(|reply| reply.get(..3));
    error.kind == ErrorKind::Refused && matches!(code, None | Some("500" | "501" | "502" | "503" | "504"))
}

/// Whether a tree can be copied from there to here: never into itself, which would not end, nor onto itself.
#[must_use]
pub fn may_copy(from: &RemotePath, to: &RemotePath) -> bool {
    from != to && !to.is_below(from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Stage;

    #[test]
    fn the_server_copies_where_it_may_be_able_to() {
        let mut features = Features::default();
        let mut habits = Habits::default();
        assert_eq!(copy_way(&features, &habits), CopyWay::OnServer);
        features.site = vec!["CHMOD".into()];
        assert_eq!(copy_way(&features, &habits), CopyWay::ThroughClient);
        features.site.push("COPY".into());
        assert_eq!(copy_way(&features, &habits), CopyWay::OnServer);
        habits.learn(Form::SiteCopy, Habit::Missing);
        assert_eq!(copy_way(&features, &habits), CopyWay::ThroughClient);
    }

    #[test]
    fn only_a_missing_command_changes_the_way() {
        let error = |reply: &str| Error::new(Stage::Server, ErrorKind::Refused, "x").with_reply(reply);
        assert!(cannot_copy(&error("500 unknown")) && cannot_copy(&error("504 SITE")));
        assert!(!cannot_copy(&error("550 permission denied")));
        assert!(!cannot_copy(&Error::new(Stage::Connection, ErrorKind::Lost, "x")));
    }

    #[test]
    fn nothing_is_copied_into_itself() {
        let path = |text: &str| RemotePath::new(text).unwrap();
        assert!(!may_copy(&path("/a"), &path("/a")));
        assert!(!may_copy(&path("/a"), &path("/a/b/c")));
        assert!(may_copy(&path("/a"), &path("/ab")));
        assert!(may_copy(&path("/a/b"), &path("/a")));
    }
}
