//! What is asked of every server. A step is a name and a function; a new one is a line in [`STEPS`] and, where no function
//! fits, its function. Steps do not depend on each other, but for the first and the last.

mod active;
mod attributes;
mod basics;
mod coding;
mod directories;
mod errors;
mod inquiries;
mod transfers;

use super::names::{file_name, name};
use super::{Bench, Outcome};
use active::{extended, passive, preferred};
use attributes::{
    change_group, change_mode, change_mode_tree, change_mode_tree_without_link, checksum, checksum_after,
    checksum_by, checksum_of_part, keep_time_down, keep_time_up, set_creation_time, set_time, set_time_by,
};
use basics::{
    cancel, delete, empty, kinds, listed_time, login, many, modified, overwrite, quit, rename, size,
    there_and_back, tree, tree_with_link,
};
use coding::{
    compressed_download, compressed_text, compressed_upload, large_compressed_upload, text_as_sent,
    text_both_ways,
};
use directories::{
    by_list, charset, copy, count, delete_many, directory_size, facts, list_links, list_tree, lock_step,
    make_directories, make_link, parent, remove_tree, telnet,
};
use errors::{missing_directory, missing_download, missing_file};
use inquiries::{
    account, allocate, client_name, examine, features, free_space, help, help_on, keep_alive, language,
    mount, raw, reinitialize, site, status, status_of, system, virtual_host,
};
use std::pin::Pin;
use towpath_ftp::Algorithm::{Crc32, Md5, Sha1, Sha256, Sha512};
use towpath_ftp::charset::Legacy;
use towpath_ftp::habits::Form::{MdtmWrite, MffModify, Mfmt, SiteUtime, SiteUtimeUtc};
use towpath_ftp::quirks::DataWay;
use transfers::{
    PARTS, append, at_once, cancel_upload, compare_download, compare_upload, into_missing_directories, part,
    past_four_gibibytes, resume_download, resume_upload, segments, temporary, unique,
};

/// A step of the matrix.
pub(super) struct Step {
    pub(super) name: &'static str,
    pub(super) run: for<'a> fn(&'a Bench) -> Pin<Box<dyn Future<Output = Outcome> + 'a>>,
}

macro_rules! steps {
    ($($name:literal: $function:ident($($argument:expr),*);)*) => {
        /// All of them, in the order in which they run.
        pub(super) const STEPS: &[Step] = &[$(
            Step { name: $name, run: |bench| Box::pin($function(bench $(, $argument)*)) },
        )*];
    };
}

steps! {
    "login": login();
    "list an empty directory": empty();
    "upload and download 0 B": there_and_back(0);
    "upload and download 1 B": there_and_back(1);
    "upload and download 1 MiB": there_and_back(1024 * 1024);
    "upload over a longer file": overwrite();
    "resume a download": resume_download();
    "resume an upload": resume_upload();
    "resume a download if the bytes are the same": compare_download();
    "resume an upload if the bytes are the same": compare_upload();
    "resume a download past 4 GiB": past_four_gibibytes();
    "a part of a file": part(50_000, 100_000);
    "the last part of a file": part(PARTS - 70_000, 200_000);
    "append": append();
    "store under a unique name": unique();
    "upload under a temporary name": temporary();
    "upload into missing directories": into_missing_directories();
    "text both ways": text_both_ways();
    "text as it is sent": text_as_sent();
    "compressed download": compressed_download();
    "compressed text": compressed_text();
    "compressed upload": compressed_upload();
    "large compressed upload": large_compressed_upload();
    "one file over several sessions": segments();
    "several sessions at once": at_once();
    "active mode": preferred();
    "active mode with EPRT": extended();
    "passive mode with PASV": passive(DataWay::Passive, "PASV");
    "passive mode with EPSV": passive(DataWay::ExtendedPassive, "EPSV");
    "list kinds and sizes": kinds();
    "list 500 files": many();
    "list links": list_links();
    "list a tree": list_tree();
    "list with LIST": by_list();
    "a command at a time": lock_step();
    "count a tree": count();
    "size of a directory": directory_size();
    "facts": facts();
    "size": size();
    "modification time": modified();
    "modification time in a listing": listed_time();
    "keep the time of an upload": keep_time_up();
    "keep the time of a download": keep_time_down();
    "set the modification time": set_time();
    "set the time with MFMT": set_time_by(Mfmt);
    "set the time with MFF": set_time_by(MffModify);
    "set the time with SITE UTIME and three times": set_time_by(SiteUtimeUtc);
    "set the time with SITE UTIME and one time": set_time_by(SiteUtime);
    "set the time with MDTM": set_time_by(MdtmWrite);
    "set the creation time": set_creation_time();
    "change the mode": change_mode();
    "change the modes of a tree": change_mode_tree_without_link();
    "change the modes of a tree with links": change_mode_tree();
    "change the group": change_group();
    "checksum": checksum();
    "checksum CRC32": checksum_by(Some(Crc32));
    "checksum MD5": checksum_by(Some(Md5));
    "checksum SHA-1": checksum_by(Some(Sha1));
    "checksum SHA-256": checksum_by(Some(Sha256));
    "checksum SHA-512": checksum_by(Some(Sha512));
    "checksum of a part": checksum_of_part();
    "checksum after transfers": checksum_after();
    "make directories": make_directories();
    "change to the parent": parent();
    "rename into another directory": rename();
    "delete": delete();
    "delete a tree": tree();
    "delete a tree with a link": tree_with_link();
    "delete a hundred files": delete_many();
    "remove a tree at once": remove_tree();
    "make a link": make_link();
    "copy on the server": copy();
    "free space": free_space();
    "help": help();
    "help on a command": help_on();
    "status": status();
    "status of a path": status_of();
    "system": system();
    "features": features();
    "SITE HELP": site("HELP");
    "SITE UMASK": site("UMASK 022");
    "SITE IDLE": site("IDLE 600");
    "raw commands": raw();
    "language": language();
    "allocate": allocate();
    "account": account();
    "mount": mount();
    "virtual host": virtual_host();
    "name of the client": client_name();
    "keep alive": keep_alive();
    "examine": examine();
    "cancel a download": cancel();
    "cancel an upload": cancel_upload();
    "reinitialize": reinitialize();
    "download a missing file": missing_download();
    "a missing file": missing_file();
    "a missing directory": missing_directory();
    "a name with blanks": name(b"a b  c");
    "a name with a leading dash": name(b"-la");
    "a name with brackets": name(b"[x] {y,z} (w)");
    "a name with a semicolon": name(b"type=dir; x;y");
    "a name in UTF-8": name("Gr\u{fc}\u{df}e \u{8239}\u{306e}\u{9053} \u{1f6a3}".as_bytes());
    "a name with a leading blank": name(b" leading");
    "a name with a trailing blank": name(b"trailing ");
    "a name with wildcards": name(b"a*b?c");
    "a file's name with wildcards": file_name(b"c*d?e");
    "a file's name with a trailing blank": file_name(b"trailing ");
    "a file's name with a backslash": file_name(b"back\\slash");
    "a name with quotes": name(b"it's \"quoted\"");
    "a name with a backslash": name(b"back\\slash");
    "a name with an arrow": name(b"a -> b");
    "a name with a tilde": name(b"~daemon");
    "a name in Latin-1": name(b"caf\xe9");
    "a name with byte 255": name(b"a\xffb");
    "a name with byte 255 for Telnet": telnet();
    "a typed name in ISO-8859-1": charset(Legacy::Latin1, "Gr\u{fc}\u{df}e caf\u{e9}");
    "quit": quit();
}
