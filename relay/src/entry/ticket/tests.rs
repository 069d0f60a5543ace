//! Tickets as portals make them, and as those make them who are none.

use super::*;
use aws_lc_rs::hmac;
use rcgen::{KeyPair, PKCS_ED25519};
use std::io::Write;

const SECRET: &str = "0123456789abcdef0123456789abcdef";
const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;
const NOW: u64 = 1_800_000_000;
const START: u64 = NOW - 1000;

fn base64url(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let mut group = [0; 3];
        group[..three.len()].copy_from_slice(three);
        let bits = u32::from_be_bytes([0, group[0], group[1], group[2]]);
        for place in 0..=three.len() {
            text.push(char::from(LETTERS[(bits >> (18 - 6 * place) & 63) as usize]));
        }
    }
    text
}

fn signed(header: &str, claims: &str, secret: &[u8]) -> String {
    let text = format!("{}.{}", base64url(header.as_bytes()), base64url(claims.as_bytes()));
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), text.as_bytes());
    format!("{text}.{}", base64url(tag.as_ref()))
}

/// Claims that hold, with one part replaced.
fn claims(what: &str, by: &str) -> String {
    let text = format!(
        r#"{{"aud":"https://files.example.org","sub":"ann","iat":{},"exp":{},"jti":"id-1","sites":["Reports"]}}"#,
        NOW - 10,
        NOW + 50
    );
    assert!(text.contains(what), "{what}");
    text.replace(what, by)
}

fn file(text: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text).unwrap();
    file
}

fn tickets(keys: &[(&str, TicketAlgorithm, &std::path::Path)]) -> Result<Tickets, Error> {
    let key = |(name, algorithm, file): &(&str, TicketAlgorithm, &std::path::Path)| TicketKey {
        name: (*name).into(),
        algorithm: *algorithm,
        file: Some((*file).into()),
        env: None,
    };
    let mut config = Config { public_origin: vec!["https://files.example.org".into()], ..Config::default() };
    config.ticket_keys = keys.iter().map(key).collect();
    Tickets::new(&config)
}

fn panel() -> Tickets {
    // A text file ends with a line's end, which is none of the secret.
    let file = file(format!("{SECRET}\n").as_bytes());
    tickets(&[("panel", TicketAlgorithm::Hs256, file.path())]).unwrap()
}

#[test]
fn tickets_hold_or_not() {
    let tickets = panel();
    let now = |seconds: u64| format!("\"exp\":{seconds}");
    let (exp, iat) = (now(NOW + 50), format!("\"iat\":{}", NOW - 10));
    let (long_id, long_user) = (format!("\"{}\"", "x".repeat(129)), format!("\"{}\"", "x".repeat(129)));
    let many_sites = format!("[{}\"x\"]", "\"x\",".repeat(64));
    for (what, by, expected) in [
        ("ann", "ann", Ok(())),
        // Other audience.
        ("\"https://files.example.org\"", "\"https://files.example.org.evil.example\"", Err(Fault::Audience)),
        ("https://files", "http://files", Err(Fault::Audience)),
        ("\"https://files.example.org\"", "[\"https://files.example.org\",\"https://b.example\"]", Ok(())),
        ("\"https://files.example.org\"", "[]", Err(Fault::Audience)),
        ("\"https://files.example.org\"", "null", Err(Fault::Claims)),
        ("\"https://files.example.org\"", "5", Err(Fault::Claims)),
        ("\"aud\":", "\"later\":", Err(Fault::Claims)),
        // Its time.
        (&exp, &now(NOW - 6), Err(Fault::Expired)),
        (&exp, &now(NOW - 5), Ok(())),
        (&exp, &now(NOW + 51), Err(Fault::Lifetime)),
        (&exp, &now(u64::MAX), Err(Fault::Lifetime)),
        (&exp, "\"exp\":-1", Err(Fault::Claims)),
        (&exp, "\"exp\":1e400", Err(Fault::Claims)),
        (&exp, "\"exp\":\"2100-01-01\"", Err(Fault::Claims)),
        (&exp, "\"later\":1", Err(Fault::Claims)),
        (&iat, &format!("\"iat\":{}", NOW + 5), Ok(())),
        (&iat, &format!("\"iat\":{}", NOW + 6), Err(Fault::TooEarly)),
        (&iat, &format!("{iat},\"nbf\":{}", NOW + 6), Err(Fault::TooEarly)),
        (&iat, "\"iat\":0", Err(Fault::Lifetime)),
        (&iat, "\"later\":1", Err(Fault::Claims)),
        // Who and what.
        ("\"ann\"", "\"\"", Err(Fault::Claims)),
        ("\"ann\"", "\"ann\\n\"", Err(Fault::Claims)),
        ("\"ann\"", "\" ann\"", Err(Fault::Claims)),
        ("\"ann\"", &long_user, Err(Fault::Claims)),
        ("\"ann\"", "[\"ann\"]", Err(Fault::Claims)),
        ("\"sub\":\"ann\",", "", Err(Fault::Claims)),
        ("\"id-1\"", "\"\"", Err(Fault::Claims)),
        ("\"id-1\"", &long_id, Err(Fault::Claims)),
        ("\"id-1\"", "\"\\u0000\"", Err(Fault::Claims)),
        ("\"id-1\"", "7", Err(Fault::Claims)),
        ("\"jti\":\"id-1\",", "", Err(Fault::Claims)),
        ("[\"Reports\"]", &many_sites, Err(Fault::Claims)),
        ("[\"Reports\"]", "\"Reports\"", Err(Fault::Claims)),
        ("[\"Reports\"]", "[]", Ok(())),
        (",\"sites\":[\"Reports\"]", "", Ok(())),
    ] {
        let text = claims(what, by);
        let found = tickets.check(&signed(HEADER, &text, SECRET.as_bytes()), NOW, START);
        assert_eq!(found.map(drop), expected, "{text}");
    }
    let whole = tickets.check(&signed(HEADER, &claims("ann", "ann"), SECRET.as_bytes()), NOW, START).unwrap();
    assert_eq!((whole.user.as_str(), whole.id.as_str(), &*whole.key), ("ann", "id-1", "panel"));
    assert_eq!(whole.sites.as_deref(), Some(&["Reports".to_owned()][..]));
}

#[test]
fn alg_none_and_every_other_algorithm_but_the_keys_own_are_refused() {
    let tickets = panel();
    for header in [
        r#"{"alg":"none"}"#,
        r#"{"alg":"None"}"#,
        r#"{"alg":""}"#,
        r#"{"alg":null}"#,
        r#"{"alg":"hs256"}"#,
        r#"{"alg":"HS384"}"#,
        r#"{"alg":"HS512"}"#,
        r#"{"alg":"RS256"}"#,
        r#"{"alg":"EdDSA"}"#,
        r#"{"alg":["HS256"]}"#,
        r#"{"typ":"JWT"}"#,
        r#"{"alg":"HS256","crit":["exp"]}"#,
        r#"{"alg":"HS256","crit":[]}"#,
        "{}",
        "",
        "null",
    ] {
        let text = signed(header, &claims("ann", "ann"), SECRET.as_bytes());
        assert!(tickets.check(&text, NOW, START).is_err(), "{header}");
        let unsigned = text.rsplit_once('.').unwrap().0;
        assert!(tickets.check(&format!("{unsigned}."), NOW, START).is_err(), "{header} without a signature");
        assert!(tickets.check(unsigned, NOW, START).is_err(), "{header} without a signature's place");
    }
    // Where a header says that keys are to be found is not looked at.
    let header =
        r#"{"alg":"HS256","kid":"../../dev/null","jku":"https://evil.example/","x5u":"x","typ":"x"}"#;
    assert!(tickets.check(&signed(header, &claims("ann", "ann"), SECRET.as_bytes()), NOW, START).is_ok());
    assert!(tickets.check(&signed(header, &claims("ann", "ann"), b""), NOW, START).is_err());
}

#[test]
fn wrong_key_changed_text_and_oversized() {
    let tickets = panel();
    let good = signed(HEADER, &claims("ann", "ann"), SECRET.as_bytes());
    let check = |text: &str| tickets.check(text, NOW, START).map(drop);
    assert_eq!(check(&good), Ok(()));
    let wrong = signed(HEADER, &claims("ann", "ann"), b"another secret of thirty-two bytes");
    assert_eq!(check(&wrong), Err(Fault::Signature));
    let parts: Vec<&str> = good.split('.').collect();
    let root = base64url(claims("ann", "root").as_bytes());
    for text in [
        format!("{}.{root}.{}", parts[0], parts[2]),
        format!("{}.{}.{}", parts[0], parts[1], &parts[2][1..]),
        format!("{}.{}.", parts[0], parts[1]),
        format!("{good}."),
        format!("{good}.{}", parts[2]),
        format!("{good}="),
        format!("{good}\n"),
        format!(" {good}"),
        format!(".{good}"),
        "..".into(),
        String::new(),
        "\u{fffd}".repeat(100),
    ] {
        assert!(check(&text).is_err(), "{text}");
    }
    for at in 0..good.len() {
        let mut bytes = good.clone().into_bytes();
        bytes[at] ^= 1;
        if let Ok(text) = String::from_utf8(bytes) {
            assert!(check(&text).is_err(), "byte {at}");
        }
    }
    let long = claims("\"Reports\"", &format!("\"{}\"", "x".repeat(MAX_TICKET)));
    assert_eq!(check(&signed(HEADER, &long, SECRET.as_bytes())), Err(Fault::Size));
}

#[test]
fn tickets_from_before_the_start_are_refused_as_nobody_knows_whether_they_were_used() {
    let good = signed(HEADER, &claims("ann", "ann"), SECRET.as_bytes());
    assert_eq!(panel().check(&good, NOW, NOW - 10).map(drop), Ok(()));
    assert_eq!(panel().check(&good, NOW, NOW - 9).map(drop), Err(Fault::BeforeStart));
}

#[test]
fn a_public_key_is_no_secret() {
    let key = KeyPair::generate_for(&PKCS_ED25519).unwrap();
    // SubjectPublicKeyInfo, RFC 8410 section 4.
    let der = [&b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00"[..], key.public_key_raw()].concat();
    let letters = base64url(&der).replace('-', "+").replace('_', "/");
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{letters}=\n-----END PUBLIC KEY-----\n");
    let (public, secret) = (file(pem.as_bytes()), file(SECRET.as_bytes()));
    let tickets = tickets(&[
        ("portal", TicketAlgorithm::EdDsa, public.path()),
        ("panel", TicketAlgorithm::Hs256, secret.path()),
    ])
    .unwrap();
    let text = claims("ann", "ann");
    let value: Claims = Claims { sites: None, ..panel_claims() };
    let header = jsonwebtoken::Header::new(Algorithm::EdDSA);
    let issued = Issued { aud: "https://files.example.org", claims: value };
    let encoding = EncodingKey::from_ed_der(&key.serialize_der());
    let good = jsonwebtoken::encode(&header, &issued, &encoding).unwrap();
    assert_eq!(&*tickets.check(&good, NOW, START).unwrap().key, "portal");
    assert_eq!(&*tickets.check(&signed(HEADER, &text, SECRET.as_bytes()), NOW, START).unwrap().key, "panel");
    // The algorithm confusion of other libraries: what everybody may know, taken for the secret of HMAC.
    for known in [pem.as_bytes(), pem.trim_end().as_bytes(), key.public_key_raw()] {
        for header in [HEADER, r#"{"alg":"EdDSA"}"#] {
            let found = tickets.check(&signed(header, &text, known), NOW, START);
            assert_eq!(found, Err(Fault::Signature), "{header}");
        }
    }
}

fn panel_claims() -> Claims {
    Claims { sub: "ann".into(), iat: NOW - 10, exp: NOW + 50, jti: "id-1".into(), nbf: None, sites: None }
}

#[test]
fn keys_that_cannot_be_used_are_told_without_their_text() {
    let short = file(b"canary");
    let no_pem = file(b"-----BEGIN PUBLIC KEY-----\ncanary\n-----END PUBLIC KEY-----\n");
    let missing = std::path::Path::new("/nonexistent/key");
    for (algorithm, path, expected) in [
        (TicketAlgorithm::Hs256, short.path(), "too few"),
        (TicketAlgorithm::EdDsa, short.path(), "PEM"),
        (TicketAlgorithm::EdDsa, no_pem.path(), "PEM"),
        (TicketAlgorithm::Hs256, missing, "/nonexistent/key"),
    ] {
        let error = tickets(&[("panel", algorithm, path)]).unwrap_err();
        let text = format!("{error} {error:?}");
        assert!(text.contains(expected) && text.contains("panel") && !text.contains("canary"), "{text}");
    }
    assert!(!format!("{:?}", panel()).contains(SECRET));
}
