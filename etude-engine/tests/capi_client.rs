//! The client of the C ABI against the session's own end, over a network that breaks.

#![allow(unsafe_code)]

use std::ptr::{null, null_mut};
use std::sync::Arc;

use etude_engine::capi::client::*;
use etude_engine::capi::event::etude_event;
use etude_engine::capi::performance::*;
use etude_engine::capi::record::*;
use etude_engine::capi::report::*;
use etude_engine::capi::score::*;
use etude_engine::capi::status::*;
use etude_engine::import;
use etude_engine::session::server::{Connection, Received, SessionServer};
use etude_engine::session::{Config, Event};

const SCORE: &[u8] = include_bytes!("../../examples/scores/petzold-menuet-in-g.musicxml");
const PERFORMANCE: &[u8] = include_bytes!("../../examples/scores/petzold-menuet-in-g.mid");
/// Larger than any frame of the client.
const FRAME: usize = ETUDE_FRAME_BYTES_MAX + 1;

/// A client through the C ABI, and what it has told.
struct Player {
    client: *mut etude_client,
    told: Vec<etude_output>,
    now_us: i64,
}

impl Player {
    fn new() -> Self {
        let (mut score, mut client) = (null_mut(), null_mut());
        // SAFETY: the arguments are alive and the outputs local variables, here and below.
        unsafe {
            assert_eq!(etude_score_new(SCORE.as_ptr(), SCORE.len(), &mut score, null_mut(), 0), ETUDE_OK);
            let name = "test";
            let made =
                etude_client_new(score, null(), name.as_ptr().cast(), name.len(), &mut client, null_mut(), 0);
            assert_eq!(made, ETUDE_OK);
            etude_score_free(score);
        }
        Self { client, told: Vec::new(), now_us: 0 }
    }

    fn push(&mut self, events: &[etude_event]) {
        // SAFETY: see `new`.
        let pushed = unsafe {
            etude_client_push(self.client, events.as_ptr(), events.len(), self.now_us, null_mut(), 0)
        };
        assert_eq!(pushed, ETUDE_OK);
    }

    fn connected(&self) {
        // SAFETY: see `new`.
        assert_eq!(unsafe { etude_client_connected(self.client, self.now_us) }, ETUDE_OK);
    }

    fn disconnected(&self) {
        // SAFETY: see `new`.
        assert_eq!(unsafe { etude_client_disconnected(self.client) }, ETUDE_OK);
    }

    fn receive(&self, frame: &str) {
        let (text, size) = (frame.as_ptr().cast(), frame.len());
        // SAFETY: see `new`.
        let received = unsafe { etude_client_receive(self.client, text, size, self.now_us, null_mut(), 0) };
        assert_eq!(received, ETUDE_OK);
    }

    fn frame(&self) -> Option<String> {
        let (mut buffer, mut length) = (vec![0_u8; FRAME], 0);
        // SAFETY: see `new`.
        let given = unsafe {
            etude_client_frame(self.client, self.now_us, buffer.as_mut_ptr().cast(), FRAME, &mut length)
        };
        assert_eq!(given, ETUDE_OK);
        buffer.truncate(length);
        (length > 0).then(|| String::from_utf8(buffer).expect("UTF-8"))
    }

    fn listen(&mut self) {
        loop {
            let mut room: [etude_output; 16] = [self.blank(); 16];
            let mut count = 0;
            // SAFETY: see `new`.
            let polled = unsafe { etude_client_poll(self.client, room.as_mut_ptr(), room.len(), &mut count) };
            assert_eq!(polled, ETUDE_OK);
            self.told.extend(&room[..count]);
            if count < room.len() {
                return;
            }
        }
    }

    fn blank(&self) -> etude_output {
        // SAFETY: integers only.
        unsafe { std::mem::zeroed() }
    }

    fn state(&self) -> etude_client_state {
        // SAFETY: integers only, and see `new`.
        unsafe {
            let mut state: etude_client_state = std::mem::zeroed();
            state.struct_size = size_of::<etude_client_state>() as u32;
            assert_eq!(etude_client_describe(self.client, &mut state), ETUDE_OK);
            state
        }
    }

    fn of(&self, kind: etude_output_kind) -> Vec<&etude_output> {
        self.told.iter().filter(|output| output.kind == kind).collect()
    }

    /// The JSON of the official report.
    fn report(&self) -> String {
        let (mut report, mut buffer, mut length) = (null_mut(), vec![0_u8; 1 << 20], 0);
        // SAFETY: see `new`.
        unsafe {
            assert_eq!(etude_client_report(self.client, &mut report), ETUDE_OK);
            let text = buffer.as_mut_ptr().cast();
            assert_eq!(etude_report_json(report, text, buffer.len(), &mut length), ETUDE_OK);
            etude_report_free(report);
        }
        buffer.truncate(length);
        String::from_utf8(buffer).expect("UTF-8")
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        // SAFETY: it is given back once.
        unsafe { etude_client_free(self.client) }
    }
}

/// The session, whose disk is a list.
struct Host {
    server: SessionServer,
    log: Vec<Event>,
    connection: Connection,
}

impl Host {
    fn answer(&mut self, frame: &str) -> Vec<String> {
        match self.server.receive(&mut self.connection, frame) {
            Received::Reply(frames) => frames,
            Received::Append(append) => {
                self.log.extend(append.events());
                self.server.commit(append)
            }
            Received::Refuse { frame, close } => panic!("refused with {close}: {frame}"),
        }
    }
}

fn take() -> Vec<etude_event> {
    let (mut performance, mut count) = (null_mut(), 0);
    // SAFETY: the arguments are alive and the outputs local variables.
    unsafe {
        let data = (PERFORMANCE.as_ptr(), PERFORMANCE.len());
        assert_eq!(etude_performance_new(data.0, data.1, &mut performance, null_mut(), 0), ETUDE_OK);
        assert_eq!(etude_performance_count(performance, &mut count), ETUDE_OK);
        let mut events = vec![etude_event::default(); count];
        let copied = etude_performance_events(performance, 0, events.as_mut_ptr(), count, &mut count);
        assert_eq!(copied, ETUDE_OK);
        etude_performance_free(performance);
        events
    }
}

/// Plays the take. Every `every` frames the connection breaks: the frame and all answers to it are lost after the
/// session has taken it, the worst moment.
fn play(player: &mut Player, events: &[etude_event], every: usize) -> Host {
    let score = Arc::new(import::score(SCORE).expect("a score").score);
    let server = SessionServer::rebuild("test", score, Config::default(), []).expect("a session");
    let mut host = Host { server, log: Vec::new(), connection: Connection::default() };
    let mut frames = 0;
    player.connected();
    for batch in events.chunks(5) {
        player.push(batch);
        // Longer than a batch is gathered.
        player.now_us += 20_000;
        for _ in 0..64 {
            let Some(frame) = player.frame() else { break };
            frames += 1;
            let answers = host.answer(&frame);
            if frames % every == 0 {
                player.disconnected();
                host.connection = Connection::default();
                player.connected();
                continue;
            }
            answers.iter().for_each(|answer| player.receive(answer));
        }
        player.listen();
    }
    host
}

#[test]
fn a_take_arrives_once_and_whole_however_often_the_connection_breaks() {
    let events = take();
    for every in [usize::MAX, 7, 3] {
        let mut player = Player::new();
        let host = play(&mut player, &events, every);
        assert_eq!(host.log.len(), events.len(), "a break after every {every} frames");
        let state = player.state();
        assert_eq!((state.undelivered, state.ended, state.waiting), (0, 1, 0));
        let records = |kind| player.of(kind).iter().map(|output| output.record).collect::<Vec<_>>();
        let official = records(ETUDE_OUTPUT_OFFICIAL);
        assert_eq!(official, records(ETUDE_OUTPUT_LOCAL), "both ends judge alike");
        assert!(official.iter().any(|record| record.kind == ETUDE_RECORD_PLAYED && record.pitch < 128));
        assert!(
            player.of(ETUDE_OUTPUT_DIGEST_MISMATCH).is_empty() && player.of(ETUDE_OUTPUT_REFUSED).is_empty()
        );
        assert_eq!(player.of(ETUDE_OUTPUT_REPORT).len(), 1);
        assert_eq!(player.of(ETUDE_OUTPUT_ACKED).last().expect("an ack").events, events.len() as u64);
        let lives = player.of(ETUDE_OUTPUT_LIVE).len();
        assert!(if every == usize::MAX { lives == 1 } else { lives > 5 }, "{lives} connections");
        let report = host.server.report().expect("the end has come");
        assert_eq!(player.report(), serde_json::to_string(&report).expect("JSON"));
    }
}

#[test]
fn a_program_that_starts_again_and_pushes_its_take_again_goes_on_where_it_was() {
    let events = take();
    let mut first = Player::new();
    let mut host = play(&mut first, &events[..100], usize::MAX);
    drop(first);

    host.connection = Connection::default();
    let mut second = Player::new();
    second.push(&events);
    second.connected();
    for _ in 0..events.len() {
        let Some(frame) = second.frame() else { break };
        let answers = host.answer(&frame);
        answers.iter().for_each(|answer| second.receive(answer));
        second.now_us += 20_000;
    }
    second.listen();
    assert_eq!(host.log.len(), events.len());
    assert_eq!(second.of(ETUDE_OUTPUT_LIVE)[0].events, events.len() as u64 - 100);
    assert_eq!(second.of(ETUDE_OUTPUT_REPORT).len(), 1);
    assert_eq!(second.state().undelivered, 0);
}
