//! How fast listings are read: entries a second on one core, for MLSD, `ls -l` and `dir`. The listings are made in memory, millions of rows of
//! the lengths that servers send, and come in pieces of 64 KiB; the entries are drained as a driver does.
//!
//! `cargo run --release -p towpath-ftp --example listing_bench [rows]`

use std::fmt::Write;
use std::time::Instant;
use towpath_ftp::listing::Parser;

/// Bytes that come at once.
const PIECE: usize = 64 * 1024;
/// 15 June 2024, 12:00.
const NOW: i64 = 1_718_452_800;

fn main() {
    let rows = std::env::args().nth(1).and_then(|rows| rows.parse().ok()).unwrap_or(1_900_000);
    run("MLSD, ProFTPD", rows, Parser::mlsd, mlsd);
    run("MLSD, Pure-FTPd", rows, Parser::mlsd, short_mlsd);
    run("LIST, Unix", rows, || Parser::list(NOW), unix);
    run("LIST, Unix with years", rows, || Parser::list(NOW), old_unix);
    run("LIST, DOS", rows, || Parser::list(NOW), dos);
}

fn run(name: &str, rows: usize, parser: impl Fn() -> Parser, row: impl Fn(&mut String, usize)) {
    let mut text = String::new();
    for place in 0..rows {
        row(&mut text, place);
    }
    // The best of five: other work on the machine only ever makes it slower.
    let mut best = f64::MAX;
    for _ in 0..5 {
        let (mut parser, mut out, mut count) = (parser(), Vec::new(), 0);
        let start = Instant::now();
        for piece in text.as_bytes().chunks(PIECE) {
            if let Err(error) = parser.push(piece, &mut out) {
                println!("{name}: {error}");
                return;
            }
            count += out.drain(..).count();
        }
        let end = parser.finish(&mut out);
        count += out.drain(..).count();
        best = best.min(start.elapsed().as_secs_f64());
        assert!(end.is_ok() && count == rows && parser.unread_count() == 0, "{name}: {count} of {rows} rows");
    }
    println!(
        "{name:24} {:>10.0} entries/s  {:>6.0} MB/s  {} bytes a row",
        rows as f64 / best,
        text.len() as f64 / best / 1e6,
        text.len() / rows
    );
}

fn mlsd(text: &mut String, place: usize) {
    let (hour, minute) = (place / 60 % 24, place % 60);
    let _ = write!(
        text,
        "modify=20240614{hour:02}{minute:02}30;perm=adfrw;size={};type=file;unique=FE01U{place:X};UNIX.group=1000;UNIX.groupname=staff;\
         UNIX.mode=0644;UNIX.owner=1000;UNIX.ownername=ann; IMG_{place:07}.jpg\r\n",
        place * 37
    );
}

fn short_mlsd(text: &mut String, place: usize) {
    let (hour, minute) = (place / 60 % 24, place % 60);
    let _ = write!(
        text,
        "type=file;size={};modify=20240614{hour:02}{minute:02}30;UNIX.mode=0644;UNIX.uid=1000;UNIX.gid=1000;unique=fe00g{place:x}; IMG_{place:07}.jpg\r\n",
        place * 37
    );
}

fn unix(text: &mut String, place: usize) {
    let (hour, minute) = (place / 60 % 24, place % 60);
    let _ = write!(
        text,
        "-rw-r--r--    1 ann      staff    {:>12} Jun {:>2} {hour:02}:{minute:02} IMG_{place:07}.jpg\r\n",
        place * 37,
        place % 14 + 1
    );
}

fn old_unix(text: &mut String, place: usize) {
    let _ = write!(
        text,
        "-rw-r--r--    1 1000     1000     {:>12} Dec {:>2}  {} IMG_{place:07}.jpg\r\n",
        place * 37,
        place % 31 + 1,
        1990 + place % 30
    );
}

fn dos(text: &mut String, place: usize) {
    let (hour, minute) = (place / 60 % 12 + 1, place % 60);
    let _ = write!(
        text,
        "06-{:02}-24  {hour:02}:{minute:02}PM {:>20} IMG_{place:07}.jpg\r\n",
        place % 28 + 1,
        place * 37
    );
}
