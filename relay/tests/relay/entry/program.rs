//! The program itself: where credentials come from, and what its log says of them.

use super::{come, id_of};
use crate::client::Client;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Output, Stdio};
use towpath_shared::Credential;

const SECRET: &str = "canary-secret-of-a-portal-in-32-bytes-or-more";

fn towpath() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_towpath"));
    command.env_remove("TOWPATH_LOG").stderr(Stdio::piped());
    command
}

/// A running relay, ended with the test.
struct Running {
    child: Child,
    log: BufReader<ChildStderr>,
    address: SocketAddr,
    heard: String,
}

impl Running {
    fn start(config: &Path, env: &[(&str, &str)]) -> Running {
        let mut child = towpath()
            .args(["serve", "--listen", "127.0.0.1:0", "--config"])
            .arg(config)
            .env("TOWPATH_LOG", "trace")
            .envs(env.iter().copied())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap());
        let mut heard = String::new();
        while !heard.contains("relay listens") {
            assert_ne!(log.read_line(&mut heard).unwrap(), 0, "{heard}");
        }
        let own = heard.rsplit("own=").next().unwrap().split_whitespace().next().unwrap();
        let address = own.trim_end_matches(|c: char| !c.is_ascii_digit());
        let address = address.trim_start_matches(|c: char| !c.is_ascii_digit()).parse().unwrap();
        Running { child, log, address, heard }
    }

    /// Stops it. Returns all that it has logged.
    fn stop(mut self) -> String {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.log.read_to_string(&mut self.heard).unwrap();
        std::mem::take(&mut self.heard)
    }
}

impl Drop for Running {
    /// A test that fails leaves no relay behind.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn said(output: Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// `towpath token`: the token, and the lines for the configuration.
fn made(user: &str) -> (String, String) {
    let said = said(towpath().args(["token", "--user", user]).output().unwrap());
    let (token, lines) = said.split_once("\n\n").unwrap();
    (token.to_owned(), lines.to_owned())
}

const MIRROR: &str = "allow_missing_origin = true\npublic_origin = [\"https://files.example.org\"]\n\
                      [[target]]\nname = \"Mirror\"\nhost = \"127.0.0.1\"\nport = 2102\n";

/// CVE-2024-43798: a documented source of credentials was never read, and everybody was let in. Each source is tried with it and without.
#[tokio::test]
async fn cve_2024_43798_every_documented_source_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let (token, lines) = made("ann");
    let secret = file("secret", SECRET);
    let ticket_key = |source: &str| {
        format!("{MIRROR}[access]\nmodes = [\"ticket\"]\n[[ticket_key]]\nname = \"panel\"\n{source}\n")
    };
    let by_file = ticket_key(&format!("file = {:?}", secret.to_str().unwrap()));
    let by_env = ticket_key("env = \"PANEL_KEY\"");
    let header = format!(
        "{MIRROR}[access]\nmodes = [\"header\"]\nheader = \"X-Forwarded-User\"\n[proxies]\nnetworks = [\"127.0.0.1\"]\n"
    );
    let ticket = |config: &Path, env: &[(&str, &str)]| {
        let arguments = ["ticket", "--user", "ann", "--site", "Mirror", "--config"];
        let output = towpath().args(arguments).arg(config).envs(env.iter().copied()).output().unwrap();
        said(output).trim_end().to_owned()
    };
    let env = [("PANEL_KEY", SECRET)];
    for (name, text, env) in [
        ("token", format!("{MIRROR}[access]\nmodes = [\"token\"]\n{lines}"), &[][..]),
        ("file", by_file, &[]),
        ("env", by_env.clone(), &env),
        ("header", header, &[]),
    ] {
        let config = file(name, &text);
        let relay = Running::start(&config, env);
        let without = come(relay.address, &[], None).await;
        assert!([4401, 4403].contains(&without.code()), "{name}: {without:?}");
        let wrong = come(relay.address, &[("x-remote-user", "ann")], Some(Credential::ticket("a.b.c"))).await;
        assert!([4401, 4403].contains(&wrong.code()), "{name}: {wrong:?}");
        let (headers, credential) = match name {
            "token" => (&[][..], Some(Credential::token(&token))),
            "header" => (&[("x-forwarded-user", "ann")][..], None),
            _ => (&[][..], Some(Credential::ticket(ticket(&config, env)))),
        };
        let with = come(relay.address, headers, credential).await;
        assert_eq!(with.cards(), ["Mirror"], "{name}");
        drop(with);
        relay.stop();
    }
    // A source that is not there is an error, and no open door.
    for text in [by_env, ticket_key("file = \"/nonexistent/key\""), ticket_key("env = \"\"")] {
        let config = file("missing", &text);
        let output =
            towpath().args(["serve", "--listen", "127.0.0.1:0", "--config"]).arg(config).output().unwrap();
        assert!(!output.status.success());
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(error.contains("ticket_key \"panel\""), "{error}");
    }
}

#[tokio::test]
async fn log_capture_contains_no_token_or_ticket() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("towpath.toml");
    let (token, lines) = made("ann");
    let text = format!(
        "{MIRROR}[access]\nmodes = [\"token\", \"ticket\"]\n{lines}[[ticket_key]]\nname = \"panel\"\nenv = \"PANEL_KEY\"\n"
    );
    std::fs::write(&config, text).unwrap();
    let env = [("PANEL_KEY", SECRET)];
    let output =
        towpath().args(["ticket", "--user", "ann", "--config"]).arg(&config).envs(env).output().unwrap();
    let ticket = said(output).trim_end().to_owned();
    let relay = Running::start(&config, &env);
    let wrong = token.replace(|c: char| c.is_ascii_digit(), "a");
    let bearer = format!("Bearer {token}");
    for (headers, credential, expected) in [
        (&[][..], Some(Credential::token(&wrong)), 4401),
        (&[], Some(Credential::token(&token)), 0),
        (&[], Some(Credential::ticket(&ticket)), 0),
        (&[], Some(Credential::ticket(&ticket)), 4401),
        (&[("authorization", bearer.as_str())], None, 0),
    ] {
        assert_eq!(come(relay.address, headers, credential).await.code(), expected);
    }
    // What is no credential but holds one: serde's errors would quote it.
    let mut client: Client = super::raw_upgrade(relay.address, "/tunnel", "").await;
    let hello = format!(r#"{{"agent":"x","credential":"{token}"}}"#);
    client.frame(towpath_shared::Kind::Hello, hello.as_bytes()).await;
    let (code, text) = client.carrier().await.unwrap_err();
    assert!(code == 4401 && !text.contains("tp_"), "{code} {text}");
    let log = relay.stop();
    assert!(log.contains("session begins") && log.contains(&id_of(&ticket)), "{log}");
    let signature = ticket.rsplit('.').next().unwrap();
    for secret in [&token[3..], &wrong[3..], signature, SECRET, "canary"] {
        let line = log.lines().find(|line| line.contains(secret));
        assert!(line.is_none(), "{}", line.unwrap());
    }
    // Nor in what an administrator is shown.
    let output = towpath().args(["check-config", "--config"]).arg(&config).envs(env).output().unwrap();
    let shown = said(output);
    assert!(
        shown.contains("PANEL_KEY") && !shown.contains("canary") && !shown.contains(&token[3..]),
        "{shown}"
    );
}

#[test]
fn towpath_token_prints_a_token_once_with_its_lines() {
    let (token, lines) = made("Ann \"A\" O'Neil");
    assert!(token.starts_with("tp_") && token.len() == 67);
    assert!(!lines.contains(&token[3..]) && lines.contains("hash = \"sha256:"), "{lines}");
    assert_ne!(made("ann").0, made("ann").0);
}

/// The example of docs/relay.md, where there is Python to run it.
#[tokio::test]
async fn a_portal_makes_tickets_as_the_manual_says() {
    let script = include_str!("../../../../docs/relay.md").split("```python\n").nth(1).unwrap();
    let script = script.split("```").next().unwrap();
    let ticket = || {
        Command::new("python3")
            .args(["-c", &format!("{script}\nprint(ticket('ann', ['Mirror']))")])
            .env("PANEL_KEY", SECRET)
            .output()
    };
    if Command::new("python3").arg("--version").output().is_err() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("towpath.toml");
    let text = format!(
        "{MIRROR}[access]\nmodes = [\"ticket\"]\n[[ticket_key]]\nname = \"panel\"\nenv = \"PANEL_KEY\"\n"
    );
    std::fs::write(&config, text).unwrap();
    let relay = Running::start(&config, &[("PANEL_KEY", SECRET)]);
    let ticket = said(ticket().unwrap());
    let with = come(relay.address, &[], Some(Credential::ticket(ticket.trim_end()))).await;
    assert_eq!(with.cards(), ["Mirror"]);
    relay.stop();
}

/// Every example of the manuals is one that the relay takes.
#[test]
fn the_examples_of_the_manuals_can_be_read() {
    let manual =
        [include_str!("../../../../docs/relay.md"), include_str!("../../../../docs/administration.md")]
            .concat();
    let examples: Vec<&str> =
        manual.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert!(examples.len() >= 8);
    for example in examples {
        towpath_relay::Config::from_toml(example).unwrap_or_else(|error| panic!("{error}\n{example}"));
    }
}
