//! ProFTPD with mod_tls: by its default it demands that data connections resume (`NoSessionReuseRequired` is not set).

use super::process::{Place, text};
use super::{OWNER, PASSWORD_HASH, Security, ServerError};
use std::process::Command;

pub(super) fn command(place: &Place) -> Result<Command, ServerError> {
    let home = text(&place.home());
    let users =
        place.write("users", &format!("tester:{PASSWORD_HASH}:{OWNER}:{OWNER}::{home}:/bin/false\n"))?;
    let (first, last) = place.ports.passive().into_inner();
    let (engine, version) = match place.security {
        Security::Plain => ("off", "TLSv1.3"),
        Security::Tls12 => ("on", "TLSv1.2"),
        Security::Tls13 => ("on", "TLSv1.3"),
        Security::Newest => ("on", "TLSv1.2 TLSv1.3"),
    };
    let configuration = format!(
        "ServerName towpath
ServerType standalone
DefaultAddress 127.0.0.1
Port {port}
SocketBindTight on
UseIPv6 off
UseReverseDNS off
ModulePath {modules}
LoadModule mod_tls.c
PidFile {pid}
ScoreboardFile {scoreboard}
DelayEngine off
WtmpLog off
SystemLog {log}
TransferLog none
User daemon
Group daemon
AuthPAM off
AuthOrder mod_auth_file.c
AuthUserFile {users}
RequireValidShell off
DefaultRoot ~
PassivePorts {first} {last}
MaxInstances none
AllowOverwrite on
TLSEngine {engine}
TLSProtocol {version}
TLSLog {tls_log}
TLSECCertificateFile {certificate}
TLSECCertificateKeyFile {key}
TLSRequired off
TLSVerifyClient off
",
        port = place.ports.control(),
        modules = text(&place.programs.join("usr/lib/proftpd")),
        pid = text(&place.path("pid")),
        scoreboard = text(&place.path("scoreboard")),
        log = text(&place.path("log")),
        users = text(&users),
        tls_log = text(&place.path("tls.log")),
        certificate = text(&place.path("certificate.pem")),
        key = text(&place.path("key.pem")),
    );
    let configuration = place.write("proftpd.conf", &configuration)?;
    let mut command = Command::new(place.programs.join("usr/sbin/proftpd"));
    command.args(["--nodaemon", "--quiet", "--config"]).arg(configuration);
    Ok(command)
}
