//! vsftpd: the strictest about TLS. It refuses data connections that do not resume the control connection's session, and
//! uploads that end without close_notify.

use super::place::{Place, text};
use super::{PASSWORD, Security, ServerError};
use std::fs;
use std::process::Command;

pub(super) fn command(place: &Place) -> Result<Command, ServerError> {
    let empty = place.path("empty");
    fs::create_dir(&empty).map_err(ServerError::io("empty directory"))?;
    let passwords = place.write("passwords", &format!("{PASSWORD}\n"))?;
    let (first, last) = place.ports.passive().into_inner();
    let ssl = if place.options.security == Security::Plain { "NO" } else { "YES" };
    let old = place.options.security == Security::Tls10;
    let implicit = if place.options.security == Security::Implicit { "YES" } else { "NO" };
    let listen = if place.options.ipv6 {
        "listen=NO\nlisten_ipv6=YES\nlisten_address6=::1"
    } else {
        "listen=YES\nlisten_address=127.0.0.1"
    };
    let refused = match place.options.refused {
        [] => String::new(),
        commands => format!("cmds_denied={}\n", commands.join(",")),
    };
    let configuration = format!(
        "{listen}
listen_port={port}
background=NO
local_enable=NO
anonymous_enable=YES
ftp_username=daemon
anon_root={home}
secure_email_list_enable=YES
email_password_file={passwords}
write_enable=YES
anon_upload_enable=YES
anon_mkdir_write_enable=YES
anon_other_write_enable=YES
anon_world_readable_only=NO
anon_umask=022
secure_chroot_dir={empty}
pasv_min_port={first}
pasv_max_port={last}
max_per_ip={most_sessions}
max_clients=0
ssl_enable={ssl}
implicit_ssl={implicit}
allow_anon_ssl=YES
ssl_tlsv1=YES
ssl_ciphers={ciphers}
rsa_cert_file={certificate}
rsa_private_key_file={key}
require_ssl_reuse=YES
strict_ssl_read_eof=YES
xferlog_enable=YES
log_ftp_protocol=YES
debug_ssl=YES
vsftpd_log_file={log}
{refused}{idle}{certified}",
        ciphers = if old { "DEFAULT:@SECLEVEL=0" } else { "HIGH" },
        certified = if place.options.certified {
            format!(
                "require_cert=YES\nvalidate_cert=YES\nca_certs_file={}\n",
                text(&place.path("clients.pem"))
            )
        } else {
            String::new()
        },
        idle = place.options.idle.map_or_else(String::new, |idle| format!("idle_session_timeout={idle}\n")),
        most_sessions = place.options.most_sessions.unwrap_or(0),
        port = place.ports.control(),
        home = text(&place.home()),
        passwords = text(&passwords),
        empty = text(&empty),
        certificate = text(&place.path("certificate.pem")),
        key = text(&place.path("key.pem")),
        log = text(&place.path("log")),
    );
    let configuration = place.write("vsftpd.conf", &configuration)?;
    let mut command = Command::new(place.programs.join("usr/sbin/vsftpd"));
    command.arg(configuration);
    Ok(command)
}
