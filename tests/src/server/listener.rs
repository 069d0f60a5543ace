//! A listener in this process, for servers that are no daemons: it accepts on a thread of its own, with a runtime of its own, so
//! that a test may start it from wherever it likes.

use super::ServerError;
use std::net::SocketAddr;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Builder;
use tokio::sync::oneshot;

/// How long sessions that touch the disk may take to end.
const LINGER: Duration = Duration::from_secs(2);

/// A running listener. Dropping it ends its sessions.
#[derive(Debug)]
pub(super) struct Listener {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Listener {
    /// Listens, and hands each connection to `serve`, which begins a task of the runtime and returns.
    pub(super) fn start(
        address: SocketAddr,
        serve: impl Fn(TcpStream) + Send + 'static,
    ) -> Result<Listener, ServerError> {
        let runtime =
            Builder::new_current_thread().enable_all().build().map_err(ServerError::io("runtime"))?;
        let listener = std::net::TcpListener::bind(address).map_err(|error| ServerError::Program {
            program: "listener".into(),
            output: error.to_string(),
        })?;
        listener.set_nonblocking(true).map_err(ServerError::io("listener"))?;
        let (stop, mut stopped) = oneshot::channel();
        let accept = move || {
            runtime.block_on(async {
                // It fails only outside of a runtime; then nothing greets.
                let Ok(listener) = TcpListener::from_std(listener) else { return };
                loop {
                    tokio::select! {
                        _ = &mut stopped => return,
                        // One that is gone before it was accepted is no failure of the listener.
                        accepted = listener.accept() => if let Ok((socket, _)) = accepted { serve(socket) },
                    }
                }
            });
            runtime.shutdown_timeout(LINGER);
        };
        let thread = std::thread::Builder::new().name("fixture".into()).spawn(accept);
        let thread = thread.map_err(ServerError::io("a thread"))?;
        Ok(Listener { stop: Some(stop), thread: Some(thread) })
    }

    /// Whether it has ended, which it does not do by itself.
    pub(super) fn ended(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // Where it panicked, the test that uses it says so.
            let _ = thread.join();
        }
    }
}
