//! The sample tree: what a newcomer sees first, and names that clients get wrong.

use super::picture;
use std::fs;
use std::io;
use std::path::Path;

const WELCOME: &str = "Welcome to Towpath\n\n\
    You are looking at an FTP server on your own machine, through a web page.\n\
    Everything here is yours to try: open folders, download, upload, rename, delete.\n\
    The server and its files go away when the demo stops.\n";

const PAGE: &str = "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>Locks</title></head>\n\
    <body>\n<h1>How a lock works</h1>\n<ol><li>The gates close behind the boat.</li>\n\
    <li>The paddles open, and water flows until both levels agree.</li>\n\
    <li>The gates ahead open.</li></ol>\n</body>\n</html>\n";

const DRAWING: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 120 80\">\
    <rect width=\"120\" height=\"80\" fill=\"#dcebe4\"/>\
    <path d=\"M0 60h120v20H0z\" fill=\"#285c8c\"/>\
    <path d=\"M25 52h60l-8 14H35z\" fill=\"#8c4a28\"/>\
    <path d=\"M0 44h120\" stroke=\"#6b5a3c\" stroke-width=\"4\"/></svg>\n";

/// A size at which progress can be seen.
const LARGE: usize = 5 * 1024 * 1024;

/// Writes the tree into an empty directory.
pub(super) fn write(root: &Path) -> io::Result<()> {
    let picture = picture::png(256);
    let files: [(&str, &[u8]); 17] = [
        ("welcome.txt", WELCOME.as_bytes()),
        ("documents/how a lock works.html", PAGE.as_bytes()),
        ("documents/timetable.csv", b"boat,departs,arrives\nHeron,08:10,11:45\nKingfisher,09:30,12:20\n"),
        ("documents/config.json", b"{\n  \"boats\": [\"Heron\", \"Kingfisher\"],\n  \"season\": 2026\n}\n"),
        ("documents/letters/2026-03-01 Request for mooring.txt", b"Dear harbour master,\n\nmay we stay?\n"),
        ("documents/letters/2026-03-04 Reply.txt", b"Yes.\n"),
        ("pictures/river.png", &picture),
        ("pictures/boat.svg", DRAWING.as_bytes()),
        ("names/\u{dc}bersicht \u{2013} M\u{e4}rz.txt", "Grüße aus Lübeck\n".as_bytes()),
        ("names/\u{1f6a3} rowing \u{1f30a}.txt", b"Row, row, row your boat.\n"),
        ("names/\u{8239}\u{306e}\u{9053}.txt", "船の道\n".as_bytes()),
        ("names/two  spaces and a 'quote'.txt", b"Both spaces matter.\n"),
        ("names/100% & more; #1 [draft] (final).txt", b"Nothing here may be taken for markup or a URL.\n"),
        ("names/.hidden", b"A name that begins with a dot.\n"),
        ("names/no-extension", b"A file without an extension.\n"),
        ("empty.txt", b""),
        ("large/five-megabytes.bin", &noise(LARGE)),
    ];
    for (name, bytes) in files {
        let path = root.join(name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(path, bytes)?;
    }
    fs::create_dir_all(root.join("uploads"))?;
    let many = root.join("many files");
    fs::create_dir_all(&many)?;
    for number in 1..=500 {
        fs::write(many.join(format!("log-{number:04}.txt")), format!("Entry {number} of the boat's log.\n"))?;
    }
    Ok(())
}

/// The same bytes each time, without repetition that a compressor or an off-by-one could hide behind (xorshift64).
fn noise(len: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut out = Vec::with_capacity(len + 8);
    while out.len() < len {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        out.extend(state.to_le_bytes());
    }
    out.truncate(len);
    out
}
