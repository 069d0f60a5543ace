//! libunftp, the server of the demo, here with TLS too. It takes every name and password.

use super::listener::Listener;
use super::place::Place;
use super::{Security, ServerError};
use libunftp::ServerBuilder;
use libunftp::options::{ActivePassiveMode, SiteMd5, TlsFlags};
use unftp_sbe_fs::Filesystem;

pub(super) fn start(place: &Place) -> Result<Listener, ServerError> {
    let home = place.home();
    let (certificate, key) = (place.path("certificate.pem"), place.path("key.pem"));
    let options = place.options;
    let passive = place.ports.passive();
    Listener::start(place.control(), move |socket| {
        let home = home.clone();
        // libunftp asks for the back end inside the session's task, by a function that cannot fail. Should the directory be
        // gone by then, that task ends and the connection with it.
        #[expect(clippy::expect_used, reason = "ends one session, see above")]
        let storage = move || Filesystem::new(&home).expect("the served directory is there");
        let mut server = ServerBuilder::new(Box::new(storage)).passive_ports(passive.clone());
        server = server.sitemd5(SiteMd5::All);
        let versions = match options.security {
            Security::Plain | Security::Tls10 => None,
            Security::Tls12 => Some(TlsFlags::V1_2),
            Security::Tls13 => Some(TlsFlags::V1_3),
            Security::Newest | Security::Implicit => Some(TlsFlags::V1_2 | TlsFlags::V1_3),
        };
        if let Some(versions) = versions {
            let flags = versions | TlsFlags::RESUMPTION_SESS_ID | TlsFlags::RESUMPTION_TICKETS;
            server = server.ftps(&certificate, &key).ftps_tls_flags(flags);
        }
        server = server.active_passive_mode(ActivePassiveMode::ActiveAndPassive);
        // Where it cannot be built, the connection is dropped and the fixture does not greet.
        if let Ok(server) = server.build() {
            tokio::spawn(server.service(socket));
        }
    })
}
