//! Pure-FTPd: virtual users in a puredb, everything else on the command line.

use super::process::{Place, text};
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
    let tls = if place.security == Security::Plain { "0" } else { "1" };
    let mut command = Command::new(place.programs.join("usr/sbin/pure-ftpd"));
    command
        .args(["--ipv4only", "--noanonymous", "--dontresolve", "--chrooteveryone", "--displaydotfiles"])
        .args([
            "--syslogfacility",
            "none",
            "--minuid",
            "1",
            "--maxclientsnumber",
            "200",
            "--maxclientsperip",
            "200",
        ])
        .args(["--bind", &format!("127.0.0.1,{}", place.ports.control())])
        .args(["--passiveportrange", &format!("{first}:{last}")])
        .args(["--login", &format!("puredb:{}", text(&database))])
        .args(["--pidfile", &text(&place.path("pid"))])
        .args(["--altlog", &format!("clf:{}", text(&place.path("log")))])
        .args(["--tls", tls, "--certfile", &text(&certificate)]);
    Ok(command)
}
