//! ProFTPD with mod_tls: by its default it demands that data connections resume (`NoSessionReuseRequired` is not set).

use super::place::{Place, text};
use super::{OWNER, PASSWORD_HASH, Security, ServerError};
use std::process::Command;

/// What Debian ships but does not load by itself.
const MODULES: &str = "LoadModule mod_deflate.c
LoadModule mod_digest.c
LoadModule mod_copy.c
LoadModule mod_site_misc.c
DeflateEngine on
DigestEngine on
CopyEngine on
SiteMiscEngine on
";

pub(super) fn command(place: &Place) -> Result<Command, ServerError> {
    let home = text(&place.home());
    let users =
        place.write("users", &format!("tester:{PASSWORD_HASH}:{OWNER}:{OWNER}::{home}:/bin/false\n"))?;
    let (first, last) = place.ports.passive().into_inner();
    let (engine, version) = match place.options.security {
        Security::Plain => ("off", "TLSv1.3"),
        Security::Tls10 => ("on", "TLSv1"),
        Security::Tls12 => ("on", "TLSv1.2"),
        Security::Tls13 => ("on", "TLSv1.3"),
        Security::Newest | Security::Implicit => ("on", "TLSv1.2 TLSv1.3"),
    };
    let mut more = String::new();
    if place.options.security == Security::Implicit {
        more.push_str("TLSOptions UseImplicitSSL\n");
    }
    if place.options.security == Security::Tls10 {
        more.push_str("TLSCipherSuite DEFAULT:@SECLEVEL=0\n");
    }
    if place.options.certified {
        let clients = text(&place.path("clients.pem"));
        more.push_str(&format!("TLSCACertificateFile {clients}\n"));
    }
    if place.options.modules {
        more.push_str(MODULES);
    }
    if let Some(most) = place.options.most_sessions {
        more.push_str(&format!("MaxClientsPerHost {most}\n"));
    }
    if let Some(idle) = place.options.idle {
        more.push_str(&format!("TimeoutIdle {idle}\n"));
    }
    if !place.options.refused.is_empty() {
        more.push_str(&format!("<Limit {}>\n  DenyAll\n</Limit>\n", place.options.refused.join(" ")));
    }
    let configuration = format!(
        "ServerName towpath
ServerType standalone
DefaultAddress {address}
Port {port}
SocketBindTight on
UseIPv6 {ipv6}
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
AllowStoreRestart on
TLSEngine {engine}
TLSProtocol {version}
TLSLog {tls_log}
TLSECCertificateFile {certificate}
TLSECCertificateKeyFile {key}
TLSRequired off
TLSVerifyClient {verify}
{more}",
        verify = if place.options.certified { "on" } else { "off" },
        address = place.options.address(),
        ipv6 = if place.options.ipv6 { "on" } else { "off" },
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
