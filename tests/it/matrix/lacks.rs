//! What each server is known not to support, and why. It is tried all the same: an entry that is not true, or that hides another
//! fault than its own, fails the test.

use How::{Costs, Fails, Refuses};
use Where::{Always, Plain};
use towpath_tests::server::Software::{self, Inetutils, Libunftp, ProFtpd, PureFtpd, Pyftpdlib, Vsftpd};

/// How it shows that a server lacks something.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum How {
    /// The step fails with the server's refusal, or with the engine's, which sees that there is no command for it; the session goes on.
    Refuses,
    /// The step fails in the way that the reason tells, by no fault of the connection, and the session goes on.
    Fails,
    /// The step works, but it may cost the session, and a new login follows.
    Costs,
}

/// In which ways it is so.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Where {
    Always,
    /// Without TLS.
    Plain,
}

/// What a server is known not to support.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lack {
    pub(super) software: Software,
    pub(super) step: &'static str,
    pub(super) how: How,
    pub(super) reason: &'static str,
    pub(super) place: Where,
}

macro_rules! lacks {
    ($($software:ident { $($how:ident $place:ident $reason:expr => [$($step:literal),* $(,)?];)* })*) => {
        /// All that is known.
        pub(super) const LACKS: &[Lack] = &[$($($(
            Lack { software: $software, step: $step, how: $how, reason: $reason, place: $place },
        )*)*)*];
    };
}

const NO_COMMAND: &str = "it has no command for that";
const NO_FEATURE: &str = "FEAT does not list it, and nothing is sent";
const NO_CHECKSUM: &str = "it computes none; none is claimed";
const NO_DEFLATE: &str = "it has no MODE Z; the file goes as it is";
const TEXT_KEPT: &str = "it converts line ends, so other ones are stored than were sent";
const TEXT_SENT: &str = "it stores text as it comes";
const TELNET: &str = "it does not speak Telnet: both bytes of the doubled one are stored";
const UNDERSCORE: &str = "the server makes an underscore of it";
const NOT_UTF8: &str = "what is not UTF-8 becomes U+FFFD on the way in";
const ANONYMOUS: &str = "anonymous users may not, and the fixture has no others";

lacks! {
    PureFtpd {
        Refuses Always NO_COMMAND => [
            "change the group", "copy on the server", "free space", "language", "make a link", "mount", "reinitialize",
            "set the creation time", "SITE UMASK",
        ];
        Refuses Always NO_FEATURE => [
            "checksum", "checksum CRC32", "checksum MD5", "checksum SHA-1", "checksum SHA-256", "checksum SHA-512",
            "checksum of a part", "remove a tree at once", "set the time with MFF", "size of a directory",
        ];
        Refuses Always "it has MFMT, to which MDTM with two arguments is a question" => ["set the time with MDTM"];
        Refuses Always "prohibited" => ["a name with a backslash", "a file's name with a backslash"];
        Fails Always UNDERSCORE => ["a name with a trailing blank", "a file's name with a trailing blank"];
        Fails Always TELNET => ["a name with byte 255 for Telnet"];
        Fails Always NO_CHECKSUM => ["checksum after transfers"];
        Fails Always NO_DEFLATE =>
            ["compressed download", "compressed text", "compressed upload", "large compressed upload"];
        Fails Always TEXT_KEPT => ["text as it is sent"];
    }
    Vsftpd {
        Refuses Always NO_COMMAND => ["account", "language", "mount", "reinitialize", "set the creation time"];
        Refuses Always NO_FEATURE => [
            "checksum", "checksum CRC32", "checksum MD5", "checksum SHA-1", "checksum SHA-256", "checksum SHA-512",
            "checksum of a part", "remove a tree at once", "set the time with MFF", "size of a directory",
        ];
        Refuses Always ANONYMOUS => [
            "SITE HELP", "SITE IDLE", "SITE UMASK", "change the group", "change the mode", "change the modes of a tree",
            "change the modes of a tree with links", "copy on the server", "free space", "make a link",
            "set the time with SITE UTIME and three times", "set the time with SITE UTIME and one time",
        ];
        Refuses Always NO_COMMAND => ["set the time with MFMT"];
        Fails Always TELNET => ["a name with byte 255 for Telnet"];
        Fails Always NO_CHECKSUM => ["checksum after transfers"];
        Fails Always NO_DEFLATE =>
            ["compressed download", "compressed text", "compressed upload", "large compressed upload"];
        Fails Always TEXT_SENT => ["text both ways"];
    }
    ProFtpd {
        Refuses Always NO_COMMAND =>
            ["SITE IDLE", "SITE UMASK", "account", "free space", "mount", "reinitialize", "set the creation time"];
        Refuses Always NO_FEATURE => ["remove a tree at once", "size of a directory"];
        Refuses Always "it has MFMT, to which MDTM with two arguments is a question" => ["set the time with MDTM"];
        Refuses Always "mod_lang has one language, and no command to take it" => ["language"];
        Refuses Plain "504, for the fixture has no such name; under TLS the handshake has chosen" => ["virtual host"];
        Refuses Always "MKD refuses an asterisk" => ["a name with wildcards"];
        Fails Always "mod_deflate of 1.3.8 breaks off large compressed uploads, and says so" => ["large compressed upload"];
        Fails Always TEXT_KEPT => ["text as it is sent"];
    }
    Pyftpdlib {
        Refuses Always NO_COMMAND => [
            "SITE IDLE", "SITE UMASK", "account", "change the group", "copy on the server", "free space", "language",
            "make a link", "mount", "set the creation time", "set the time with SITE UTIME and one time",
            "set the time with SITE UTIME and three times",
        ];
        Refuses Always NO_FEATURE => [
            "checksum", "checksum CRC32", "checksum MD5", "checksum SHA-1", "checksum SHA-256", "checksum SHA-512",
            "checksum of a part", "remove a tree at once", "set the time with MFF", "size of a directory",
        ];
        Refuses Always "it has MFMT, to which MDTM with two arguments is a question" => ["set the time with MDTM"];
        Fails Always NOT_UTF8 => [
            "a name in Latin-1", "a name with byte 255", "a name with byte 255 for Telnet", "a typed name in ISO-8859-1",
        ];
        Fails Always NO_CHECKSUM => ["checksum after transfers"];
        Fails Always NO_DEFLATE =>
            ["compressed download", "compressed text", "compressed upload", "large compressed upload"];
        Fails Always TEXT_KEPT => ["text as it is sent"];
    }
    Libunftp {
        Refuses Always NO_COMMAND => [
            "SITE HELP", "SITE IDLE", "SITE UMASK", "account", "change the group", "change the mode",
            "change the modes of a tree", "change the modes of a tree with links", "copy on the server", "free space",
            "language", "make a link", "mount", "reinitialize", "set the creation time", "set the time with MFMT",
            "set the time with SITE UTIME and one time", "set the time with SITE UTIME and three times",
        ];
        Refuses Always NO_FEATURE => [
            "checksum CRC32", "checksum SHA-1", "checksum SHA-256", "checksum SHA-512",
            "checksum of a part", "remove a tree at once", "set the time with MFF", "size of a directory",
        ];
        Refuses Always "MDTM with two arguments is a question" => ["set the modification time", "set the time with MDTM"];
        Fails Always "it has no way to set times, and the transfer says so" => ["keep the time of an upload"];
        Fails Always "it tells the name alone, as any word might stand there" => ["store under a unique name"];
        Fails Always "it has no EPRT; PORT is taken instead" => ["active mode with EPRT"];
        Fails Always NOT_UTF8 => [
            "a name in Latin-1", "a name with byte 255", "a name with byte 255 for Telnet", "a typed name in ISO-8859-1",
        ];
        Fails Always NO_DEFLATE =>
            ["compressed download", "compressed text", "compressed upload", "large compressed upload"];
        Fails Always TEXT_SENT => ["text both ways"];
    }
    Inetutils {
        Refuses Always NO_COMMAND => [
            "account", "change the group", "copy on the server", "free space", "language", "make a link", "mount",
            "reinitialize", "set the creation time", "set the time with MFMT",
            "set the time with SITE UTIME and one time", "set the time with SITE UTIME and three times",
        ];
        Refuses Always NO_FEATURE => [
            "checksum", "checksum CRC32", "checksum MD5", "checksum SHA-1", "checksum SHA-256", "checksum SHA-512",
            "checksum of a part", "remove a tree at once", "set the time with MFF", "size of a directory",
        ];
        Refuses Always "MDTM with two arguments is a question" => ["set the modification time", "set the time with MDTM"];
        Refuses Always "its STOU wants a name" => ["store under a unique name"];
        Refuses Always "DELE of a link to a directory does RMD, which fails" => ["delete a tree with a link"];
        Fails Always "it has no way to set times, and the transfer says so" => ["keep the time of an upload"];
        Fails Always "Telnet's IAC, to be doubled for this server; see rule S2" => ["a name with byte 255"];
        Fails Always NO_CHECKSUM => ["checksum after transfers"];
        Fails Always NO_DEFLATE =>
            ["compressed download", "compressed text", "compressed upload", "large compressed upload"];
        Fails Always TEXT_KEPT => ["text as it is sent"];
        Costs Always "it ends when a data connection does in the middle" => [
            "resume a download if the bytes are the same", "resume an upload if the bytes are the same", "a part of a file",
            "one file over several sessions", "cancel a download",
        ];
    }
}
