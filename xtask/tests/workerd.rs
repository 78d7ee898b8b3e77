//! The real workerd under [`Workerd`], with a Worker small enough to need no build.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;

use xtask::Error;
use xtask::worker::Worker;
use xtask::workerd::Workerd;

fn counter() -> Worker {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/counter");
    Worker { config: dir.join("workerd.capnp"), dir }
}

/// The status line and body of one request.
fn get(workerd: &Workerd, key: &str) -> (String, String) {
    let mut stream = TcpStream::connect(("127.0.0.1", workerd.port())).expect("it listens");
    let request =
        format!("GET / HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {key}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("it reads");
    let mut response = String::new();
    stream.read_to_string(&mut response).expect("it answers");
    let (head, body) = response.split_once("\r\n\r\n").expect("a response has a head");
    (head.lines().next().unwrap_or_default().to_owned(), body.to_owned())
}

#[test]
fn storage_port_and_key_outlive_kill_9() {
    let mut workerd = Workerd::start_worker(counter()).expect("workerd starts");
    let (url, key, first) = (workerd.url(), workerd.key().to_owned(), workerd.pid());
    assert_eq!(get(&workerd, "not the key").0, "HTTP/1.1 401 Unauthorized");
    assert_eq!(get(&workerd, &key).1, "1");
    assert_eq!(get(&workerd, &key).1, "2");

    workerd.kill_9().expect("it can be killed");
    assert_eq!(workerd.pid(), None);
    assert!(TcpStream::connect(("127.0.0.1", workerd.port())).is_err(), "nobody listens");

    workerd.restart().expect("it starts again");
    assert_ne!(workerd.pid(), first);
    assert_eq!((workerd.url(), workerd.key()), (url, key.as_str()));
    assert_eq!(get(&workerd, &key).1, "3", "the first two were on disk");
    assert!(workerd.storage().join("counter").is_dir());
}

#[test]
fn two_run_side_by_side_and_leave_nothing() {
    let one = Workerd::start_worker(counter()).expect("workerd starts");
    let two = Workerd::start_worker(counter()).expect("another starts");
    assert_ne!(one.port(), two.port());
    assert_ne!(one.key(), two.key());
    assert_eq!(get(&one, one.key()).1, "1");
    assert_eq!(get(&two, two.key()).1, "1");
    assert_eq!(get(&two, one.key()).0, "HTTP/1.1 401 Unauthorized");

    let (port, storage) = (one.port(), one.storage());
    drop(one);
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err(), "nobody listens");
    assert!(!storage.exists());
}

#[test]
fn a_worker_that_is_not_there_is_reported_with_workerds_own_words() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/no-such-worker");
    let error =
        Workerd::start_worker(Worker { config: dir.join("workerd.capnp"), dir }).expect_err("no such file");
    assert!(matches!(&error, Error::Workerd { .. }), "{error}");
    assert!(error.to_string().contains("no-such-worker"), "{error}");
}
