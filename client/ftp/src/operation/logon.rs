//! Connect, secure and log in (RFC 959 section 5.4; RFC 4217 sections 4 and 5; login rules L1 to L12), in FileZilla's order:
//! greeting, AUTH TLS, AUTH SSL, handshake, question about plain text, USER, PASS, ACCT, then what [`Negotiate`] asks.

mod refusal;

use crate::charset::Charset;
use crate::command::Command;
use crate::control::{CONNECT_TIMEOUT, LOGIN_TIMEOUT};
use crate::doctor::shortened;
use crate::error::{Error, ErrorKind, Stage};
use crate::event::{Event, Outcome, Question, ServerInfo};
use crate::io::{End, Time};
use crate::link::Link;
use crate::parse;
use crate::path::{Argument, ArgumentError};
use crate::quirks::Tls12;
use crate::reply::Reply;
use crate::site::Encryption;

use super::negotiate::Negotiate;
use super::secure::{Secure, injected};
use refusal::{is_limit, not_let_in, turned_away};

use super::{Failure, Operation, Report, Signal, Step, cancelled, refused, silence, words};

/// Silence on the port of the other TLS mode after which no greeting is expected any more (rule L4).
const WRONG_MODE_SILENCE: u64 = 10_000;

/// Lines of the greeting, and of the answer to the login, that are kept for eyes.
const WELCOME: usize = 50;

enum State {
    /// TCP connection.
    Opening { since: Time },
    /// TLS from the first byte.
    SecuringFirst,
    /// The greeting is awaited.
    Greeting,
    /// AUTH TLS or, if that was refused, AUTH SSL was sent.
    Auth { ssl: bool },
    /// TLS after AUTH.
    Securing,
    /// A person decides about plain text.
    Asking,
    /// HOST was sent.
    Host,
    /// USER was sent.
    User,
    /// PASS was sent.
    Pass,
    /// ACCT was sent.
    Acct,
    /// [`Negotiate`] asks.
    Negotiating,
}

/// The logon.
pub(crate) struct Logon {
    state: State,
}

impl Logon {
    pub(crate) fn new() -> Logon {
        Logon { state: State::Opening { since: Time::default() } }
    }

    fn opened(&mut self, link: &mut Link) -> Step {
        if let State::Opening { since } = self.state {
            link.server.opened_in = Some(link.now.since(since));
        }
        if link.site.encryption == Encryption::Implicit {
            link.status("Connection established, initializing TLS...");
            self.state = State::SecuringFirst;
            return Step::push(Secure::new());
        }
        link.status("Connection established, waiting for welcome message...");
        self.greet(link)
    }

    fn greet(&mut self, link: &mut Link) -> Step {
        self.state = State::Greeting;
        let now = link.now;
        if let Some(control) = &mut link.control {
            control.expect_greeting(now);
        }
        Step::Wait
    }

    fn greeted(&mut self, link: &mut Link, reply: &Reply) -> Step {
        // Rule L4: 120 and other preliminary replies announce the greeting.
        match reply.class() {
            1 => return Step::Wait,
            2 | 3 => {}
            _ => return turned_away(reply, "The server does not accept the connection"),
        }
        link.server.greeting = Some(reply.clone());
        // That the words come in plain text does no harm here.
        let quirks = &mut link.memory.quirks;
        quirks.lock_step |= names(reply, &["microsoft ftp service", "madgoat", "mikrotik", "unftp"]);
        quirks.patient |= names(reply, &["pyftpdlib"]);
        if let (true, Some(control)) = (quirks.lock_step, &mut link.control) {
            control.lock_step();
        }
        match link.site.encryption {
            Encryption::Explicit | Encryption::ExplicitIfOffered => self.auth(link, false),
            Encryption::None => {
                link.status("Plain FTP is insecure. Please switch to FTP over TLS.");
                self.host(link)
            }
            Encryption::Implicit => self.host(link),
        }
    }

    fn auth(&mut self, link: &mut Link, ssl: bool) -> Step {
        self.state = State::Auth { ssl };
        link.send(&Command::word("AUTH", if ssl { "SSL" } else { "TLS" }));
        Step::Wait
    }

    fn auth_answered(&mut self, link: &mut Link, reply: &Reply, ssl: bool) -> Step {
        match (reply.class(), ssl) {
            (1, _) => Step::Wait,
            (2 | 3, _) => {
                // Rule L3: nothing may stand behind the consent.
                if !link.control.as_ref().is_some_and(|control| control.reader.is_empty()) {
                    return Step::lost(injected());
                }
                self.state = State::Securing;
                Step::push(Secure::new())
            }
            (_, false) => self.auth(link, true),
            (_, true) if link.site.encryption == Encryption::Explicit => Step::lost(
                Error::new(Stage::Tls, ErrorKind::NotAccepted, "The server does not offer TLS")
                    .with_reply(words(reply))
                    .with_advice("Try again with plain FTP only if you trust the network"),
            ),
            (_, true) => {
                link.status("Insecure server, it does not support FTP over TLS.");
                if link.memory.plaintext {
                    return self.host(link);
                }
                self.state = State::Asking;
                link.tell(Event::Asked(Question::Plaintext));
                Step::Wait
            }
        }
    }

    /// Which of several servers at this address is meant (RFC 7151; rule L12): after TLS and before the user.
    fn host(&mut self, link: &mut Link) -> Step {
        let Some(host) = link.site.virtual_host.clone() else { return self.user(link) };
        self.state = State::Host;
        match Argument::new(host) {
            Ok(host) => link.send(&Command::argument("HOST", &host).untimed()),
            Err(error) => return unsendable("host name", &error),
        }
        Step::Wait
    }

    fn host_answered(&mut self, link: &mut Link, reply: &Reply) -> Step {
        match (reply.class(), reply.code) {
            (1, _) => Step::Wait,
            // The 220 is an answer and no new greeting.
            (2, _) => self.user(link),
            // Before the login vsftpd, Pure-FTPd and libunftp say 530 to whatever they do not know.
            (_, 500 | 502 | 530) => {
                link.status("The server has only one name: HOST is not known to it.");
                self.user(link)
            }
            // ProFTPD takes no HOST under TLS: the name in the handshake has chosen already.
            (_, 503) if link.server.tls.is_some() => {
                link.status("The server takes no HOST under TLS: it goes by the name in the handshake.");
                self.user(link)
            }
            _ => Step::lost(
                refused(Stage::Login, "The server is not known by this name here", reply)
                    .error
                    .with_advice("Check the virtual host's name"),
            ),
        }
    }

    fn user(&mut self, link: &mut Link) -> Step {
        self.state = State::User;
        let blank = |text: &str| text.starts_with(char::is_whitespace) || text.ends_with(char::is_whitespace);
        if blank(&link.site.user) {
            link.status("Warning: the user name begins or ends with a blank.");
        }
        if !link.site.stored_password && blank(link.site.password.reveal()) {
            link.status("Warning: the password begins or ends with a blank.");
        }
        match link.credential(&link.site.user) {
            Ok(user) => link.send(&Command::argument("USER", &user).untimed()),
            Err(error) => return unsendable("user name", &error),
        }
        Step::Wait
    }

    fn user_answered(&mut self, link: &mut Link, reply: &Reply) -> Step {
        match reply.class() {
            1 => Step::Wait,
            // Rule L5: logged in without a password; PASS would be one command too many.
            2 => self.negotiate(),
            3 if reply.code == 332 => self.acct(link, reply),
            3 => {
                self.state = State::Pass;
                if link.site.stored_password {
                    link.send(&Command::stored_password());
                    return Step::Wait;
                }
                match link.credential(link.site.password.reveal()) {
                    Ok(password) => link.send(&Command::secret("PASS", &password)),
                    Err(error) => return unsendable("password", &error),
                }
                Step::Wait
            }
            _ => self.not_let_in(link, reply),
        }
    }

    fn pass_answered(&mut self, link: &mut Link, reply: &Reply) -> Step {
        match reply.class() {
            1 => Step::Wait,
            2 => self.negotiate(),
            3 => self.acct(link, reply),
            _ => self.not_let_in(link, reply),
        }
    }

    fn acct(&mut self, link: &mut Link, reply: &Reply) -> Step {
        let Some(account) = link.site.account.clone() else {
            return Step::lost(
                Error::new(Stage::Login, ErrorKind::Credentials, "The server might require an account")
                    .with_reply(words(reply))
                    .with_advice("Add the account to the site"),
            );
        };
        self.state = State::Acct;
        match link.credential(account.reveal()) {
            Ok(account) => link.send(&Command::secret("ACCT", &account)),
            Err(error) => return unsendable("account", &error),
        }
        Step::Wait
    }

    /// Rule U3: servers of old know no UTF-8. Once, and only where a character makes a difference: a second wrong try may lock an
    /// account.
    fn not_let_in(&mut self, link: &mut Link, reply: &Reply) -> Step {
        let plain = link.site.user.is_ascii() && link.site.password.reveal().is_ascii();
        let auto = matches!(link.site.charset, Charset::Auto(_));
        if link.site.stored_password {
            return not_let_in(
                reply,
                "Ask the relay's administrator whether the stored password is still right",
            );
        }
        if plain || !auto || link.memory.login_of_old || reply.class() != 5 || is_limit(reply) {
            return not_let_in(reply, "Check the user name and the password");
        }
        link.memory.login_of_old = true;
        link.status(
            "The server refused user or password in UTF-8, trying once more in the charset of old...",
        );
        self.again(link)
    }

    fn negotiate(&mut self) -> Step {
        self.state = State::Negotiating;
        Step::push(Negotiate::new())
    }

    fn complete(link: &mut Link) -> Step {
        let latency = link.control.as_ref().and_then(|control| control.latency());
        link.server.logged_in = true;
        link.status("Connected");
        if let Some(latency) = latency {
            link.trace(format!("Measured latency of {latency} ms"));
        }
        let nothing = Reply::new(0, Vec::new());
        let server = &link.server;
        let info = ServerInfo {
            peer: server.peer.clone(),
            system: server.system.clone(),
            software: parse::software(server.greeting.as_ref().unwrap_or(&nothing), &server.system),
            tls: server.tls.clone(),
            latency_ms: latency,
            machine_listing: server.features.mlsd,
        };
        link.tell(Event::LoggedIn(info));
        Step::Done(Report::Done(Outcome::Ok))
    }
}

impl Logon {
    /// The session lowered itself to TLS 1.2, and the server has none: back to what worked (rule S-4).
    fn without_tls12(&mut self, link: &mut Link) -> Step {
        link.status("The server has no TLS 1.2, connecting again...");
        link.memory.quirks.tls12 = Tls12::Refused;
        self.again(link)
    }

    /// From the beginning, after what was learned on the way.
    fn again(&mut self, link: &mut Link) -> Step {
        link.close_control();
        link.server = crate::link::Server::default();
        *self = Logon::new();
        self.start(link)
    }
}

impl Operation for Logon {
    fn start(&mut self, link: &mut Link) -> Step {
        link.open_control();
        self.state = State::Opening { since: link.now };
        let (host, port) = (&link.site.host, link.site.port);
        let usual = if link.site.encryption == Encryption::Implicit { 990 } else { 21 };
        let text = match (host.contains(':'), port == usual) {
            (false, true) => host.clone(),
            (false, false) => format!("{host}:{port}"),
            (true, true) => format!("[{host}]"),
            (true, false) => format!("[{host}]:{port}"),
        };
        link.status(format!("Connecting to {}...", crate::reply::escape(text.as_bytes())));
        Step::Wait
    }

    fn reply(&mut self, link: &mut Link, reply: &Reply) -> Step {
        if reply.code == 421 {
            return turned_away(reply, "The server closed the session");
        }
        if reply.class() == 2
            && matches!(self.state, State::Greeting | State::User | State::Pass | State::Acct)
        {
            let lines = reply.display_lines().into_iter().take(WELCOME).map(shortened);
            link.server.welcome.extend(lines);
        }
        match self.state {
            State::Greeting => self.greeted(link, reply),
            State::Auth { ssl } => self.auth_answered(link, reply, ssl),
            State::Host => self.host_answered(link, reply),
            State::User => self.user_answered(link, reply),
            State::Pass | State::Acct => self.pass_answered(link, reply),
            State::Opening { .. }
            | State::SecuringFirst
            | State::Securing
            | State::Asking
            | State::Negotiating => Step::Wait,
        }
    }

    fn signal(&mut self, link: &mut Link, signal: Signal) -> Step {
        match (&self.state, signal) {
            (State::Opening { .. }, Signal::Opened) => self.opened(link),
            (State::Asking, Signal::Answer(true)) => {
                link.memory.plaintext = true;
                self.host(link)
            }
            (State::Asking, Signal::Answer(false)) => Step::lost(Error::new(
                Stage::Tls,
                ErrorKind::NotAccepted,
                "The server offers no TLS, and plain text was not accepted",
            )),
            _ => Step::Wait,
        }
    }

    fn child(&mut self, link: &mut Link, result: Result<Report, Failure>) -> Step {
        match (result, &self.state) {
            (Err(failure), _)
                if failure.error.stage == Stage::Tls && link.memory.quirks.tls12 == Tls12::Lowered =>
            {
                self.without_tls12(link)
            }
            (Err(_), State::Negotiating) if std::mem::take(&mut link.server.crowded) => self.again(link),
            (Err(failure), _) => Step::lost(failure.error),
            (Ok(_), State::SecuringFirst) => {
                link.status("TLS connection established, waiting for welcome message...");
                self.greet(link)
            }
            (Ok(_), State::Securing) => {
                link.status("TLS connection established.");
                // Rule L7: what came in plain text may be anybody's.
                link.server.greeting = None;
                self.host(link)
            }
            (Ok(_), _) => Logon::complete(link),
        }
    }

    fn deadline(&self, link: &Link) -> Option<Time> {
        match self.state {
            State::Opening { since } => Some(since.after(CONNECT_TIMEOUT)),
            State::Greeting if wrong_mode(link) => link.deadline(WRONG_MODE_SILENCE),
            _ => link.deadline(LOGIN_TIMEOUT),
        }
    }

    fn timeout(&mut self, link: &mut Link) -> Step {
        match self.state {
            State::Opening { .. } => Step::lost(
                Error::new(
                    Stage::Connection,
                    ErrorKind::Timeout,
                    format!("The server did not answer within {} seconds", CONNECT_TIMEOUT / 1_000),
                )
                .with_advice("Check the host name and the port"),
            ),
            State::Greeting => Step::lost(
                Error::new(
                    Stage::Connection,
                    ErrorKind::Timeout,
                    "The server accepted the connection but sent no greeting",
                )
                .with_advice(match link.site.encryption {
                    Encryption::Implicit => "The port may be one for explicit TLS; try that mode",
                    _ => "The port may be one for implicit TLS (990); try that mode",
                }),
            ),
            _ => Step::lost(silence(link)),
        }
    }

    fn cancel(&mut self, _link: &mut Link) -> Option<Step> {
        Some(Step::lost(cancelled()))
    }

    fn lost(&mut self, link: &mut Link, end: &End) -> Step {
        let error = crate::control::lost(end);
        Step::lost(match (&self.state, end) {
            (State::Opening { .. }, End::Failed { stage, .. }) => match stage {
                Stage::Lookup => error.with_advice("Check the host name"),
                Stage::Connection => error.with_advice("Check the host name and the port"),
                _ => error,
            },
            (State::Greeting, _) if link.site.encryption != Encryption::Implicit => Error {
                advice: "The port may be one for implicit TLS, or the server does not accept connections from here"
                    .into(),
                ..error
            },
            (State::Host | State::User | State::Pass | State::Acct, End::Clean | End::Unclean) => Error {
                stage: Stage::Login,
                message: "The server closed the connection during the login".into(),
                ..error
            },
            _ => error,
        })
    }
}

/// Whether the port is the one of the other TLS mode.
fn wrong_mode(link: &Link) -> bool {
    match link.site.encryption {
        Encryption::Implicit => link.site.port == 21,
        _ => link.site.port == 990,
    }
}

/// Whether the greeting names one of these.
fn names(greeting: &Reply, software: &[&str]) -> bool {
    let text = words(greeting).to_ascii_lowercase();
    software.iter().any(|name| text.contains(name))
}

fn unsendable(what: &str, error: &ArgumentError) -> Step {
    Step::lost(Error::new(Stage::Login, ErrorKind::Argument, format!("The {what} cannot be sent: {error}")))
}
