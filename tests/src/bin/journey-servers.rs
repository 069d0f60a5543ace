//! What the browser journeys talk to: Pure-FTPd, vsftpd and ProFTPD with self-signed certificates, a vsftpd whose passive mode is blocked, and
//! a relay that lists them, listens for that one, and serves the page; and a second one that asks who comes. Prints one line of JSON and runs until its standard input ends.

use std::error::Error;
use std::io::Read;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use towpath_relay::{Access, Config, Mode, Target, TicketAlgorithm, TicketKey, Token, TokenHash, new_token};
use towpath_tests::server::{Options, PASSWORD, Security, Server, Software};

/// What a portal signs its tickets with, and the relay's name in them.
const PORTAL_SECRET: &str = "0123456789abcdef0123456789abcdef";
const AUDIENCE: &str = "https://files.example.org";

/// The system's `daemon`, who owns the served files.
const OWNER: u32 = 1;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let www = match (arguments.next().as_deref(), arguments.next()) {
        (Some("--www"), Some(folder)) => PathBuf::from(folder),
        _ => return Err("usage: journey-servers --www FOLDER".into()),
    };
    let mut config = Config { www: Some(www), ..Config::default() };
    let mut line = serde_json::Map::new();
    let mut servers = Vec::new();
    let blocked: &[&str] = &["EPSV", "PASV"];
    for (name, software, refused) in [
        ("pureftpd", Software::PureFtpd, &[][..]),
        ("vsftpd", Software::Vsftpd, &[]),
        ("proftpd", Software::ProFtpd, &[]),
        ("blocked", Software::Vsftpd, blocked),
    ] {
        let server = Server::with(Options { refused, ..Options::new(software, Security::Tls13) })?;
        let hello = server.root().join("hello.txt");
        std::fs::write(&hello, "Hello from the towpath.\n")?;
        chown(&hello, Some(OWNER), Some(OWNER))?;
        let active = !refused.is_empty();
        config.targets.push(Target { active, ..Target::new("127.0.0.1", server.port()) });
        let facts = serde_json::json!({
            "port": server.port(),
            "user": server.user(),
            "password": PASSWORD,
            "path": server.base().to_string(),
            "root": server.root(),
        });
        line.insert(name.to_owned(), facts);
        servers.push(server);
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    line.insert("relay".into(), format!("http://{}/", listener.local_addr()?).into());
    let guarded = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let secret = tempfile::NamedTempFile::new()?;
    std::fs::write(secret.path(), PORTAL_SECRET)?;
    let (token, _) = new_token("ann").ok_or("no random bits")?;
    let facts = serde_json::json!({
        "relay": format!("http://{}/", guarded.local_addr()?),
        "token": token,
        "secret": PORTAL_SECRET,
        "audience": AUDIENCE,
    });
    line.insert("guarded".to_owned(), facts);
    println!("{}", serde_json::Value::Object(line));
    let asking = asking(config.clone(), &token, secret.path());
    tokio::try_join!(
        towpath_relay::run(listener, config, input_ends()),
        towpath_relay::run(guarded, asking, input_ends())
    )?;
    Ok(())
}

/// The same relay for people with a token, or a ticket of a portal.
fn asking(mut config: Config, token: &str, secret: &Path) -> Config {
    config.access = Access {
        modes: vec![Mode::Token, Mode::Ticket],
        audience: Some(AUDIENCE.into()),
        tries: 1000,
        ..Access::default()
    };
    let hash = TokenHash::of(token);
    config.tokens = vec![Token { user: "ann".into(), hash, expires: None, sites: None }];
    config.ticket_keys = vec![TicketKey {
        name: "portal".into(),
        algorithm: TicketAlgorithm::Hs256,
        file: Some(secret.into()),
        env: None,
    }];
    config
}

/// Resolves when standard input ends, so that nothing is left behind when the journeys are killed.
async fn input_ends() {
    // The read fails only where there is no input, which is its end as well.
    let _ = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await;
}
