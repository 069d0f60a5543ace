//! The engine's contract with its driver: what goes in, what comes out.

use crate::checksum::Algorithm;
use crate::error::Stage;
use crate::event::Event;
use crate::request::{Request, RequestId};

/// A point in time: milliseconds on a steady clock of the driver's choice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Time(pub u64);

impl Time {
    /// This time and `ms` milliseconds.
    #[must_use]
    pub fn after(self, ms: u64) -> Time {
        Time(self.0.saturating_add(ms))
    }

    /// Milliseconds since an earlier time; 0 if it is not earlier.
    #[must_use]
    pub fn since(self, earlier: Time) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// A connection, named by the engine when it asks for it; never reused within a session.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ConnId(pub u32);

/// A file on the driver's side, named by whoever made the transfer request.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct JobId(pub u32);

/// Which way a spliced data connection goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Direction {
    /// From the server into the job's file.
    Download,
    /// From the job's file to the server.
    Upload,
    /// From the server, to be compared with the job's file from the offset on (rule T5). Nothing is written. A difference, or
    /// fewer bytes than wanted, is an [`End::Failed`] of [`Stage::File`]; needs [`crate::site::Abilities::compare`].
    Compare,
}

/// What is done to the bytes on their way.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Coding {
    /// Line ends are CR LF on the network and LF in the file (TYPE A; [`crate::text`] converts).
    pub text: bool,
    /// The bytes on the network are one zlib stream (MODE Z).
    pub deflate: bool,
}

/// Where to connect.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Target {
    /// The server's control port. The driver resolves the name.
    Control {
        /// Host name or literal address.
        host: String,
        /// TCP port.
        port: u16,
    },
    /// A passive-mode data port **of the address that the control connection is connected to**: an address in a PASV reply
    /// is never followed (rule D2).
    Data {
        /// The control connection.
        control: ConnId,
        /// TCP port.
        port: u16,
    },
}

/// What the driver tells the engine.
#[derive(Debug)]
pub enum Input {
    /// Somebody wants something. Requests wait for their turn; each ends in exactly one [`Event::Done`] or
    /// [`Event::Failed`].
    Request(RequestId, Request),
    /// A waiting or running request is no longer wanted. It ends with [`crate::ErrorKind::Cancelled`].
    Cancel(RequestId),
    /// The answer to the open [`crate::Question`].
    Answer(bool),
    /// A connection stands.
    Opened {
        /// Which.
        conn: ConnId,
        /// Address and port of the peer.
        peer: String,
    },
    /// A data connection is listened for ([`Output::Listen`]); [`Input::Opened`] follows once the server has connected.
    Listening {
        /// Which.
        conn: ConnId,
        /// Address and port that the server can reach, such as `192.0.2.1:40000` or `[2001:db8::1]:40000`.
        address: String,
    },
    /// The digest of a job's file, lower-case hexadecimal; `None` where the file cannot be read or the algorithm is not
    /// known.
    Digested {
        /// The file.
        job: JobId,
        /// What came of it.
        digest: Option<String>,
    },
    /// A TLS handshake ended well. No byte flows until [`Output::AcceptTls`].
    Secured {
        /// Which connection.
        conn: ConnId,
        /// What was negotiated and whom with.
        tls: TlsSession,
    },
    /// Bytes from a control connection, or from a data connection that is not spliced. The driver counts them as
    /// consumed when `handle` returns.
    Bytes(ConnId, Vec<u8>),
    /// A spliced connection has moved this many bytes of the file since its splice began (download: accepted by the file; upload:
    /// accepted by the connection; what a coding makes of them is not counted). Sent at least before [`Input::Closed`], and every few seconds while bytes move: a
    /// transfer that says nothing for long is taken for dead.
    Moved {
        /// Which connection.
        conn: ConnId,
        /// Bytes in all.
        total: u64,
    },
    /// A connection ended, or could not be made or secured. For an upload [`End::Clean`] means: all bytes of the file were sent, the
    /// half-close was sent, and the server closed its side.
    Closed {
        /// Which connection.
        conn: ConnId,
        /// How.
        end: End,
    },
    /// Only time has passed.
    Tick,
}

/// How a connection ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum End {
    /// Orderly: TCP end, under TLS after close_notify.
    Clean,
    /// TLS ended without close_notify: the bytes may be incomplete (rule C-3).
    Unclean,
    /// A data connection: the server resumed this session's TLS before and no ticket is left to do so again, so no handshake
    /// was tried. The engine logs in again (rule S-4).
    NoTicket,
    /// It broke, or never stood.
    Failed {
        /// Where it failed. [`Stage::File`] is the job's own file: no network fault.
        stage: Stage,
        /// What happened, in words for a person.
        text: String,
    },
}

/// What the engine tells its driver.
#[derive(Debug)]
#[must_use = "an output that is not done stalls the session"]
pub enum Output {
    /// Connect; [`Input::Opened`] or [`Input::Closed`] follows.
    Open(ConnId, Target),
    /// Listen for one data connection **from the peer of the control connection alone**; [`Input::Listening`] or
    /// [`Input::Closed`] follows, then [`Input::Opened`]. Only with [`crate::site::Abilities::listen`].
    Listen {
        /// The connection that is to come.
        conn: ConnId,
        /// The control connection.
        control: ConnId,
    },
    /// Start TLS as its client; may come before the connection stands: the handshake begins when it does. [`Input::Secured`] or [`Input::Closed`] follows. Data connections name their
    /// control connection as `group`: same verifier, same ticket store, same name.
    StartTls {
        /// Which connection.
        conn: ConnId,
        /// Name to verify and to send as SNI.
        server_name: String,
        /// The control connection whose TLS sessions may be resumed; itself for the control connection.
        group: ConnId,
        /// Offer TLS 1.2 only: servers that demand resumption and run out of TLS 1.3 tickets (rule S-4).
        tls12_only: bool,
    },
    /// The certificate is accepted: bytes may flow.
    AcceptTls(ConnId),
    /// Write these bytes. Send, Open and StartTls of different connections need not wait for each other.
    Send(ConnId, Vec<u8>),
    /// Write PASS with the password that the driver has, behind all that was to be sent before. Only for [`crate::Site::stored_password`].
    SendPassword(ConnId),
    /// Pump a data connection to or from a job's file. May come before the connection is opened or secured: it starts
    /// when bytes can flow. Upload: after the last byte half-close, then wait for the server's end.
    Splice {
        /// Which connection.
        conn: ConnId,
        /// The job whose file it is.
        job: JobId,
        /// Which way.
        direction: Direction,
        /// Where in the file the first byte goes or comes from.
        offset: u64,
        /// Bytes of the file after which it is done: the driver then reports [`Input::Closed`] with [`End::Clean`], whatever else
        /// would come.
        limit: Option<u64>,
        /// What is done to the bytes on their way.
        coding: Coding,
    },
    /// Say the digest of a job's file; [`Input::Digested`] follows. Only with [`crate::site::Abilities::digest`].
    Digest {
        /// The file.
        job: JobId,
        /// The algorithm.
        algorithm: Algorithm,
        /// Its first so many bytes.
        length: u64,
    },
    /// Orderly end: deliver what was sent, then close. The driver reports nothing more of this connection.
    Close(ConnId),
    /// Discard and break, so that the peer cannot take what it got for the whole (RST, not FIN). The driver reports nothing more of
    /// this connection.
    Abort(ConnId),
    /// Tell whoever is interested.
    Event(Event),
    /// Nothing more to do until an input comes or this time has come. Always the last of a drain.
    Wait(Option<Time>),
}

/// A finished TLS handshake, as the driver knows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TlsSession {
    /// What the verification of the chain said.
    pub verdict: Verdict,
    /// Protocol version, such as `TLS1.3`.
    pub version: String,
    /// Key exchange group, such as `X25519`; may be empty.
    pub key_exchange: String,
    /// Cipher, such as `AES-256-GCM`.
    pub cipher: String,
    /// Whether an earlier session was resumed.
    pub resumed: bool,
    /// The server's chain, leaf first.
    pub chain: Vec<Certificate>,
}

impl TlsSession {
    /// SHA-256 of the leaf certificate, where the driver knows it.
    #[must_use]
    pub fn fingerprint(&self) -> Option<&str> {
        self.chain.first().map(|leaf| leaf.sha256.as_str()).filter(|print| !print.is_empty())
    }
}

/// What is wrong with a certificate chain, the first thing found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Trusted root, in date, right name.
    Trusted,
    /// The leaf signed itself.
    SelfSigned,
    /// No way to a trusted root.
    UnknownIssuer,
    /// Past its end date.
    Expired,
    /// Before its start date.
    NotYetValid,
    /// For other names.
    WrongName,
    /// Anything else, in the verifier's words.
    Invalid(String),
}

/// What a person needs to see of a certificate.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Certificate {
    /// Distinguished name of its holder.
    pub subject: String,
    /// Distinguished name of its issuer.
    pub issuer: String,
    /// DNS names and addresses it is for.
    pub names: Vec<String>,
    /// Start of validity, Unix seconds.
    pub not_before: i64,
    /// End of validity, Unix seconds.
    pub not_after: i64,
    /// Serial number, hexadecimal.
    pub serial: String,
    /// Key type and size, such as `RSA 2048`.
    pub key: String,
    /// SHA-256 of the DER, lower-case hexadecimal.
    pub sha256: String,
    /// SHA-256 of the subject public key info, lower-case hexadecimal: what a pin remembers.
    pub spki_sha256: String,
}
