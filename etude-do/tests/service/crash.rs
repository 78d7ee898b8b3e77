//! `kill -9` in the middle of a take.

use etude_engine::session::Config;

use crate::music::{report_of, scale, straight_fold, take};
use crate::player::{Known, Socket};
use crate::service::Service;

const BATCH: usize = 3;

#[tokio::test]
async fn nothing_acknowledged_is_lost_and_nothing_counted_twice() {
    let mut service = Service::start();
    let (piece, events) = (scale(200), take(200));
    let (records, session) = straight_fold(&piece, &Config::default(), &events);
    let opened = service.open(&piece, &Config::default());
    let mut known = Known::default();

    // Each connection sends on without waiting and is cut at another point between sending and hearing.
    for heard in [1, 7, 20, 60] {
        let (mut socket, high_water) = Socket::resume(&service, &opened, &mut known).await;
        let rest = &events[high_water as usize..];
        for (batch, first) in rest.chunks(BATCH).zip((high_water..).step_by(BATCH)).take(heard + 40) {
            socket.play(first, batch).await;
        }
        for _ in 0..heard {
            let message = socket.hear().await;
            known.take(message);
        }
        service.workerd.kill_9().expect("it runs");
        // What was on its way is heard too: it was sent, so it must be on disk.
        socket.until_end(&mut known).await;
        service.workerd.restart().expect("it starts");
    }

    let (mut socket, high_water) = Socket::resume(&service, &opened, &mut known).await;
    for (batch, first) in events[high_water as usize..].chunks(200).zip((high_water..).step_by(200)) {
        socket.play_through(&mut known, first, batch).await;
    }
    socket.report(&mut known).await;
    assert_eq!(known.records, records);
    assert_eq!(known.digest, Some(session.digest()));
    assert_eq!(known.report, Some(report_of(&session)));

    service.workerd.kill_9().expect("it runs");
    service.workerd.restart().expect("it starts");
    assert_eq!(service.report(&opened.session), report_of(&session));
    service.assert_calm();
}
