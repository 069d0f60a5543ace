//! inetutils-ftpd: a program for inetd, so each connection gets a process with the socket as standard input and output.
//! It knows only accounts of the machine; a mount namespace gives it an `/etc` with one of ours, and the machine's stays as it is.

use super::listener::Listener;
use super::place::{Place, text};
use super::{OWNER, PASSWORD_HASH, ServerError};
use std::fs;
use std::os::fd::OwnedFd;
use std::process::Stdio;
use tokio::net::TcpStream;
use tokio::process::Command;

/// Puts the fixture's directory in the place of `/etc`, for this process alone, and becomes the server.
const PRIVATE: &str = r#"mount --bind "$1" /etc && shift && exec "$@""#;

pub(super) fn start(place: &Place) -> Result<Listener, ServerError> {
    let etc = place.path("etc");
    fs::create_dir(&etc).map_err(ServerError::io("etc"))?;
    let home = text(&place.home());
    let files = [
        ("passwd", format!("root:x:0:0::/:/bin/sh\ntester:x:{OWNER}:{OWNER}::{home}:/bin/sh\n")),
        ("shadow", format!("tester:{PASSWORD_HASH}:1::::::\n")),
        ("group", format!("root:x:0:\ndaemon:x:{OWNER}:\n")),
        ("shells", "/bin/sh\n".to_owned()),
        ("nsswitch.conf", "passwd: files\nshadow: files\ngroup: files\nhosts: files\n".to_owned()),
        ("hosts", "127.0.0.1 localhost\n::1 localhost\n".to_owned()),
        // Its users see their home directory as `/`.
        ("ftpchroot", "tester\n".to_owned()),
    ];
    for (name, content) in files {
        place.write(&format!("etc/{name}"), &content)?;
    }
    // Where the system's shared libraries are; without it the loader still tries the usual places.
    let _ = fs::copy("/etc/ld.so.cache", etc.join("ld.so.cache"));
    let program = place.programs.join("usr/sbin/ftpd");
    let log = place.path("output");
    Listener::start(place.control(), move |socket| {
        let mut command = Command::new("unshare");
        command.args(["--mount", "/bin/sh", "-c", PRIVATE, "sh"]).arg(&etc).arg(&program);
        // The `default` authentication reads the hash itself; PAM would look for more of the machine.
        command.args(["--auth=default", "--umask=022"]).kill_on_drop(true);
        let spawned = handed(socket).and_then(|(input, output)| {
            command
                .stdin(input)
                .stdout(output)
                .stderr(fs::File::options().create(true).append(true).open(&log)?);
            command.spawn()
        });
        // Where it fails, the connection is dropped and the fixture does not greet.
        if let Ok(mut child) = spawned {
            tokio::spawn(async move { child.wait().await });
        }
    })
}

/// The socket as a process wants it: blocking, and twice.
fn handed(socket: TcpStream) -> std::io::Result<(Stdio, Stdio)> {
    let socket = socket.into_std()?;
    socket.set_nonblocking(false)?;
    let again = socket.try_clone()?;
    Ok((Stdio::from(OwnedFd::from(socket)), Stdio::from(OwnedFd::from(again))))
}
