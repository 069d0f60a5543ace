//! Rules U1, R11, S1 and S2.

use super::*;
use proptest::prelude::*;

fn charset(label: &str) -> Charset {
    Charset::from_label(label).unwrap_or_else(|error| panic!("{label}: {error}"))
}

/// Every charset there is.
fn all() -> Vec<Charset> {
    OFFERED.iter().map(|(label, _)| charset(label)).chain([charset("auto:shift_jis")]).collect()
}

#[test]
fn u1_auto_is_utf8_and_else_the_sites_charset() {
    for (label, bytes, text, read_in) in [
        ("auto", &b"plain"[..], "plain", "utf-8"),
        ("auto", b"caf\xc3\xa9", "café", "utf-8"),
        ("auto", b"caf\xe9", "café", "iso-8859-1"),
        ("auto", b"caf\xe9 caf\xc3\xa9", "café cafÃ©", "iso-8859-1"),
        ("auto:windows-1251", b"\xef\xf0\xe8\xe2\xe5\xf2", "привет", "windows-1251"),
        ("auto:windows-1251", "привет".as_bytes(), "привет", "utf-8"),
        ("auto:shift_jis", b"\x93\xfa\x96{", "日本", "shift_jis"),
        ("utf-8", "日本".as_bytes(), "日本", "utf-8"),
        ("windows-1251", "п".as_bytes(), "Рї", "windows-1251"),
        ("windows-1252", b"\x80", "€", "windows-1252"),
        ("iso-8859-1", b"\x80\xff", "\u{80}ÿ", "iso-8859-1"),
        ("koi8-r", b"\xd0\xd2\xc9", "при", "koi8-r"),
        ("gbk", b"\xd6\xd0\xce\xc4", "中文", "gbk"),
        ("big5", b"\xa4\xa4\xa4\xe5", "中文", "big5"),
        ("euc-kr", b"\xc7\xd1\xb1\xdb", "한글", "euc-kr"),
        ("euc-jp", b"\xc6\xfc\xcb\xdc", "日本", "euc-jp"),
    ] {
        let decoded = charset(label).decode(bytes);
        assert_eq!((decoded.text.as_str(), decoded.exact), (text, true), "{label}");
        assert_eq!(decoded.charset, charset(read_in), "{label}");
    }
}

#[test]
fn u1_nothing_vanishes() {
    for (label, bytes, text) in [
        ("utf-8", &b"caf\xe9.txt"[..], r"caf\xE9.txt"),
        ("utf-8", b"\xff\xc3", r"\xFF\xC3"),
        ("utf-8", b"\xe4\xbd", r"\xE4\xBD"),
        ("shift_jis", b"a\x93", r"a\x93"),
        ("shift_jis", b"\xfd\x93\xfa", r"\xFD日"),
        ("gb18030", b"a\x81\x30z", r"a\x810z"),
        ("euc-kr", b"\xffb", r"\xFFb"),
        ("auto:euc-jp", b"\xffb", r"\xFFb"),
        ("windows-1253", b"\xd2b", r"\xD2b"),
    ] {
        let decoded = charset(label).decode(bytes);
        assert_eq!((decoded.text.as_str(), decoded.exact), (text, false), "{label}");
    }
    // What only looks like it is exact.
    assert!(charset("utf-8").decode(br"caf\xE9").exact);
}

#[test]
fn r11_two_spellings_of_one_text_are_told_apart() {
    // Shift_JIS has NEC's and IBM's copies of some characters; only one of them is written.
    let decoded = charset("shift_jis").decode(b"\xed\x40");
    assert_eq!((decoded.text.as_str(), decoded.exact), ("纊", false));
    assert_eq!(charset("shift_jis").encode("纊").unwrap(), b"\xfa\x5c");
}

#[test]
fn s1_what_is_typed_is_never_replaced() {
    for (label, text, bytes) in [
        ("auto", "ä", &b"\xc3\xa4"[..]),
        ("auto:windows-1251", "п", b"\xd0\xbf"),
        ("utf-8", "日本", b"\xe6\x97\xa5\xe6\x9c\xac"),
        ("iso-8859-1", "aÿ", b"a\xff"),
        ("windows-1251", "я", b"\xff"),
        ("shift_jis", "表", b"\x95\x5c"),
        ("gb18030", "😀", b"\x94\x39\xfc\x36"),
        ("big5", "中", b"\xa4\xa4"),
    ] {
        assert_eq!(charset(label).encode(text).as_deref(), Ok(bytes), "{label}");
    }
    for (label, text, character) in [
        ("iso-8859-1", "a€", '€'),
        ("windows-1252", "aп", 'п'),
        ("windows-1251", "pé", 'é'),
        ("gbk", "a😀", '😀'),
        ("koi8-r", "ï", 'ï'),
        // They would become the backslash and the tilde.
        ("shift_jis", "a¥b", '¥'),
        ("shift_jis", "日‾", '‾'),
        ("euc-jp", "¥", '¥'),
        ("big5", "e\u{304}", '\u{304}'),
    ] {
        let charset = charset(label);
        assert_eq!(charset.encode(text), Err(EncodeError::Unmappable { character, charset }), "{label}");
    }
    for charset in all() {
        for text in ["a\r", "\n", "a\0b", "ä\r\nDELE b"] {
            assert!(charset.encode(text).is_err(), "{charset} {text:?}");
        }
        assert_eq!(charset.encode("a\nb"), Err(EncodeError::ControlByte));
    }
}

#[test]
fn s1_charsets_whose_characters_hold_control_bytes_are_refused() {
    for (label, name) in [
        ("utf-16", "UTF-16LE"),
        ("utf-16le", "UTF-16LE"),
        ("utf-16be", "UTF-16BE"),
        ("ucs-2", "UTF-16LE"),
        ("unicode", "UTF-16LE"),
        ("iso-2022-jp", "ISO-2022-JP"),
        ("csiso2022jp", "ISO-2022-JP"),
        ("iso-2022-kr", "replacement"),
        ("hz-gb-2312", "replacement"),
        ("x-user-defined", "x-user-defined"),
    ] {
        assert_eq!(Charset::from_label(label), Err(LabelError::Unfit(name)), "{label}");
        assert!(Charset::from_label(&format!("auto:{label}")).is_err());
    }
    for label in ["", "?", "auto:", "auto:auto:", "windows-9999"] {
        assert!(matches!(Charset::from_label(label), Err(LabelError::Unknown(_))), "{label}");
    }
}

#[test]
fn labels() {
    for (label, _) in OFFERED {
        assert_eq!(charset(label).to_string(), label);
    }
    for (label, wanted) in [
        (" UTF8 ", "utf-8"),
        ("Latin1", "iso-8859-1"),
        ("ISO-8859-1", "iso-8859-1"),
        ("cp1252", "windows-1252"),
        ("ascii", "windows-1252"),
        ("CP1251", "windows-1251"),
        ("sjis", "shift_jis"),
        ("gb2312", "gbk"),
        ("AUTO:Koi8", "auto:koi8-r"),
        ("auto:latin1", "auto"),
        ("auto:utf-8", "utf-8"),
    ] {
        assert_eq!(charset(label).to_string(), wanted, "{label}");
        assert_eq!(charset(wanted), charset(label));
    }
    assert_eq!(Charset::default(), charset("auto"));
}

#[test]
fn s2_only_in_single_byte_charsets_is_0xff_a_letter() {
    for label in ["windows-1251", "iso-8859-1", "koi8-r", "windows-874", "macintosh", "ibm866"] {
        assert!(charset(label).is_single_byte(), "{label}");
    }
    for label in
        ["auto", "auto:windows-1251", "utf-8", "shift_jis", "gbk", "gb18030", "big5", "euc-jp", "euc-kr"]
    {
        assert!(!charset(label).is_single_byte(), "{label}");
    }
}

/// Rule P4 and all paths rest on it: no charset that is accepted hides a slash in a character.
#[test]
fn s1_a_slash_is_a_slash_in_every_charset() {
    for charset in all() {
        for lead in 0x80..=0xff {
            for bytes in [&[lead, b'/'][..], &[lead, b'\r'], &[lead, b'\n'], &[lead, 0], &[lead, b'\'']] {
                let decoded = charset.decode(bytes);
                assert!(decoded.text.ends_with(char::from(bytes[1])), "{charset} {bytes:x?} {decoded:?}");
            }
        }
    }
}

#[test]
fn r11_a_preview_has_the_likely_reading_first() {
    for (bytes, label, text) in [
        (&b"plain"[..], "utf-8", "plain"),
        ("größe.txt".as_bytes(), "utf-8", "größe.txt"),
        (b"gr\xf6\xdfe.txt", "windows-1252", "größe.txt"),
        (b"caf\xe9", "windows-1252", "café"),
        (b"\xcf\xf0\xe8\xe2\xe5\xf2", "windows-1251", "Привет"),
        (b"\xef\xf0\xe8\xe2\xe5\xf2.txt", "windows-1251", "привет.txt"),
        (b"\xf0\xd2\xc9\xd7\xc5\xd4", "koi8-r", "Привет"),
        (b"\x8f\xe0\xa8\xa2\xa5\xe2", "ibm866", "Привет"),
        (b"\xc1\xf1\xf7\xe5\xdf\xef", "windows-1253", "Αρχείο"),
        (b"\x93\xfa\x96{\x8c\xea", "shift_jis", "日本語"),
        (b"\x83t\x83@\x83C\x83\x8b", "shift_jis", "ファイル"),
        (b"\xce\xc4\xbc\xfe.txt", "gbk", "文件.txt"),
        (b"\xc7\xd1\xb1\xdb", "euc-kr", "한글"),
        (b"\xb3\xf3d\x9f", "windows-1250", "łódź"),
    ] {
        let readings = preview(bytes);
        assert_eq!((readings[0].0, readings[0].1.as_str()), (charset(label), text), "{readings:?}");
    }
    assert_eq!(preview(b"plain").len(), 1);
    assert_eq!(preview(b"").len(), 1);
    // Not the first, but there.
    let readings = preview(b"\xb9i\xf0");
    assert!(
        readings.iter().any(|(charset, text)| charset.to_string() == "iso-8859-2" && text == "šiđ"),
        "{readings:?}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn r11_exact_is_true_to_its_word(bytes in prop::collection::vec(any::<u8>(), 0..24)) {
        for charset in all() {
            let decoded = charset.decode(&bytes);
            prop_assert_eq!(decoded.exact, decoded.charset.bytes(&decoded.text).is_ok_and(|again| again == bytes));
            prop_assert!(!matches!(decoded.charset, Charset::Auto(_)));
            prop_assert!(bytes.is_empty() || !decoded.text.is_empty());
            if let Charset::Utf8 = decoded.charset {
                prop_assert_eq!(decoded.exact, std::str::from_utf8(&bytes).is_ok());
            }
        }
    }

    #[test]
    fn s1_what_is_encoded_reads_the_same_and_can_be_sent(text in "\\PC{0,6}|[a-zà-ÿа-яぁ-ん一-龥가-힣¥‾]{0,6}|.{0,6}") {
        for charset in all() {
            let Ok(bytes) = charset.encode(&text) else { continue };
            prop_assert!(!bytes.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0)));
            let decoded = charset.decode(&bytes);
            prop_assert_eq!((&decoded.text, decoded.exact), (&text, true), "{} {:x?}", charset, bytes);
        }
    }

    #[test]
    fn r11_previews_are_exact_and_each_is_another(bytes in prop::collection::vec(any::<u8>(), 0..24)) {
        let readings = preview(&bytes);
        prop_assert!(!readings.is_empty());
        for (place, (charset, text)) in readings.iter().enumerate() {
            prop_assert_eq!(charset.bytes(text), Ok(bytes.clone()));
            prop_assert!(readings[..place].iter().all(|(_, other)| other != text));
        }
    }
}
