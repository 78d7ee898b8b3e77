//! Who may do what.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use etude_engine::session::Config;
use serde_json::Value;
use xtask::worker::{self, Optimise};

use crate::music::scale;
use crate::player::Socket;
use crate::service::{Opened, Service, agent, answer};

const NOBODY: &str = "000102030405060708090a0b0c0d0e0f";

#[test]
fn everything_but_health_needs_the_key() {
    let service = Service::start();
    let opened = service.open(&scale(1), &Config::default());
    let session = format!("/v1/sessions/{}", opened.session);
    let report = format!("{session}/report");
    let piece = format!("/v1/pieces/{}", service.status(&opened.session)["piece"].as_str().expect("a piece"));
    let token = format!("Bearer {}", opened.token);
    let near = format!("Bearer {}x", service.workerd.key());
    for authorization in ["", "Bearer", "Bearer ", "Basic YTpi", &near] {
        for path in [&session, &report, &piece] {
            service.get_as(path, authorization).refused(401, "unauthorized");
        }
        for path in ["/v1/pieces", "/v1/sessions"] {
            let request = agent().post(service.url(path)).header("Authorization", authorization);
            answer(request.send("{}")).refused(401, "unauthorized");
        }
    }
    // A player reads what belongs to the session, and no more.
    assert_eq!(service.get_as(&session, &token).status, 200);
    service.get_as(&piece, &token).refused(403, "token_scope");
    for path in ["/v1/pieces", "/v1/sessions"] {
        let request = agent().post(service.url(path)).header("Authorization", &token);
        answer(request.send("{}")).refused(403, "token_scope");
    }
    assert_eq!(service.get_as("/v1/health", "").body["status"], "ok");
}

#[test]
fn addresses_that_lead_nowhere_say_so() {
    let service = Service::start();
    service.get("/v1/sessions/7").refused(400, "bad_name");
    service.get(&format!("/v1/sessions/{NOBODY}")).refused(404, "no_session");
    service.get(&format!("/v1/sessions/{NOBODY}/report")).refused(404, "no_session");
    service.get(&format!("/v1/pieces/{NOBODY}{NOBODY}")).refused(404, "no_piece");
    service.get("/v1/sessions").refused(405, "method_not_allowed");
    service.get("/v1/open").refused(404, "no_route");
    // What is no address of the API is one of the page's, where a page was built. What the Worker asks of its objects is
    // not asked from outside.
    for outside in ["/", "/open", "/file/x"] {
        let (status, body) = service.raw(outside);
        let page = status == 200 && body.starts_with("<!doctype html>");
        assert!(page || (status == 404 && body.contains("no_route")), "{outside}: {status} {body}");
    }
    service.get(&format!("/v1/sessions/{NOBODY}/socket")).refused(426, "upgrade_required");
}

#[tokio::test]
async fn a_socket_opens_with_its_own_token_only() {
    let service = Service::start();
    let opened = service.open(&scale(1), &Config::default());
    let other = service.open(&scale(1), &Config::default());
    let with = |token: &str| format!("etude.v1, {token}");
    let forged = opened.token[..opened.token.len() - 1].to_owned() + "-";
    let expired = service.token(&opened.session, 1_000_000_000);
    let nobodys = service.token(NOBODY, u64::MAX);
    let nowhere = format!("/v1/sessions/{NOBODY}/socket");
    for (path, protocols, status, code) in [
        (&opened.socket, None, 401, "token_missing"),
        (&opened.socket, Some("etude.v1".to_owned()), 401, "token_missing"),
        (&opened.socket, Some(opened.token.clone()), 401, "token_missing"),
        (&opened.socket, Some(with(&forged)), 401, "token_invalid"),
        (&opened.socket, Some(with("player")), 401, "token_invalid"),
        (&opened.socket, Some(with(service.workerd.key())), 401, "token_invalid"),
        (&opened.socket, Some(with(&expired)), 401, "token_expired"),
        (&opened.socket, Some(with(&other.token)), 403, "token_scope"),
        (&nowhere, Some(with(&nobodys)), 404, "no_session"),
    ] {
        let refused =
            Socket::try_connect(&service, path, protocols.as_deref()).await.err().expect("a refusal");
        refused.refused(status, code);
    }
    let valid = Opened { token: service.token(&opened.session, u64::MAX), ..opened };
    Socket::connect(&service, &valid).await;
    service.assert_calm();
}

#[test]
fn without_a_strong_key_nothing_is_served() {
    let worker = worker::build(Optimise::Compiler).expect("the Worker");
    let storage = tempdir();
    for key in [None, Some(""), Some("fifteen letters")] {
        let mut command = Command::new(xtask::tools::workerd().expect("workerd"));
        command.arg("serve").arg(&worker.config).args(["--socket-addr=http=127.0.0.1:0", "--control-fd=1"]);
        command.arg(format!("--directory-path=storage={}", storage.path().display()));
        command.arg(format!("--directory-path=assets={}", storage.path().display()));
        command.env_remove("ETUDE_KEY").envs(key.map(|key| ("ETUDE_KEY", key)));
        let mut running = Running(command.stdout(Stdio::piped()).spawn().expect("workerd starts"));
        let port = running.port();
        for path in ["/v1/health", "/v1/pieces", "/v1/"] {
            let request = agent().get(format!("http://127.0.0.1:{port}{path}"));
            let answer = answer(request.header("Authorization", "Bearer ").call());
            assert!(answer.refused(500, "misconfigured").contains("ETUDE_KEY"));
        }
    }
}

fn tempdir() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

/// A workerd of our own, ended when dropped.
struct Running(Child);

impl Running {
    fn port(&mut self) -> u64 {
        let stdout = BufReader::new(self.0.stdout.as_mut().expect("it is piped"));
        let mut events =
            stdout.lines().map_while(Result::ok).filter_map(|line| serde_json::from_str::<Value>(&line).ok());
        events.find_map(|event| event["port"].as_u64()).expect("workerd should listen")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
