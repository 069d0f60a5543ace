//! The program itself, `towpath serve`, with a file of its own. It ends with the value, whatever becomes of the test.

use std::io::{BufRead, BufReader, Lines};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};

pub(crate) struct Program {
    child: Child,
    log: Lines<BufReader<ChildStderr>>,
    /// What was read of the log.
    said: Vec<String>,
    /// The page's listener.
    pub(crate) address: SocketAddr,
}

impl Program {
    /// Starts it on a free port and waits until it listens.
    pub(crate) fn start(file: &Path) -> Program {
        let mut command = Program::command();
        command.args(["--listen", "127.0.0.1:0", "--config"]).arg(file);
        Program::spawn(command)
    }

    /// What to start, without arguments.
    pub(crate) fn command() -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_towpath"));
        command.arg("serve").env("TOWPATH_LOG", "info");
        command
    }

    /// Starts this, and waits until it listens.
    pub(crate) fn spawn(mut command: Command) -> Program {
        command.stdout(Stdio::null());
        Program::adopt(command)
    }

    /// The same, with the standard input and output as they are.
    pub(crate) fn adopt(mut command: Command) -> Program {
        let nobody = SocketAddr::from(([0; 4], 0));
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let log = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut program = Program { child, log, said: Vec::new(), address: nobody };
        let line = program.heard("relay listens");
        // In both formats: the first address in the line is the page's.
        let own = line.split(['=', '"', ' ']).find_map(|word| word.parse().ok());
        program.address = own.expect("the line names an address");
        program
    }

    /// The next line of the log with these words.
    pub(crate) fn heard(&mut self, words: &str) -> String {
        for line in self.log.by_ref().map(Result::unwrap) {
            self.said.push(line.clone());
            if line.contains(words) {
                return line;
            }
        }
        panic!("the program has ended without {words:?}, but with:\n{}", self.said.join("\n"));
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal such as `HUP`.
    pub(crate) fn signal(&self, name: &str) {
        let kill = Command::new("kill").args([&format!("-{name}"), &self.id().to_string()]).status();
        assert!(kill.unwrap().success());
    }

    /// Waits for its end.
    pub(crate) fn ended(&mut self) -> ExitStatus {
        self.rest();
        self.child.wait().unwrap()
    }

    /// Whatever it has said that was not read before, to its end.
    pub(crate) fn rest(&mut self) -> Vec<String> {
        let unread = self.log.by_ref().map(Result::unwrap);
        std::mem::take(&mut self.said).into_iter().chain(unread).collect()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
