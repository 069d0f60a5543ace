//! Handshakes with servers that rustls itself would refuse, and descriptions of certificates.

use super::*;
use rcgen::{CertificateParams, KeyPair, PublicKeyData, SigningKey};
use rustls::ServerConfig;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let body = parts.concat();
    let length = match body.len() {
        short @ 0..=0x7f => vec![short as u8],
        long => [&[0x82][..], &(long as u16).to_be_bytes()].concat(),
    };
    [&[tag][..], &length, &body].concat()
}

/// An X.509v1 certificate, as old appliances make them for themselves: no version, no extensions (RFC 5280 section 4.1.2.1).
fn version_1(key: &KeyPair) -> CertificateDer<'static> {
    const ECDSA_WITH_SHA256: &[u8] = &[0x06, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
    const COMMON_NAME: &[u8] = &[0x06, 3, 0x55, 4, 3];
    let algorithm = tlv(0x30, &[ECDSA_WITH_SHA256]);
    let name = tlv(0x0c, &[b"old.example"]);
    let name = tlv(0x30, &[&tlv(0x31, &[&tlv(0x30, &[COMMON_NAME, &name])])]);
    let dates = tlv(0x30, &[&tlv(0x17, &[b"200101000000Z"]), &tlv(0x17, &[b"490101000000Z"])]);
    let parts = [&tlv(2, &[&[5]])[..], &algorithm, &name, &dates, &name, &key.subject_public_key_info()];
    let body = tlv(0x30, &parts);
    let signature = tlv(0x03, &[&[0], &key.sign(&body).unwrap()]);
    CertificateDer::from(tlv(0x30, &[&body, &algorithm, &signature]))
}

/// Shows any certificate with any key.
#[derive(Debug)]
struct Shown(Arc<CertifiedKey>);

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.clone())
    }
}

/// One handshake with a server that shows `certificate` and signs with `key`.
async fn shake(
    certificate: CertificateDer<'static>,
    key: &KeyPair,
    max: TlsVersion,
) -> Result<Secured, TlsFailure> {
    shake_as(certificate, key, max, &[]).await
}

/// The same with a server that knows these protocols (ALPN).
async fn shake_as(
    certificate: CertificateDer<'static>,
    key: &KeyPair,
    max: TlsVersion,
    protocols: &[&[u8]],
) -> Result<Secured, TlsFailure> {
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let key = provider.key_provider.load_private_key(key).unwrap();
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(Shown(Arc::new(CertifiedKey::new(vec![certificate], key)))));
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move {
        let (socket, _) = listener.accept().await.unwrap();
        TlsAcceptor::from(Arc::new(config)).accept(socket).await.map(drop)
    });
    let group = TlsGroup::new(&Roots::none(), "old.example").unwrap();
    let secured = group.connect(TcpStream::connect(address).await.unwrap(), Some(max)).await;
    let _ = server.await.unwrap();
    secured
}

#[tokio::test]
async fn an_x509v1_certificate_gets_a_verdict_and_no_error() {
    let key = KeyPair::generate().unwrap();
    let der = version_1(&key);
    assert!(webpki::EndEntityCert::try_from(&der).is_err(), "webpki reads it, so this proves nothing");
    for max in [TlsVersion::Tls12, TlsVersion::Tls13] {
        let secured = shake(der.clone(), &key, max).await.unwrap();
        assert_eq!((secured.info.version, secured.info.verdict), (max, towpath_shared::Verdict::SelfSigned));
        let leaf = &secured.info.chain[0];
        assert_eq!((leaf.subject.as_str(), leaf.key.as_str()), ("CN=old.example", "ECDSA P-256"));
        assert_eq!(secured.chain, [der.to_vec()]);
    }
}

#[tokio::test]
async fn c_5_ftp_is_named_and_a_server_of_another_protocol_refuses() {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(["old.example".to_owned()]).unwrap();
    let der = params.self_signed(&key).unwrap().der().clone();
    for max in [TlsVersion::Tls12, TlsVersion::Tls13] {
        let shake = async |protocols: &[&[u8]]| shake_as(der.clone(), &key, max, protocols).await;
        let agreed = |secured: Secured| match secured.stream {
            SecuredStream::Rustls(stream) => stream.get_ref().1.alpn_protocol().map(<[u8]>::to_vec),
            #[cfg(feature = "legacy-tls")]
            SecuredStream::Legacy(stream) => panic!("{stream:?}"),
        };
        assert_eq!(agreed(shake(&[b"ftp"]).await.unwrap()), Some(b"ftp".to_vec()));
        let filezilla = shake(&[b"x-filezilla-ftp", b"ftp"]).await.unwrap();
        assert_eq!(agreed(filezilla), Some(b"ftp".to_vec()));
        // Most FTP servers know nothing of it.
        assert_eq!(agreed(shake(&[]).await.unwrap()), None);
        let failure = shake(&[b"h2", b"http/1.1"]).await.unwrap_err();
        assert_eq!(failure.reason, Reason::TlsHandshake, "{failure}");
    }
}

#[tokio::test]
async fn whoever_shows_a_certificate_must_have_its_key() {
    let (own, stolen) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let ordinary = CertificateParams::new(["old.example".to_owned()]).unwrap().self_signed(&stolen).unwrap();
    for der in [ordinary.der().clone(), version_1(&stolen)] {
        for max in [TlsVersion::Tls12, TlsVersion::Tls13] {
            let failure = shake(der.clone(), &own, max).await.unwrap_err();
            assert_eq!(failure.reason, Reason::TlsHandshake, "{failure}");
        }
    }
}

#[tokio::test]
async fn a_certificate_with_thousands_of_names_still_fits_its_frame() {
    let key = KeyPair::generate().unwrap();
    let names = (0..800).map(|number| format!("{number:04}.{}.example", "n".repeat(50)));
    let mut params = CertificateParams::new(names.collect::<Vec<_>>()).unwrap();
    params.distinguished_name.push(rcgen::DnType::OrganizationName, "\"\u{1b}[31m\u{7}".repeat(500));
    let der = params.self_signed(&key).unwrap().der().clone();
    let secured = shake(der, &key, TlsVersion::Tls13).await.unwrap();
    let leaf = &secured.info.chain[0];
    assert!(!leaf.names.is_empty() && !leaf.subject.contains(char::is_control));
    let frame = Message::TlsInfo(secured.info.clone()).encode(StreamId(1));
    assert!(frame.len() <= MAX_JSON, "{} bytes", frame.len());
}

#[test]
fn a_long_chain_is_cut_to_its_frame() {
    let long = towpath_shared::Certificate {
        subject: "\"".repeat(300),
        issuer: "\"".repeat(300),
        names: vec!["\"".repeat(300); 40],
        ..Default::default()
    };
    let info = TlsInfo {
        verdict: towpath_shared::Verdict::UnknownIssuer,
        version: TlsVersion::Tls12,
        key_exchange: String::new(),
        cipher: String::new(),
        resumed: false,
        gate_open: false,
        chain: vec![long; MAX_CHAIN],
    };
    let info = within_frame(info);
    assert!(!info.chain.is_empty());
    assert!(Message::TlsInfo(info).encode(StreamId(1)).len() <= MAX_JSON);
}

#[test]
fn server_names_are_names_or_addresses() {
    for name in ["ftp.example.org", "192.0.2.1", "2001:db8::1", "[2001:db8::1]", "localhost"] {
        assert!(TlsGroup::new(&Roots::none(), name).is_ok(), "{name}");
    }
    for name in ["", "a b", "a/b", "[a]", "ä.example"] {
        assert!(TlsGroup::new(&Roots::none(), name).is_err(), "{name}");
    }
}
