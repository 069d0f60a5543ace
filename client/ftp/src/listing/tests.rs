//! What holds for all dialects: limits, cuts, lines that nobody reads, names.

use super::*;
use proptest::prelude::*;

fn read(mut parser: Parser, bytes: &[u8]) -> (Parser, Vec<Entry>) {
    let mut out = Vec::new();
    parser.push(bytes, &mut out).unwrap();
    parser.finish(&mut out).unwrap();
    (parser, out)
}

fn names(entries: &[Entry]) -> Vec<String> {
    entries.iter().map(|entry| entry.name.to_string()).collect()
}

#[test]
fn m8_every_line_by_itself() {
    let (parser, entries) = read(
        Parser::list(1_718_452_800),
        b"-rw-r--r-- 1 o g 1 Jan  5  2024 unix\r\n01-05-24  12:30PM  1 dos\n+r,s1,\teplf\r\ntype=file;size=1; mlsd",
    );
    assert_eq!(names(&entries), ["unix", "dos", "eplf", "mlsd"]);
    assert!(entries.iter().all(|entry| entry.kind == crate::EntryKind::File && entry.size == Some(1)));
    assert_eq!((parser.count(), parser.unread_count()), (4, 0));
}

#[test]
fn m11_no_line_vanishes() {
    let lines =
        ["Volume in drive C", "ls: cannot open directory", "-rw-r--r-- 1 o g 1 Jan 5 2024", "foo", "x=1; y"];
    let (parser, entries) = read(Parser::list(0), lines.join("\r\n").as_bytes());
    assert_eq!(names(&entries), [""; 0]);
    assert_eq!(parser.unread(), lines.map(str::as_bytes));
    let (parser, _) = read(Parser::list(0), &[&[b'x'; MAX_LINE][..], &b"\nx".repeat(MAX_UNREAD)].concat());
    assert_eq!((parser.unread().len(), parser.unread_count()), (MAX_UNREAD, MAX_UNREAD as u64 + 1));
    assert_eq!(parser.unread()[0].len(), MAX_UNREAD_LINE);
}

#[test]
fn m11_names_that_are_none_are_unread() {
    for name in ["a/b", "../../x", "/etc/passwd", "nul\0byte", "cr\rname"] {
        let unix = format!("-rw-r--r-- 1 o g 1 Jan  5  2024 {name}\n");
        let dos = format!("01-05-24  12:30PM  1 {name}\n");
        let mlsd = format!("type=file; {name}\n");
        let eplf = format!("+r,\t{name}\n");
        for line in [unix, dos, eplf] {
            let (parser, entries) = read(Parser::list(0), line.as_bytes());
            assert_eq!((entries.len(), parser.unread_count()), (0, 1), "{line:?}");
        }
        let (parser, entries) = read(Parser::mlsd(), mlsd.as_bytes());
        assert_eq!((entries.len(), parser.unread()), (0, &[mlsd.trim_end().as_bytes().to_vec()][..]));
    }
}

#[test]
fn m11_a_name_with_the_path_of_the_directory_before_it() {
    for (directory, before) in [("/pub/a", "/pub/a/"), ("/pub/a/", "/pub/a/"), ("/", "/"), ("/x", "./")] {
        let list = format!(
            "-rw-r--r-- 1 o g 1 Jan  5  2024 {before}name\nlrwxrwxrwx 1 o g 4 Jan  5  2024 {before}l -> /x/y\n"
        );
        let mlsd = format!("type=file; {before}name\ntype=file; {before}l\n");
        for (mut parser, text) in [(Parser::list(0), list), (Parser::mlsd(), mlsd)] {
            parser.within(directory.as_bytes());
            let (parser, entries) = read(parser, text.as_bytes());
            assert_eq!(
                (names(&entries), parser.unread_count()),
                (vec!["name".to_owned(), "l".to_owned()], 0),
                "{text}"
            );
        }
    }
    // Any other path is none, nor is the directory itself.
    let mut parser = Parser::mlsd();
    parser.within(b"/pub");
    let lines = b"type=file; /pub2/x\ntype=file; /pub/\ntype=file; /pub/../x\ntype=file; /pub//x\ntype=file; ././x\ntype=dir; /pub/..\n";
    let (parser, entries) = read(parser, lines);
    assert_eq!((names(&entries), parser.unread_count()), (Vec::new(), 5));
}

#[test]
fn m11_dots_and_totals_are_nothing() {
    let text = "total 12\r\ndrwxr-xr-x 2 o g 1 Jan  5  2024 .\r\ndrwxr-xr-x 2 o g 1 Jan  5  2024 ..\r\n\r\ninsgesamt 4\r\n\
                01-05-24  12:30PM  <DIR>  .\r\n+/,\t..\r\ntotal 1.2K\r\n";
    let (parser, entries) = read(Parser::list(0), text.as_bytes());
    assert_eq!((entries.len(), parser.unread_count()), (0, 0), "{:?}", parser.unread());
}

#[test]
fn line_ends_and_none_at_all() {
    let (_, entries) =
        read(Parser::mlsd(), b"type=file; a\ntype=file; b\r\ntype=file; c\r\r\n\r\n\ntype=file; d");
    assert_eq!(names(&entries), ["a", "b", "c", "d"]);
    assert_eq!(read(Parser::mlsd(), b"").1, []);
}

#[test]
fn limits_of_lines_rows_and_bytes() {
    let mut out = Vec::new();
    let mut parser = Parser::mlsd();
    parser.push(b"type=file; a\n", &mut out).unwrap();
    assert_eq!(parser.push(&[b'x'; MAX_LINE + 1], &mut out), Err(ListingError::LongLine));
    assert_eq!(parser.push(b"\ntype=file; b\n", &mut out), Err(ListingError::LongLine));
    assert_eq!(parser.finish(&mut out), Err(ListingError::LongLine));
    assert_eq!(names(&out), ["a"]);

    let mut parser = Parser { lines: MAX_ROWS - 1, ..Parser::mlsd() };
    parser.push(b"type=file; c\n", &mut out).unwrap();
    assert_eq!(parser.push(b"type=file; d\n", &mut out), Err(ListingError::ManyRows));

    let mut parser = Parser { bytes: MAX_BYTES - 13, ..Parser::mlsd() };
    parser.push(b"type=file; e\n", &mut out).unwrap();
    assert_eq!(parser.push(b"\n", &mut out), Err(ListingError::ManyBytes));
    assert_eq!(names(&out), ["a", "c", "e"]);
}

/// A listing of the longest lines, byte by byte: were a line read again for each byte, this would take minutes.
#[test]
fn reading_is_linear() {
    let line = [b"type=file; ", &[b'x'; MAX_LINE - 12][..], b"\n"].concat();
    let (mut parser, mut out) = (Parser::mlsd(), Vec::new());
    for byte in line.repeat(100) {
        parser.push(&[byte], &mut out).unwrap();
    }
    assert_eq!(out.len(), 100);
}

/// The same for every dialect, with lines that look like the beginning of one and never end.
#[test]
fn reading_is_linear_in_every_dialect() {
    let starts = [
        "",
        "-rw-r--r-- ",
        "01-05-24 12:30PM ",
        "A.TXT;1 ",
        "d [RWCEAFMS] ",
        "WRK001 3390 2024/01/01 1 ",
        "Q 1 01/02/03 12:00:00 *FILE ",
        "+",
    ];
    let fills = ["1 ", "Jan 5 ", "[", "x;1 ", " -> ", "a=b;", "1,", "月", "12:30 ", "            "];
    for start in starts {
        for fill in fills {
            let line = [start, &fill.repeat((MAX_LINE - start.len()) / fill.len() - 1), "\r\n"].concat();
            for parser in
                Dialect::ALL.map(|dialect| Parser::list_as(dialect, 0)).into_iter().chain([Parser::list(0)])
            {
                read(parser, line.repeat(3).as_bytes());
            }
        }
    }
}

/// A day past 12 decides for the lines before it, and entries wait for it, but not for ever.
#[test]
fn m8_dates_of_numbers_wait_for_evidence() {
    let line = |date: &str| format!("{date}  12:30PM  1 x\r\n");
    let day = |entry: &Entry| entry.modified.unwrap().seconds / 86_400;
    let (mut parser, mut out) = (Parser::list(1_718_452_800), Vec::new());
    parser.push(line("03-02-24").repeat(10).as_bytes(), &mut out).unwrap();
    assert_eq!(out.len(), 0);
    parser.push(line("25-02-24").as_bytes(), &mut out).unwrap();
    assert_eq!((out.len(), day(&out[0]), day(&out[10])), (11, 19_756, 19_778));
    // Nothing decides: the month first, as on IIS.
    for rows in [10, 5_000] {
        let (mut parser, mut out) = (Parser::list(1_718_452_800), Vec::new());
        parser.push(line("03-02-24").repeat(rows).as_bytes(), &mut out).unwrap();
        assert_eq!(out.len(), if rows == 10 { 0 } else { rows });
        parser.finish(&mut out).unwrap();
        assert_eq!(out.len(), rows);
        assert!(out.iter().all(|entry| day(entry) == 19_784));
    }
}

/// One word may be a message; two are names; a great many are given before the end.
#[test]
fn m8_names_alone() {
    assert_eq!(read(Parser::list(0), b"Denied\r\n").0.unread(), [b"Denied"]);
    assert_eq!(names(&read(Parser::list(0), b"a\r\nb\r\n").1), ["a", "b"]);
    assert_eq!(read(Parser::list(0), b"a\r\nb\r\nnot a name\r\n").0.unread_count(), 3);
    let (mut parser, mut out) = (Parser::list(0), Vec::new());
    parser.push(b"name\r\n".repeat(3_000).as_slice(), &mut out).unwrap();
    assert!(out.len() > 2_900, "{}", out.len());
    let (parser, entries) = read(Parser::list_as(Dialect::Names, 0), b" two words \r\na/b\r\n");
    assert_eq!((names(&entries), parser.unread_count()), (vec![" two words ".to_owned()], 1));
}

#[test]
fn m8_one_dialect_by_force() {
    let text = "-rw-r--r-- 1 o g 1 Jan  5  2024 unix\r\n01-15-24  12:30PM  1 dos\r\n";
    let (parser, entries) = read(Parser::list_as(Dialect::Dos, 0), text.as_bytes());
    assert_eq!(
        (names(&entries), parser.unread_count(), parser.dialect()),
        (vec!["dos".to_owned()], 1, Some(Dialect::Dos))
    );
    let (parser, _) = read(Parser::list(0), text.repeat(2).as_bytes());
    assert_eq!(parser.dialect(), Some(Dialect::Unix));
    assert_eq!(read(Parser::list(0), b"").0.dialect(), None);
}

fn lines() -> impl Strategy<Value = Vec<u8>> {
    let words = [
        "type=file;",
        "size=12;",
        "type=OS.unix=slink:/x;",
        "modify=20240229123456;",
        "-rw-r--r--",
        "drwxr-xr-x+",
        "lrwxrwxrwx",
        "crw-------",
        "1",
        "12,",
        "4096",
        "root",
        "Domain Users",
        "Jan",
        "Feb 29",
        "31",
        "2024",
        "12:30",
        "2024-01-05",
        "12:30:45.123456789",
        "+0100",
        "name",
        " -> ",
        "/",
        "..",
        "01-05-24",
        "12:30PM",
        "<DIR>",
        "<JUNCTION>",
        "[x]",
        "+i1,r,s5,\t",
        "total",
        "月",
        "1月",
        " ",
        "\t",
        "\r",
        "\n",
        "\r\n",
        ";",
        "=",
        "18446744073709551616",
    ];
    let word = prop_oneof![
        4 => proptest::sample::select(words.to_vec()).prop_map(|word| word.as_bytes().to_vec()),
        2 => Just(b" ".to_vec()),
        1 => Just(b"\n".to_vec()),
        1 => proptest::collection::vec(any::<u8>(), 0..4),
    ];
    proptest::collection::vec(word, 0..80).prop_map(|words| words.concat())
}

fn same_in_pieces(
    whole: Parser,
    mut cut: Parser,
    bytes: &[u8],
    sizes: &[usize],
) -> Result<(), TestCaseError> {
    let (whole, entries) = read(whole, bytes);
    let (mut out, mut rest) = (Vec::new(), bytes);
    for size in sizes.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (piece, after) = rest.split_at((*size).min(rest.len()));
        cut.push(piece, &mut out).unwrap();
        rest = after;
    }
    cut.finish(&mut out).unwrap();
    prop_assert_eq!(&entries, &out);
    prop_assert_eq!(whole.unread(), cut.unread());
    prop_assert_eq!((whole.count(), whole.unread_count()), (cut.count(), cut.unread_count()));
    prop_assert_eq!(whole.count(), entries.len() as u64);
    Ok(())
}

proptest! {
    #[test]
    fn any_cut_gives_the_same(
        bytes in lines(),
        now in prop_oneof![Just(1_718_452_800), any::<i64>()],
        sizes in proptest::collection::vec(1usize..9, 1..9),
    ) {
        same_in_pieces(Parser::list(now), Parser::list(now), &bytes, &sizes)?;
        same_in_pieces(Parser::mlsd(), Parser::mlsd(), &bytes, &sizes)?;
    }

    /// Whatever MLSD can say of a name, the name comes out as it went in.
    #[test]
    fn m4_names_survive(name in "[^/\\x00\\r\\n]{1,30}") {
        prop_assume!(name != "." && name != "..");
        let (_, entries) = read(Parser::mlsd(), format!("type=file;size=3; {name}\r\n").as_bytes());
        prop_assert_eq!(entries[0].name.as_bytes(), name.as_bytes());
    }

    /// No bytes do harm, whatever dialect they are taken for, and each line that is not empty is accounted for.
    #[test]
    fn any_bytes_in_any_dialect(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        for dialect in Dialect::ALL {
            let (parser, entries) = read(Parser::list_as(dialect, 0), &bytes);
            prop_assert_eq!(parser.count(), entries.len() as u64);
        }
        // EBCDIC, of which nearly everything is printable.
        let bytes: Vec<u8> = bytes.iter().map(|byte| byte | 0x40).collect();
        read(Parser::list(0), &[&[0x40; 4][..], &[0xc1; 70], &bytes].concat());
    }

    /// What a dialect can say of a name, the name comes out as it went in.
    #[test]
    fn m8_names_survive_in_all_dialects(name in "[a-zA-Z0-9_$#ä\\xff-]{1,8}") {
        for (dialect, line) in [
            (Dialect::Eplf, "+i2.2,m1709251199,r,s5,\t@"),
            (Dialect::Facts, "type=file;size=5; @"),
            (Dialect::Vms, "@.X;1  1/9  4-NOV-2009 05:59 [ANN] (RWED,RWE,R,)"),
            (Dialect::Os400, "ANN  5 02/24/20 15:09:55 *STMF @"),
            (Dialect::NetWare, "- [R----F--] ann  5 Oct 20  2023 @"),
            (Dialect::Os2, " 5  A  02-09-97  13:49  @"),
            (Dialect::VxWorks, " 5  Jan-01-2004  12:00:00   @"),
            (Dialect::NonStop, "@ 101 5 18-Mar-09 15:09:12 244, 10 \"nnnn\""),
            (Dialect::Enterprise, "-C--E-----FTP B ANN  18128  5 Apr  1  2014 @"),
            (Dialect::Numeric, "0100644   500  101   5    123456789       @"),
            (Dialect::NameFirst, "@  5  Nov 16 1994 17:16"),
        ] {
            for parser in [Parser::list_as(dialect, 0), Parser::list(1_718_452_800)] {
                let (parser, entries) = read(parser, line.replace('@', &name).as_bytes());
                let wanted = if dialect == Dialect::Vms { format!("{name}.X") } else { name.clone() };
                prop_assert_eq!(names(&entries), [wanted], "{} {:?}", dialect, parser.unread());
            }
        }
    }

    #[test]
    fn m9_names_survive(name in "[^/\\x00\\r\\n]{1,30}") {
        prop_assume!(name != "." && name != "..");
        for line in ["-rw-r--r--   1 o  g    3 Jan  5 12:30 ", "-rw-r--r--   1 o  g    3 Jan  5  2024 ", "01-05-24  12:30PM     3 "] {
            let (_, entries) = read(Parser::list(1_718_452_800), format!("{line}{name}\r\n").as_bytes());
            prop_assert_eq!(entries[0].name.as_bytes(), name.as_bytes());
            prop_assert_eq!(entries[0].size, Some(3));
        }
    }
}
