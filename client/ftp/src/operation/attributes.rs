//! Requests that change what is said of a file: its times (MFMT, MFCT, MFF of draft-somers-ftp-mfxx, SITE UTIME, MDTM with two arguments), its mode
//! and its group. And MDTM, SIZE and DSIZ, which ask for it (RFC 3659 sections 3 and 4).

use crate::error::{Error, ErrorKind, Stage};
use crate::event::Outcome;
use crate::habits::Form;
use crate::parse::{self, Features};
use crate::path::{Argument, RemotePath};
use crate::reply::{Reply, escape};
use crate::timestamp::time_val;

use super::line::Line;
use super::simple::{Simple, done};

impl Simple {
    /// Sets the modification time, Unix seconds, by the chain of rule T11. Where FEAT lists MFMT the form `MDTM time file` is never sent: to such
    /// a server it is a question about a file of that name. SITE UTIME with three times says that they are UTC; the short form cannot, and some
    /// servers take it for their own zone, so it comes late.
    ///
    /// # Errors
    /// A time that FTP cannot write.
    pub(crate) fn set_modification_time(
        features: &Features,
        path: &RemotePath,
        seconds: i64,
    ) -> Result<Simple, Error> {
        let time = written(seconds)?;
        let times = format!("{time} {time} {time} UTC");
        let shown = escape(path.as_bytes());
        Ok(Simple::new(format!("The server refused to set the modification time of {shown}"))
            .status(format!("Setting the modification time of '{shown}'..."))
            .advice("The server cannot set times")
            .at(path)
            .form(Form::Mfmt, Line::new("MFMT").word(time.clone()).path(path), done)
            .form_if(
                may_set(features, "modify"),
                Form::MffModify,
                Line::new("MFF").word(format!("modify={time};")).path(path),
                done,
            )
            .form(Form::SiteUtimeUtc, Line::new("SITE").word("UTIME").path(path).word(times), done)
            .form(Form::SiteUtime, Line::new("SITE").word("UTIME").word(time.clone()).path(path), done)
            .form_if(!features.mfmt, Form::MdtmWrite, Line::new("MDTM").word(time).path(path), done))
    }

    /// Sets the creation time, Unix seconds.
    ///
    /// # Errors
    /// A time that FTP cannot write.
    pub(crate) fn set_creation_time(
        features: &Features,
        path: &RemotePath,
        seconds: i64,
    ) -> Result<Simple, Error> {
        let time = written(seconds)?;
        let shown = escape(path.as_bytes());
        Ok(Simple::new(format!("The server refused to set the creation time of {shown}"))
            .status(format!("Setting the creation time of '{shown}'..."))
            .advice("The server cannot set creation times")
            .at(path)
            .form(Form::Mfct, Line::new("MFCT").word(time.clone()).path(path), done)
            .form_if(
                may_set(features, "create"),
                Form::MffCreate,
                Line::new("MFF").word(format!("create={time};")).path(path),
                done,
            ))
    }

    /// Sets the Unix mode: MFF where FEAT lists the fact, else SITE CHMOD.
    pub(crate) fn change_mode(features: &Features, path: &RemotePath, mode: u16) -> Simple {
        let mode = mode & 0o7777;
        let shown = escape(path.as_bytes());
        Simple::new(format!("The server refused to change the permissions of {shown}"))
            .status(format!("Setting permissions of '{shown}' to '{mode:03o}'"))
            .advice("The server cannot change permissions")
            .at(path)
            .form_if(
                lists_fact(features, "unix.mode"),
                Form::MffMode,
                Line::new("MFF").word(format!("UNIX.mode={mode:04o};")).path(path),
                done,
            )
            .form(
                Form::SiteChmod,
                Line::new("SITE").word("CHMOD").word(format!("{mode:03o}")).path(path),
                done,
            )
    }

    /// Sets the group: MFF where FEAT lists the fact, else SITE CHGRP.
    ///
    /// # Errors
    /// A group with a blank or `;` in it could not be told from what follows it.
    pub(crate) fn change_group(
        features: &Features,
        path: &RemotePath,
        group: &Argument,
    ) -> Result<Simple, Error> {
        let bytes = group.as_bytes();
        let name =
            std::str::from_utf8(bytes).ok().filter(|name| !name.is_empty() && !name.contains([' ', ';']));
        let Some(name) = name else {
            let text = format!("\"{}\" is no name of a group", escape(bytes));
            return Err(Error::new(Stage::Server, ErrorKind::Argument, text));
        };
        let shown = escape(path.as_bytes());
        Ok(Simple::new(format!("The server refused to change the group of {shown}"))
            .status(format!("Setting group of '{shown}' to '{}'", escape(bytes)))
            .advice("The server cannot change groups")
            .at(path)
            .form_if(
                lists_fact(features, "unix.group"),
                Form::MffGroup,
                Line::new("MFF").word(format!("UNIX.group={name};")).path(path),
                done,
            )
            .form(Form::SiteChgrp, Line::new("SITE").word("CHGRP").argument(group).path(path), done))
    }

    /// SIZE, which counts bytes in TYPE I only (rule T6).
    pub(crate) fn size(path: &RemotePath) -> Simple {
        Simple::new(format!("The server did not tell the size of {}", escape(path.as_bytes())))
            .at(path)
            .binary()
            .form(Form::Size, Line::new("SIZE").path(path), |reply| parse::size(reply).map(Outcome::Size))
    }

    /// MDTM.
    pub(crate) fn modification_time(path: &RemotePath) -> Simple {
        Simple::new(format!("The server did not tell the modification time of {}", escape(path.as_bytes())))
            .at(path)
            .form(Form::Mdtm, Line::new("MDTM").path(path), |reply| parse::mdtm(reply).map(Outcome::Modified))
    }

    /// DSIZ, where FEAT lists it or there is no list.
    pub(crate) fn directory_size(features: &Features, path: &RemotePath) -> Simple {
        Simple::new(format!("The server did not tell the size of the directory {}", escape(path.as_bytes())))
            .advice("Count the files instead")
            .at(path)
            .form_if(features.dsiz || !features.known, Form::Dsiz, Line::new("DSIZ").path(path), first_number)
    }
}

fn first_number(reply: &Reply) -> Option<Outcome> {
    parse::avbl(reply).map(Outcome::Size)
}

/// Whether MFF sets this fact for all that is known.
fn may_set(features: &Features, fact: &str) -> bool {
    !features.known || lists_fact(features, fact)
}

fn lists_fact(features: &Features, fact: &str) -> bool {
    features.mff.iter().any(|listed| listed == fact)
}

fn written(seconds: i64) -> Result<String, Error> {
    time_val(seconds).ok_or_else(|| {
        Error::new(Stage::Server, ErrorKind::Argument, "FTP can only write times of the years 1 to 9999")
    })
}
