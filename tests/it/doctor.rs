//! The examination of real servers: what is known of each must be what its report says.

use crate::setup::Way;
use towpath_tests::driver::Client;
use towpath_tests::server::{Security, Server, Software};
use towpath_ftp::doctor::{Finding, Subject, Verdict};
use towpath_ftp::{Outcome, Request, Site, ActiveMode};
use std::sync::Arc;
use towpath_tests::driver::Transport;

async fn examine(transport: Transport, site: Site) -> Vec<Finding> {
    let client = Client::new(transport, site, Arc::new(|_| true), None);
    match client.request(Request::Examine).await {
        Ok((Outcome::Report(findings), ..)) => findings,
        other => panic!("no report: {other:?}\n{:#?}", client.log_text()),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn look() {
    for software in Software::ALL {
        for security in [Security::Plain, Security::Newest] {
            let Ok(server) = Server::start(software, security) else { continue };
            std::fs::write(server.root().join("plain.txt"), b"hello").unwrap();
            for way in [Way::Native, Way::Relay] {
                let (transport, _relay) = way.to(&server).await;
                let mut site = server.site();
                site.active = ActiveMode::Fallback;
                let start = std::time::Instant::now();
                let findings = examine(transport, site).await;
                println!("=== {software:?} {security:?} {way:?} {:?}", start.elapsed());
                for f in &findings {
                    println!("{:<11} {:<14} {}", f.verdict.title(), f.subject.title(), f.text);
                    for e in &f.evidence { println!("                               | {e}"); }
                }
            }
        }
    }
}
