//! nginx or HAProxy with the example of `deploy/`, and a door to it without TLS, since the driver has none.

use rustls_pki_types::ServerName;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::{Duration, Instant};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto};
use towpath_tests::server::{Identity, install};

/// Which.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Nginx,
    Haproxy,
}

/// A running proxy.
pub(crate) struct Proxy {
    port: u16,
    door: SocketAddr,
    connector: TlsConnector,
    /// The number of the cut that connections live up to.
    cuts: watch::Sender<u32>,
    child: Child,
    _folder: tempfile::TempDir,
}

/// Ends the proxy with the test, however that ends: see the fixtures of FTP servers.
const LIFELINE: &str = r#"exec 3<&0; (read -r _ <&3; kill -KILL $$) & exec "$@" 3<&- </dev/null"#;

impl Proxy {
    /// Starts it in front of relays at these ports of 127.0.0.1.
    pub(crate) async fn start(kind: Kind, relays: [u16; 2]) -> Proxy {
        let programs = install().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let identity = Identity::new().unwrap();
        let (certificate, key) = (identity.certificate_pem(), identity.key_pem());
        let path = |name: &str| folder.path().join(name).display().to_string();
        fs::write(path("crt"), &certificate).unwrap();
        fs::write(path("key"), &key).unwrap();
        fs::write(path("pem"), format!("{certificate}{key}")).unwrap();
        // Taken for a moment, so that nobody else gets it meanwhile.
        let own = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = own.local_addr().unwrap().port();
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy").join(match kind {
            Kind::Nginx => "nginx/towpath.conf",
            Kind::Haproxy => "haproxy/towpath.cfg",
        });
        let mut text = fs::read_to_string(example).unwrap();
        let mut put = |from: &str, to: &str| {
            assert!(text.contains(from), "the example has no {from}");
            text = text.replace(from, to);
        };
        put("127.0.0.1:8081", &format!("127.0.0.1:{}", relays[0]));
        put("127.0.0.1:8082", &format!("127.0.0.1:{}", relays[1]));
        let command = match kind {
            Kind::Nginx => {
                put("listen 443 ssl", &format!("listen 127.0.0.1:{port} ssl"));
                put("/etc/nginx/towpath.crt", &path("crt"));
                put("/etc/nginx/towpath.key", &path("key"));
                let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
                    .map(|name| format!("{name}_temp_path {};\n", path(name)))
                    .concat();
                let whole = format!(
                    "daemon off;\nmaster_process off;\npid {};\nerror_log stderr error;\nevents {{}}\nhttp {{\naccess_log off;\n{temporary}{text}\n}}\n",
                    path("pid")
                );
                fs::write(path("nginx.conf"), whole).unwrap();
                let mut command = Command::new(programs.join("usr/sbin/nginx"));
                command.args(["-e", "stderr", "-p", &path(""), "-c", &path("nginx.conf")]);
                command
            }
            Kind::Haproxy => {
                put("bind :443", &format!("bind 127.0.0.1:{port}"));
                put("/etc/haproxy/towpath.pem", &path("pem"));
                fs::write(path("haproxy.cfg"), text).unwrap();
                let mut command = Command::new(programs.join("usr/sbin/haproxy"));
                command.args(["-db", "-f", &path("haproxy.cfg")]);
                command
            }
        };
        drop(own);
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", LIFELINE, "sh"]).arg(command.get_program()).args(command.get_args());
        let child = shell.stdin(Stdio::piped()).spawn().unwrap();

        let mut roots = RootCertStore::empty();
        roots.add(identity.certificate()).unwrap();
        let provider = Arc::new(crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = builder.unwrap().with_root_certificates(roots).with_no_client_auth();
        let connector = TlsConnector::from(Arc::new(config));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let door = listener.local_addr().unwrap();
        let (cuts, _) = watch::channel(0);
        tokio::spawn(carry(listener, port, connector.clone(), cuts.clone()));
        Proxy { port, door, connector, cuts, child, _folder: folder }
    }

    /// Where the driver connects to.
    pub(crate) fn address(&self) -> String {
        format!("ws://{}/tunnel", self.door)
    }

    /// The page's origin.
    pub(crate) fn origin(&self) -> String {
        format!("https://127.0.0.1:{}", self.port)
    }

    /// Waits until both relays are served.
    pub(crate) async fn ready(&self) {
        let end = Instant::now() + Duration::from_secs(30);
        loop {
            if let Some(answer) = self.ask().await
                && answer.starts_with("HTTP/1.1 200")
            {
                return;
            }
            assert!(Instant::now() < end, "the proxy does not answer");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn ask(&self) -> Option<String> {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let mut socket = connect(self.port, &self.connector).await.ok()?;
        let request =
            format!("GET /readyz HTTP/1.1\r\nhost: 127.0.0.1:{}\r\nconnection: close\r\n\r\n", self.port);
        socket.write_all(request.as_bytes()).await.ok()?;
        let mut answer = Vec::new();
        // nginx ends without close_notify.
        let _ = socket.read_to_end(&mut answer).await;
        String::from_utf8(answer).ok()
    }

    /// Breaks all connections that pass the door now.
    pub(crate) fn cut(&self) {
        self.cuts.send_modify(|number| *number += 1);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

async fn connect(
    port: u16,
    connector: &TlsConnector,
) -> std::io::Result<tokio_rustls::client::TlsStream<TcpStream>> {
    let socket = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    let name = ServerName::try_from("localhost").map_err(std::io::Error::other)?;
    connector.connect(name, socket).await
}

async fn carry(listener: TcpListener, port: u16, connector: TlsConnector, cuts: watch::Sender<u32>) {
    while let Ok((mut near, _)) = listener.accept().await {
        let (connector, mut cut) = (connector.clone(), cuts.subscribe());
        tokio::spawn(async move {
            let Ok(mut far) = connect(port, &connector).await else { return };
            tokio::select! {
                _ = tokio::io::copy_bidirectional(&mut near, &mut far) => {}
                _ = cut.changed() => {
                    // A reset, as of a network that is gone.
                    let _ = near.set_zero_linger();
                }
            }
        });
    }
}
