//! START_TLS: the handshake, and the gate that stays closed until the page accepts the certificate.
//!
//! Rule S-2, tickets first: a control stream is read all the time, and the page can only ask for a data stream after it has read the 227 or
//! 229 from it. The ticket that a server sends before that reply lies in the group's store by then.

use super::login::Protection;
use super::socket;
use super::stream::{Stream, failed};
use crate::config::seconds;
use crate::tls::{Identity, Secured, SecuredStream, TlsGroup};
use tokio::net::TcpStream;
use tokio::time::timeout;
use towpath_shared::{ClientCertificate, MAX_CLIENT_CERTIFICATE, Message, Reason, Reset, StartTls, Verdict};

impl Stream {
    /// Shakes hands and returns when the gate is open, with what the connection is worth by now.
    pub(super) async fn secure(
        &self,
        socket: TcpStream,
        request: StartTls,
    ) -> Result<(SecuredStream, Protection), Reset> {
        self.check_plaintext(&socket, request.received)?;
        let group = self.group(&request)?;
        let deadlines = &self.rules.config.deadlines;
        let secured = timeout(seconds(deadlines.tls), group.connect(socket, request.max_version)).await;
        let Secured { stream, mut info, chain } = secured
            .map_err(|_| Reset::new(Reason::TlsHandshake, "the TLS handshake took too long"))
            .and_then(|secured| secured.map_err(failed))
            .inspect_err(|reset| self.session.relay.metrics.no_handshake(reset.reason))?;
        self.session.relay.metrics.handshake(&info, self.is_control);

        info.gate_open = !self.is_control && self.control.is_accepted(chain.first());
        let gate_open = info.gate_open;
        tracing::Span::current().record("tls.protocol.version", info.version.name());
        tracing::debug!(
            version = info.version.name(),
            resumed = info.resumed,
            verdict = ?info.verdict,
            gate_open,
            "TLS"
        );
        let trusted = info.verdict == Verdict::Trusted;
        self.mailbox.secured(gate_open);
        let leaf = chain.first().cloned().unwrap_or_default();
        if !gate_open {
            for (index, der) in (0..).zip(chain) {
                self.session.outbox.send(self.id, &Message::TlsCert { index, der });
            }
        }
        self.session.outbox.send(self.id, &Message::TlsInfo(info));
        if !gate_open {
            timeout(seconds(deadlines.accept), self.mailbox.gate_opened())
                .await
                .map_err(|_| Reset::new(Reason::TlsUntrusted, "the certificate was not accepted in time"))?;
            if self.is_control {
                self.control.accept(leaf);
            }
        }
        Ok((stream, if trusted { Protection::Verified } else { Protection::Tls }))
    }

    /// Nothing may have been said in plain text after the answer to AUTH TLS: not in bytes that are on their way to the
    /// page, nor in bytes that wait in the socket. An attacker in between could have put words there that
    /// would later pass for protected ones (the STARTTLS injection of CVE-2021-22947 and its relatives).
    fn check_plaintext(&self, socket: &TcpStream, received: u64) -> Result<(), Reset> {
        let sent = self.mailbox.total_sent();
        if received > sent {
            return Err(Reset::new(Reason::Protocol, "START_TLS counts more bytes than there were"));
        }
        if received < sent || socket::has_unread(socket) {
            return Err(Reset::new(
                Reason::PlaintextAfterStartTls,
                "the server went on in plain text after it agreed to TLS",
            ));
        }
        Ok(())
    }

    /// A control stream founds its group, a data stream uses its parent's.
    fn group(&self, request: &StartTls) -> Result<TlsGroup, Reset> {
        let server_name = request.server_name.as_str();
        let wrong = |text: &str| Reset::new(Reason::Protocol, text);
        match (self.is_control, self.control.tls()) {
            (false, _) if request.client_certificate.is_some() => {
                Err(wrong("a client certificate is for a control stream"))
            }
            (true, None) => {
                let mut server =
                    self.control.server().map(|server| self.rules.tls(server.terms)).unwrap_or_default();
                if request.client_certificate.is_some() && server.legacy {
                    let text = "legacy TLS cannot show a client certificate";
                    return Err(Reset::new(Reason::ClientCertificate, text));
                }
                if let Some(certificate) = &request.client_certificate {
                    server.identity = Some(identity(certificate)?);
                }
                let group = TlsGroup::for_server(&self.rules.roots, server_name, server).map_err(failed)?;
                self.control.set_tls(server_name.to_owned(), group.clone());
                Ok(group)
            }
            (false, Some((name, group))) if name == server_name => Ok(group.clone()),
            (true, Some(_)) => Err(wrong("TLS twice")),
            (false, Some(_)) => Err(wrong("a data stream must name its control stream's server")),
            (false, None) => Err(wrong("TLS on a data stream needs TLS on its control stream")),
        }
    }
}

/// The page's own client certificate. It lives as long as the control stream and its data streams.
fn identity(certificate: &ClientCertificate) -> Result<Identity, Reset> {
    let unusable = |text: String| Reset::new(Reason::ClientCertificate, text);
    let pem = certificate.pem.as_bytes();
    if pem.len() > MAX_CLIENT_CERTIFICATE {
        return Err(unusable("the client certificate is too long".into()));
    }
    Identity::new(pem, pem).map_err(|error| unusable(error.to_string()))
}
