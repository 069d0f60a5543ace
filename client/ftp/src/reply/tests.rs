//! Rules R1 to R6, and what of L3, L4 and S4 is about replies.

use super::*;
use proptest::prelude::*;

fn read(bytes: &[u8]) -> Vec<Reply> {
    let mut reader = Reader::new();
    reader.push(bytes).unwrap();
    std::iter::from_fn(|| reader.next()).collect()
}

fn lines(reply: &Reply) -> Vec<&str> {
    reply.lines.iter().map(|line| std::str::from_utf8(line).unwrap()).collect()
}

#[test]
fn r1_a_line_is_a_reply() {
    let replies = read(b"220 Welcome\r\n331  Password\r\n200\r\n");
    assert_eq!(replies.iter().map(|reply| reply.code).collect::<Vec<_>>(), [220, 331, 200]);
    assert_eq!(lines(&replies[1]), [" Password"]);
    assert_eq!(replies[1].display_lines(), ["331  Password"]);
    assert_eq!(replies[2].display_lines(), ["200"]);
    assert_eq!((replies[1].class(), replies[2].text()), (3, String::new()));
}

#[test]
fn r1_ends_on_the_same_code_and_a_blank_alone() {
    let bytes =
        b"211-Features:\r\n UTF8\r\n211-MDTM\r\n500 no end\r\n2111 nor this\r\n 211 nor this\r\n211 End.\r\n";
    let replies = read(bytes);
    assert_eq!(replies.len(), 1);
    assert_eq!(lines(&replies[0])[..3], ["Features:", " UTF8", "211-MDTM"]);
    assert_eq!(replies[0].text(), "End.");
    let shown = replies[0].display_lines();
    assert_eq!(
        (shown[0].as_str(), shown[1].as_str(), shown[6].as_str()),
        ("211-Features:", " UTF8", "211 End.")
    );
    assert_eq!(shown.len(), 7);
}

#[test]
fn r1_the_end_may_have_no_text() {
    let replies = read(b"230-Hello\r\n230\r\n");
    assert_eq!(lines(&replies[0]), ["Hello", ""]);
    assert_eq!(replies[0].display_lines(), ["230-Hello", "230"]);
}

#[test]
fn r2_another_code_ends_only_after_silence() {
    let mut reader = Reader::new();
    reader.push(b"226-Free space\r\n200 done\r\n").unwrap();
    assert_eq!(reader.next(), None);
    let reply = reader.stalled_end().unwrap();
    assert_eq!((reply.code, reply.text().as_str()), (226, "done"));
    assert_eq!(reply.display_lines(), ["226-Free space", "200 done"]);
    assert!(reader.is_empty());
    // From now on at once.
    reader.push(b"250-One\r\n200 two\r\n").unwrap();
    assert_eq!(reader.next().unwrap().code, 250);
}

#[test]
fn r2_silence_within_a_reply_ends_nothing() {
    let mut reader = Reader::new();
    reader.push(b"226-Free space\r\n200 done\r\n more\r\n").unwrap();
    assert_eq!(reader.stalled_end(), None);
    reader.push(b"200 done\r\n22").unwrap();
    assert_eq!(reader.stalled_end(), None);
    reader.push(b"6 End\r\n").unwrap();
    assert_eq!(reader.next().unwrap().lines.len(), 5);
    assert_eq!(Reader::new().stalled_end(), None);
}

#[test]
fn r3_all_line_ends() {
    let replies = read(b"200 a\r\n\r\n201 b\n202 c\r203 d\r\x00204 e\x00205 f\n\r206 g\r\r\n");
    let codes: Vec<u16> = replies.iter().map(|reply| reply.code).collect();
    assert_eq!(codes, [200, 201, 202, 203, 204, 205, 206]);
    assert!(replies.iter().all(|reply| reply.text().len() == 1));
}

#[test]
fn r3_cr_waits_for_what_belongs_to_it() {
    let mut reader = Reader::new();
    reader.push(b"234 AUTH TLS OK.\r").unwrap();
    assert_eq!(reader.next(), None);
    assert!(!reader.is_empty());
    reader.push(b"\n").unwrap();
    assert_eq!(reader.next().unwrap().code, 234);
    assert!(reader.is_empty());
}

#[test]
fn r3_bare_cr_ends_after_silence() {
    let mut reader = Reader::new();
    reader.push(b"220 Hello\r").unwrap();
    assert_eq!(reader.stalled_end().unwrap().code, 220);
    reader.push(b"331 Password\r").unwrap();
    assert_eq!(reader.next().unwrap().code, 331);
}

#[test]
fn r4_limits() {
    let mut reader = Reader::new();
    reader.push(b"200 before\r\n").unwrap();
    assert_eq!(reader.push(&vec![b'2'; MAX_LINE + 1]), Err(ReplyError::LongLine));
    assert_eq!(reader.push(b"\r\n200 after\r\n"), Err(ReplyError::LongLine));
    assert_eq!(reader.next().unwrap().code, 200);
    assert_eq!(reader.next(), None);

    let mut reader = Reader::new();
    reader.push(b"211-Start\r\n").unwrap();
    reader.push(&b"x\n".repeat(MAX_LINES - 1)).unwrap();
    assert_eq!(reader.push(b"x\n"), Err(ReplyError::ManyLines));

    let mut reader = Reader::new();
    let line = [&vec![b'x'; MAX_LINE][..], b"\n"].concat();
    reader.push(b"211-Start\r\n").unwrap();
    assert_eq!(reader.push(&line.repeat(MAX_REPLY / MAX_LINE)), Err(ReplyError::LongReply));

    assert_eq!(Reader::new().push(&b"x\n".repeat(MAX_LINES + 1)), Err(ReplyError::Noise));
}

/// A reply of nearly 1 MiB whose lines are as long as they may be, byte by byte: were a line read again for each byte, this
/// would take half an hour.
#[test]
fn r4_reading_is_linear() {
    let line = [&vec![b'x'; MAX_LINE][..], b"\r\n"].concat();
    let bytes = [b"211-Start\r\n".to_vec(), line.repeat(15), b"211 End\r\n".to_vec()].concat();
    let mut reader = Reader::new();
    bytes.iter().for_each(|byte| reader.push(&[*byte]).unwrap());
    assert_eq!(reader.next().unwrap().lines.len(), 17);
}

#[test]
fn l3_everything_after_the_reply_counts() {
    for injected in [&b"230 OK\r\n"[..], b"230-OK\r\n", b"2", b"noise\r\n", b"x\r\n"] {
        let mut reader = Reader::new();
        reader.push(&[b"234 AUTH TLS OK.\r\n", injected].concat()).unwrap();
        assert_eq!(reader.next().unwrap().code, 234);
        assert!(!reader.is_empty(), "{injected:?}");
    }
}

#[test]
fn l4_lines_outside_replies_are_kept() {
    let mut reader = Reader::new();
    reader.push(b"SSH-2.0-OpenSSH_9.2\r\n220 Welcome\r\n").unwrap();
    assert_eq!(reader.strays(), [b"SSH-2.0-OpenSSH_9.2"]);
    assert_eq!(reader.next().unwrap().code, 220);
    assert!(reader.is_empty());
}

fn read_telnet(bytes: &[u8]) -> Vec<Reply> {
    let mut reader = Reader::new();
    reader.set_telnet(true);
    reader.push(bytes).unwrap();
    std::iter::from_fn(|| reader.next()).collect()
}

#[test]
fn r6_telnet_is_off_at_first() {
    let bytes = b"220 \xff\xff \xff\xfb\x01\r\n";
    assert_eq!(read(bytes)[0].lines, [&bytes[4..9 + 1]]);
    assert_eq!(read_telnet(bytes)[0].lines, [b"\xff "]);
}

#[test]
fn r6_commands_may_stand_anywhere() {
    let bytes = b"\xff\xfd\x062\xff\xfb\x012\xff\xfb\n0-a\r\xff\xfe\r\n b\xff\xff\r\n220 \xff\xfc\0c\r\n";
    let replies = read_telnet(bytes);
    assert_eq!(replies, [Reply::new(220, vec![b"a".to_vec(), b" b\xff".to_vec(), b"c".to_vec()])]);
}

#[test]
fn l3_telnet_after_the_reply_counts() {
    for injected in [&b"\xff"[..], b"\xff\xfb", b"\xff\xfb\x01", b"\xff\xff"] {
        let mut reader = Reader::new();
        reader.set_telnet(true);
        reader.push(&[b"\xff\xfb\x01234 AUTH TLS OK.\r\n", injected].concat()).unwrap();
        assert_eq!(reader.next().unwrap().code, 234);
        assert!(!reader.is_empty(), "{injected:x?}");
    }
    let mut reader = Reader::new();
    reader.set_telnet(true);
    reader.push(b"\xff\xfb\x01234 AUTH TLS OK.\xff\xfb\x01\r\n").unwrap();
    assert_eq!(reader.next().unwrap().code, 234);
    assert!(reader.is_empty());
}

#[test]
fn r6_switching_off_loses_nothing() {
    let mut reader = Reader::new();
    reader.set_telnet(true);
    reader.push(b"220 a\xff").unwrap();
    reader.set_telnet(true);
    reader.set_telnet(false);
    reader.push(b"\xff\r\n").unwrap();
    assert_eq!(reader.next().unwrap().lines, [b"a\xff\xff"]);
}

#[test]
fn s4_control_characters_are_escaped() {
    let replies = read(b"220 a\x1b[31m\tb\x7f\xe2\x80\xaec\r\n221 \xff\x85\r\n");
    assert_eq!(replies[0].text(), "a\\x1b[31m\tb\\x7f\\u{202e}c");
    assert_eq!(replies[1].display_lines(), ["221 \u{ff}\\u{85}"]);
}

/// Bytes that often make replies, and a number for where to cut them.
fn pieces() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let piece = prop_oneof![
        Just(b"220 a\r\n".to_vec()),
        Just(b"220-".to_vec()),
        Just(b"221 ".to_vec()),
        Just(b"\r".to_vec()),
        Just(b"\n".to_vec()),
        Just(b"\0".to_vec()),
        Just(b"\xff".to_vec()),
        Just(b"\xff\xfd\n".to_vec()),
        proptest::collection::vec(any::<u8>(), 0..6),
    ];
    proptest::collection::vec(piece, 0..40)
}

proptest! {
    #[test]
    fn any_cut_gives_the_same(pieces in pieces(), cuts in proptest::collection::vec(1usize..9, 1..9), telnet in any::<bool>()) {
        let bytes = pieces.concat();
        let mut whole = Reader::new();
        whole.set_telnet(telnet);
        let result = whole.push(&bytes);
        let mut cut = Reader::new();
        cut.set_telnet(telnet);
        let (mut rest, mut cut_result) = (&bytes[..], Ok(()));
        for size in cuts.iter().cycle() {
            if rest.is_empty() || cut_result.is_err() { break }
            let (piece, after) = rest.split_at((*size).min(rest.len()));
            cut_result = cut.push(piece);
            rest = after;
        }
        prop_assert_eq!(result, cut_result);
        while let Some(reply) = whole.next() {
            prop_assert_eq!(reply.class() as u16, reply.code / 100);
            prop_assert!(!reply.lines.is_empty());
            prop_assert_eq!(reply.lines.len(), reply.display_lines().len());
            prop_assert!(!reply.display_lines().concat().contains(['\r', '\n', '\0', '\x1b']));
            prop_assert_eq!(Some(reply), cut.next());
        }
        prop_assert_eq!(None, cut.next());
        prop_assert_eq!(whole.is_empty(), cut.is_empty());
        prop_assert_eq!(whole.stalled_end(), cut.stalled_end());
        prop_assert_eq!(whole.strays(), cut.strays());
    }
}
