//! A server that is a process: begun with the TLS versions that the fixture is for, ended when it is dropped.

use super::place::Place;
use super::{Security, ServerError};
use std::fs::File;
use std::process::{Child, ChildStdin, Command, Stdio};

/// A running process.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    /// The server lives as long as this end is open.
    life: Option<ChildStdin>,
}

/// Ends the server when standard input ends, and becomes the server. However the tests end, a killed process included, the
/// system closes the other end of that pipe and no server stays behind.
const LIFELINE: &str = r#"exec 3<&0; (read -r _ <&3; kill -KILL $$) & exec "$@" 3<&- </dev/null"#;

impl Process {
    /// Starts the process. OpenSSL reads the TLS versions from its configuration, the same way for every server.
    pub(super) fn spawn(command: &Command, place: &Place) -> Result<Process, ServerError> {
        let program = command.get_program().to_string_lossy().into_owned();
        let (oldest, newest) = match place.options.security {
            // OpenSSL 3 thinks it too weak for its usual level.
            Security::Tls10 => ("TLSv1", "TLSv1\nCipherString = DEFAULT:@SECLEVEL=0"),
            Security::Tls12 => ("TLSv1.2", "TLSv1.2"),
            Security::Plain | Security::Tls13 => ("TLSv1.3", "TLSv1.3"),
            Security::Newest | Security::Implicit => ("TLSv1.2", "TLSv1.3"),
        };
        let openssl = place.write(
            "openssl.cnf",
            &format!(
                "openssl_conf = init\n[init]\nssl_conf = ssl\n[ssl]\nsystem_default = tls\n[tls]\n\
                 MinProtocol = {oldest}\nMaxProtocol = {newest}\n"
            ),
        )?;
        let output = File::create(place.path("output")).map_err(ServerError::io("output"))?;
        let errors = output.try_clone().map_err(ServerError::io("output"))?;
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", LIFELINE, "sh"]).arg(command.get_program()).args(command.get_args());
        shell.env("OPENSSL_CONF", openssl).stdin(Stdio::piped()).stdout(output).stderr(errors);
        let mut child = shell.spawn().map_err(ServerError::io(program))?;
        let life = child.stdin.take();
        Ok(Process { child, life })
    }

    /// Kills the processes that it has made for its sessions; how many these were.
    pub(super) fn kill_sessions(&self) -> std::io::Result<usize> {
        let mut killed = 0;
        for entry in std::fs::read_dir("/proc")? {
            let pid = entry?.file_name().to_string_lossy().parse::<u32>();
            let Some(pid) = pid.ok().filter(|pid| self.has_made(*pid)) else { continue };
            let status = Command::new("kill").args(["-KILL", &pid.to_string()]).status()?;
            killed += usize::from(status.success());
        }
        Ok(killed)
    }

    /// Whether a process is a child or grandchild of the server, the keeper of its lifeline left out.
    fn has_made(&self, pid: u32) -> bool {
        let parent = |pid: u32| -> Option<(String, u32)> {
            let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
            // The name stands in brackets and may hold anything.
            let (head, tail) = stat.rsplit_once(')')?;
            let name = head.split_once('(')?.1.to_owned();
            Some((name, tail.split_whitespace().nth(1)?.parse().ok()?))
        };
        let Some((name, above)) = parent(pid).filter(|(name, _)| name != "sh") else { return false };
        let server = self.child.id();
        above == server || parent(above).is_some_and(|(other, above)| other == name && above == server)
    }

    /// Whether it has ended.
    pub(super) fn ended(&mut self) -> std::io::Result<bool> {
        self.child.try_wait().map(|status| status.is_some())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already. Its sessions end with their control connections.
        drop(self.life.take());
        let _ = self.child.wait();
    }
}
