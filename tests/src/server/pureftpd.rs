//! Pure-FTPd: virtual users in a puredb, everything else on the command line. It cannot refuse single commands, but passive mode
//! as a whole.

use super::place::{Place, text};
use super::{Identity, OWNER, PASSWORD_HASH, Security, ServerError, install};
use std::process::Command;

pub(super) fn command(place: &Place, identity: &Identity) -> Result<Command, ServerError> {
    let home = text(&place.home());
    let users =
        place.write("users", &format!("tester:{PASSWORD_HASH}:{OWNER}:{OWNER}::{home}/./::::::::::::\n"))?;
    let database = place.path("users.pdb");
    let mut mkdb = Command::new(place.programs.join("usr/bin/pure-pw"));
    install::run(mkdb.arg("mkdb").arg(&database).arg("-f").arg(&users))?;
    let both = identity.key_pem() + &identity.certificate_pem();
    let certificate = place.write("both.pem", &both)?;
    let (first, last) = place.ports.passive().into_inner();
    let tls = if place.options.security == Security::Plain { "0" } else { "1" };
    let most_sessions = place.options.most_sessions.unwrap_or(200).to_string();
    let mut command = Command::new(place.programs.join("usr/sbin/pure-ftpd"));
    if !place.options.ipv6 {
        command.arg("--ipv4only");
    }
    if place.options.active_only() {
        command.arg("--natmode");
    }
    command
        .args(["--noanonymous", "--dontresolve", "--chrooteveryone", "--displaydotfiles"])
        .args(["--syslogfacility", "none", "--minuid", "1"])
        .args(["--maxclientsnumber", "200", "--maxclientsperip", &most_sessions])
        .args(["--bind", &format!("{},{}", place.options.address(), place.ports.control())])
        .args(["--passiveportrange", &format!("{first}:{last}")])
        .args(["--login", &format!("puredb:{}", text(&database))])
        .args(["--pidfile", &text(&place.path("pid"))])
        .args(["--altlog", &format!("clf:{}", text(&place.path("log")))])
        .args(["--tls", tls, "--certfile", &text(&certificate)]);
    Ok(command)
}
