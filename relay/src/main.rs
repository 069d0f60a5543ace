//! `towpath`: arguments, logging and signals around the library.

use clap::Parser;
use std::error::Error;
use std::io::{Write, stdout};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tokio::net::TcpListener;
use towpath_relay::{Config, demo};
use tracing_subscriber::EnvFilter;

/// An FTP client in a web page, and the relay that carries it.
#[derive(Debug, Parser)]
#[command(version)]
enum Command {
    /// Serve the page and its tunnels as a configuration file says.
    Serve {
        /// TOML file; without one no target can be reached.
        #[arg(long)]
        config: Option<PathBuf>,
        /// Address to listen on, instead of the file's.
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
}

#[tokio::main]
async fn main() -> ExitCode {
    let command = Command::parse();
    let default = if matches!(command, Command::Demo { .. }) { "warn" } else { "info,libunftp=warn" };
    let filter = EnvFilter::try_from_env("TOWPATH_LOG").unwrap_or_else(|_| EnvFilter::new(default));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
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
            let mut config = config.as_deref().map_or_else(|| Ok(Config::default()), read)?;
            config.www = www.or(config.www);
            let listener = TcpListener::bind(listen.unwrap_or(config.listen)).await?;
            Ok(towpath_relay::run(listener, config, stopped()).await?)
        }
        Command::Demo { www, listen } => {
            let server = demo::Server::start().await?;
            let config = Config { www, ..server.config() };
            let listener = TcpListener::bind(listen).await?;
            writeln!(stdout(), "Towpath demo: http://{}/", listener.local_addr()?)?;
            Ok(towpath_relay::run(listener, config, stopped()).await?)
        }
        Command::CheckConfig { config } => Ok(write!(stdout(), "{}", effective(&read(&config)?)?)?),
    }
}

fn read(path: &Path) -> Result<Config, Box<dyn Error>> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(Config::from_toml(&text).map_err(|error| format!("{}: {error}", path.display()))?)
}

/// What is in force, as TOML, with what it lets pages reach in words below it.
fn effective(config: &Config) -> Result<String, Box<dyn Error>> {
    let policy: String = towpath_relay::policy(config)?.lines().map(|line| format!("# {line}\n")).collect();
    Ok(format!("{}\n# What pages reach, the first line that fits decides:\n{policy}", config.to_toml()?))
}

/// Resolves on Ctrl+C, and on SIGTERM where there is such a thing.
async fn stopped() {
    #[cfg(unix)]
    if let Ok(mut terminate) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        tokio::select! { _ = tokio::signal::ctrl_c() => {}, _ = terminate.recv() => {} }
        return;
    }
    let _ = tokio::signal::ctrl_c().await;
}
