//! `towpath`: arguments, logging and signals around the library.

use clap::{Parser, Subcommand};
use std::error::Error;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tokio::net::TcpListener;
use towpath_relay::{Config, Target, demo};
use towpath_shared::SiteEncryption;
use tracing_subscriber::EnvFilter;

/// An FTP client in a web page, and the relay that carries it.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
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
    let arguments = Arguments::parse();
    let default =
        if matches!(arguments.command, Command::Demo { .. }) { "warn" } else { "info,libunftp=warn" };
    let filter = EnvFilter::try_from_env("TOWPATH_LOG").unwrap_or_else(|_| EnvFilter::new(default));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match run(arguments.command).await {
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
            let mut target = Target::new("127.0.0.1", server.port());
            target.name = Some("Demo server".into());
            target.encryption = SiteEncryption::None;
            target.user = Some("anonymous".into());
            let mut config = Config { www, targets: vec![target], ..Config::default() };
            config.deadlines.drain = 1;
            let listener = TcpListener::bind(listen).await?;
            println!("Towpath demo: http://{}/", listener.local_addr()?);
            Ok(towpath_relay::run(listener, config, stopped()).await?)
        }
        Command::CheckConfig { config } => {
            println!("{:#?}", read(&config)?);
            Ok(())
        }
    }
}

fn read(path: &Path) -> Result<Config, Box<dyn Error>> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(Config::from_toml(&text).map_err(|error| format!("{}: {error}", path.display()))?)
}

/// Resolves on Ctrl+C, and where there is such a thing on SIGTERM.
async fn stopped() {
    let interrupt = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let Ok(mut terminate) = signal(SignalKind::terminate()) else { return interrupt.await };
        tokio::select! { () = interrupt => {}, _ = terminate.recv() => {} }
    }
    #[cfg(not(unix))]
    interrupt.await;
}
