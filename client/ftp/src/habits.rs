//! What a server has taught about the forms of commands: which of several ways to ask for the same thing it understands. Plain data,
//! so that it can be kept for a site and given back to the next session.

use std::collections::BTreeMap;

macro_rules! forms {
    ($($form:ident = $name:literal,)*) => {
        /// A way to ask for something where there are several, or where not every server has one.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Form {
            $(#[doc = concat!("`", $name, "`.")] $form,)*
        }

        impl Form {
            /// All of them.
            pub const ALL: &'static [Form] = &[$(Form::$form,)*];

            /// Its name, to be stored and shown.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Form::$form => $name,)* }
            }
        }
    };
}

forms! {
    Cwd = "CWD", Xcwd = "XCWD", Cdup = "CDUP", Xcup = "XCUP", CwdParent = "CWD ..", Pwd = "PWD", Xpwd = "XPWD",
    Mkd = "MKD", Xmkd = "XMKD", Rmd = "RMD", Xrmd = "XRMD", Rmda = "RMDA",
    Mfmt = "MFMT", MffModify = "MFF modify", SiteUtimeUtc = "SITE UTIME times UTC", SiteUtime = "SITE UTIME time",
    MdtmWrite = "MDTM time", Mfct = "MFCT", MffCreate = "MFF create",
    MffMode = "MFF UNIX.mode", SiteChmod = "SITE CHMOD", MffGroup = "MFF UNIX.group", SiteChgrp = "SITE CHGRP",
    Mlst = "MLST", Size = "SIZE", Mdtm = "MDTM",
    Hash = "HASH", Xcrc = "XCRC", Xmd5 = "XMD5", Md5 = "MD5", SiteMd5 = "SITE MD5", Xsha = "XSHA", Xsha1 = "XSHA1",
    Xsha256 = "XSHA256", Xsha512 = "XSHA512",
    Avbl = "AVBL", Xquota = "XQUOTA", SiteQuota = "SITE QUOTA", Dsiz = "DSIZ",
    SiteSymlink = "SITE SYMLINK", SiteCopy = "SITE CPFR",
}

impl Form {
    /// The one of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Form> {
        Form::ALL.iter().copied().find(|form| form.name() == name)
    }

    /// Whether every server should have it (RFC 959, RFC 3659): a refusal may then mean anything, and it is tried again.
    pub(crate) fn is_basic(self) -> bool {
        use Form::{Cdup, Cwd, Mdtm, Mkd, Pwd, Rmd, Size};
        matches!(self, Cwd | Cdup | Pwd | Mkd | Rmd | Size | Mdtm)
    }
}

/// What is known of one form.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Habit {
    /// The server did what was asked.
    Works,
    /// The server does not know it.
    Missing,
}

/// What a server has taught.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Habits {
    known: BTreeMap<Form, Habit>,
}

impl Habits {
    /// What is known of a form.
    #[must_use]
    pub fn of(&self, form: Form) -> Option<Habit> {
        self.known.get(&form).copied()
    }

    /// Takes note; the last word counts.
    pub fn learn(&mut self, form: Form, habit: Habit) {
        self.known.insert(form, habit);
    }

    /// All that is known.
    pub fn iter(&self) -> impl Iterator<Item = (Form, Habit)> + '_ {
        self.known.iter().map(|(form, habit)| (*form, *habit))
    }

    /// Takes over what differs between what a session knew before and what it knows now.
    pub(crate) fn take_over(&mut self, before: &Habits, now: &Habits) {
        for form in Form::ALL {
            match (before.of(*form), now.of(*form)) {
                (before, now) if before == now => {}
                (_, Some(habit)) => self.learn(*form, habit),
                (_, None) => drop(self.known.remove(form)),
            }
        }
    }

    /// Forgets what is missing: the server may have it now.
    pub(crate) fn forget_missing(&mut self) {
        self.known.retain(|_, habit| *habit != Habit::Missing);
    }

    /// When to try a form: what works first, then what was never tried. `None`: it is known to be missing.
    pub(crate) fn rank(&self, form: Form) -> Option<u8> {
        match self.of(form) {
            Some(Habit::Works) => Some(0),
            None => Some(1),
            Some(Habit::Missing) if form.is_basic() => Some(2),
            Some(Habit::Missing) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back() {
        for form in Form::ALL {
            assert_eq!(Form::named(form.name()), Some(*form));
        }
        assert_eq!(Form::named("mkd"), None);
    }

    #[test]
    fn what_works_comes_first_and_basics_are_never_given_up() {
        let mut habits = Habits::default();
        habits.learn(Form::Mfmt, Habit::Missing);
        habits.learn(Form::Mkd, Habit::Missing);
        habits.learn(Form::SiteUtime, Habit::Missing);
        habits.learn(Form::SiteUtime, Habit::Works);
        let ranks = [Form::SiteUtime, Form::Xmkd, Form::Mkd, Form::Mfmt].map(|form| habits.rank(form));
        assert_eq!(ranks, [Some(0), Some(1), Some(2), None]);
        assert_eq!(habits.iter().count(), 3);
    }
}
