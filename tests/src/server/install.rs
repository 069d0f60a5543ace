//! Fetches the servers' Debian packages and unpacks them into `target/servers`. They conflict as installed packages;
//! unpacked they do not, and nothing of the machine changes but for shared libraries that may be missing.

use super::ServerError;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

/// Packages that are unpacked.
const PACKAGES: [&str; 5] = ["pure-ftpd", "pure-ftpd-common", "vsftpd", "proftpd-core", "proftpd-mod-crypto"];

/// What must be there afterwards.
const PROGRAMS: [&str; 5] = [
    "usr/sbin/pure-ftpd",
    "usr/bin/pure-pw",
    "usr/sbin/vsftpd",
    "usr/sbin/proftpd",
    "usr/lib/proftpd/mod_tls.so",
];

/// Packages of the shared libraries that the programs need and a small system may lack.
const LIBRARIES: [&str; 6] =
    ["libsodium23", "libwrap0", "libhiredis0.14", "libmemcached11", "libmemcachedutil2", "libpcre2-posix3"];

/// Makes sure that the servers are there, and returns the directory that holds their `usr`. Does nothing, and needs
/// no network, where they are; says what it does where it does something.
///
/// # Errors
/// [`ServerError`] where a step fails: no network, not Debian, not root.
pub fn ensure() -> Result<PathBuf, ServerError> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    // A poisoned lock guards nothing that could be half done: what counts is on the disk.
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/servers");
    std::fs::create_dir_all(&folder).map_err(ServerError::io(format!("making {}", folder.display())))?;
    let folder = folder.canonicalize().map_err(ServerError::io("target/servers"))?;
    let root = folder.join("root");
    if !PROGRAMS.iter().all(|program| root.join(program).exists()) {
        unpack(&folder, &root)?;
    }
    if lacks_library(&root)? {
        println!("installing the servers' shared libraries");
        let mut arguments = vec!["install", "-y", "-qq", "--no-install-recommends"];
        arguments.extend(LIBRARIES);
        run(Command::new("apt-get").args(arguments).env("DEBIAN_FRONTEND", "noninteractive"))?;
    }
    Ok(root)
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
