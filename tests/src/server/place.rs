//! A fixture's directory, and what its configuration is made of.

use super::ports::Ports;
use super::{Identity, OWNER, Options, ServerError};
use std::fs::{self, Permissions};
use std::net::SocketAddr;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// What a server's configuration is made of.
#[derive(Debug)]
pub(super) struct Place {
    /// Where the packages are unpacked.
    pub(super) programs: PathBuf,
    pub(super) ports: Ports,
    pub(super) options: Options,
    dir: TempDir,
}

impl Place {
    /// A new directory with the served one, the certificate and the key in it.
    pub(super) fn new(
        programs: PathBuf,
        options: Options,
        identity: &Identity,
    ) -> Result<Place, ServerError> {
        let none = || std::io::Error::other("all are taken");
        let ports =
            Ports::next(options.address()).ok_or_else(none).map_err(ServerError::io("a free port"))?;
        let dir = tempfile::Builder::new().prefix("towpath-server-").tempdir();
        let dir = dir.map_err(ServerError::io("temporary directory"))?;
        let place = Place { programs, ports, options, dir };
        // The servers give up root before they look for the user's directory.
        fs::set_permissions(place.dir.path(), Permissions::from_mode(0o755))
            .and_then(|()| fs::create_dir(place.home()))
            .map_err(ServerError::io("the served directory"))?;
        place.write("certificate.pem", &identity.certificate_pem())?;
        place.write("key.pem", &identity.key_pem())?;
        Ok(place)
    }

    /// A path in the fixture's directory.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Writes a file that only root can read.
    pub(super) fn write(&self, name: &str, text: &str) -> Result<PathBuf, ServerError> {
        let path = self.path(name);
        fs::write(&path, text)
            .and_then(|()| fs::set_permissions(&path, Permissions::from_mode(0o600)))
            .map_err(ServerError::io(name))?;
        Ok(path)
    }

    /// The directory that a login sees as `/`.
    pub(super) fn home(&self) -> PathBuf {
        self.path("home")
    }

    /// Where it listens.
    pub(super) fn control(&self) -> SocketAddr {
        SocketAddr::new(self.options.address(), self.ports.control())
    }
}

/// Makes a directory, where it is not there yet, and gives it to the owner of the served files.
pub(super) fn served(root: &Path) -> Result<(), ServerError> {
    fs::create_dir_all(root)
        .and_then(|()| chown(root, Some(OWNER), Some(OWNER)))
        .map_err(ServerError::io("the served directory"))
}

/// A path as text for a configuration file; fixtures' paths are plain.
pub(super) fn text(path: &Path) -> String {
    path.display().to_string()
}
