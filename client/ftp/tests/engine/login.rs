//! Login: the order, the four modes, rules L1 to L12, certificates.

use towpath_ftp::{
    Encryption, End, ErrorKind, Event, LogKind, Outcome, Question, Request, Secret, Stage, Verdict,
};

use crate::talk::{PEER, Talk, broken, resumed, site, tls};

/// The session that the project began with, word for word.
#[test]
fn reads_as_filezilla_does() {
    let mut site = site(Encryption::Explicit);
    site.host = "192.168.0.145".into();
    site.user = "m6ef4918".into();
    site.password = Secret::new("a password");
    let mut talk = Talk::new(site);
    let id = talk.connect();
    talk.bytes(b"220---------- Welcome to Pure-FTPd [privsep] [TLS] ----------\r\n220-You are user number 1\r\n220 Bye\r\n");
    talk.expect(&["send AUTH TLS"]);
    talk.now = talk.now.after(96);
    talk.server("234 AUTH TLS OK.");
    talk.expect(&["starttls 1 192.168.0.145 group 1"]);
    talk.secured(tls(Verdict::SelfSigned, "a"));
    talk.expect(&[]);
    talk.answer(true);
    talk.expect(&["accept 1", "send USER m6ef4918"]);
    talk.server("331 User m6ef4918 OK. Password required");
    talk.expect(&["send PASS a password"]);
    talk.server("230 OK. Current restricted directory is /");
    talk.expect(&["send SYST"]);
    talk.now = talk.now.after(96);
    talk.server("215 UNIX Type: L8");
    talk.expect(&["send FEAT"]);
    talk.now = talk.now.after(96);
    talk.bytes(b"211-Extensions supported:\r\n UTF8\r\n EPSV\r\n MLSD\r\n211 End.\r\n");
    talk.expect(&["send OPTS UTF8 ON"]);
    talk.now = talk.now.after(96);
    talk.server("504 Unknown command");
    talk.expect(&["send PBSZ 0"]);
    talk.now = talk.now.after(96);
    talk.server("200 PBSZ=0");
    talk.expect(&["send PROT P"]);
    talk.now = talk.now.after(96);
    talk.server("200 Data protection level set to \"private\"");
    assert_eq!(talk.ended(id), Ok(Outcome::Ok));
    talk.request(Request::List(None));
    talk.expect(&["send PWD"]);
    talk.server("257 \"/\" is your current location");
    talk.expect(&["send TYPE I"]);
    talk.server("200 TYPE is now 8-bit binary");
    talk.expect(&["send EPSV"]);
    talk.server("229 Extended Passive mode OK (|||50000|)");
    talk.expect(&["open 2 data of 1 port 50000", "send MLSD", "starttls 2 192.168.0.145 group 1"]);
    talk.data_opened();
    talk.data_secured(resumed("a"));
    talk.expect(&["accept 2"]);
    talk.server("150 Accepted data connection");
    talk.data(b"type=file;size=3; a\r\n");
    talk.data_closed(End::Clean);
    talk.server("226 1 matches total");
    assert_eq!(
        talk.log,
        [
            "Status: Connecting to 192.168.0.145...",
            "Status: Connection established, waiting for welcome message...",
            "Response: 220---------- Welcome to Pure-FTPd [privsep] [TLS] ----------",
            "Response: 220-You are user number 1",
            "Response: 220 Bye",
            "Command: AUTH TLS",
            "Response: 234 AUTH TLS OK.",
            "Status: Initializing TLS...",
            "Trace: TLS Handshake successful",
            "Trace: Protocol: TLS1.3, Key exchange: X25519, Cipher: AES-256-GCM",
            "Status: Verifying certificate...",
            "Status: TLS connection established.",
            "Command: USER m6ef4918",
            "Response: 331 User m6ef4918 OK. Password required",
            "Command: PASS ****",
            "Response: 230 OK. Current restricted directory is /",
            "Command: SYST",
            "Response: 215 UNIX Type: L8",
            "Command: FEAT",
            "Response: 211-Extensions supported:",
            "Response:  UTF8",
            "Response:  EPSV",
            "Response:  MLSD",
            "Response: 211 End.",
            "Command: OPTS UTF8 ON",
            "Response: 504 Unknown command",
            "Command: PBSZ 0",
            "Response: 200 PBSZ=0",
            "Command: PROT P",
            "Response: 200 Data protection level set to \"private\"",
            "Status: Connected",
            "Trace: Measured latency of 96 ms",
            "Status: Retrieving directory listing...",
            "Command: PWD",
            "Response: 257 \"/\" is your current location",
            "Command: TYPE I",
            "Response: 200 TYPE is now 8-bit binary",
            "Command: EPSV",
            "Response: 229 Extended Passive mode OK (|||50000|)",
            "Command: MLSD",
            "Trace: TLS session of the control connection resumed",
            "Response: 150 Accepted data connection",
            "Response: 226 1 matches total",
            "Status: Directory listing of \"/\" successful",
        ]
    );
}

#[test]
fn the_address_shows_the_port_only_where_it_is_unusual() {
    let check = |encryption, host: &str, port, text: &str| {
        let mut site = site(encryption);
        site.host = host.into();
        site.port = port;
        let mut talk = Talk::new(site);
        talk.request(Request::Connect);
        assert_eq!(talk.log, [format!("Status: Connecting to {text}...")]);
    };
    check(Encryption::Explicit, "a.example", 21, "a.example");
    check(Encryption::Explicit, "a.example", 2121, "a.example:2121");
    check(Encryption::Implicit, "a.example", 990, "a.example");
    check(Encryption::Implicit, "a.example", 21, "a.example:21");
    check(Encryption::None, "2001:db8::1", 21, "[2001:db8::1]");
    check(Encryption::None, "2001:db8::1", 2121, "[2001:db8::1]:2121");
}

#[test]
fn implicit_tls_comes_before_the_greeting() {
    let mut talk = Talk::new(site(Encryption::Implicit));
    let id = talk.connect();
    talk.expect(&["starttls 1 ftp.example.org group 1"]);
    talk.secured(tls(Verdict::Trusted, "a"));
    talk.expect(&["accept 1"]);
    talk.server("220 ProFTPD Server ready");
    talk.expect(&["send USER me"]);
    talk.server("331 Password");
    talk.expect(&["send PASS secret"]);
    talk.server("230 In");
    talk.expect(&["send SYST"]);
    talk.server("215 UNIX Type: L8");
    talk.expect(&["send FEAT"]);
    talk.server("500 What?");
    talk.expect(&["send PBSZ 0"]);
    talk.server("200 ok");
    talk.expect(&["send PROT P"]);
    talk.server("200 ok");
    assert_eq!(
        talk.lines(&[LogKind::Status]),
        [
            "Status: Connecting to ftp.example.org...",
            "Status: Connection established, initializing TLS...",
            "Status: Verifying certificate...",
            "Status: TLS connection established, waiting for welcome message...",
            "Status: Connected",
        ]
    );
    let Some(Event::LoggedIn(info)) = talk.events.pop_front() else { panic!("{:?}", talk.events) };
    assert_eq!((info.peer.as_str(), info.system.as_str()), (PEER, "UNIX Type: L8"));
    assert!(info.software.starts_with("ProFTPD"), "{}", info.software);
    assert!(info.tls.is_some() && !info.machine_listing);
    assert_eq!(talk.ended(id), Ok(Outcome::Ok));
}

#[test]
fn l1_feat_is_asked_after_the_login_and_refused_without_harm() {
    let mut talk = Talk::new(site(Encryption::None));
    let id = talk.connect();
    talk.server("220 hi");
    talk.expect(&["send USER me"]);
    talk.server("230 In");
    talk.expect(&["send SYST"]);
    talk.server("502 no");
    talk.expect(&["send FEAT"]);
    talk.server("530 not you");
    talk.expect(&[]);
    assert_eq!(talk.ended(id), Ok(Outcome::Ok));
}

#[test]
fn l2_data_is_protected_or_the_login_ends() {
    let mut talk = Talk::new(site(Encryption::Explicit));
    let id = talk.connect();
    talk.server("220 hi");
    talk.server("234 go");
    talk.secured(tls(Verdict::Trusted, "a"));
    talk.server("230 in");
    talk.server("215 UNIX");
    talk.server("211 none");
    talk.server("200 PBSZ=0");
    talk.says_last("send PROT P");
    talk.server("536 no");
    talk.expect(&["close 1"]);
    let error = talk.ended(id).unwrap_err();
    assert_eq!((error.stage, error.kind), (Stage::Tls, ErrorKind::NotAccepted));
    assert!(talk.disconnected().is_some());
}

#[test]
fn l3_plain_text_after_the_consent_to_tls_ends_the_session() {
    let attacks: [&[&[u8]]; 4] = [
        &[b"234 go\r\n230 you are in\r\n"],
        &[b"234 go\r\n2"],
        &[b"234 go\r\n", b"230 you are in\r\n"],
        &[b"noise\r\n234 go\r\n"],
    ];
    for attack in attacks {
        let mut talk = Talk::new(site(Encryption::Explicit));
        let id = talk.connect();
        talk.server("220 hi");
        talk.expect(&["send AUTH TLS"]);
        for bytes in attack {
            talk.bytes(bytes);
        }
        let error = talk.ended(id).unwrap_err();
        assert_eq!((error.stage, error.kind), (Stage::Tls, ErrorKind::Protocol), "{attack:?}");
        assert!(error.message.contains("Plain text"), "{error}");
        talk.says_last("close 1");
        assert!(talk.disconnected().is_some());
    }
}

/// The LF of the 234 may come in a packet of its own: that is no attack.
#[test]
fn l3_a_line_end_cut_in_two_is_not_plain_text() {
    let mut talk = Talk::new(site(Encryption::Explicit));
    talk.connect();
    talk.server("220 hi");
    talk.expect(&["send AUTH TLS"]);
    talk.bytes(b"234 go\r");
    talk.expect(&[]);
    talk.bytes(b"\n");
    talk.expect(&["starttls 1 ftp.example.org group 1"]);
}

#[test]
fn l3_plain_text_before_the_certificate_is_accepted_ends_the_session() {
    let mut talk = Talk::new(site(Encryption::Explicit));
    let id = talk.connect();
    talk.server("220 hi");
    talk.server("234 go");
    talk.secured(tls(Verdict::SelfSigned, "a"));
    talk.bytes(b"230 you are in\r\n");
    assert_eq!(talk.ended(id).unwrap_err().kind, ErrorKind::Protocol);
}

#[test]
fn l4_a_preliminary_greeting_waits_for_the_true_one() {
    let mut talk = Talk::new(site(Encryption::None));
    talk.connect();
    talk.server("120 Service ready in 5 minutes");
    talk.expect(&[]);
    talk.server("220 now");
    talk.expect(&["send USER me"]);
}

#[test]
fn l4_a_greeting_of_ssh_says_so() {
    let mut talk = Talk::new(site(Encryption::Explicit));
    let id = talk.connect();
    talk.server("SSH-2.0-OpenSSH_9.6");
    let error = talk.ended(id).unwrap_err();
    assert!(error.message.contains("SFTP"), "{error}");
    assert!(talk.logged("Response: SSH-2.0-OpenSSH_9.6"));
}

#[test]
fn l4_silence_hints_at_the_other_mode() {
    let check = |encryption, port, seconds: u64, hint: &str| {
        let mut site = site(encryption);
        site.port = port;
        let mut talk = Talk::new(site);
        let id = talk.connect();
        talk.expect(&[]);
        talk.pass(seconds * 1_000 - 1);
        assert!(talk.events.is_empty());
        talk.wake();
        let error = talk.ended(id).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Timeout);
        assert!(error.advice.contains(hint), "{error}");
    };
    check(Encryption::Explicit, 990, 10, "implicit");
    check(Encryption::None, 2121, 60, "implicit");
}

#[test]
fn l4_a_handshake_with_a_server_that_speaks_first_hints_at_explicit_tls() {
    let mut talk = Talk::new(site(Encryption::Implicit));
    let id = talk.connect();
    talk.closed(broken(Stage::Tls, "received corrupt message"));
    let error = talk.ended(id).unwrap_err();
    assert_eq!(error.stage, Stage::Tls);
    assert!(error.advice.contains("explicit"), "{error}");
}

#[test]
fn l4_a_refused_connection_says_why() {
    let mut talk = Talk::new(site(Encryption::None));
    let id = talk.connect();
    talk.server("421 Too many connections (50) from this IP");
    assert_eq!(talk.ended(id).unwrap_err().kind, ErrorKind::Limit);
    let id = talk.connect();
    talk.server("554 go away");
    let error = talk.ended_after(id).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refused);
    assert_eq!(error.reply.as_deref(), Some("554 go away"));
}

#[test]
fn l5_no_password_is_sent_where_the_user_is_in_already() {
    let mut talk = Talk::new(site(Encryption::None));
    talk.connect();
    talk.server("220 hi");
    talk.expect(&["send USER me"]);
    talk.server("230 in");
    talk.expect(&["send SYST"]);
}

#[test]
fn l5_an_account_is_sent_where_it_is_asked_for() {
    let mut with = site(Encryption::None);
    with.account = Some(Secret::new("ledger"));
    let mut talk = Talk::new(with);
    talk.connect();
    talk.server("220 hi");
    talk.server("331 password");
    talk.server("332 account");
    talk.expect(&["send USER me", "send PASS secret", "send ACCT ledger"]);
    assert!(talk.logged("Command: ACCT ****"));
    talk.server("202 superfluous");
    talk.expect(&["send SYST"]);

    let mut talk = Talk::new(site(Encryption::None));
    let id = talk.connect();
    talk.server("220 hi");
    talk.server("331 password");
    talk.server("332 account");
    let error = talk.ended(id).unwrap_err();
    assert!(error.message.contains("might require an account"), "{error}");
}

#[test]
fn l6_required_tls_fails_closed() {
    let mut talk = Talk::new(site(Encryption::Explicit));
    let id = talk.connect();
    talk.server("220 hi");
    talk.expect(&["send AUTH TLS"]);
    talk.server("500 what");
    talk.expect(&["send AUTH SSL"]);
    talk.server("500 what");
    talk.expect(&["close 1"]);
    let error = talk.ended(id).unwrap_err();
    assert_eq!((error.stage, error.kind), (Stage::Tls, ErrorKind::NotAccepted));
    assert!(error.advice.contains("plain FTP"), "{error}");
    assert!(!talk.log.iter().any(|line| line.contains("USER")));
}

#[test]
fn l6_tls_if_offered_asks_before_the_user_name_once() {
    let mut talk = Talk::new(site(Encryption::ExplicitIfOffered));
    talk.connect();
    talk.server("220 hi");
    talk.server("502 no");
    talk.server("502 no");
    talk.expect(&["send AUTH TLS", "send AUTH SSL"]);
    assert_eq!(talk.events, [Event::Asked(Question::Plaintext)]);
    talk.pass(3_600_000);
    talk.expect(&[]);
    talk.answer(true);
    talk.expect(&["send USER me"]);
    talk.closed(End::Clean);
    // The same session does not ask again.
    talk.events.clear();
    talk.connect();
    talk.server("220 hi");
    talk.server("502 no");
    talk.server("502 no");
    talk.expect(&["send AUTH TLS", "send AUTH SSL", "send USER me"]);
    assert!(talk.events.is_empty());
}

#[test]
fn l6_plain_text_that_is_not_accepted_ends_the_session() {
    let mut talk = Talk::new(site(Encryption::ExplicitIfOffered));
    let id = talk.connect();
    talk.server("220 hi");
    talk.server("502 no");
    talk.server("502 no");
    talk.answer(false);
    talk.says_last("close 1");
    talk.events.pop_front();
    assert_eq!(talk.ended(id).unwrap_err().kind, ErrorKind::NotAccepted);
    assert!(talk.disconnected().is_some());
}

#[test]
fn l7_nothing_learned_in_plain_text_is_kept() {
    let mut talk = Talk::new(site(Encryption::Explicit));
    talk.connect();
    talk.server("220 vsFTPd 3.0.3");
    talk.server("234 go");
    talk.secured(tls(Verdict::Trusted, "a"));
    talk.server("230 in");
    talk.server("215 UNIX Type: L8");
    talk.server("211 none");
    talk.server("200 ok");
    talk.server("200 ok");
    talk.events.retain(|event| !matches!(event, Event::Learned(_)));
    let Some(Event::LoggedIn(info)) = talk.events.pop_front() else { panic!("{:?}", talk.events) };
    assert_eq!(info.software, "");
}

#[test]
fn l8_no_answer_to_opts_utf8_is_an_error_and_clnt_goes_first() {
    for answer in ["200 ok", "202 always", "504 no", "451 no"] {
        let mut talk = Talk::new(site(Encryption::None));
        let id = talk.connect();
        talk.server("220 hi");
        talk.server("230 in");
        talk.server("215 UNIX");
        talk.bytes(b"211-x\r\n CLNT\r\n UTF8\r\n211 end\r\n");
        talk.says_last("send CLNT Towpath");
        talk.server("500 who");
        talk.expect(&["send OPTS UTF8 ON"]);
        talk.server(answer);
        assert_eq!(talk.ended(id), Ok(Outcome::Ok), "{answer}");
    }
}

#[test]
fn l9_facts_are_asked_for_only_if_one_is_off() {
    let check = |line: &str, command: Option<&str>| {
        let mut talk = Talk::new(site(Encryption::None));
        let id = talk.connect();
        talk.server("220 hi");
        talk.server("230 in");
        talk.server("215 UNIX");
        talk.bytes(format!("211-x\r\n {line}\r\n211 end\r\n").as_bytes());
        if let Some(command) = command {
            talk.says_last(command);
            talk.server("501 no");
        }
        assert_eq!(talk.ended(id), Ok(Outcome::Ok), "{line}");
    };
    check("MLST type*;size*;modify*;UNIX.mode*;", None);
    check("MLST type*;size*;sizd;create;", None);
    check("MLST Type*;Size;Modify*;Create;", Some("send OPTS MLST type;size;modify;"));
    check("EPSV", None);
}

/// A password that the driver has: PASS is asked for and shown as ever, and whatever stands in the site goes nowhere.
#[test]
fn s3_a_stored_password_is_written_by_the_driver() {
    let stored = || {
        let mut stored = site(Encryption::None);
        stored.user = "m\u{e9}".into();
        stored.password = Secret::new(" canary\r\n");
        stored.stored_password = true;
        stored
    };
    let mut talk = Talk::new(stored());
    let id = talk.connect();
    talk.server("220 hi");
    talk.expect(&["send USER m\u{e9}"]);
    talk.server("331 password");
    talk.expect(&["password 1"]);
    assert!(talk.logged("Command: PASS ****"));
    talk.server("230 in");
    talk.expect(&["send SYST"]);
    assert!(!talk.logged("canary") && !talk.logged("blank"));
    let _ = id;

    // Refused once is refused: another charset would be another try with the same bytes.
    let mut talk = Talk::new(stored());
    let id = talk.connect();
    talk.server("220 hi");
    talk.server("331 password");
    talk.server("530 no");
    let error = talk.ended(id).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Credentials);
    assert!(error.advice.contains("administrator"), "{error}");
}

#[test]
fn l10_blanks_are_warned_of_and_line_ends_refused() {
    let mut blank = site(Encryption::None);
    blank.user = " me".into();
    blank.password = Secret::new("secret ");
    let mut talk = Talk::new(blank);
    talk.connect();
    talk.server("220 hi");
    talk.expect(&["send USER  me"]);
    assert!(talk.logged("user name begins or ends with a blank"));
    assert!(talk.logged("password begins or ends with a blank"));

    let mut evil = site(Encryption::None);
    evil.user = "me\r\nDELE x".into();
    let mut talk = Talk::new(evil);
    let id = talk.connect();
    talk.server("220 hi");
    talk.expect(&["close 1"]);
    assert_eq!(talk.ended(id).unwrap_err().kind, ErrorKind::Argument);

    let mut evil = site(Encryption::None);
    evil.password = Secret::new("x\nDELE y");
    let mut talk = Talk::new(evil);
    let id = talk.connect();
    talk.server("220 hi");
    talk.server("331 password");
    talk.expect(&["send USER me", "close 1"]);
    let error = talk.ended(id).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Argument);
    assert!(!error.to_string().contains("DELE"), "{error}");
}

#[test]
fn l11_a_wrong_password_is_not_a_limit() {
    let check = |reply: &str, kind| {
        let mut talk = Talk::new(site(Encryption::None));
        let id = talk.connect();
        talk.server("220 hi");
        talk.server("331 password");
        talk.server(reply);
        talk.expect(&["send USER me", "send PASS secret", "close 1"]);
        let error = talk.ended(id).unwrap_err();
        assert_eq!(error.kind, kind, "{reply}");
        assert_eq!(error.stage, Stage::Login);
        assert_eq!(error.reply.as_deref(), Some(reply));
    };
    check("530 Login incorrect.", ErrorKind::Credentials);
    check("501 no", ErrorKind::Credentials);
    check("430 no", ErrorKind::Credentials);
    check("530 Sorry, the maximum number of clients (5) are already connected", ErrorKind::Limit);
    check("530 Too many users logged in, closing control connection", ErrorKind::Limit);
    check("421 Too many connections from your address", ErrorKind::Limit);
    check("421 Maximum number of logins reached", ErrorKind::Limit);
    check("550 no", ErrorKind::Refused);
    check("450 no", ErrorKind::Transient);
}

/// Rule L12: the engine sends no HOST, and a second 220 is not a second greeting.
#[test]
fn l12_a_second_greeting_answers_nothing() {
    let mut talk = Talk::new(site(Encryption::None));
    talk.connect();
    talk.bytes(b"220 one\r\n");
    talk.expect(&["send USER me"]);
    talk.server("331 password");
    talk.expect(&["send PASS secret"]);
    talk.server("230 in");
    talk.after_login(&[], false);
    talk.server("220 two");
    talk.expect(&[]);
    talk.is_usable();
}

#[test]
fn c_6_certificates_are_asked_about_unless_trusted_or_known() {
    enum End {
        Silent,
        Asked { changed: bool },
    }
    let check = |pins: &[&str], any: bool, verdict: Verdict, end: End| {
        let mut site = site(Encryption::Explicit);
        site.pins = pins.iter().map(|pin| (*pin).to_owned()).collect();
        site.accept_any_certificate = any;
        let mut talk = Talk::new(site);
        talk.connect();
        talk.server("220 hi");
        talk.server("234 go");
        talk.expect(&["send AUTH TLS", "starttls 1 ftp.example.org group 1"]);
        talk.secured(tls(verdict.clone(), "a"));
        match end {
            End::Silent => talk.expect(&["accept 1", "send USER me"]),
            End::Asked { changed } => {
                talk.expect(&[]);
                let tls = tls(verdict, "a");
                assert_eq!(talk.events, [Event::Asked(Question::Certificate { tls, changed })]);
                assert_eq!(talk.wait, None);
            }
        }
    };
    check(&[], false, Verdict::Trusted, End::Silent);
    check(&[], false, Verdict::SelfSigned, End::Asked { changed: false });
    check(&["spki-a"], false, Verdict::SelfSigned, End::Silent);
    check(&["SPKI-A"], false, Verdict::Expired, End::Silent);
    check(&["spki-b"], false, Verdict::SelfSigned, End::Asked { changed: true });
    check(&["spki-b"], false, Verdict::Trusted, End::Asked { changed: true });
    check(&["spki-b", "spki-a"], false, Verdict::Trusted, End::Silent);
    check(&["spki-b"], true, Verdict::SelfSigned, End::Silent);
}

#[test]
fn an_accepted_certificate_is_remembered_for_the_session_and_no_other_is() {
    let mut talk = Talk::new(site(Encryption::Explicit));
    talk.connect();
    talk.server("220 hi");
    talk.server("234 go");
    talk.secured(tls(Verdict::SelfSigned, "a"));
    talk.answer(true);
    talk.says_last("send USER me");
    talk.closed(broken(Stage::Connection, "reset"));
    talk.connect();
    talk.server("220 hi");
    talk.server("234 go");
    talk.secured(tls(Verdict::SelfSigned, "a"));
    talk.says_last("send USER me");
    talk.closed(End::Clean);
    talk.connect();
    talk.server("220 hi");
    talk.server("234 go");
    talk.secured(tls(Verdict::SelfSigned, "b"));
    talk.says_last("starttls 3 ftp.example.org group 3");
    assert!(matches!(talk.events.back(), Some(Event::Asked(Question::Certificate { .. }))));
}

#[test]
fn a_certificate_that_is_not_accepted_ends_the_session() {
    let mut talk = Talk::new(site(Encryption::Explicit));
    let id = talk.connect();
    talk.server("220 hi");
    talk.server("234 go");
    talk.secured(tls(Verdict::Expired, "a"));
    talk.events.clear();
    talk.answer(false);
    talk.says_last("close 1");
    let error = talk.ended(id).unwrap_err();
    assert_eq!((error.stage, error.kind), (Stage::Tls, ErrorKind::NotAccepted));
    assert!(talk.disconnected().is_some());
    assert!(!talk.logged("USER"));
}

#[test]
fn every_wait_of_the_login_has_its_end() {
    let check = |steps: &[&str], seconds: u64| {
        let mut talk = Talk::new(site(Encryption::Explicit));
        let id = talk.request(Request::Connect);
        for step in steps {
            match *step {
                "opened" => talk.opened(),
                "secured" => talk.secured(tls(Verdict::Trusted, "a")),
                line => talk.server(line),
            }
        }
        talk.pass(seconds * 1_000 - 1);
        assert!(talk.events.is_empty(), "{steps:?}");
        talk.pass(1);
        assert_eq!(talk.ended(id).unwrap_err().kind, ErrorKind::Timeout, "{steps:?}");
        assert!(talk.disconnected().is_some());
        talk.says_last("close 1");
        assert_eq!(talk.wait, None);
    };
    check(&[], 20);
    check(&["opened"], 60);
    check(&["opened", "120 wait"], 60);
    check(&["opened", "220 hi"], 60);
    check(&["opened", "220 hi", "234 go"], 20);
    check(&["opened", "220 hi", "234 go", "secured"], 60);
    check(&["opened", "220 hi", "234 go", "secured", "331 password"], 60);
    check(&["opened", "220 hi", "234 go", "secured", "230 in"], 60);
}

#[test]
fn what_the_driver_cannot_reach_fails_at_the_drivers_stage() {
    let check = |stage, kind| {
        let mut talk = Talk::new(site(Encryption::Explicit));
        let id = talk.request(Request::Connect);
        talk.closed(broken(stage, "words of the driver"));
        let error = talk.ended(id).unwrap_err();
        assert_eq!((error.stage, error.kind), (stage, kind));
        assert!(error.message.contains("words of the driver"));
        assert!(talk.disconnected().is_some());
        talk.says_last("open 1 ftp.example.org:21");
    };
    check(Stage::Relay, ErrorKind::Lost);
    check(Stage::Policy, ErrorKind::Refused);
    check(Stage::Lookup, ErrorKind::Lost);
    check(Stage::Connection, ErrorKind::Lost);
}

#[test]
fn only_connect_works_without_a_login_and_twice_is_once() {
    let mut talk = Talk::new(site(Encryption::None));
    let id = talk.request(Request::KeepAlive);
    assert_eq!(talk.ended(id).unwrap_err().kind, ErrorKind::NotConnected);
    let id = talk.request(Request::Disconnect);
    assert_eq!(talk.ended(id).unwrap_err().kind, ErrorKind::NotConnected);
    let mut talk = Talk::plain(&[]);
    let id = talk.request(Request::Connect);
    assert_eq!(talk.ended(id), Ok(Outcome::Ok));
    talk.expect(&[]);
}

#[test]
fn tls_1_2_only_is_passed_on() {
    let mut site = site(Encryption::Explicit);
    site.tls12_only = true;
    let mut talk = Talk::new(site);
    talk.connect();
    talk.server("220 hi");
    talk.server("234 go");
    talk.says_last("starttls 1 ftp.example.org group 1 TLS 1.2 only");
}
