//! Which syntax a server writes (rules P6, P7): by its first PWD, since what a server says of its system is often a fiction, and by SYST where
//! the path alone leaves it open.

use super::{PathSyntax, RemotePath};

impl PathSyntax {
    /// The syntax by the text of the reply to SYST (without its code; empty if there was none), the path that the first PWD told
    /// (empty if none) and whether FEAT lists TVFS, which promises Unix syntax (RFC 3659 section 6). Unix where nothing speaks for another.
    /// It is a guess: the page shows it and a site can name another.
    #[must_use]
    pub fn detect(system: &str, pwd: &[u8], tvfs: bool) -> PathSyntax {
        if tvfs {
            return PathSyntax::Unix;
        }
        let system = System(system.to_ascii_lowercase());
        let reads = |syntax| RemotePath::parse(syntax, pwd).is_ok();
        let of_old = system.syntax();
        match pwd {
            [b'/', b'/', third, ..] if *third != b'/' => PathSyntax::Cygwin,
            [b'/', ..] if matches!(of_old, PathSyntax::Cygwin | PathSyntax::Zvm) => of_old,
            [b'/', ..] => PathSyntax::Unix,
            [b'\\', rest @ ..] if rest.windows(2).any(|pair| pair == b".$") => PathSyntax::NonStop,
            [b'\\', ..] if of_old == PathSyntax::NonStop && reads(of_old) => of_old,
            [b'\\', ..] => PathSyntax::DosVirtual,
            [_, b':', b'/', ..] if reads(PathSyntax::DosForward) => PathSyntax::DosForward,
            _ => {
                [PathSyntax::Dos, PathSyntax::Vms, PathSyntax::Mvs, PathSyntax::VxWorks, PathSyntax::NonStop]
                    .into_iter()
                    .find(|syntax| reads(*syntax))
                    .unwrap_or(of_old)
            }
        }
    }
}

/// Whether `SITE NAMEFMT 1` should be sent and PWD asked again (rule P7): an OS/400 that shows its libraries instead of paths.
#[must_use]
pub fn needs_name_format(system: &str, pwd: &[u8]) -> bool {
    system.to_ascii_lowercase().contains("os/400") && pwd.first() != Some(&b'/')
}

/// The text of SYST in lower case.
struct System(String);

impl System {
    /// The syntax that such systems have of old.
    fn syntax(&self) -> PathSyntax {
        let says = |words: &[&str]| words.iter().any(|word| self.0.contains(word));
        // "VMS" is no part of the other words, but "VM" would be one of "VMS".
        if says(&["vms"]) {
            PathSyntax::Vms
        } else if says(&["mvs", "z/os", "os/390"]) {
            PathSyntax::Mvs
        } else if says(&["z/vm", "vm/cms", "vm/esa"]) || self.0.starts_with("vm ") {
            PathSyntax::Zvm
        } else if says(&["vxworks"]) {
            PathSyntax::VxWorks
        } else if says(&["nonstop", "tandem", "guardian"]) {
            PathSyntax::NonStop
        } else if says(&["cygwin"]) {
            PathSyntax::Cygwin
        } else {
            PathSyntax::Unix
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p6_by_pwd_and_syst() {
        use PathSyntax::*;
        for (system, pwd, wanted) in [
            ("UNIX Type: L8", "/home/a", Unix),
            ("", "/", Unix),
            ("", "", Unix),
            ("Windows_NT", "/", Unix),
            ("Windows_NT", "", Unix),
            ("Windows_NT", r"C:\inetpub", Dos),
            ("UNIX Type: L8", r"C:\", Dos),
            ("", "C:", Dos),
            ("", "d:/data", DosForward),
            ("", r"\", DosVirtual),
            ("Windows", r"\pub\a", DosVirtual),
            ("", "//host/a", Cygwin),
            ("CYGWIN_NT-10.0", "/cygdrive/c", Cygwin),
            ("UNIX", "///a", Unix),
            ("UNIX", "//", Unix),
            ("VMS OpenVMS V8.4", "DISK$USER:[JOE]", Vms),
            ("VMS OpenVMS V8.4", "", Vms),
            ("OpenVMS", "/disk$user/joe", Unix),
            ("", "[JOE.SRC]", Vms),
            ("", "D:<JOE>", Vms),
            ("MVS is the operating system of this server. FTP Server is running on z/OS.", "'JOE.'", Mvs),
            ("MVS is the operating system of this server. FTP Server is running on z/OS.", "/u/joe", Unix),
            ("MVS is the operating system of this server.", "", Mvs),
            ("", "''", Mvs),
            ("z/VM is the operating system of this server", "/JOE.191", Zvm),
            ("VM is the operating system of this server", "JOE.191", Zvm),
            ("VxWorks", "", VxWorks),
            ("", ":ata:/a", VxWorks),
            ("", r"\SYS.$DATA.JOE", NonStop),
            ("", "$DATA.JOE", NonStop),
            ("Tandem NonStop", r"\SYS", NonStop),
            ("OS/400 is the remote operating system.", "/QSYS.LIB", Unix),
            ("OS/400 is the remote operating system.", "QGPL", Unix),
            ("", "nonsense", Unix),
            ("", "'", Unix),
            ("", ":", Unix),
            ("", "$1$DGA0:[JOE]", Vms),
            ("VMS", "nonsense", Vms),
            ("", r"\SYS", DosVirtual),
        ] {
            assert_eq!(PathSyntax::detect(system, pwd.as_bytes(), false), wanted, "{system:?} {pwd:?}");
            assert_eq!(PathSyntax::detect(system, pwd.as_bytes(), true), Unix, "P6: TVFS forces Unix");
        }
    }

    #[test]
    fn p7_os400_shows_libraries() {
        assert!(needs_name_format(
            " OS/400 is the remote operating system. The TCP/IP version is V7R3M0.",
            b"QGPL"
        ));
        assert!(needs_name_format("os/400", b""));
        assert!(!needs_name_format("OS/400", b"/home/joe"));
        assert!(!needs_name_format("UNIX Type: L8", b"QGPL"));
    }
}
