//! pyftpdlib: a library, so a small program of ours serves with it. Python is the system's.

use super::place::{Place, text};
use super::{OWNER, PASSWORD, Security, ServerError};
use std::path::Path;
use std::process::Command;

/// As it is (1.5.7), it closes a data connection on which bytes come before it has read the command: a ClientHello, or the first of
/// an upload. The engine sends them together with the command, and which is read first is chance. To be false as soon as
/// the engine waits for the command's first reply.
const PATIENT: bool = false;

pub(super) fn command(place: &Place) -> Result<Command, ServerError> {
    let (first, last) = place.ports.passive().into_inner();
    let tls = place.options.security != Security::Plain;
    let certificate = tls.then(|| text(&place.path("certificate.pem")));
    let settings = serde_json::json!({
        "library": text(&place.programs.join("usr/lib/python3/dist-packages")),
        "host": place.options.address().to_string(),
        "port": place.ports.control(),
        "passive": [first, last],
        "password": PASSWORD,
        "home": text(&place.home()),
        "owner": OWNER,
        "certificate": certificate,
        "key": text(&place.path("key.pem")),
        "most_sessions": place.options.most_sessions.unwrap_or(0),
        "idle": place.options.idle,
        "refused": place.options.refused,
        "patient": PATIENT,
    });
    let settings = place.write("settings.json", &settings.to_string())?;
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/server/serve_pyftpdlib.py");
    let mut command = Command::new("/usr/bin/python3");
    command.arg("-B").arg(program).arg(settings);
    Ok(command)
}
