//! The dialects of LIST by name.

use std::fmt;

/// A form that listings have, one file each here.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Dialect {
    /// Facts, as MLSD has them, in the answer to LIST.
    Facts,
    /// Bernstein's `+i…,m…,s…,<tab>name`.
    Eplf,
    /// `ls -l` and those who print something like it.
    Unix,
    /// `dir` of Windows: IIS and others.
    Dos,
    /// OpenVMS: `NAME.TYPE;version`, sizes in blocks.
    Vms,
    /// z/OS: datasets, members of a partitioned dataset, jobs.
    Mvs,
    /// IBM i, which was OS/400.
    Os400,
    /// z/VM and VM/CMS.
    ZVm,
    /// Novell NetWare: `d [RWCEAFMS] owner`.
    NetWare,
    /// OS/2.
    Os2,
    /// VxWorks, and VShell, which begin with a size too.
    VxWorks,
    /// HP NonStop, which was Tandem.
    NonStop,
    /// HP 3000 with MPE.
    Mpe,
    /// Sterling Connect:Enterprise.
    Enterprise,
    /// Octal mode, owner, group, size and a time in Unix seconds.
    Numeric,
    /// Name first, then size and date: Chameleon and SuperTCP on DOS, and `dls` of old archives.
    NameFirst,
    /// Nothing but names.
    Names,
}

impl Dialect {
    /// All of them.
    pub const ALL: [Dialect; 17] = [
        Dialect::Facts,
        Dialect::Eplf,
        Dialect::Unix,
        Dialect::Dos,
        Dialect::Vms,
        Dialect::Mvs,
        Dialect::Os400,
        Dialect::ZVm,
        Dialect::NetWare,
        Dialect::Os2,
        Dialect::VxWorks,
        Dialect::NonStop,
        Dialect::Mpe,
        Dialect::Enterprise,
        Dialect::Numeric,
        Dialect::NameFirst,
        Dialect::Names,
    ];

    /// A short name that stays, for settings and command lines.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Dialect::Facts => "facts",
            Dialect::Eplf => "eplf",
            Dialect::Unix => "unix",
            Dialect::Dos => "dos",
            Dialect::Vms => "vms",
            Dialect::Mvs => "mvs",
            Dialect::Os400 => "os400",
            Dialect::ZVm => "zvm",
            Dialect::NetWare => "netware",
            Dialect::Os2 => "os2",
            Dialect::VxWorks => "vxworks",
            Dialect::NonStop => "nonstop",
            Dialect::Mpe => "mpe",
            Dialect::Enterprise => "enterprise",
            Dialect::Numeric => "numeric",
            Dialect::NameFirst => "name-first",
            Dialect::Names => "names",
        }
    }

    /// The dialect of this [`name`](Dialect::name).
    #[must_use]
    pub fn from_name(name: &str) -> Option<Dialect> {
        Dialect::ALL.into_iter().find(|dialect| dialect.name() == name)
    }

    /// What the text of a 215 (RFC 959 section 4.1.3, SYST) lets expect. A hint: servers of Windows say UNIX, and those of z/OS answer like
    /// Unix below `/`.
    #[must_use]
    pub fn from_syst(text: &str) -> Option<Dialect> {
        // Longer words first: `MVS` and `VMS`, `OS/2` and `OS/400` are told apart by themselves.
        const WORDS: [(&str, Dialect); 21] = [
            ("nonstop", Dialect::NonStop),
            ("tandem", Dialect::NonStop),
            ("guardian", Dialect::NonStop),
            ("windows", Dialect::Dos),
            ("msdos", Dialect::Dos),
            ("openvms", Dialect::Vms),
            ("vms", Dialect::Vms),
            ("os/400", Dialect::Os400),
            ("os400", Dialect::Os400),
            ("z/vm", Dialect::ZVm),
            ("vm/esa", Dialect::ZVm),
            ("vm is", Dialect::ZVm),
            ("mvs", Dialect::Mvs),
            ("z/os", Dialect::Mvs),
            ("os/390", Dialect::Mvs),
            ("netware", Dialect::NetWare),
            ("os/2", Dialect::Os2),
            ("vxworks", Dialect::VxWorks),
            ("mpe", Dialect::Mpe),
            ("connect:enterprise", Dialect::Enterprise),
            ("unix", Dialect::Unix),
        ];
        let lower = text.to_ascii_lowercase();
        WORDS.iter().find(|(word, _)| lower.contains(word)).map(|(_, dialect)| *dialect)
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn m8_names_come_back() {
        for dialect in Dialect::ALL {
            assert_eq!(Dialect::from_name(dialect.name()), Some(dialect));
        }
        assert_eq!(Dialect::from_name("UNIX"), None);
    }

    #[test]
    fn m8_syst_is_a_hint() {
        for (text, dialect) in [
            ("UNIX Type: L8", Some(Dialect::Unix)),
            ("Windows_NT", Some(Dialect::Dos)),
            ("VMS V5.5-2", Some(Dialect::Vms)),
            ("VMS OpenVMS V8.4", Some(Dialect::Vms)),
            (
                "MVS is the operating system of this server. FTP Server is running on z/OS.",
                Some(Dialect::Mvs),
            ),
            (
                " OS/400 is the remote operating system. The TCP/IP version is \"V5R2M0\".",
                Some(Dialect::Os400),
            ),
            ("z/VM Version 5 Release 1.0", Some(Dialect::ZVm)),
            ("VM is the operating system of this server.", Some(Dialect::ZVm)),
            ("NETWARE  Type : L8", Some(Dialect::NetWare)),
            ("OS/2 operating system", Some(Dialect::Os2)),
            ("VxWorks (5.4.2)", Some(Dialect::VxWorks)),
            ("Nonstop", Some(Dialect::NonStop)),
            ("MPE/iX", Some(Dialect::Mpe)),
            ("MACOS Peter's Server", None),
            ("", None),
        ] {
            assert_eq!(Dialect::from_syst(text), dialect, "{text}");
        }
    }
}
