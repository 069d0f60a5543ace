//! One of two processes whose memory the integration tests watch: a relay, or a download into a slow sink. Both run until
//! their standard input ends.

use std::error::Error;
use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use towpath_ftp::{Encryption, ErrorKind, Event, RemotePath, Request, Secret, Site};
use towpath_relay::Config;
use towpath_relay::config::Target;
use towpath_relay::tls::Roots;
use towpath_tests::driver::{Client, Observer, Relay, Sink, Transport};

const USAGE: &str = "usage: memory-probe relay PORT | memory-probe download PORT BYTES_PER_SECOND [RELAY]";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["relay", port] => {
            let mut config = Config::default();
            config.targets.push(Target::new("127.0.0.1", port.parse()?));
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
            println!("ws://{}/tunnel", listener.local_addr()?);
            towpath_relay::run(listener, config, input_ends()).await?;
            Ok(())
        }
        ["download", port, speed] => {
            download(Transport::Direct(Roots::none().into()), port.parse()?, speed.parse()?).await
        }
        ["download", port, speed, relay] => {
            download(Transport::Relay(Relay::connect(relay).await?), port.parse()?, speed.parse()?).await
        }
        _ => Err(USAGE.into()),
    }
}

/// Says `ready` when logged in, downloads until the input ends, cancels, and says how many bytes the sink had taken.
async fn download(transport: Transport, port: u16, speed: u64) -> Result<(), Box<dyn Error>> {
    let mut site = Site::new("127.0.0.1", port, "tester", Secret::new("secret"));
    site.encryption = Encryption::Explicit;
    let moved = Arc::new(AtomicU64::new(0));
    let seen = moved.clone();
    let observer: Observer = Arc::new(move |event| {
        if let Event::Progressed { done, .. } = event {
            seen.store(*done, Ordering::Relaxed);
        }
    });
    let client = Client::new(transport, site, Arc::new(|_| true), Some(observer));
    client.login().await?;
    client.list(None).await?;
    println!("ready");
    let path = RemotePath::new("/file.bin")?;
    let mut pending = client.start_get(&path, Sink::nowhere().paced(speed));
    tokio::select! {
        result = &mut pending => return Err(format!("the download ended too early: {result:?}").into()),
        () = input_ends() => pending.cancel(),
    }
    match pending.await {
        Err(error) if error.kind == ErrorKind::Cancelled => {}
        other => return Err(format!("not cancelled: {other:?}").into()),
    }
    client.request(Request::KeepAlive).await?;
    println!("{}", moved.load(Ordering::Relaxed));
    Ok(())
}

async fn input_ends() {
    // The read fails only where there is no input, which is its end as well.
    let _ = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await;
}
