//! The object goes out of memory: hibernation under an open socket, eviction without one.

use std::time::Duration;

use etude_engine::session::Config;

use crate::music::{report_of, scale, straight_fold, take};
use crate::player::{Known, Socket};
use crate::service::Service;

/// The runtime takes an object out of memory ten seconds after its last event; asking wakes it, so ask seldom.
const NAP: Duration = Duration::from_secs(14);
const NAPS_MAX: usize = 10;

#[tokio::test]
async fn a_session_that_slept_goes_on_where_it_was() {
    let service = Service::start();
    let (piece, events) = (scale(12), take(12));
    let (records, session) = straight_fold(&piece, &Config::default(), &events);

    let hibernating = service.open(&piece, &Config::default());
    let mut under_socket = Known::default();
    let (mut socket, _) = Socket::resume(&service, &hibernating, &mut under_socket).await;
    socket.play_through(&mut under_socket, 0, &events[..30]).await;

    let evicted = service.open(&piece, &Config::default());
    let mut without_socket = Known::default();
    let (mut gone, _) = Socket::resume(&service, &evicted, &mut without_socket).await;
    gone.play_through(&mut without_socket, 0, &events[..30]).await;
    drop(gone);

    for opened in [&hibernating, &evicted] {
        assert_eq!(service.status(&opened.session)["in_memory"], true);
    }
    for opened in [&hibernating, &evicted] {
        let slept = (0..NAPS_MAX).any(|_| {
            std::thread::sleep(NAP);
            service.status(&opened.session)["in_memory"] == false
        });
        assert!(slept, "the session was never taken out of memory");
    }

    // The same socket, which has said hello before the object slept.
    socket.send(etude_do::PING.into()).await;
    assert_eq!(socket.hear_text().await, etude_do::PONG);
    assert_eq!(service.status(&hibernating.session)["in_memory"], false, "a ping should wake nothing");
    socket.play_through(&mut under_socket, 30, &events[30..]).await;
    socket.report(&mut under_socket).await;
    assert_eq!(under_socket.records, records);
    assert_eq!(under_socket.report, Some(report_of(&session)));

    let (mut socket, high_water) = Socket::resume(&service, &evicted, &mut without_socket).await;
    assert_eq!(high_water, 30);
    socket.play_through(&mut without_socket, 30, &events[30..]).await;
    socket.report(&mut without_socket).await;
    assert_eq!(without_socket.records, records);
    assert_eq!(without_socket.digest, Some(session.digest()));
    service.assert_calm();
}
