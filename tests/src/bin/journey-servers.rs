//! What the browser journeys talk to: Pure-FTPd, vsftpd and ProFTPD with self-signed certificates, a vsftpd whose passive mode is blocked, and
//! a relay that lists them, listens for that one, and serves the page. Prints one line of JSON and runs until its standard input ends.

use std::error::Error;
use std::io::Read;
use std::os::unix::fs::chown;
use std::path::PathBuf;
use towpath_relay::Config;
use towpath_relay::config::Target;
use towpath_tests::server::{Options, PASSWORD, Security, Server, Software};

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
    println!("{}", serde_json::Value::Object(line));
    towpath_relay::run(listener, config, input_ends()).await?;
    Ok(())
}

/// Resolves when standard input ends, so that nothing is left behind when the journeys are killed.
async fn input_ends() {
    // The read fails only where there is no input, which is its end as well.
    let _ = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await;
}
