//! Directories, links and copies.

use towpath_ftp::{ErrorKind, Outcome, Request};

use crate::talk::{Talk, path};

#[test]
fn x_forms_where_the_plain_ones_are_not_known() {
    let mut talk = Talk::plain(&[]);
    let id = talk.request(Request::MakeDirectory(path("/a")));
    talk.expect(&["send MKD /a"]);
    talk.server("500 What?");
    talk.expect(&["send XMKD /a"]);
    talk.server("257 \"/a\"");
    assert_eq!(talk.ended(id), Ok(Outcome::Ok));
    let id = talk.request(Request::MakeDirectory(path("/b")));
    talk.expect(&["send XMKD /b"]);
    talk.server("257 \"/b\"");
    assert_eq!(talk.ended(id), Ok(Outcome::Ok));
    let id = talk.request(Request::RemoveDirectory(path("/a")));
    talk.expect(&["send RMD /a"]);
    talk.server("502 What?");
    talk.expect(&["send XRMD /a"]);
    talk.server("502 What?");
    assert_eq!(talk.ended(id).unwrap_err().kind, ErrorKind::Refused);
    // Neither worked: 502 may have meant something else.
    talk.request(Request::RemoveDirectory(path("/a")));
    talk.expect(&["send RMD /a"]);
}

/// Whatever MKD's answer names, if anything: the directory is the one that was asked for.
#[test]
fn p2_nothing_hangs_on_the_path_in_mkds_answer() {
    for reply in ["257 \"/elsewhere\" created", "257 a created", "257 a", "257 ok", "250 ok", "257 \"../../a"]
    {
        let mut talk = Talk::plain(&[]);
        let id = talk.request(Request::MakeDirectory(path("/a/b")));
        talk.expect(&["send MKD /a/b"]);
        talk.server(reply);
        assert_eq!(talk.ended(id), Ok(Outcome::Ok), "{reply}");
        let id = talk.request(Request::DeleteFile(path("/a/b/c")));
        talk.expect(&["send DELE /a/b/c"]);
        talk.server("250 ok");
        assert_eq!(talk.ended(id), Ok(Outcome::Ok), "{reply}");
    }
}

#[test]
fn p3_cdup_refused_is_cwd() {
    let mut talk = Talk::plain(&[]);
    let id = talk.request(Request::ChangeToParent);
    talk.expect(&["send CDUP"]);
    talk.server("502 No");
    talk.expect(&["send XCUP"]);
    talk.server("500 No");
    talk.expect(&["send CWD .."]);
    talk.server("250 ok");
    assert_eq!(talk.ended(id), Ok(Outcome::Ok));
    talk.request(Request::List(None));
    talk.expect(&["send PWD"]);
}

#[test]
fn t12_only_what_is_missing_is_made() {
    let mut talk = Talk::plain(&[]);
    // The usual case is one command.
    let id = talk.request(Request::MakeDirectories(path("/a/b")));
    talk.expect(&["send MKD /a/b"]);
    talk.server("257 \"/a/b\"");
    assert_eq!(talk.ended(id), Ok(Outcome::Ok));
    // Up to what is there, and down again.
    let id = talk.request(Request::MakeDirectories(path("/a/b/c/d")));
    for (command, reply) in [
        ("MKD /a/b/c/d", "550 No such directory"),
        ("CWD /a/b/c/d", "550 No such directory"),
        ("MKD /a/b/c", "553 No such directory"),
        ("CWD /a/b/c", "550 No such directory"),
        ("MKD /a/b", "521 exists"),
        ("CWD /a/b", "250 ok"),
        // Another session was faster.
        ("MKD /a/b/c", "550 exists"),
        ("CWD /a/b/c", "250 ok"),
        ("MKD /a/b/c/d", "250 made"),
    ] {
        talk.expect(&[&format!("send {command}")]);
        talk.server(reply);
    }
    assert_eq!(talk.ended(id), Ok(Outcome::Ok));
    talk.is_usable();
}

#[test]
fn t12_a_directory_that_cannot_be_made_is_an_error() {
    let mut talk = Talk::plain(&[]);
    let id = talk.request(Request::MakeDirectories(path("/a/b")));
    for (command, reply) in [
        ("MKD /a/b", "550 denied"),
        ("CWD /a/b", "550 none"),
        ("MKD /a", "550 also denied"),
        ("CWD /a", "250 ok"),
        ("MKD /a/b", "550 denied still"),
        ("CWD /a/b", "550 none"),
    ] {
        talk.expect(&[&format!("send {command}")]);
        talk.server(reply);
    }
    let error = talk.ended(id).unwrap_err();
    assert_eq!(error.reply.as_deref(), Some("550 denied still"));
    // Nothing above is there either: the first refusal says most.
    let id = talk.request(Request::MakeDirectories(path("/x/y")));
    for reply in ["550 first", "550 none", "550 second", "550 none"] {
        talk.server(reply);
    }
    talk.said();
    assert_eq!(talk.ended(id).unwrap_err().reply.as_deref(), Some("550 first"));
    // A full disk is no reason to look further.
    let id = talk.request(Request::MakeDirectories(path("/x/y")));
    talk.server("552 quota");
    talk.says_last("send MKD /x/y");
    assert_eq!(talk.ended(id).unwrap_err().kind, ErrorKind::Full);
    let id = talk.request(Request::MakeDirectories(path("/")));
    assert_eq!(talk.ended(id), Ok(Outcome::Ok));
    let deep = "/d".repeat(200);
    let id = talk.request(Request::MakeDirectories(path(&deep)));
    assert_eq!(talk.ended(id).unwrap_err().kind, ErrorKind::Argument);
    talk.is_usable();
}

#[test]
fn trees_are_removed_by_the_server_only_where_it_says_that_it_can() {
    let mut talk = Talk::plain(&["UTF8"]);
    let id = talk.request(Request::RemoveTree(path("/a")));
    talk.expect(&[]);
    let error = talk.ended(id).unwrap_err();
    assert_eq!(error.advice, "The server cannot remove whole trees (RMDA): delete entry by entry");
    let mut talk = Talk::plain(&["RMDA path"]);
    let id = talk.request(Request::RemoveTree(path("/a")));
    talk.expect(&["send RMDA /a"]);
    talk.pass(60_000);
    talk.server("250 gone");
    assert_eq!(talk.ended(id), Ok(Outcome::Ok));
    talk.is_usable();
}

#[test]
fn links_quote_what_holds_a_blank() {
    let mut talk = Talk::plain(&[]);
    let id = talk.request(Request::MakeLink { target: path("/a b"), path: path("/c") });
    talk.expect(&["send SITE SYMLINK \"/a b\" /c"]);
    talk.server("200 ok");
    assert_eq!(talk.ended(id), Ok(Outcome::Ok));
    let id = talk.request(Request::MakeLink { target: path("/a \"b\""), path: path("/c") });
    assert_eq!(talk.ended(id).unwrap_err().kind, ErrorKind::Argument);
    let id = talk.request(Request::MakeLink { target: path("/a"), path: path("/c") });
    talk.expect(&["send SITE SYMLINK /a /c"]);
    talk.server("500 'SITE SYMLINK' not understood");
    assert_eq!(talk.ended(id).unwrap_err().advice, "The server cannot create links");
    talk.is_usable();
}

#[test]
fn a_copy_is_two_commands_one_right_after_the_other() {
    let mut talk = Talk::plain(&[]);
    let request = || Request::CopyOnServer { from: path("/a b"), to: path("/c") };
    let id = talk.request(request());
    let late = talk.request(Request::ServerStatus);
    talk.expect(&["send SITE CPFR /a b"]);
    talk.server("350 ready");
    talk.expect(&["send SITE CPTO /c"]);
    talk.server("250 copied");
    assert_eq!(talk.ended(id), Ok(Outcome::Ok));
    talk.expect(&["send STAT"]);
    talk.server("211 fine");
    assert!(talk.ended(late).is_ok());
    let id = talk.request(request());
    talk.server("350 ready");
    talk.server("550 no room");
    talk.said();
    let error = talk.ended(id).unwrap_err();
    assert_eq!(error.message, "The server refused to copy /a b to /c");
    let id = talk.request(request());
    talk.server("500 What?");
    talk.says_last("send SITE CPFR /a b");
    assert_eq!(talk.ended(id).unwrap_err().advice, "The server cannot copy: download and upload instead");
    talk.is_usable();
}
