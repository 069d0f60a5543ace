//! Stored secrets of preset sites: read where the configuration says, at the time of use, and kept no longer than that.

use crate::config::SecretSource;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use thiserror::Error;
use tokio::io::AsyncReadExt;
use tokio::process::Command;
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// Longest secret, in bytes. Servers read command lines into buffers of 512 bytes and more.
const LONGEST: usize = 480;
/// Bytes of a file or of a program's output that are read.
const READ: u64 = 16 * 1024;
/// Time to read a secret, waiting for a place included.
const PATIENCE: Duration = Duration::from_secs(10);
/// Programs at once: pages decide how often they are asked.
static COMMANDS: Semaphore = Semaphore::const_new(4);

/// A secret. It has neither `Debug` nor `Display`, so it cannot reach a log by accident.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(Vec<u8>);

/// Why there is no secret. Holds nothing of what was read.
#[derive(Debug, Error)]
pub(crate) enum SecretError {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("is no ordinary file")]
    NotAFile,
    #[error("is not set, or is no text")]
    Unset,
    #[error("ended with {0}")]
    Failed(std::process::ExitStatus),
    #[error("took too long")]
    Late,
    #[error("its first line is empty")]
    Empty,
    #[error("its first line is longer than {LONGEST} bytes")]
    Long,
    #[error("its first line holds a carriage return or a NUL, which would end the command")]
    LineEnd,
}

impl Secret {
    /// The bytes, for the one command that carries them.
    pub(crate) fn reveal(&self) -> &[u8] {
        &self.0
    }

    /// The first line.
    fn first_line(bytes: &[u8]) -> Result<Secret, SecretError> {
        let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match line {
            [] => Err(SecretError::Empty),
            line if line.len() > LONGEST => Err(SecretError::Long),
            line if line.contains(&b'\r') || line.contains(&0) => Err(SecretError::LineEnd),
            line => Ok(Secret(line.to_vec())),
        }
    }
}

impl SecretSource {
    /// Reads the secret.
    pub(crate) async fn read(&self) -> Result<Secret, SecretError> {
        self.read_within(PATIENCE).await
    }

    async fn read_within(&self, patience: Duration) -> Result<Secret, SecretError> {
        timeout(patience, self.read_in_time()).await.map_err(|_| SecretError::Late)?
    }

    async fn read_in_time(&self) -> Result<Secret, SecretError> {
        match self {
            SecretSource::Command(words) => output(words).await,
            SecretSource::File(_) | SecretSource::Env(_) | SecretSource::Literal => {
                let source = self.clone();
                let reading = tokio::task::spawn_blocking(move || source.look());
                reading.await.map_err(io::Error::other)?
            }
        }
    }

    /// The same without waiting. A program is not run: it may ask somebody, or count.
    pub(crate) fn look(&self) -> Result<Secret, SecretError> {
        match self {
            SecretSource::File(path) => Secret::first_line(&contents(path)?),
            SecretSource::Env(name) => {
                let value = std::env::var(name).map_err(|_| SecretError::Unset)?;
                // A variable has no lines: what looks like two is a mistake.
                match value.trim_end_matches(['\r', '\n']).contains('\n') {
                    true => Err(SecretError::LineEnd),
                    false => Secret::first_line(value.as_bytes()),
                }
            }
            SecretSource::Command(_) | SecretSource::Literal => Err(SecretError::Unset),
        }
    }

    /// What an administrator should know before somebody logs in: why it cannot be read, or who else can read it.
    pub(crate) fn complaint(&self) -> Option<String> {
        match (self, self.look()) {
            (SecretSource::Command(_), _) => None,
            (_, Err(error)) => Some(format!("the password cannot be read: {self}: {error}")),
            (SecretSource::File(path), Ok(_)) if others_may_read(path) => {
                Some(format!("others than its owner may read {self}"))
            }
            (_, Ok(_)) => None,
        }
    }
}

fn contents(path: &Path) -> Result<Vec<u8>, SecretError> {
    // A pipe would keep a thread for as long as nobody writes.
    if !std::fs::metadata(path)?.is_file() {
        return Err(SecretError::NotAFile);
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(READ).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Runs a program. What it complains about is not shown: it may hold what it was to find.
async fn output(words: &[String]) -> Result<Secret, SecretError> {
    let (program, arguments) = words.split_first().ok_or(SecretError::Unset)?;
    let _place = COMMANDS.acquire().await.map_err(io::Error::other)?;
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    let mut bytes = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        stdout.take(READ).read_to_end(&mut bytes).await?;
    }
    let status = child.wait().await?;
    if !status.success() {
        return Err(SecretError::Failed(status));
    }
    Secret::first_line(&bytes)
}

/// Whether the permissions of a file with a secret let its group or everybody read it.
pub(crate) fn others_may_read(path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::metadata(path).is_ok_and(|file| file.permissions().mode() & 0o044 != 0)
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(bytes: &[u8]) -> Result<Vec<u8>, String> {
        Secret::first_line(bytes).map(|secret| secret.0).map_err(|error| error.to_string())
    }

    #[test]
    fn the_first_line_is_the_secret_and_cannot_be_two_commands() {
        for (bytes, secret) in [
            (&b"geheim"[..], &b"geheim"[..]),
            (b"geheim\n", b"geheim"),
            (b"geheim\r\n", b"geheim"),
            (b" a b \nsecond\r\0", b" a b "),
            (b"\xff\xfe", b"\xff\xfe"),
        ] {
            assert_eq!(line(bytes).unwrap(), secret);
        }
        for (bytes, words) in [
            (&b""[..], "empty"),
            (b"\nx", "empty"),
            (b"\r\n", "empty"),
            (b"canary\rDELE x\n", "carriage return"),
            (b"canary\0", "NUL"),
            (&[b'x'; LONGEST + 1], "longer"),
        ] {
            let error = line(bytes).unwrap_err();
            assert!(error.contains(words) && !error.contains("canary"), "{error}");
        }
    }

    #[tokio::test]
    async fn files_are_read_anew_each_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        let source = SecretSource::File(path.clone());
        assert!(matches!(source.read().await, Err(SecretError::Io(_))));
        for secret in ["first", "second"] {
            std::fs::write(&path, format!("{secret}\n")).unwrap();
            assert!(source.read().await.is_ok_and(|found| found.reveal() == secret.as_bytes()));
        }
        let folder = SecretSource::File(folder.path().to_owned());
        assert!(matches!(folder.read().await, Err(SecretError::NotAFile)));
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_may_read_is_complained_about() {
        use std::os::unix::fs::PermissionsExt;
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "canary").unwrap();
        for (mode, complains) in [(0o600, false), (0o400, false), (0o640, true), (0o604, true)] {
            file.as_file().set_permissions(std::fs::Permissions::from_mode(mode)).unwrap();
            let complaint = SecretSource::File(file.path().to_owned()).complaint();
            assert_eq!(complaint.is_some(), complains, "{mode:o}");
            assert!(complaint.is_none_or(|words| !words.contains("canary")));
        }
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn programs_run_without_a_shell_and_must_end_well() {
        let run = async |words: &[&str]| {
            let words = words.iter().map(|word| (*word).to_owned()).collect();
            SecretSource::Command(words).read().await
        };
        let secret = run(&["printf", "%s\\nmore", "a;b $HOME"]).await;
        assert!(secret.is_ok_and(|secret| secret.reveal() == b"a;b $HOME"));
        let Err(error) = run(&["sh", "-c", "echo canary; echo canary >&2; exit 3"]).await else { panic!() };
        assert!(matches!(error, SecretError::Failed(_)) && !error.to_string().contains("canary"), "{error}");
        assert!(matches!(run(&["/nowhere/at-all"]).await, Err(SecretError::Io(_))));
        assert!(matches!(run(&["true"]).await, Err(SecretError::Empty)));
        // A program that would write for ever is cut off, which ends it.
        assert!(run(&["yes", &"x".repeat(600)]).await.is_err());
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_program_that_does_not_end_is_given_up() {
        let source = SecretSource::Command(vec!["sleep".into(), "1000".into()]);
        assert!(matches!(source.read_within(Duration::from_millis(20)).await, Err(SecretError::Late)));
    }
}
