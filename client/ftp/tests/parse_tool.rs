//! The tool of `examples/parse`, run within this process: its command line and its output are what people and scripts build
//! on. Cases of our own, and those of other projects where there are some (see `vectors.rs`).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test: what is not as it should be ends it"
)]

#[path = "../examples/parse/tool/mod.rs"]
mod tool;

#[path = "parse_tool/scores.rs"]
mod scores;

use serde_json::{Value, json};
use tool::End;

/// What came of a run.
struct Ran {
    end: End,
    objects: Vec<Value>,
    notes: String,
}

fn run(arguments: &[&str], input: &[u8]) -> Ran {
    let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
    let (mut out, mut notes) = (Vec::new(), Vec::new());
    let end = tool::run(&arguments, &mut &*input, &mut out, &mut notes).unwrap();
    let out = String::from_utf8(out).unwrap();
    assert!(out.is_empty() || out.ends_with('\n'), "{out:?}");
    let objects = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    Ran { end, objects, notes: String::from_utf8(notes).unwrap() }
}

/// The one object of a kind that has one.
fn one(kind: &str, input: &str) -> Option<Value> {
    let Ran { end, mut objects, notes } = run(&["--kind", kind], input.as_bytes());
    match end {
        End::Read => {
            assert_eq!(objects.len(), 1, "{input:?}");
            objects.pop()
        }
        End::Refused => {
            assert!(objects.is_empty());
            assert!(input.trim().is_empty() || !notes.is_empty(), "{input:?}");
            None
        }
        End::Unusable => panic!("{notes}"),
    }
}

const KINDS: [&str; 9] = ["list", "mlsd", "reply", "pasv", "epsv", "feat", "pwd", "mdtm", "size"];

#[test]
fn an_entry_has_always_the_same_keys() {
    let listing = "total 3\r\n\
        -rw-r--r-- 1 me us 12 Nov 30 23:59 a b\r\n\
        drwxrwsr-t 2 me us 4096 Feb 29  2024 d\r\n\
        lrwxrwxrwx 1 me us 3 Jan  5 2024 l -> to/x\r\n\
        11-14-97  04:21PM       953 MYFILE.INI\r\n\
        what is this\r\n";
    let now = ["--now", "2024-12-01T12:00:00"];
    let ran = run(&["--kind", "list", now[0], now[1]], listing.as_bytes());
    assert_eq!(ran.end, End::Read);
    let none = Value::Null;
    assert_eq!(
        ran.objects,
        [
            json!({"name": "a b", "type": "file", "size": 12, "mtime": "2024-11-30T23:59:00", "mtime_precision": "minute",
                "target": none, "perms": "rw-r--r--", "owner": "me", "group": "us"}),
            json!({"name": "d", "type": "dir", "size": 4096, "mtime": "2024-02-29T00:00:00", "mtime_precision": "day",
                "target": none, "perms": "rwxrwxr-x", "owner": "me", "group": "us"}),
            json!({"name": "l", "type": "link", "size": 3, "mtime": "2024-01-05T00:00:00", "mtime_precision": "day",
                "target": "to/x", "perms": "rwxrwxrwx", "owner": "me", "group": "us"}),
            json!({"name": "MYFILE.INI", "type": "file", "size": 953, "mtime": "1997-11-14T16:21:00",
                "mtime_precision": "minute", "target": none, "perms": none, "owner": none, "group": none}),
        ]
    );
    assert_eq!(ran.notes, "unread: what is this\n");
    let ran = run(
        &["--kind=mlsd"],
        b"type=file;size=18446744073709551615;modify=20240229123456.5; \" \\\t\xc3\xa4\r\n",
    );
    assert_eq!(
        ran.objects,
        [json!({"name": "\" \\\t\u{e4}", "type": "file", "size": u64::MAX, "mtime": "2024-02-29T12:34:56",
            "mtime_precision": "second", "target": none, "perms": none, "owner": none, "group": none})]
    );
}

#[test]
fn names_that_are_not_utf8_are_shown_and_noted() {
    let ran = run(&["--kind", "mlsd"], b"type=file; gr\xfc\xdfe\n");
    assert_eq!(ran.objects[0]["name"], "gr\u{fc}\u{df}e");
    assert!(ran.notes.contains("[67, 72, fc, df, 65]"), "{}", ran.notes);
}

#[test]
fn a_refusal_is_not_an_empty_listing() {
    for kind in ["list", "mlsd"] {
        for empty in ["", "\r\n\r\n"] {
            let ran = run(&["--kind", kind], empty.as_bytes());
            assert_eq!(
                (ran.end, ran.objects.len(), ran.notes.as_str()),
                (End::Read, 0, ""),
                "{kind} {empty:?}"
            );
        }
        let ran = run(&["--kind", kind], b"nothing\r\nof it\r\n\x1b[2J\r\n");
        assert_eq!((ran.end, ran.objects.len()), (End::Refused, 0));
        assert_eq!(ran.notes, "unread: nothing\nunread: of it\nunread: \\x1b[2J\n");
    }
    assert_eq!(run(&["--kind", "list"], b"total 0\r\n").end, End::Read);
    let long = [&b"type=file; a\r\n"[..], &[b'x'; 20_000]].concat();
    let ran = run(&["--kind", "mlsd"], &long);
    assert_eq!((ran.end, ran.objects.len()), (End::Refused, 1));
    assert!(ran.notes.starts_with("refused: "), "{}", ran.notes);
    let ran = run(&["--kind", "list"], &b"what is this?\n".repeat(150));
    assert!(ran.notes.ends_with("unread: 50 more lines\n"), "{}", ran.notes);
}

#[test]
fn replies_and_what_is_left_of_one() {
    let reply =
        |code: u16, lines: &[&str], last: &str| json!({"code": code, "lines": lines, "last_line": last});
    let all = |replies: &[Value], rest: &str| Some(json!({"replies": replies, "rest": rest}));
    assert_eq!(one("reply", "220 Hi\r\n"), all(&[reply(220, &["220 Hi"], "Hi")], ""));
    assert_eq!(
        one("reply", "211-a\r\n\r\n 211 b\r\n211-c\r\n211 End\r\n200"),
        all(&[reply(211, &["211-a", " 211 b", "211-c", "211 End"], "End"), reply(200, &["200"], "")], "")
    );
    assert_eq!(one("reply", "226-a\r\n200 b\r\n"), all(&[], "226-a\n200 b\n"));
    assert_eq!(
        one("reply", "200 a\r201 b\r202-c"),
        all(&[reply(200, &["200 a"], "a"), reply(201, &["201 b"], "b")], "202-c\n")
    );
    assert_eq!(one("reply", "SSH-2.0-x\r\n220 Hi"), all(&[reply(220, &["220 Hi"], "Hi")], ""));
    assert_eq!(one("reply", ""), all(&[], ""));
    assert_eq!(one("reply", "SSH-2.0-x\r\n"), None);
    assert_eq!(one("reply", &"2".repeat(70_000)), None);
}

/// An answer to MLST may name a path; a line of a listing does not.
#[test]
fn paths_of_mlst_are_shown_with_a_note() {
    let input = "type=file;size=3; a\r\nType=cdir;Modify=20200101000000; /pub\r\nType=dir; /pub/b\r\n /no/facts\r\nwhat is/this\r\ntype=cdir; .";
    let found = run(&["--kind", "mlsd"], input.as_bytes());
    let shown: Vec<_> =
        found.objects.iter().map(|object| (object["name"].clone(), object["type"].clone())).collect();
    assert_eq!(
        shown,
        [("a", "file"), ("/pub", "dir"), ("/pub/b", "dir"), ("/no/facts", "other")]
            .map(|(a, b)| (json!(a), json!(b)))
    );
    assert_eq!(found.objects[1]["mtime"], "2020-01-01T00:00:00");
}

#[test]
fn what_the_answers_mean() {
    for (kind, input, wanted) in [
        ("pasv", "227 Entering (10,0,0,1,4,1)", Some(json!({"host": "10.0.0.1", "port": 1025}))),
        ("pasv", "227-listening\r\n227 (10,0,0,1,4,1)\r\n", Some(json!({"host": "10.0.0.1", "port": 1025}))),
        ("pasv", "192,168,0,1,4,1", Some(json!({"host": "192.168.0.1", "port": 1025}))),
        ("pasv", "(192,168,0,1,4,1)", Some(json!({"host": "192.168.0.1", "port": 1025}))),
        ("pasv", "227 (10,0,0,1,4,256)", None),
        ("pasv", "227 (10,0,0,1,0,0)", None),
        ("pasv", "500 (10,0,0,1,4,1)", None),
        ("pasv", "227-(10,0,0,1,4,1)\r\n", None),
        ("pasv", "", None),
        ("epsv", "229 Extended (|||6446|)", Some(json!({"port": 6446}))),
        ("epsv", "227 Entering (10,0,0,1,4,1)", Some(json!({"port": 1025}))),
        ("epsv", "(!!!6446!)", Some(json!({"port": 6446}))),
        ("epsv", "229 (||6446|)", None),
        ("pwd", "257 \"/a\"\"b\" is current", Some(json!({"path": "/a\"b"}))),
        ("pwd", "257 \"\" created", Some(json!({"path": ""}))),
        ("pwd", "550 \"/a\"", None),
        ("pwd", "257 \r\n", None),
        ("size", "213 18446744073709551615", Some(json!({"size": u64::MAX}))),
        ("size", "6666", Some(json!({"size": 6666}))),
        ("size", "213 18446744073709551616", None),
        ("size", "550 no 1", None),
        (
            "mdtm",
            "213 20240229123456",
            Some(json!({"mtime": "2024-02-29T12:34:56", "millis": 0, "micros": 0})),
        ),
        (
            "mdtm",
            "20240229123456.0145",
            Some(json!({"mtime": "2024-02-29T12:34:56", "millis": 14, "micros": 14_500})),
        ),
        (
            "mdtm",
            "213 20240229123456.123456789",
            Some(json!({"mtime": "2024-02-29T12:34:56", "millis": 123, "micros": 123_456})),
        ),
        ("mdtm", "213 20240230123456", None),
        ("feat", "211 none", Some(json!({"features": {}}))),
        (
            "feat",
            "211-x\r\n mlst size*;create\r\n211-SIZE\r\n AUTH TLS\r\n AUTH SSL\r\n REST STREAM\r\n211 End",
            Some(
                json!({"features": {"MLST": "size*;create", "SIZE": "", "AUTH": "TLS;SSL", "REST": "STREAM"}}),
            ),
        ),
        ("feat", "500 what", None),
        ("feat", "211-x\r\n SIZE\r\n", None),
    ] {
        assert_eq!(one(kind, input), wanted, "{kind} {input:?}");
    }
}

#[test]
fn the_clock_decides_on_years() {
    let line = b"-rw-r--r-- 1 o g 1 Mar  1 12:00 f\n";
    for (now, wanted) in [
        ("2024-03-01T11:00:00", "2024-03-01T12:00:00"),
        ("2024-02-28T12:00:00", "2023-03-01T12:00:00"),
        ("1970-03-01", "1970-03-01T12:00:00"),
        ("2099-12-31 23:59:59Z", "2099-03-01T12:00:00"),
    ] {
        assert_eq!(run(&["--kind", "list", "--now", now], line).objects[0]["mtime"], wanted, "{now}");
    }
    // The real one.
    assert_eq!(run(&["--kind", "list"], line).objects.len(), 1);
}

#[test]
fn the_command_line() {
    let ran = |arguments: &[&str]| {
        let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        let (mut out, mut notes) = (Vec::new(), Vec::new());
        let end = tool::run(&arguments, &mut &b""[..], &mut out, &mut notes).unwrap();
        (end, String::from_utf8(out).unwrap(), String::from_utf8(notes).unwrap())
    };
    for wrong in [
        &[][..],
        &["--kind"],
        &["--kind", "ls"],
        &["list"],
        &["--kind", "list", "--now", "yesterday"],
        &["--kind", "list", "--now", "2023-02-29T00:00:00"],
        &["--kind", "list", "--now", "2023-02-28T24:00:00"],
        &["--kind", "list", "--verbose"],
    ] {
        let (end, out, notes) = ran(wrong);
        assert_eq!((end, out.as_str()), (End::Unusable, ""), "{wrong:?}");
        assert!(notes.starts_with("error: ") && notes.ends_with("--help says how to use this\n"), "{notes}");
    }
    let (end, help, _) = ran(&["--help"]);
    assert_eq!(end, End::Read);
    assert!(KINDS.iter().all(|kind| help.contains(kind)));
    assert!(help.contains("reads wrongly"));
    assert_eq!(ran(&["--kind", "LIST", "--system", "UNIX Type: L8"]).0, End::Read);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() })]

    /// `run` checks that the output is lines of JSON; whatever is refused says so.
    #[test]
    fn any_bytes_give_json_or_a_refusal(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..300)) {
        for kind in KINDS {
            for start in [&b""[..], b"211-x\r\n ", b"227 (1,2,3,4,", b"-rw-r--r-- 1 o g 1 Jan 1 2020 ", b"type=file; "] {
                let ran = run(&["--kind", kind], &[start, &bytes].concat());
                proptest::prop_assert!(ran.end != End::Unusable);
                proptest::prop_assert!(ran.end == End::Read || ran.objects.is_empty() || ran.notes.contains("refused: "));
            }
        }
    }
}
