//! Makes sure that the FTP servers of the integration tests are there. Does nothing where they are.

use std::process::ExitCode;

fn main() -> ExitCode {
    match towpath_tests::server::install() {
        Ok(root) => {
            println!("FTP servers: {}", root.display());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("fetch-servers: {error}");
            ExitCode::FAILURE
        }
    }
}
