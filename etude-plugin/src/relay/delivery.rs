//! The relay's thread: one [`SessionClient`] and, while there is one, a connection for it.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use etude_engine::protocol::{CLOSE_REFUSED, CLOSE_SUPERSEDED, ErrorCode};
use etude_engine::session::client::{self, SessionClient};
use etude_engine::session::{Event, EventKind};
use etude_engine::units::Micros;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::select;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error as SocketError, Message};

use super::backoff::{Attempts, Backoff};
use super::endpoint::{Connect, Setback, on_one_line};
use super::flights::Flights;
use super::{Output, Refusal, State};

/// After this much silence of the session a ping is sent.
const PING_AFTER: Duration = Duration::from_secs(20);
/// After this much silence the connection is taken for half-open and given up.
const SILENCE_MAX: Duration = Duration::from_secs(30);
/// What a polite goodbye may cost.
const GOODBYE_MAX: Duration = Duration::from_secs(1);

/// From the handle to the thread.
pub(super) enum Command {
    /// An event and when it was pushed.
    Event(Event, Instant),
    /// Deliver what is undelivered, at most until then, and end.
    Close(Instant),
}

/// The work of the relay's thread.
pub(super) struct Delivery {
    client: SessionClient,
    epoch: Instant,
    commands: mpsc::UnboundedReceiver<Command>,
    outputs: Outlet,
    flights: Flights,
    undelivered: Arc<AtomicUsize>,
    acked: u64,
    end_pushed: bool,
    attempts: Attempts,
    close_at: Option<Instant>,
}

/// Outputs on their way out. Those that the owner has no room for wait here; while any do, nothing is read from the
/// network, so their number is bounded by what one message and the player's own events can cause.
struct Outlet {
    channel: Option<mpsc::Sender<Output>>,
    waiting: VecDeque<Output>,
}

/// The sending half of a connection. At most one message is out of the client's hands and not yet in the socket's: a
/// slow network must fill the client's bounded outbox, not a queue here.
struct Outbound<S> {
    sink: SplitSink<WebSocketStream<S>, Message>,
    unsent: Option<Message>,
    unflushed: bool,
}

/// Why a phase of the thread's life is over.
enum Turn {
    /// Connect again.
    Lost(String),
    /// Never connect again, but go on judging.
    Refused(Refusal),
    /// The report is here.
    Ended,
    /// The owner wants the thread to end.
    Close,
}

impl Delivery {
    pub(super) fn new(
        client: SessionClient,
        commands: mpsc::UnboundedReceiver<Command>,
        outputs: mpsc::Sender<Output>,
        undelivered: Arc<AtomicUsize>,
        backoff: Backoff,
    ) -> Self {
        Self {
            client,
            epoch: Instant::now(),
            commands,
            outputs: Outlet { channel: Some(outputs), waiting: VecDeque::new() },
            flights: Flights::default(),
            undelivered,
            acked: 0,
            end_pushed: false,
            attempts: Attempts::new(backoff),
            close_at: None,
        }
    }

    pub(super) async fn run(mut self, endpoint: impl Connect) {
        // A session that knows more of the take than its client would not know what to think of it.
        while let Ok(command) = self.commands.try_recv() {
            self.obey(command);
        }
        loop {
            let turn = match self.connect(&endpoint).await {
                Ok(socket) => self.serve(socket).await,
                Err(turn) => turn,
            };
            self.client.disconnected();
            let turn = match turn {
                // The last frames may say why.
                Turn::Lost(_) => self.drain().unwrap_or(turn),
                decided => {
                    self.drain();
                    decided
                }
            };
            let turn = match turn {
                Turn::Lost(why) => match self.pause(why).await {
                    Some(turn) => turn,
                    None => continue,
                },
                decided => decided,
            };
            let last = match turn {
                Turn::Lost(_) | Turn::Close => break,
                Turn::Refused(refusal) => State::Refused(refusal),
                Turn::Ended => State::Ended,
            };
            self.outputs.put(Output::State(last));
            // Nothing more can be delivered, so there is nothing to be patient for.
            self.close_at = self.close_at.map(|_| Instant::now());
            while !self.is_closing() {
                self.attend().await;
                self.drain();
                self.close_at = self.close_at.map(|_| Instant::now());
            }
            break;
        }
        self.outputs.flush();
    }

    async fn connect<C: Connect>(&mut self, endpoint: &C) -> Result<WebSocketStream<C::Stream>, Turn> {
        self.outputs.put(Output::State(State::Connecting));
        let mut connecting = pin!(endpoint.connect());
        loop {
            select! {
                connected = &mut connecting => {
                    return connected.map_err(|setback| match setback {
                        Setback::Passing(why) => Turn::Lost(why),
                        Setback::Lasting(refusal) => Turn::Refused(refusal),
                    });
                }
                () = self.attend() => {}
            }
            if let Some(turn) = self.drain() {
                return Err(turn);
            }
        }
    }

    /// Waits before the next attempt. Returns early if the owner closes.
    async fn pause(&mut self, why: String) -> Option<Turn> {
        let after = self.attempts.next_wait(fastrand::u32(..));
        self.outputs.put(Output::State(State::Resuming { after, why }));
        let mut over = pin!(sleep(after));
        loop {
            select! {
                () = &mut over => return None,
                () = self.attend() => {}
            }
            if let Some(turn) = self.drain() {
                return Some(turn);
            }
        }
    }

    /// Runs the protocol over a fresh connection until it is over.
    async fn serve<S: AsyncRead + AsyncWrite + Unpin>(&mut self, socket: WebSocketStream<S>) -> Turn {
        let (sink, mut stream) = socket.split();
        let mut outbound = Outbound { sink, unsent: None, unflushed: false };
        self.client.connected(self.now());
        let Err(turn) = self.exchange(&mut outbound, &mut stream).await;
        let code = match turn {
            Turn::Ended | Turn::Close => CloseCode::Normal,
            Turn::Lost(_) | Turn::Refused(_) => CloseCode::Away,
        };
        let goodbye = Message::Close(Some(CloseFrame { code, reason: "".into() }));
        // The other end may be long gone; it will notice by itself.
        let _ = timeout(GOODBYE_MAX, outbound.sink.send(goodbye)).await;
        turn
    }

    async fn exchange<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        outbound: &mut Outbound<S>,
        stream: &mut SplitStream<WebSocketStream<S>>,
    ) -> Result<Infallible, Turn> {
        let mut heard_at = Instant::now();
        let mut pinged = false;
        loop {
            if outbound.unsent.is_none() {
                outbound.unsent = self.client.poll_frame(self.now()).map(Message::text);
            }
            if let Some(turn) = self.drain() {
                return Err(turn);
            }
            let silence_ends = heard_at + if pinged { SILENCE_MAX } else { PING_AFTER };
            let wake_at = match self.client.next_timeout() {
                Some(at) if outbound.unsent.is_none() => silence_ends.min(self.moment(at)),
                // Room in the socket, or the silence of a full one, will wake us.
                _ => silence_ends,
            };
            select! {
                () = self.attend() => {}
                sent = outbound.advance() => sent.map_err(lost)?,
                message = stream.next(), if self.outputs.is_clear() => {
                    (heard_at, pinged) = (Instant::now(), false);
                    let message = message.unwrap_or(Ok(Message::Close(None))).map_err(lost)?;
                    self.hear(message)?;
                    // The answer to a ping waits in the socket until someone flushes it.
                    outbound.unflushed = true;
                }
                () = sleep_until(wake_at) => {
                    let silence = heard_at.elapsed();
                    if pinged && silence >= SILENCE_MAX {
                        return Err(Turn::Lost(format!("not a sign of life for {} s", SILENCE_MAX.as_secs())));
                    }
                    if !pinged && silence >= PING_AFTER {
                        pinged = true;
                        // A frame that found no room in the socket asks the same question.
                        outbound.unsent.get_or_insert(Message::Ping(Default::default()));
                    }
                }
            }
        }
    }

    fn hear(&mut self, message: Message) -> Result<(), Turn> {
        match message {
            Message::Text(text) => self.client.receive(text.as_str(), self.now()),
            Message::Close(frame) => {
                // An error message usually came before and says more than the code.
                if let Some(turn) = self.drain() {
                    return Err(turn);
                }
                let (code, reason) = frame.map_or((1006, String::new()), |frame| {
                    (u16::from(frame.code), on_one_line(frame.reason.as_str()))
                });
                return Err(match code {
                    CLOSE_SUPERSEDED => Turn::Refused(Refusal::Superseded),
                    CLOSE_REFUSED => Turn::Refused(Refusal::Session { code: None, message: reason }),
                    _ => Turn::Lost(
                        format!("the connection was closed ({code}) {reason}").trim_end().to_owned(),
                    ),
                });
            }
            Message::Binary(_) => return Err(Turn::Lost("the session sent a binary message".to_owned())),
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
        }
        Ok(())
    }

    /// Does one thing for the owner: takes a command, or hands out an output. Loses nothing if it is cancelled.
    async fn attend(&mut self) {
        select! {
            command = self.commands.recv() => match command {
                Some(command) => self.obey(command),
                None => self.close_at = Some(Instant::now()),
            },
            () = self.outputs.hand_out() => {}
            () = at(self.close_at) => {}
        }
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Event(event, at) => self.take(event, at),
            Command::Close(at) => self.close_at = Some(at),
        }
    }

    fn take(&mut self, event: Event, pushed_at: Instant) {
        let Ok(seq) = self.client.push(event, self.now()) else {
            // The handle lets through only what the client takes. Should they ever disagree, the event stays among the
            // undelivered, where the owner sees it.
            return;
        };
        self.end_pushed |= event.kind == EventKind::End;
        if matches!(event.kind, EventKind::NoteOn { .. }) {
            self.flights.departed(seq, pushed_at);
        }
    }

    /// Passes on what the client has to say. Returns what ends the present phase.
    fn drain(&mut self) -> Option<Turn> {
        let now = Instant::now();
        while let Some(output) = self.client.poll_output() {
            let output = match output {
                client::Output::Local(record) => Output::Local(record),
                client::Output::Official(record) => {
                    let round_trip = self.flights.landed(&record, now);
                    Output::Official { record, round_trip }
                }
                client::Output::Acked { through } => {
                    let fresh = through.0.saturating_sub(self.acked);
                    self.acked += fresh;
                    self.undelivered.fetch_sub(fresh as usize, Ordering::Relaxed);
                    self.attempts.succeeded();
                    Output::Acked { through }
                }
                client::Output::Live { missing } => {
                    // With events missing, only their ack proves that the session can take them.
                    if missing == 0 {
                        self.attempts.succeeded();
                    }
                    Output::State(State::Live { missing })
                }
                client::Output::Rejudged => Output::Rejudged,
                client::Output::DigestMismatch { events, local, official } => {
                    Output::DigestMismatch { events, local, official }
                }
                client::Output::Report(report) => {
                    self.outputs.put(Output::Report(report));
                    return Some(Turn::Ended);
                }
                client::Output::Refused { recoverable: true, message, .. } => {
                    return Some(Turn::Lost(on_one_line(&message)));
                }
                client::Output::Refused { code: ErrorCode::Superseded, .. } => {
                    return Some(Turn::Refused(Refusal::Superseded));
                }
                client::Output::Refused { code, message, .. } => {
                    let message = on_one_line(&message);
                    return Some(Turn::Refused(Refusal::Session { code: Some(code), message }));
                }
                client::Output::Stalled => return Some(Turn::Lost("no acknowledgement came".to_owned())),
            };
            self.outputs.put(output);
        }
        self.is_closing().then_some(Turn::Close)
    }

    /// Whether the owner wants the end and there is nothing left that is worth waiting for.
    fn is_closing(&self) -> bool {
        let delivered = self.undelivered.load(Ordering::Relaxed) == 0 && !self.end_pushed;
        self.close_at.is_some_and(|at| delivered || at <= Instant::now())
    }

    /// The client's clock.
    fn now(&self) -> Micros {
        Micros(self.epoch.elapsed().as_micros() as i64)
    }

    fn moment(&self, at: Micros) -> Instant {
        self.epoch + Duration::from_micros(at.0.max(0) as u64)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Outbound<S> {
    /// Does one thing for the socket; never returns while there is nothing to do. Loses nothing if it is cancelled.
    async fn advance(&mut self) -> Result<(), SocketError> {
        if self.unsent.is_some() {
            poll_fn(|cx| self.sink.poll_ready_unpin(cx)).await?;
            if let Some(message) = self.unsent.take() {
                self.sink.start_send_unpin(message)?;
                self.unflushed = true;
            }
        } else if self.unflushed {
            poll_fn(|cx| self.sink.poll_flush_unpin(cx)).await?;
            self.unflushed = false;
        } else {
            std::future::pending().await
        }
        Ok(())
    }
}

impl Outlet {
    fn put(&mut self, output: Output) {
        if self.channel.is_some() {
            self.waiting.push_back(output);
            self.flush();
        }
    }

    fn is_clear(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Hands out what there is room for.
    fn flush(&mut self) {
        while let (Some(channel), Some(output)) = (&self.channel, self.waiting.pop_front()) {
            match channel.try_send(output) {
                Ok(()) => {}
                Err(mpsc::error::TrySendError::Full(output)) => return self.waiting.push_front(output),
                Err(mpsc::error::TrySendError::Closed(_)) => self.deafen(),
            }
        }
    }

    /// Waits for room, then hands out; never returns while nothing waits.
    async fn hand_out(&mut self) {
        let Some(channel) = self.channel.clone().filter(|_| !self.waiting.is_empty()) else {
            return std::future::pending().await;
        };
        // The permit only tells that there is room.
        let room = channel.reserve().await.is_ok();
        if room { self.flush() } else { self.deafen() }
    }

    /// The owner listens no more.
    fn deafen(&mut self) {
        self.channel = None;
        self.waiting.clear();
    }
}

fn lost(error: SocketError) -> Turn {
    Turn::Lost(error.to_string())
}

async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => std::future::pending().await,
    }
}
