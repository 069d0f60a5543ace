//! The command line client `towpath-cli`.

mod address;
mod certificate;
mod examination;
mod terminal;
mod transfer;
mod tree;

pub use address::{Address, AddressError};

use crate::crew::{CrewSettings, Route};
use crate::driver::{Answerer, Client, Direct, Observer, Relay, Transport};
use certificate::Certificate;
use clap::{Parser, Subcommand, ValueEnum};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use terminal::Progress;
use thiserror::Error;
use towpath_ftp::{ActiveMode, Encryption, RemotePath, Request, Secret, Site, Stage};
use towpath_relay::tls::Roots;
use towpath_shared::Credential;

/// Where the password is taken from if the address has none.
const PASSWORD_VARIABLE: &str = "TOWPATH_PASSWORD";
const TOKEN_VARIABLE: &str = "TOWPATH_TOKEN";

const EXIT_CODES: &str = "\
URL: ftp://user[:password]@host[:port]/path; ftps:// is implicit TLS, ftpes:// explicit TLS.
The password comes from the URL, from TOWPATH_PASSWORD, or is asked for on the terminal.
A relay's access token or ticket comes from --token-file or from TOWPATH_TOKEN.

Exit codes: 0 done, 1 other, 2 usage, 3 no connection, 4 TLS, 5 login, 6 refused by the server,
7 transfer broken or incomplete, 8 local file.";

/// An FTP client for the command line.
#[derive(Parser)]
#[command(version, after_help = EXIT_CODES)]
pub struct Arguments {
    /// Go through this relay, such as ws://127.0.0.1:8080/tunnel.
    #[arg(long, value_name = "URL")]
    via: Option<String>,
    /// File with the access token or ticket that the relay asks for.
    #[arg(long, value_name = "FILE", requires = "via")]
    token_file: Option<PathBuf>,
    /// Use of TLS; what the URL's scheme says where absent, `auto` for ftp://.
    #[arg(long, value_enum, value_name = "MODE")]
    tls: Option<Tls>,
    /// Accept every certificate.
    #[arg(long)]
    insecure: bool,
    /// Client certificate with its chain, PEM or DER, for servers that ask who this is.
    #[arg(long, value_name = "FILE", requires = "key")]
    cert: Option<PathBuf>,
    /// Its private key, PEM or DER, not encrypted.
    #[arg(long, value_name = "FILE", requires = "cert")]
    key: Option<PathBuf>,
    /// Offer TLS 1.2 only.
    #[arg(long)]
    tls12: bool,
    /// Let the server connect to this machine, or to the relay where that listens (active mode).
    #[arg(long)]
    active: bool,
    #[command(subcommand)]
    command: Command,
}

/// Use of TLS.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Tls {
    /// Plain FTP.
    None,
    /// AUTH TLS if the server offers it.
    Auto,
    /// AUTH TLS or nothing.
    Explicit,
    /// TLS from the first byte.
    Implicit,
}

#[derive(Subcommand)]
enum Command {
    /// List a directory.
    Ls {
        /// The directory.
        url: String,
    },
    /// Fetch a file.
    Get {
        /// The file.
        url: String,
        /// Where to; its name in the current directory where absent.
        file: Option<PathBuf>,
        #[command(flatten)]
        how: transfer::GetOptions,
        #[command(flatten)]
        tree: tree::TreeOptions,
    },
    /// Store a file.
    Put {
        /// The file's address, or with a / at the end that of a directory.
        url: String,
        /// The file to send.
        file: PathBuf,
        #[command(flatten)]
        how: transfer::PutOptions,
        #[command(flatten)]
        tree: tree::TreeOptions,
    },
    /// Copy a file on the server: by the server itself where it can, else through this machine.
    Cp {
        /// The file.
        url: String,
        /// Its copy's absolute path on the same server; with -r the directory that gets what the other one holds.
        to: String,
        #[command(flatten)]
        tree: tree::TreeOptions,
    },
    /// Make a directory here and one on the server hold the same.
    Mirror {
        /// The directory on the server.
        url: String,
        /// The directory here.
        directory: PathBuf,
        #[command(flatten)]
        how: tree::MirrorOptions,
    },
    /// Change the permissions of a file or directory.
    Chmod {
        /// Octal, such as 644.
        #[arg(value_parser = mode)]
        mode: u16,
        /// The file or directory.
        url: String,
    },
    /// Delete a file.
    Rm {
        /// The file.
        url: String,
        /// It is a directory: delete it and all that is in it.
        #[arg(short, long)]
        recursive: bool,
    },
    /// Make a directory.
    Mkdir {
        /// The directory.
        url: String,
    },
    /// Give something another name or place.
    Mv {
        /// What it is called.
        url: String,
        /// Its new absolute path on the same server.
        to: String,
    },
    /// Examine a server and report in plain words; nothing is changed on it. Exit code 1 if something does not work.
    Doctor {
        /// The server.
        url: String,
        /// As JSON, for programs.
        #[arg(long)]
        json: bool,
    },
    /// Print the session log of a login and a listing.
    Log {
        /// The directory to list.
        url: String,
    },
}

/// Why it did not work.
#[derive(Debug, Error)]
enum Failure {
    #[error(transparent)]
    Address(#[from] AddressError),
    #[error("{0}")]
    Relay(#[from] crate::driver::RelayError),
    #[error("{0}")]
    Session(#[from] towpath_ftp::Error),
    #[error("{}: {error}", path.display())]
    File { path: PathBuf, error: std::io::Error },
    #[error("the new name: {0}")]
    Path(#[from] towpath_ftp::ArgumentError),
    #[error("{0}")]
    Certificate(#[from] towpath_relay::tls::IdentityError),
    #[error("no password: {0}")]
    Password(std::io::Error),
    #[error("{0} files or directories are not as they should be")]
    NotWhole(u64),
    #[error("something does not work: see the report")]
    Unwell,
}

impl Failure {
    fn code(&self) -> u8 {
        match self {
            Failure::Unwell => 1,
            Failure::Address(_) | Failure::Path(_) => 2,
            Failure::Certificate(_) => 4,
            Failure::Relay(_) => 3,
            Failure::File { .. } => 8,
            Failure::Password(_) => 5,
            Failure::NotWhole(_) => 7,
            Failure::Session(error) => match error.stage {
                Stage::Relay | Stage::Policy | Stage::Lookup | Stage::Connection => 3,
                Stage::Tls => 4,
                Stage::Login => 5,
                Stage::Server => 6,
                Stage::Data => 7,
                Stage::File => 8,
            },
        }
    }
}

/// Runs the program.
pub async fn run(arguments: Arguments) -> ExitCode {
    match execute(arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("towpath-cli: {}", terminal::visible(&failure.to_string()));
            ExitCode::from(failure.code())
        }
    }
}

async fn execute(arguments: Arguments) -> Result<(), Failure> {
    let (Command::Ls { url }
    | Command::Get { url, .. }
    | Command::Put { url, .. }
    | Command::Rm { url, .. }
    | Command::Mkdir { url }
    | Command::Chmod { url, .. }
    | Command::Cp { url, .. }
    | Command::Mirror { url, .. }
    | Command::Mv { url, .. }
    | Command::Doctor { url, .. }
    | Command::Log { url }) = &arguments.command;
    let address = Address::parse(url)?;
    if let Some(task) = tree::Task::of(&arguments.command, &address)? {
        return task.run(settings(&arguments, &address)?).await;
    }
    let client = client(&arguments, &address).await?;
    if let Command::Doctor { json, .. } = arguments.command {
        let examined = examination::run(&client, json).await;
        let _ = client.quit().await;
        return examined;
    }
    let login = client.login().await;
    if let Command::Log { .. } = arguments.command {
        let listed = match login {
            Ok(()) => client.list(Some(&address.path)).await.map(drop),
            Err(error) => Err(error),
        };
        for line in client.log_text() {
            println!("{}", terminal::visible(&line));
        }
        listed?;
    } else {
        login?;
        work(&arguments, &client, &address).await?;
    }
    // What was asked for is done; a server that does not answer QUIT changes nothing about it.
    let _ = client.quit().await;
    Ok(())
}

async fn work(arguments: &Arguments, client: &Client, address: &Address) -> Result<(), Failure> {
    let path = &address.path;
    match &arguments.command {
        Command::Ls { .. } | Command::Log { .. } | Command::Doctor { .. } => {
            let listing = client.list(Some(path)).await?;
            for entry in &listing.entries {
                println!("{}", terminal::row(entry));
            }
            for line in &listing.unread {
                eprintln!("towpath-cli: cannot read this line: {}", terminal::visible(line));
            }
        }
        Command::Get { file, how, .. } => {
            let file = match (file, path.name()) {
                (Some(file), _) => file.clone(),
                (None, Some(name)) => PathBuf::from(name.to_string()),
                (None, None) => return Err(AddressError::Path(towpath_ftp::ArgumentError::Empty).into()),
            };
            if let Some(more) = how.more_sessions() {
                let others = others(arguments, address, more).await?;
                how.over_sessions(client, others, path, &file).await?;
            } else {
                how.run(client, path, &file).await?;
            }
        }
        Command::Put { file, how, .. } => {
            let name = file.file_name().unwrap_or_default();
            how.run(client, file, &address.file(name.as_encoded_bytes())?).await?;
        }
        Command::Chmod { mode, .. } => {
            client.request(Request::ChangeMode { path: path.clone(), mode: *mode }).await?;
        }
        Command::Rm { recursive: true, .. } => client.delete_tree(path).await?,
        Command::Rm { .. } => client.delete(path).await?,
        Command::Cp { to, .. } => {
            transfer::copy(client, path, &RemotePath::new(to.as_bytes())?).await?;
        }
        Command::Mirror { .. } => {}
        Command::Mkdir { .. } => client.make_directory(path).await?,
        Command::Mv { to, .. } => client.rename(path, &RemotePath::new(to.as_bytes())?).await?,
    }
    Ok(())
}

fn local(path: &Path) -> impl FnOnce(std::io::Error) -> Failure {
    let path = path.to_owned();
    move |error| Failure::File { path, error }
}

/// More sessions of the same site, as many as the server lets in.
async fn others(arguments: &Arguments, address: &Address, count: usize) -> Result<Vec<Client>, Failure> {
    let mut others = Vec::new();
    for _ in 0..count {
        let other = client(arguments, address).await?;
        match other.login().await {
            Ok(()) => others.push(other),
            Err(error) => {
                eprintln!("towpath-cli: no more sessions: {}", terminal::visible(&error.to_string()));
                break;
            }
        }
    }
    Ok(others)
}

/// Permissions in octal.
fn mode(text: &str) -> Result<u16, String> {
    let mode = u16::from_str_radix(text, 8).ok().filter(|mode| *mode <= 0o7777);
    mode.ok_or_else(|| "not an octal number up to 7777".to_owned())
}

/// The server, as the address and the options say.
fn site(arguments: &Arguments, address: &Address) -> Result<Site, Failure> {
    let encryption = match arguments.tls {
        None => address.encryption,
        Some(Tls::None) => Encryption::None,
        Some(Tls::Auto) => Encryption::ExplicitIfOffered,
        Some(Tls::Explicit) => Encryption::Explicit,
        Some(Tls::Implicit) => Encryption::Implicit,
    };
    let port = address.port.unwrap_or(if encryption == Encryption::Implicit { 990 } else { 21 });
    let (user, password) = login(address)?;
    let mut site = Site::new(address.host.clone(), port, user, password);
    site.encryption = encryption;
    site.accept_any_certificate = arguments.insecure;
    site.tls12_only = arguments.tls12;
    if arguments.active {
        site.active = ActiveMode::Preferred;
    } else if matches!(arguments.command, Command::Doctor { .. }) {
        // So that it is tried.
        site.active = ActiveMode::Fallback;
    }
    Ok(site)
}

/// What several sessions need.
fn settings(arguments: &Arguments, address: &Address) -> Result<CrewSettings, Failure> {
    let route = match &arguments.via {
        Some(relay) => Route::relay_with(relay.clone(), credential(arguments)?),
        None => Route::direct(Roots::system()),
    };
    let route = match certificate(arguments)? {
        Some(certificate) => route.with_client_certificate(certificate.identity, certificate.pem),
        None => route,
    };
    let mut settings = CrewSettings::new(site(arguments, address)?, route);
    settings.answerer = Arc::new(terminal::ask);
    Ok(settings)
}

async fn client(arguments: &Arguments, address: &Address) -> Result<Client, Failure> {
    let site = site(arguments, address)?;
    let certificate = certificate(arguments)?;
    let transport = match (&arguments.via, certificate) {
        (Some(relay), certificate) => {
            let link = Relay::connect_with(relay, credential(arguments)?).await?;
            Transport::Relay(match certificate {
                Some(Certificate { pem, .. }) => link.with_client_certificate(pem),
                None => link,
            })
        }
        (None, certificate) => {
            let identity = certificate.map(|certificate| certificate.identity);
            Transport::Direct(Direct { roots: Roots::system(), identity })
        }
    };
    let answerer: Answerer = Arc::new(terminal::ask);
    let observer: Option<Observer> = std::io::stderr().is_terminal().then(|| {
        let progress = Progress::new();
        let observer: Observer = Arc::new(move |event| progress.observe(event));
        observer
    });
    Ok(Client::new(transport, site, answerer, observer))
}

/// What a relay asks for: from the file, else from the environment.
fn credential(arguments: &Arguments) -> Result<Option<Credential>, Failure> {
    let text = match &arguments.token_file {
        Some(path) => {
            let read = std::fs::read_to_string(path);
            Some(read.map_err(|error| Failure::File { path: path.clone(), error })?)
        }
        None => std::env::var(TOKEN_VARIABLE).ok(),
    };
    let text = text.as_deref().map(str::trim).filter(|text| !text.is_empty());
    Ok(text.map(|text| match text.starts_with("tp_") {
        true => Credential::token(text),
        false => Credential::ticket(text),
    }))
}

/// What is shown to servers that ask.
fn certificate(arguments: &Arguments) -> Result<Option<Certificate>, Failure> {
    let files = arguments.cert.as_deref().zip(arguments.key.as_deref());
    files.map(|(chain, key)| Certificate::read(chain, key)).transpose()
}

/// User and password: as the address says, else from the environment, else asked for; anonymous without a user.
fn login(address: &Address) -> Result<(String, Secret), Failure> {
    let Some(user) = &address.user else {
        return Ok(("anonymous".to_owned(), Secret::new("anonymous@example.com")));
    };
    if let Some(password) = &address.password {
        return Ok((user.clone(), password.clone()));
    }
    if let Ok(password) = std::env::var(PASSWORD_VARIABLE) {
        return Ok((user.clone(), Secret::new(password)));
    }
    let question = format!("Password of {user} at {}: ", address.host);
    let password = rpassword::prompt_password(question).map_err(Failure::Password)?;
    Ok((user.clone(), Secret::new(password)))
}
