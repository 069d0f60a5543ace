//! Servers that cannot be reached over TLS, each with its reason and words: scripted ones, and OpenSSL's, which can do what rustls does not.

use super::*;
use crate::config::Pin;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::server::WebPkiClientVerifier;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use std::net::Ipv4Addr;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio_rustls::TlsAcceptor;

const NAME: &str = "ftp.example.org";

fn group(server: ServerTls) -> TlsGroup {
    TlsGroup::for_server(&Roots::none(), NAME, server).unwrap()
}

/// What comes of a handshake with a server that answers the first bytes with these and then ends, or breaks.
async fn answered(answer: &'static [u8], breaks: bool) -> TlsFailure {
    answered_by(answer, breaks, ServerTls::default()).await
}

#[cfg(feature = "legacy-tls")]
async fn answered_to(answer: &'static [u8], server: ServerTls) -> TlsFailure {
    answered_by(answer, false, server).await
}

async fn answered_by(answer: &'static [u8], breaks: bool, server_tls: ServerTls) -> TlsFailure {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut hello = [0; 16];
        socket.read_exact(&mut hello).await.unwrap();
        socket.write_all(answer).await.unwrap();
        if breaks {
            socket.set_zero_linger().unwrap();
            return;
        }
        socket.shutdown().await.unwrap();
        let _ = socket.read_to_end(&mut Vec::new()).await;
    });
    let socket = TcpStream::connect(address).await.unwrap();
    let failure = group(server_tls).connect(socket, None).await.unwrap_err();
    server.await.unwrap();
    failure
}

#[tokio::test]
async fn scripted_servers() {
    let alert = |number: u8| -> &'static [u8] { Box::leak(Box::new([21, 3, 1, 0, 2, 2, number])) };
    // A ServerHello of TLS 1.0, as servers send that know no newer version and no alert for it.
    let tls10: &'static [u8] = {
        let mut hello = vec![22, 3, 1, 0, 42, 2, 0, 0, 38, 3, 1];
        hello.extend([7; 32]);
        hello.extend([0, 0, 0x35, 0]);
        let length = hello.len() - 5;
        hello[4] = length as u8;
        hello[8] = (length - 4) as u8;
        Box::leak(hello.into_boxed_slice())
    };
    for (answer, reason, number, words) in [
        (&b"220 hello\r\n"[..], Reason::TlsHandshake, 0, "not TLS"),
        (b"500 what?\r\n", Reason::TlsHandshake, 0, "not TLS"),
        (b"", Reason::TlsHandshake, 0, "without saying why"),
        (tls10, Reason::TlsVersion, 0, "TLS 1.0 or 1.1"),
        (alert(70), Reason::TlsVersion, 70, "TLS 1.0 or 1.1"),
        (alert(40), Reason::TlsVersion, 40, "no cipher in common"),
        (alert(71), Reason::TlsVersion, 71, "no cipher in common"),
        (alert(112), Reason::TlsHandshake, 112, "check the host name"),
        (alert(120), Reason::TlsHandshake, 120, "another protocol"),
        (alert(80), Reason::TlsHandshake, 80, "InternalError"),
        (alert(116), Reason::ClientCertificate, 116, "wants a client certificate"),
        (alert(48), Reason::ClientCertificate, 48, "does not know the authority"),
        (alert(45), Reason::ClientCertificate, 45, "has expired"),
        (alert(44), Reason::ClientCertificate, 44, "revoked"),
        (alert(199), Reason::TlsHandshake, 199, "199"),
    ] {
        let failure = answered(answer, false).await;
        assert_eq!((failure.reason, failure.alert), (reason, number), "{failure}");
        assert!(failure.text.contains(words) && failure.text.len() <= 256, "{words}: {failure}");
    }
    let failure = answered(b"", true).await;
    assert_eq!(failure.reason, Reason::PeerReset, "{failure}");
}

/// A certificate and key for the server's name, in PEM files.
fn files(folder: &std::path::Path) -> (CertificateDer<'static>, Vec<String>) {
    let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
    let certificate = CertificateParams::new([NAME.to_owned()]).unwrap().self_signed(&key).unwrap();
    let (cert_file, key_file) = (folder.join("cert.pem"), folder.join("key.pem"));
    std::fs::write(&cert_file, certificate.pem()).unwrap();
    std::fs::write(&key_file, key.serialize_pem()).unwrap();
    let arguments = ["-cert", cert_file.to_str().unwrap(), "-key", key_file.to_str().unwrap()];
    (certificate.der().clone(), arguments.map(str::to_owned).to_vec())
}

/// One handshake with `openssl s_server` on a free port.
async fn with_openssl(
    arguments: &[&str],
    files: &[String],
    server: ServerTls,
) -> Result<Secured, TlsFailure> {
    let mut child = Command::new("openssl")
        .args(["s_server", "-accept", "127.0.0.1:0"])
        .args(arguments)
        .args(files)
        // At the end of its input it would leave.
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("openssl is there");
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let shaking = async {
        let port = loop {
            let line = lines.next_line().await.unwrap().expect("it accepts");
            if line.starts_with("ACCEPT") {
                break line.rsplit(':').next().unwrap().trim().parse().unwrap();
            }
        };
        let socket = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap();
        group(server).connect(socket, None).await
    };
    tokio::time::timeout(Duration::from_secs(20), shaking).await.expect("a handshake ends")
}

#[tokio::test]
async fn openssls_servers_of_old() {
    let folder = tempfile::tempdir().unwrap();
    let (_, files) = files(folder.path());
    let with_openssl = async |arguments: &[&str], server| with_openssl(arguments, &files, server).await;
    let tls13 = || ServerTls { min: TlsMin::Tls13, ..ServerTls::default() };
    for (arguments, words) in [
        (&["-tls1", "-cipher", "ALL:@SECLEVEL=0"][..], "TLS 1.0 or 1.1"),
        (&["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"], "TLS 1.0 or 1.1"),
        (&["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA"], "no cipher in common"),
        (&["-tls1_2", "-cipher", "ECDHE-ECDSA-AES256-CCM"], "no cipher in common"),
    ] {
        let failure = with_openssl(arguments, ServerTls::default()).await.unwrap_err();
        assert_eq!(failure.reason, Reason::TlsVersion, "{arguments:?}: {failure}");
        assert!(failure.text.contains(words), "{arguments:?}: {failure}");
    }
    // What the relay's administrator does not want is said to be that.
    let failure = with_openssl(&["-tls1_2"], tls13()).await.unwrap_err();
    assert!(failure.reason == Reason::TlsVersion && failure.text.contains("administrator"), "{failure}");
    assert_eq!(with_openssl(&["-tls1_3"], tls13()).await.unwrap().info.version, TlsVersion::Tls13);
    assert_eq!(
        with_openssl(&["-tls1_2"], ServerTls::default()).await.unwrap().info.version,
        TlsVersion::Tls12
    );
    let old = group(tls13()).connect(broken_socket().await, Some(TlsVersion::Tls12)).await.unwrap_err();
    assert_eq!(old.reason, Reason::TlsVersion);
}

async fn broken_socket() -> TcpStream {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    TcpStream::connect(listener.local_addr().unwrap()).await.unwrap()
}

#[tokio::test]
async fn a_pinned_key_is_trusted_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let (der, files) = files(folder.path());
    let own = Pin(certificate::key_hash(&der).unwrap());
    let pinned = |pins: &[Pin]| ServerTls { pins: pins.to_vec(), ..ServerTls::default() };
    for version in ["-tls1_2", "-tls1_3"] {
        let connect = async |server| with_openssl(&[version], &files, server).await;
        use towpath_shared::Verdict;
        assert_eq!(connect(pinned(&[])).await.unwrap().info.verdict, Verdict::SelfSigned);
        let trusted = connect(pinned(&[Pin([7; 32]), own])).await.unwrap();
        assert_eq!(trusted.info.verdict, Verdict::Trusted);
        let failure = connect(pinned(&[Pin([7; 32])])).await.unwrap_err();
        assert_eq!(failure.reason, Reason::TlsPin, "{failure}");
        assert!(failure.text.contains(&own.to_string()) && failure.text.len() <= 256, "{failure}");
    }
}

/// A server that wants client certificates of one authority; what it says once the handshake is over.
async fn certified(
    identity: Option<Identity>,
    max: TlsVersion,
    authority: &CertifiedIssuer<'_, KeyPair>,
) -> Result<Vec<u8>, TlsFailure> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut roots = rustls::RootCertStore::empty();
    roots.add(authority.der().clone()).unwrap();
    let verifier =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone()).build().unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new([NAME.to_owned()]).unwrap().self_signed(&key).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier)
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (socket, _) = listener.accept().await.unwrap();
        let Ok(mut stream) = TlsAcceptor::from(Arc::new(config)).accept(socket).await else { return };
        stream.write_all(b"220 known").await.unwrap();
        stream.shutdown().await.unwrap();
    });
    let group = group(ServerTls { identity, ..ServerTls::default() });
    let mut secured = group.connect(TcpStream::connect(address).await.unwrap(), Some(max)).await?;
    let mut heard = Vec::new();
    // In TLS 1.3 the server's word on the certificate comes after the handshake.
    secured.stream.read_to_end(&mut heard).await.map_err(|error| TlsFailure::from_io(&error))?;
    Ok(heard)
}

#[tokio::test]
async fn client_certificates_are_shown_and_their_lack_is_named() {
    let authority = |name: &str| {
        let mut params = CertificateParams::new([]).unwrap();
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
    };
    let (known, unknown, namesake) = (authority("known"), authority("unknown"), authority("known"));
    let issued = |by: &CertifiedIssuer<'_, KeyPair>| {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(["me".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, by).unwrap();
        Identity::new(certificate.der(), &key.serialize_der()).unwrap()
    };
    for max in [TlsVersion::Tls12, TlsVersion::Tls13] {
        assert_eq!(certified(Some(issued(&known)), max, &known).await.unwrap(), b"220 known");
        let failure = certified(None, max, &known).await.unwrap_err();
        assert_eq!(failure.reason, Reason::ClientCertificate, "{max:?}: {failure}");
        assert!(failure.text.contains("wants a client certificate"), "{max:?}: {failure}");
        for by in [&unknown, &namesake] {
            let failure = certified(Some(issued(by)), max, &known).await.unwrap_err();
            // In TLS 1.3 this alert comes after the handshake, and might be about anything.
            let vague = failure.alert == 51 && max == TlsVersion::Tls13;
            assert!(failure.reason == Reason::ClientCertificate || vague, "{max:?}: {failure}");
            assert!(!failure.text.contains("wants"), "{max:?}: {failure}");
        }
    }
}

/// OpenSSL's servers say `handshake_failure` in TLS 1.2 where a certificate is missing.
#[tokio::test]
async fn openssls_servers_that_want_a_client_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let (_, files) = files(folder.path());
    let arguments = ["-tls1_2", "-Verify", "2", "-verify_return_error"];
    let failure = with_openssl(&arguments, &files, ServerTls::default()).await.unwrap_err();
    assert_eq!(failure.reason, Reason::ClientCertificate, "{failure}");
    assert!(failure.text.contains("wants a client certificate"), "{failure}");
}

/// TLS 1.0 and 1.1 by OpenSSL on both sides: the same verdict and chain as ever, sessions that resume, and an end that is proven or not.
#[cfg(feature = "legacy-tls")]
#[tokio::test]
async fn legacy_tls_reaches_servers_of_old_and_resumes() {
    use crate::config::Pin;
    use towpath_shared::Verdict;
    let folder = tempfile::tempdir().unwrap();
    let (der, files) = files(folder.path());
    let legacy = || ServerTls { legacy: true, ..ServerTls::default() };
    for (arguments, version) in [
        (&["-tls1", "-cipher", "ALL:@SECLEVEL=0"][..], TlsVersion::Tls10),
        (&["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"], TlsVersion::Tls11),
        (&["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA"], TlsVersion::Tls12),
        (&["-tls1_2"], TlsVersion::Tls12),
    ] {
        let secured = with_openssl(arguments, &files, legacy()).await.unwrap();
        assert_eq!((secured.info.version, secured.info.resumed), (version, false), "{arguments:?}");
        assert_eq!(secured.info.verdict, Verdict::SelfSigned);
        assert_eq!(secured.chain, [der.to_vec()]);
        assert!(!secured.info.cipher.is_empty());
    }
    // Pins count here too.
    let own = Pin(certificate::key_hash(&der).unwrap());
    for (pin, trusted) in [(own, true), (Pin([7; 32]), false)] {
        let server = ServerTls { pins: vec![pin], ..legacy() };
        let outcome = with_openssl(&["-tls1", "-cipher", "ALL:@SECLEVEL=0"], &files, server).await;
        assert_eq!(outcome.is_ok_and(|secured| secured.info.verdict == Verdict::Trusted), trusted);
    }
    // What has nothing in common even so, and what is not TLS.
    let failure = with_openssl(&["-tls1_3"], &files, legacy()).await.unwrap_err();
    assert_eq!(failure.reason, Reason::TlsVersion, "{failure}");
    for (answer, words) in [(&b"220 hello\r\n"[..], "not TLS"), (b"", "without saying why")] {
        let failure = answered_to(answer, legacy()).await;
        assert!(failure.reason == Reason::TlsHandshake && failure.text.contains(words), "{failure}");
    }
}
