//! Requests about names in directories: MKD, RMD, DELE, CDUP (RFC 959 section 4.1.3) and their X forms (RFC 775), RMDA, SITE SYMLINK, SITE CPFR
//! and CPTO.

use crate::habits::Form;
use crate::parse::Features;
use crate::path::RemotePath;
use crate::reply::escape;

use super::line::Line;
use super::simple::{Simple, done, moved};

/// A tree may be large, and a file to copy too.
const LONG: u64 = 600_000;

impl Simple {
    /// MKD.
    pub(crate) fn make_directory(path: &RemotePath) -> Simple {
        let shown = escape(path.as_bytes());
        Simple::new(format!("The server refused to create the directory {shown}"))
            .status(format!("Creating directory '{shown}'..."))
            .at(path)
            .form(Form::Mkd, Line::new("MKD").path(path), done)
            .form(Form::Xmkd, Line::new("XMKD").path(path), done)
    }

    /// RMD: an empty directory.
    pub(crate) fn remove_directory(path: &RemotePath) -> Simple {
        let shown = escape(path.as_bytes());
        Simple::new(format!("The server refused to remove the directory {shown}"))
            .status(format!("Removing directory '{shown}'..."))
            .outside(path)
            .at(path)
            .form(Form::Rmd, Line::new("RMD").path(path), done)
            .form(Form::Xrmd, Line::new("XRMD").path(path), done)
    }

    /// RMDA: a directory and all below it. The server does it at once, without a word on what goes, so it is only for those who list it
    /// and only when it was asked for by name.
    pub(crate) fn remove_tree(features: &Features, path: &RemotePath) -> Simple {
        let shown = escape(path.as_bytes());
        Simple::new(format!("The server refused to remove the directory {shown} and all below it"))
            .status(format!("Removing directory '{shown}' and all below it..."))
            .advice("The server cannot remove whole trees (RMDA): delete entry by entry")
            .outside(path)
            .at(path)
            .form_if(features.rmda, Form::Rmda, Line::new("RMDA").path(path), done)
            .settling(moved)
            .patience(LONG)
    }

    /// DELE.
    pub(crate) fn delete_file(path: &RemotePath) -> Simple {
        let shown = escape(path.as_bytes());
        Simple::new(format!("The server refused to delete the file {shown}"))
            .status(format!("Deleting \"{shown}\""))
            .at(path)
            .only(Line::new("DELE").path(path), done)
    }

    /// CDUP, else `CWD ..` (rule P3).
    pub(crate) fn change_to_parent() -> Simple {
        Simple::new("The server refused to go to the directory above")
            .form(Form::Cdup, Line::new("CDUP"), done)
            .form(Form::Xcup, Line::new("XCUP"), done)
            .form(Form::CwdParent, Line::new("CWD").word(".."), done)
            .settling(moved)
    }

    /// SITE SYMLINK. The target is written as it is given: it need not exist.
    pub(crate) fn make_link(target: &RemotePath, path: &RemotePath) -> Simple {
        let shown = escape(path.as_bytes());
        Simple::new(format!("The server refused to create the link {shown}"))
            .status(format!("Creating link '{shown}' to '{}'...", escape(target.as_bytes())))
            .advice("The server cannot create links")
            .at(path)
            .form(Form::SiteSymlink, Line::new("SITE").word("SYMLINK").whole(target).quoted(path), done)
    }

    /// SITE CPFR, SITE CPTO (ProFTPD's `mod_copy`), nothing between them.
    pub(crate) fn copy(from: &RemotePath, to: &RemotePath) -> Simple {
        let (source, target) = (escape(from.as_bytes()), escape(to.as_bytes()));
        let lines = vec![Line::new("SITE").word("CPFR").path(from), Line::new("SITE").word("CPTO").path(to)];
        Simple::new(format!("The server refused to copy {source} to {target}"))
            .status(format!("Copying '{source}' to '{target}' on the server..."))
            .advice("The server cannot copy: download and upload instead")
            .at(from)
            .lines(Some(Form::SiteCopy), lines, done)
            .patience(LONG)
    }
}
