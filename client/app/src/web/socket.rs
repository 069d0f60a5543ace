//! A WebSocket of binary messages.

use js_sys::{ArrayBuffer, Uint8Array};
use std::rc::Rc;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{BinaryType, CloseEvent, MessageEvent, WebSocket};

use super::fault;

/// What a socket says.
pub(crate) enum SocketEvent {
    /// It is open; `protocol` is the subprotocol that the server chose.
    Opened {
        /// The server's choice, empty for none.
        protocol: String,
    },
    /// A binary message.
    Message(Uint8Array),
    /// A message that is not binary.
    Text,
    /// It is closed, or never opened.
    Closed {
        /// The close code; 1006 where there was no closing handshake.
        code: u16,
        /// The server's words.
        reason: String,
    },
}

/// An open or opening WebSocket. Dropping it closes it and silences its events.
pub(crate) struct Socket {
    socket: WebSocket,
    // The browser calls these as long as the socket lives.
    _opened: Closure<dyn FnMut()>,
    _message: Closure<dyn FnMut(MessageEvent)>,
    _closed: Closure<dyn FnMut(CloseEvent)>,
}

impl Socket {
    /// Opens a socket.
    ///
    /// # Errors
    /// The browser's words where it does not even try: not an address, or blocked by the page's policy.
    pub(crate) fn open(
        url: &str,
        protocol: &str,
        tell: impl Fn(SocketEvent) + 'static,
    ) -> Result<Socket, String> {
        let socket = WebSocket::new_with_str(url, protocol).map_err(|error| fault::text(&error))?;
        socket.set_binary_type(BinaryType::Arraybuffer);
        let tell = Rc::new(tell);
        let opened = Closure::<dyn FnMut()>::new({
            let (tell, socket) = (Rc::clone(&tell), socket.clone());
            move || tell(SocketEvent::Opened { protocol: socket.protocol() })
        });
        let message = Closure::<dyn FnMut(MessageEvent)>::new({
            let tell = Rc::clone(&tell);
            move |event: MessageEvent| {
                tell(match event.data().dyn_into::<ArrayBuffer>() {
                    Ok(buffer) => SocketEvent::Message(Uint8Array::new(&buffer)),
                    Err(_) => SocketEvent::Text,
                });
            }
        });
        let closed = Closure::<dyn FnMut(CloseEvent)>::new(move |event: CloseEvent| {
            tell(SocketEvent::Closed { code: event.code(), reason: event.reason() });
        });
        socket.set_onopen(Some(opened.as_ref().unchecked_ref()));
        socket.set_onmessage(Some(message.as_ref().unchecked_ref()));
        socket.set_onclose(Some(closed.as_ref().unchecked_ref()));
        Ok(Socket { socket, _opened: opened, _message: message, _closed: closed })
    }

    /// Sends bytes that are in wasm. On a closed socket they vanish; its close event says so.
    pub(crate) fn send(&self, bytes: &[u8]) {
        drop(self.socket.send_with_u8_array(bytes));
    }

    /// A message of `header` and a payload that stays in JavaScript: one array is made there and filled. `None` where no array is so long.
    pub(crate) fn frame(header: &[u8], payload: &Uint8Array) -> Option<Uint8Array> {
        let head = u32::try_from(header.len()).ok()?;
        let frame = Uint8Array::new_with_length(head.checked_add(payload.length())?);
        frame.subarray(0, head).copy_from(header);
        frame.set(payload, head);
        Some(frame)
    }

    /// Sends an array.
    pub(crate) fn send_array(&self, array: &Uint8Array) {
        drop(self.socket.send_with_js_u8_array(array));
    }

    /// Closes it with a code of the application's.
    pub(crate) fn leave(self, code: u16) {
        // Refused for codes below 3000 only; then it is closed like any other.
        drop(self.socket.close_with_code(code));
    }

    /// Bytes that the browser holds and has not sent.
    pub(crate) fn buffered(&self) -> u64 {
        u64::from(self.socket.buffered_amount())
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.socket.set_onopen(None);
        self.socket.set_onmessage(None);
        self.socket.set_onclose(None);
        drop::<Result<(), JsValue>>(self.socket.close());
    }
}
