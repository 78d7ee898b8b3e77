//! What the runtime calls when something comes over a WebSocket.
//!
//! Bound by hand: the handlers that `#[durable_object]` makes are async, and a promise that the runtime has to wait for
//! costs more than to judge a note. These wait for nothing, so one frame is stored, judged and answered before the
//! next is looked at.

use worker::js_sys::{Promise, Uint8Array};
use worker::wasm_bindgen::JsValue;
use worker::wasm_bindgen::prelude::wasm_bindgen;
use worker::wasm_bindgen_futures::future_to_promise;
use worker::worker_sys::web_sys;
use worker::{Error, WebSocket, WebSocketIncomingMessage};

use crate::session_object::SessionObject;
use crate::sockets::leave;
use crate::{journal, metrics};

#[wasm_bindgen(wasm_bindgen = worker::wasm_bindgen, js_sys = worker::js_sys)]
impl SessionObject {
    /// A frame came.
    #[wasm_bindgen(js_name = webSocketMessage)]
    pub fn websocket_message(
        &self,
        socket: web_sys::WebSocket,
        message: JsValue,
    ) -> Result<Option<Promise>, JsValue> {
        metrics::FRAMES.count();
        let message = match message.as_string() {
            Some(text) => WebSocketIncomingMessage::String(text),
            None => WebSocketIncomingMessage::Binary(Uint8Array::new(&message).to_vec()),
        };
        self.frame(&WebSocket::from(socket), message)?;
        Ok(self.set_alarm())
    }

    /// A connection was closed.
    #[wasm_bindgen(js_name = webSocketClose)]
    pub fn websocket_close(&self, socket: web_sys::WebSocket) -> Result<(), JsValue> {
        let socket = WebSocket::from(socket);
        // Completes the closing handshake where the runtime has not; where it has, there is nothing left to close.
        let _ = socket.close(Some(1000), Some("closed"));
        self.left(&socket)
    }

    /// A connection broke. The player comes back and resumes; the log has all that was acknowledged.
    #[wasm_bindgen(js_name = webSocketError)]
    pub fn websocket_error(&self, socket: web_sys::WebSocket, error: JsValue) -> Result<(), JsValue> {
        journal::fault("session.socket", "", "", &Error::from(error).to_string());
        self.left(&WebSocket::from(socket))
    }
}

impl SessionObject {
    fn left(&self, socket: &WebSocket) -> Result<(), JsValue> {
        leave(socket);
        Ok(self.sockets().tell_presence()?)
    }

    /// The alarm of a take that has just begun or ended. What was written and sent stands.
    fn set_alarm(&self) -> Option<Promise> {
        let wait_ms = match (self.ended_now.take(), self.began_now.take()) {
            (true, _) => Ok(Some(0)),
            (false, true) => self.due_in_ms(),
            (false, false) => return None,
        };
        let failed =
            |error: &dyn std::fmt::Display| journal::fault("session.alarm", "", "", &error.to_string());
        let wait_ms = wait_ms.unwrap_or_else(|error| {
            failed(&error);
            None
        })?;
        let storage = self.state.storage();
        Some(future_to_promise(async move {
            // The alarm of before stands, and sets the next.
            if let Err(error) = storage.set_alarm(wait_ms).await {
                failed(&error);
            }
            Ok(JsValue::UNDEFINED)
        }))
    }
}
