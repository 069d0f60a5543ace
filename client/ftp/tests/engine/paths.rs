//! How the engine writes paths, names and words as its server does.

use towpath_ftp::{Charset, Encryption, ErrorKind, PathSyntax, RemotePath, Request, Secret};

use crate::talk::{Talk, path, site};

/// Logged in on a server that calls itself so, without FEAT.
fn on(system: &str) -> Talk {
    let mut talk = Talk::new(site(Encryption::None));
    talk.request(Request::Connect);
    talk.opened();
    for reply in ["220 hi", "331 password", "230 in", &format!("215 {system}"), "500 no FEAT"] {
        talk.server(reply);
    }
    talk.said();
    talk
}

#[test]
fn p6_vms_files_are_named_where_they_are() {
    let mut talk = on("VMS OpenVMS V8.4");
    let directory = RemotePath::parse(PathSyntax::Vms, "DISK:[ME.DATA]").unwrap();
    talk.request(Request::List(Some(directory.clone())));
    talk.server("250 ok");
    talk.server("257 \"DISK:[ME.DATA]\" is current directory");
    talk.expect(&["send CWD DISK:[ME.DATA]", "send PWD", "send TYPE I"]);
    let file = directory.join(&towpath_ftp::Name::checked(PathSyntax::Vms, "A.TXT").unwrap());
    let mut talk = on("VMS OpenVMS V8.4");
    talk.request(Request::DeleteFile(file));
    talk.server("250 ok");
    talk.server("257 \"DISK:[ME.DATA]\"");
    talk.expect(&["send CWD DISK:[ME.DATA]", "send PWD", "send DELE A.TXT"]);
}

#[test]
fn p6_mvs_members() {
    let mut talk = on("MVS is the operating system of this server. FTP Server is running on z/OS.");
    talk.request(Request::List(None));
    talk.server("257 \"'USER.'\" is working directory.");
    let member = RemotePath::parse(PathSyntax::Mvs, "'USER.PDS(MEMBER)'").unwrap();
    let mut talk = on("MVS is the operating system of this server. FTP Server is running on z/OS.");
    talk.request(Request::DeleteFile(member));
    talk.server("250 ok");
    talk.server("257 \"'USER.PDS'\" partitioned data set");
    talk.expect(&["send CWD 'USER.PDS'", "send PWD", "send DELE MEMBER"]);
}

#[test]
fn p7_os_400_is_asked_for_paths() {
    let mut talk = on("OS/400 is the remote operating system. The TCP/IP version is \"V7R3M0\".");
    talk.request(Request::List(None));
    talk.server("257 \"QGPL\" is current library.");
    talk.server("200 type");
    // The data connection may stand before all is known.
    talk.server("227 (192,0,2,7,195,80)");
    talk.data_opened();
    talk.server("250 Now using naming format \"1\".");
    let wanted = [
        "send PWD",
        "send TYPE I",
        "send PASV",
        "open 2 data of 1 port 50000",
        "send SITE NAMEFMT 1",
        "send PWD",
    ];
    talk.expect(&wanted);
    talk.server("257 \"/QSYS.LIB/QGPL.LIB\" is current directory.");
    talk.expect(&["send LIST -a"]);
    talk.data(b"ME  1 01/05/24 12:30:00 *FILE A.FILE\r\n");
    talk.data_closed(towpath_ftp::End::Clean);
    talk.server("226 done");
    let told = |event: &towpath_ftp::Event| match event {
        towpath_ftp::Event::Listed { path, .. } => path.as_bytes() == b"/QSYS.LIB/QGPL.LIB",
        _ => false,
    };
    assert!(talk.events.iter().any(told), "{:?}", talk.events);
    // Only once.
    talk.request(Request::List(Some(path("/other"))));
    talk.server("250 ok");
    talk.server("257 \"QGPL\"");
    assert!(!talk.said().iter().any(|said| said.contains("NAMEFMT")));
}

#[test]
fn servers_of_old_get_xcwd_and_xpwd_and_are_remembered() {
    let mut talk = on("UNIX");
    talk.request(Request::List(Some(path("/d"))));
    for reply in
        ["500 what is CWD", "200 type", "227 (192,0,2,7,195,80)", "250 ok", "502 no PWD", "257 \"/d\""]
    {
        talk.server(reply);
    }
    talk.expect(&[
        "send CWD /d",
        "send TYPE I",
        "send PASV",
        "open 2 data of 1 port 50000",
        "send XCWD /d",
        "send PWD",
        "send XPWD",
        "send LIST -a",
    ]);
    let quirks = talk.quirks().clone();
    let mut site = site(Encryption::None);
    site.quirks = quirks;
    let mut talk = Talk::plain_at(site, &[]);
    talk.request(Request::List(Some(path("/d"))));
    talk.server("250 ok");
    talk.expect(&["send XCWD /d", "send XPWD"]);
}

#[test]
fn l12_host_goes_after_tls_and_before_the_user() {
    let mut site = site(Encryption::None);
    site.virtual_host = Some("files.example.org".into());
    let mut talk = Talk::new(site.clone());
    talk.connect();
    talk.server("220 hi");
    talk.expect(&["send HOST files.example.org"]);
    talk.server("220 other greeting");
    talk.expect(&["send USER me"]);
    // One that has no names goes on, one that does not know this one does not. 530 is what servers without HOST say before a login.
    for none in ["500 no HOST", "502 no HOST", "530 Please login with USER and PASS."] {
        let mut talk = Talk::new(site.clone());
        talk.connect();
        talk.server("220 hi");
        talk.server(none);
        talk.says_last("send USER me");
    }
    let mut talk = Talk::new(site);
    let id = talk.connect();
    talk.server("220 hi");
    talk.server("504 unknown host");
    assert_eq!(talk.ended(id).unwrap_err().kind, ErrorKind::Refused);
}

#[test]
fn u3_a_login_that_is_not_ascii_is_tried_once_more_in_the_charset_of_old() {
    let mut site = site(Encryption::None);
    site.user = "jürgen".into();
    let mut talk = Talk::new(site.clone());
    let id = talk.connect();
    talk.server("220 hi");
    talk.expect(&["send USER jürgen"]);
    talk.server("530 no");
    talk.expect(&["close 1", "open 2 ftp.example.org:21"]);
    talk.opened();
    talk.server("220 hi");
    // One byte, ISO-8859-1.
    talk.expect(&["send USER j\u{fffd}rgen"]);
    talk.server("331 password");
    talk.server("530 no");
    assert_eq!(talk.ended(id).unwrap_err().kind, ErrorKind::Credentials);
    // Never for a limit, nor where the charset is said, nor for ASCII.
    for (user, charset, reply) in [
        ("jürgen", Charset::default(), "530 too many users"),
        ("jürgen", Charset::Utf8, "530 no"),
        ("jurgen", Charset::default(), "530 no"),
    ] {
        site.user = user.into();
        site.charset = charset;
        site.password = Secret::new("x");
        let mut talk = Talk::new(site.clone());
        let id = talk.connect();
        talk.server("220 hi");
        talk.server(reply);
        assert!(talk.ended(id).is_err(), "{user} {reply}");
    }
}

#[test]
fn s2_r6_telnet_only_where_the_site_says_so_and_a_byte_is_a_character() {
    for (charset, telnet, line) in [
        ("windows-1251", true, &b"DELE /\xff\xff\r\n"[..]),
        ("windows-1251", false, b"DELE /\xff\r\n"),
        ("utf-8", true, b"DELE /\xff\r\n"),
        ("shift_jis", true, b"DELE /\xff\r\n"),
    ] {
        let mut site = site(Encryption::None);
        site.charset = Charset::from_label(charset).unwrap();
        site.telnet = telnet;
        let mut talk = Talk::plain_at(site, &["TVFS"]);
        talk.request(Request::DeleteFile(RemotePath::new(b"/\xff").unwrap()));
        assert_eq!(talk.sent(), line, "{charset} {telnet}");
    }
}

#[test]
fn csid_before_clnt_and_a_language_where_there_are_some() {
    let mut site = site(Encryption::None);
    site.language = Some("fr".into());
    let mut talk = Talk::new(site.clone());
    talk.connect();
    for reply in ["220 hi", "331 password", "230 in", "215 UNIX"] {
        talk.server(reply);
    }
    talk.bytes(b"211-list\r\n CLNT\r\n CSID\r\n LANG EN*;FR\r\n211 end\r\n");
    talk.says_last(concat!("send CSID Name=Towpath; Version=", env!("CARGO_PKG_VERSION"), ";"));
    talk.server("200 ok");
    talk.expect(&["send LANG fr"]);
}
