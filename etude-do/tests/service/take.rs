//! A take from the upload to the report.

use etude_engine::session::{Config, Mode};

use crate::music::{report_of, scale, straight_fold, take};
use crate::player::{Known, Socket};
use crate::service::Service;

#[tokio::test]
async fn a_take_is_judged_as_the_engine_alone_judges_it() {
    let service = Service::start();
    for mode in [Mode::Follow, Mode::Clock] {
        let config = Config { mode, ..Config::default() };
        let (piece, events) = (scale(40), take(40));
        let (records, session) = straight_fold(&piece, &config, &events);
        let opened = service.open(&piece, &config);
        let status = service.status(&opened.session);
        assert_eq!(status["score"], String::from(session.score().digest()));
        assert_eq!(
            (&status["events"], &status["ended"], &status["connected"]),
            (&0.into(), &false.into(), &false.into())
        );
        service.get(&format!("/v1/sessions/{}/report", opened.session)).refused(404, "not_ended");

        let mut known = Known::default();
        let (mut socket, high_water) = Socket::resume(&service, &opened, &mut known).await;
        assert_eq!(high_water, 0);
        assert_eq!(service.status(&opened.session)["connected"], true);
        for (batch, first) in events.chunks(5).zip((0..).step_by(5)) {
            socket.play_through(&mut known, first, batch).await;
        }
        socket.report(&mut known).await;
        assert_eq!(known.records, records);
        assert_eq!(known.digest, Some(session.digest()));
        assert_eq!(known.report, Some(report_of(&session)));

        assert_eq!(service.report(&opened.session), report_of(&session));
        let status = service.status(&opened.session);
        assert_eq!((&status["events"], &status["ended"]), (&events.len().into(), &true.into()));
    }
    service.assert_calm();
}

#[tokio::test]
async fn who_comes_back_after_the_end_gets_the_whole_take_again() {
    let service = Service::start();
    let (piece, events) = (scale(4), take(4));
    let opened = service.open(&piece, &Config::default());
    let mut first = Known::default();
    let (mut socket, _) = Socket::resume(&service, &opened, &mut first).await;
    socket.play_through(&mut first, 0, &events).await;
    socket.report(&mut first).await;
    drop(socket);

    let mut again = Known::default();
    let (mut socket, high_water) = Socket::resume(&service, &opened, &mut again).await;
    socket.report(&mut again).await;
    assert_eq!(high_water, events.len() as u64);
    assert_eq!((again.records, again.report), (first.records, first.report));
}

#[tokio::test]
async fn pings_are_answered() {
    let service = Service::start();
    let opened = service.open(&scale(1), &Config::default());
    let mut socket = Socket::connect(&service, &opened).await;
    socket.send(etude_do::PING.into()).await;
    assert_eq!(socket.hear_text().await, etude_do::PONG);
}

#[tokio::test]
async fn sessions_do_not_touch_each_other() {
    let service = Service::start();
    let (piece, events) = (scale(10), take(10));
    let (_, session) = straight_fold(&piece, &Config::default(), &events);
    let mut players = Vec::new();
    for _ in 0..4 {
        let opened = service.open(&piece, &Config::default());
        let mut known = Known::default();
        let (socket, _) = Socket::resume(&service, &opened, &mut known).await;
        players.push((socket, known));
    }
    for (batch, first) in events.chunks(3).zip((0..).step_by(3)) {
        for (socket, _) in &mut players {
            socket.play(first, batch).await;
        }
    }
    for (socket, known) in &mut players {
        socket.report(known).await;
        assert_eq!(known.report, Some(report_of(&session)));
    }
    service.assert_calm();
}
