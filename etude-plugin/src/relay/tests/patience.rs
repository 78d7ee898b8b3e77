//! How long the relay waits, in virtual time over connections in memory.

use std::time::Duration;

use tokio::io::DuplexStream;
use tokio::sync::mpsc;
use tokio::task::LocalSet;
use tokio::time::{Instant, sleep};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use super::stage::{Fault, Stage, TOKEN, take};
use super::{Heard, Output, Outputs, State};
use crate::relay::endpoint::{Connect, Endpoint, Setback};
use crate::relay::{Backoff, Relay, SessionClient};

/// Bytes that a connection holds on the way.
const PIPE_BYTES: usize = 1_024;

/// Connections in memory to a stage.
struct Memory {
    endpoint: Endpoint,
    far_ends: mpsc::UnboundedSender<DuplexStream>,
}

impl Connect for Memory {
    type Stream = DuplexStream;

    async fn connect(&self) -> Result<WebSocketStream<DuplexStream>, Setback> {
        let (near, far) = tokio::io::duplex(PIPE_BYTES);
        self.far_ends.send(far).expect("the stage stands");
        let request = self.endpoint.request().into_client_request().expect("a request");
        let connected = tokio_tungstenite::client_async(request, near).await;
        connected.map(|(socket, _)| socket).map_err(|error| Setback::Passing(error.to_string()))
    }
}

/// Starts stage and relay on the test's own event loop, which keeps virtual time.
fn on_stage(stage: &Stage, local: &LocalSet) -> (Relay, Outputs) {
    let client = SessionClient::new("test", stage.score.clone(), stage.config).expect("good settings");
    let (relay, outputs, delivery) = Relay::new(client, Backoff::default());
    let (far_ends, mut arriving) = mpsc::unbounded_channel();
    let endpoint = Endpoint::new("ws://memory/socket", TOKEN).expect("an address");
    let stage = stage.clone();
    local.spawn_local(async move {
        while let Some(far) = arriving.recv().await {
            let stage = stage.clone();
            tokio::task::spawn_local(async move { stage.serve(far).await });
        }
    });
    local.spawn_local(delivery.run(Memory { endpoint, far_ends }));
    (relay, outputs)
}

/// Takes outputs until a state, and tells when that came.
async fn until(outputs: &mut Outputs, is_it: impl Fn(&State) -> bool) -> Instant {
    loop {
        let output = outputs.next().await.expect("the relay runs");
        if matches!(&output, Output::State(state) if is_it(state)) {
            return Instant::now();
        }
    }
}

fn is_live(state: &State) -> bool {
    matches!(state, State::Live { .. })
}

fn is_resuming(state: &State) -> bool {
    matches!(state, State::Resuming { .. })
}

#[tokio::test(start_paused = true)]
async fn a_session_that_never_greets_is_left_for_a_new_connection() {
    let local = LocalSet::new();
    let stage = Stage::new([Fault::Deaf]);
    let (_relay, mut outputs) = on_stage(&stage, &local);
    local
        .run_until(async {
            let start = Instant::now();
            let lost = until(&mut outputs, is_resuming).await - start;
            assert!((10..12).contains(&lost.as_secs()), "{lost:?}");
            until(&mut outputs, is_live).await;
            assert_eq!(stage.connections(), 2);
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn events_that_are_never_acknowledged_go_out_again_on_a_new_connection() {
    let local = LocalSet::new();
    let stage = Stage::new([Fault::DeafAfterWelcome]);
    let (mut relay, mut outputs) = on_stage(&stage, &local);
    local
        .run_until(async {
            until(&mut outputs, is_live).await;
            let start = Instant::now();
            for event in take() {
                relay.push(event).expect("room");
            }
            let lost = until(&mut outputs, is_resuming).await - start;
            assert!((10..12).contains(&lost.as_secs()), "{lost:?}");
            until(&mut outputs, |state| *state == State::Ended).await;
            assert_eq!(stage.log(), take());
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_half_open_connection_is_found_while_nobody_plays() {
    let local = LocalSet::new();
    let stage = Stage::new([Fault::DeafAfterWelcome]);
    let (_relay, mut outputs) = on_stage(&stage, &local);
    local
        .run_until(async {
            let live = until(&mut outputs, is_live).await;
            let lost = until(&mut outputs, is_resuming).await - live;
            assert!((30..32).contains(&lost.as_secs()), "{lost:?}");
            until(&mut outputs, is_live).await;
            assert_eq!(stage.connections(), 2);
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_quiet_connection_is_kept() {
    let local = LocalSet::new();
    let stage = Stage::new([]);
    let (mut relay, mut outputs) = on_stage(&stage, &local);
    local
        .run_until(async {
            until(&mut outputs, is_live).await;
            sleep(Duration::from_secs(8 * 3_600)).await;
            for event in take() {
                relay.push(event).expect("room");
            }
            until(&mut outputs, |state| *state == State::Ended).await;
            assert_eq!(stage.connections(), 1);
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn waits_grow_while_the_service_is_down_and_shrink_when_it_is_back() {
    let local = LocalSet::new();
    let down = std::iter::repeat_n(Fault::NoUpgrade, 9);
    let stage = Stage::new(down.chain([Fault::BeforeAck(1)]));
    let (mut relay, mut outputs) = on_stage(&stage, &local);
    local
        .run_until(async {
            let mut waits = Vec::new();
            let mut heard = Heard::default();
            let events = take();
            let mut pushed = 0;
            while !heard.has_ended() {
                let output = outputs.next().await.expect("the relay runs");
                if let Output::State(State::Resuming { after, .. }) = &output {
                    waits.push(after.as_millis());
                }
                heard.hear(output);
                // One frame at a time, so that one was acknowledged before the connection breaks again.
                if heard.acked == pushed && (pushed as usize) < events.len() {
                    for event in events.iter().skip(pushed as usize).take(30) {
                        relay.push(*event).expect("room");
                        pushed += 1;
                    }
                }
            }
            let bounds = [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000, 500];
            assert_eq!(waits.len(), bounds.len());
            for (wait, bound) in waits.iter().zip(bounds) {
                assert!((bound / 2..=bound).contains(wait), "{waits:?}");
            }
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn closing_waits_for_a_silent_session_no_longer_than_asked() {
    let local = LocalSet::new();
    let stage = Stage::new([Fault::Deaf]);
    let (mut relay, mut outputs) = on_stage(&stage, &local);
    local
        .run_until(async {
            let start = Instant::now();
            for event in take() {
                relay.push(event).expect("room");
            }
            relay.ask_to_close(Duration::from_secs(3));
            while outputs.next().await.is_some() {}
            let waited = start.elapsed();
            // The goodbye may take a second more.
            assert!((3..=4).contains(&waited.as_secs()), "{waited:?}");
        })
        .await;
}
