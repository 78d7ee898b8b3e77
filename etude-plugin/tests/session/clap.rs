//! The CLAP plugin in a host, in a process of its own, with a session link in its environment.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use etude_engine::import;
use etude_engine::session::Config;
use etude_plugin::practice::{FOLDER_VARIABLE, JOIN_VARIABLE};

use crate::room::{example, offline, performance};
use crate::service::Service;

/// What cargo built beside this test.
fn built(name: &str) -> PathBuf {
    let deps = std::env::current_exe().unwrap();
    let profile = deps.parent().and_then(|deps| deps.parent()).unwrap().to_owned();
    let candidates = [profile.join(name), profile.join("deps").join(name)];
    // A build of the package by itself leaves a copy that a build of its tests does not renew.
    let newest =
        candidates.into_iter().max_by_key(|path| path.metadata().and_then(|file| file.modified()).ok());
    newest.filter(|path| path.exists()).unwrap_or_else(|| panic!("{name} was not built"))
}

fn library() -> PathBuf {
    let (prefix, suffix) = (std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    built(&format!("{prefix}etude_plugin{suffix}"))
}

#[test]
fn each_variant_plays_a_piece_into_a_session_and_passes_everything_on() {
    let service = Service::start();
    let pieces = ["petzold-menuet-in-g", "beethoven-fuer-elise", "bach-goldberg-aria"];
    let ids = ["practice.etude.instrument", "practice.etude.fx", "practice.etude.note"];
    for ((name, id), block) in pieces.into_iter().zip(ids).zip(["64", "256", "1000"]) {
        let folder = tempfile::tempdir().unwrap();
        let score = example(&format!("{name}.musicxml"));
        let link = service.open(&score, &Config::default());
        let mut host = Command::new(built("examples/clap-host"))
            .arg(library())
            .arg(id)
            .arg(example(&format!("{name}.mid")))
            .args(["--block", block, "--instances", "20"])
            .env(JOIN_VARIABLE, format!("{}/#{}", link.base(), link.token()))
            .env(FOLDER_VARIABLE, folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = host.stdin.take().unwrap();
        let mut lines = BufReader::new(host.stdout.take().unwrap()).lines().map(Result::unwrap);
        let started = Instant::now();
        while service.status(&link)["connected"] != true {
            assert!(
                started.elapsed() < Duration::from_secs(60),
                "the plugin does not join: {}",
                service.status(&link)
            );
            assert!(host.try_wait().unwrap().is_none(), "the host died: {:?}", lines.next());
            std::thread::sleep(Duration::from_millis(20));
        }
        writeln!(stdin, "play").unwrap();
        let report = service.report(&link);
        let played = performance(&format!("{name}.mid"));
        let score = import::score(&std::fs::read(&score).unwrap()).unwrap().score;
        assert_eq!(report, offline(Arc::new(score), Config::default(), &played), "{name} in {id}");
        drop(stdin);
        let said: Vec<String> = lines.collect();
        assert!(host.wait().unwrap().success(), "{said:?}");
        assert!(said.contains(&"all came out as it went in".to_owned()), "{said:?}");
    }
}
