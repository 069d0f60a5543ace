//! `towpath`: arguments, logging and signals around the library.

mod signals;

use clap::Parser;
use std::error::Error;
use std::io::{Write, stdout};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tokio::net::TcpListener;
use towpath_relay::{Config, Listeners, demo, log};

/// An FTP client in a web page, and the relay that carries it.
#[derive(Debug, Parser)]
#[command(version)]
enum Command {
    /// Serve the page and its tunnels as a configuration file says.
    Serve {
        /// TOML file; without one no target can be reached.
        #[arg(long)]
        config: Option<PathBuf>,
        /// Address to listen on, instead of the file's and of sockets that systemd passes.
        #[arg(long)]
        listen: Option<SocketAddr>,
        /// Directory of the page's files, instead of those built in.
        #[arg(long)]
        www: Option<PathBuf>,
    },
    /// Try Towpath: a relay and an FTP server with sample files, on this machine only.
    Demo {
        /// Directory of the page's files, instead of those built in.
        #[arg(long)]
        www: Option<PathBuf>,
        /// Address to listen on.
        #[arg(long, default_value = "127.0.0.1:0")]
        listen: SocketAddr,
    },
    /// Read a configuration file and print what it comes to.
    CheckConfig {
        /// TOML file.
        #[arg(long)]
        config: PathBuf,
    },
    /// Make an access token: the token to give away, and the lines that list it in the configuration.
    Token {
        /// Whose it is.
        #[arg(long, default_value = "somebody")]
        user: String,
    },
    /// Make a ticket with the configuration's first secret key, as a portal would; for tests and scripts.
    Ticket {
        /// TOML file.
        #[arg(long)]
        config: PathBuf,
        /// Whom it lets in.
        #[arg(long)]
        user: String,
        /// Name of a card that it opens; may be repeated. Without it, all that the user may use.
        #[arg(long)]
        site: Vec<String>,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    let command = Command::parse();
    match run(command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("towpath: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> Result<(), Box<dyn Error>> {
    match command {
        Command::Serve { config, listen, www } => {
            let mut first = load(config.as_deref())?;
            let reopen = log::start(Some(&first.log), "info,libunftp=warn")?;
            first.www = www.or(first.www);
            let listeners = match listen {
                Some(address) => TcpListener::bind(address).await?.into(),
                None => Listeners::passed_or_bound(&first).await?,
            };
            let read = config.map(|path| -> signals::Read {
                Box::new(move || read(&path).map_err(|error| error.to_string()))
            });
            Ok(towpath_relay::run_with_orders(listeners, first, signals::orders(read, reopen)).await?)
        }
        Command::Demo { www, listen } => {
            log::start(None, "warn")?;
            let server = demo::Server::start().await?;
            let mut config = Config { www, ..server.config() };
            // Whoever tries it out does not want to wait for its end.
            config.deadlines.drain = 2;
            let listener = TcpListener::bind(listen).await?;
            writeln!(stdout(), "Towpath demo: http://{}/", listener.local_addr()?)?;
            let orders = signals::orders(None, log::Reopen::default());
            Ok(towpath_relay::run_with_orders(listener, config, orders).await?)
        }
        Command::Token { user } => {
            let (token, lines) = towpath_relay::new_token(&user).ok_or("the system gives no random bits")?;
            eprintln!("The token, shown this once:");
            writeln!(stdout(), "{token}\n")?;
            eprintln!("For the configuration, where [access] modes has \"token\":");
            Ok(write!(stdout(), "{lines}")?)
        }
        Command::Ticket { config, user, site } => {
            let ticket = towpath_relay::new_ticket(&read(&config)?, &user, &site)?;
            Ok(writeln!(stdout(), "{ticket}")?)
        }
        Command::CheckConfig { config } => Ok(write!(stdout(), "{}", effective(&read(&config)?)?)?),
    }
}

fn read(path: &Path) -> Result<Config, Box<dyn Error>> {
    load(Some(path))
}

/// The file, and what the environment says instead.
fn load(path: Option<&Path>) -> Result<Config, Box<dyn Error>> {
    let Some(path) = path else { return Ok(Config::load("", std::env::vars_os())?) };
    let named = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let text = std::fs::read_to_string(path).map_err(|error| named(&error))?;
    Ok(Config::load(&text, std::env::vars_os()).map_err(|error| named(&error))?)
}

/// What is in force, as TOML, with what it lets pages reach in words below it.
fn effective(config: &Config) -> Result<String, Box<dyn Error>> {
    let policy: String = towpath_relay::policy(config)?.lines().map(|line| format!("# {line}\n")).collect();
    let visitors: String = towpath_relay::visitors(config).iter().map(|line| format!("# {line}\n")).collect();
    Ok(format!(
        "{}\n# Who may come in:\n{visitors}#\n# What pages reach, the first line that fits and is for the user decides:\n{policy}",
        config.to_toml()?
    ))
}
