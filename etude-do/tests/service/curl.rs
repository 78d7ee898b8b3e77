//! What docs/PROTOCOL.md has typed with curl works as it stands there, and leaves no address out.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::fair::compared;
use crate::music::take;
use crate::player::{Known, Socket};
use crate::service::{Opened, Service};

const DOCUMENT: &str = include_str!("../../../docs/PROTOCOL.md");
const OPENAPI: &str = include_str!("../../../docs/openapi.json");

/// The blocks that are typed into a shell, in order.
fn blocks() -> impl Iterator<Item = &'static str> {
    DOCUMENT.split("```sh\n").skip(1).map(|block| block.split_once("```").expect("the block ends").0)
}

#[tokio::test]
async fn what_is_typed_in_the_document_works() {
    if Command::new("curl").arg("--version").output().is_err() {
        return eprintln!("SKIPPED the examples of docs/PROTOCOL.md: there is no curl");
    }
    let service = Service::start();
    let folder = tempfile::tempdir().expect("a folder");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the clone");
    std::os::unix::fs::symlink(root.join("examples"), folder.path().join("examples")).expect("a link");
    let known = folder.path().join("known.sh");
    std::fs::write(&known, "").expect("a file");
    for block in blocks() {
        if block.contains("/report") {
            // The part of the player, between two blocks.
            let text = std::fs::read_to_string(&known).expect("a file");
            let value = |name: &str| {
                let line = text.lines().find_map(|line| line.strip_prefix(&format!("{name}=")));
                line.expect(name).trim_matches('\'').to_owned()
            };
            let session = value("SESSION");
            let socket = format!("/v1/sessions/{session}/socket");
            let opened = Opened { session, socket, token: value("TOKEN"), viewer: String::new() };
            let mut known = Known::default();
            let (mut socket, _) = Socket::resume(&service, &opened, &mut known).await;
            socket.play_through(&mut known, 0, &take(20)).await;
            socket.report(&mut known).await;
            compared(&service, &opened.session).await;
        }
        let script = format!(
            "set -eu; . {0}\n{block}\nset | grep -E '^(ETUDE|KEY|PIECE|OPENED|SESSION|TOKEN|PLAYER)=' > {0}",
            known.display()
        );
        let output = Command::new("sh")
            .args(["-c", &script])
            .env("ETUDE", service.url(""))
            .env("ETUDE_KEY", service.workerd.key())
            .current_dir(folder.path())
            .output()
            .expect("a shell");
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{block}\n{told}\n{}", String::from_utf8_lossy(&output.stdout));
        if block.contains("/socket") {
            assert!(
                String::from_utf8_lossy(&output.stdout).contains("101 Switching Protocols"),
                "{output:?}"
            );
        }
    }
    let exported = std::fs::read(folder.path().join("take.json")).expect("the take");
    etude_engine::fair::Export::from_json(&exported).expect("a take");
    service.assert_calm();
}

#[test]
fn every_address_is_typed_once_at_least() {
    let typed: String = blocks().collect::<String>().replace("\\\n", " ");
    let openapi: Value = serde_json::from_str(OPENAPI).expect("JSON");
    for (path, item) in openapi["paths"].as_object().expect("paths") {
        let address = path.replace("{piece}", "$PIECE").replace("{session}", "$SESSION");
        for method in ["get", "put", "post", "delete"] {
            if item.get(method).is_none() {
                continue;
            }
            let asks = |line: &str| {
                let method = match method {
                    "get" => !line.contains("-X "),
                    other => line.contains(&format!("-X {} ", other.to_uppercase())),
                };
                let place = line.split_once(&format!("$ETUDE{address}"));
                method && place.is_some_and(|(_, rest)| rest.starts_with(['"', '?']))
            };
            assert!(typed.lines().any(asks), "{method} {path}");
        }
    }
}
