//! Fetches the servers' Debian packages and unpacks them into `target/servers`. They conflict as installed packages;
//! unpacked they do not, and nothing of the machine changes but for shared libraries and Python with OpenSSL, where they are missing.

use super::ServerError;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

/// Packages that are unpacked.
const PACKAGES: [&str; 9] = [
    "pure-ftpd",
    "pure-ftpd-common",
    "vsftpd",
    "proftpd-core",
    "proftpd-mod-crypto",
    "inetutils-ftpd",
    "python3-pyftpdlib",
    // Reverse proxies, for the relay behind them.
    "nginx",
    "haproxy",
];

/// Programs and modules that must be there afterwards.
const PROGRAMS: [&str; 12] = [
    "usr/sbin/pure-ftpd",
    "usr/bin/pure-pw",
    "usr/sbin/vsftpd",
    "usr/sbin/proftpd",
    "usr/lib/proftpd/mod_tls.so",
    "usr/lib/proftpd/mod_deflate.so",
    "usr/lib/proftpd/mod_digest.so",
    "usr/lib/proftpd/mod_copy.so",
    "usr/lib/proftpd/mod_site_misc.so",
    "usr/sbin/ftpd",
    "usr/sbin/nginx",
    "usr/sbin/haproxy",
];

/// The library that must be there too.
const PYFTPDLIB: &str = "usr/lib/python3/dist-packages/pyftpdlib/handlers.py";

/// What pyftpdlib imports and a small system may lack: the system's Python with OpenSSL.
const PYTHON: [&str; 2] = ["python3", "python3-openssl"];

/// Packages of the shared libraries that the programs need and a small system may lack.
const LIBRARIES: [&str; 8] = [
    "libsodium23",
    "libwrap0",
    "libhiredis0.14",
    "libmemcached11",
    "libmemcachedutil2",
    "libpcre2-posix3",
    "libpcre2-8-0",
    "liblua5.3-0",
];

/// Makes sure that the servers are there, and returns the directory that holds their `usr`. Does nothing, and needs
/// no network, where they are; says what it does where it does something. Looks once in each process.
///
/// # Errors
/// [`ServerError`] where a step fails: no network, not Debian, not root.
pub fn ensure() -> Result<PathBuf, ServerError> {
    static FOUND: Mutex<Option<PathBuf>> = Mutex::new(None);
    // A poisoned lock guards nothing that could be half done: what counts is on the disk.
    let mut found = FOUND.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(root) = &*found {
        return Ok(root.clone());
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/servers");
    std::fs::create_dir_all(&folder).map_err(ServerError::io(format!("making {}", folder.display())))?;
    let folder = folder.canonicalize().map_err(ServerError::io("target/servers"))?;
    let root = folder.join("root");
    if !PROGRAMS.iter().chain([&PYFTPDLIB]).all(|file| root.join(file).exists()) {
        unpack(&folder, &root)?;
    }
    if lacks_library(&root)? {
        println!("installing the servers' shared libraries");
        install(&LIBRARIES)?;
    }
    if run(Command::new("/usr/bin/python3").args(["-c", "import OpenSSL"])).is_err() {
        println!("installing {}", PYTHON.join(", "));
        install(&PYTHON)?;
    }
    *found = Some(root.clone());
    Ok(root)
}

fn install(packages: &[&str]) -> Result<(), ServerError> {
    let once = || {
        let mut command = Command::new("apt-get");
        command.args(["install", "-y", "-qq", "--no-install-recommends"]).args(packages);
        run(command.env("DEBIAN_FRONTEND", "noninteractive"))
    };
    if once().is_err() {
        // Its lists may be old, or there may be none yet: the servers may have been unpacked long ago.
        run(Command::new("apt-get").args(["update", "-qq"]))?;
        once()?;
    }
    Ok(())
}

/// Unpacks beside and renames, so that a run that was cut off leaves nothing that looks whole.
fn unpack(folder: &Path, root: &Path) -> Result<(), ServerError> {
    let fresh = tempfile::tempdir_in(folder).map_err(ServerError::io("temporary directory"))?;
    println!("fetching {} into {}", PACKAGES.join(", "), folder.display());
    let download = || {
        let mut arguments = vec!["-qq", "-o", "APT::Sandbox::User=root", "download"];
        arguments.extend(PACKAGES);
        run(Command::new("apt-get").args(arguments).current_dir(fresh.path()))
    };
    if download().is_err() {
        // Its lists may be old, or there may be none yet.
        run(Command::new("apt-get").args(["update", "-qq"]))?;
        download()?;
    }
    let unpacked = fresh.path().join("root");
    for file in std::fs::read_dir(fresh.path()).map_err(ServerError::io("packages"))? {
        let file = file.map_err(ServerError::io("packages"))?.path();
        if file.extension() == Some(OsStr::new("deb")) {
            run(Command::new("dpkg-deb").arg("--extract").arg(&file).arg(&unpacked))?;
        }
    }
    if root.exists() {
        std::fs::remove_dir_all(root).map_err(ServerError::io("removing an old copy"))?;
    }
    std::fs::rename(&unpacked, root).map_err(ServerError::io("moving the packages into place"))
}

fn lacks_library(root: &Path) -> Result<bool, ServerError> {
    for program in PROGRAMS {
        let output = run(Command::new("ldd").arg(root.join(program)))?;
        if output.contains("not found") {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Runs a program to its end; its output, or an error with it.
pub(super) fn run(command: &mut Command) -> Result<String, ServerError> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output =
        command.stdin(Stdio::null()).output().map_err(ServerError::io(format!("starting {program}")))?;
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    if !output.status.success() {
        return Err(ServerError::Program { program, output: text });
    }
    Ok(text)
}
