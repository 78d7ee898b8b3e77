//! Headless Chromium with the score page in it, driven through `web/proof/drive.mjs`.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};
use xtask::{page, root, tools};

pub(crate) struct Browser {
    child: Child,
    ask: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Browser {
    /// Builds the page and starts the browser. `None`, with a line that says why, where there is none.
    pub(crate) fn start() -> Option<Self> {
        let Some(chromium) = tools::chromium() else {
            eprintln!("SKIPPED, the tests of the score page, for want of chromium");
            return None;
        };
        page::build().expect("the page");
        let packages = page::packages().expect("the page's packages");
        let mut child = Command::new(tools::node().expect("node"))
            .arg(root().join("etude-do/web/proof/drive.mjs"))
            .args([packages, chromium])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node starts");
        let ask = child.stdin.take().expect("it was asked for");
        let answers = BufReader::new(child.stdout.take().expect("it was asked for"));
        Some(Self { child, ask, answers })
    }

    pub(crate) fn open(&mut self, name: &str, url: &str) {
        self.run(&json!({ "do": "open", "name": name, "url": url }));
    }

    pub(crate) fn wait(&mut self, name: &str, selector: &str) {
        self.run(&json!({ "do": "wait", "name": name, "selector": selector }));
    }

    pub(crate) fn click(&mut self, name: &str, selector: &str) {
        self.run(&json!({ "do": "click", "name": name, "selector": selector }));
    }

    /// What the page did that it must not, and what axe finds.
    pub(crate) fn assert_clean(&mut self, name: &str) {
        for what in ["faults", "axe"] {
            let found = self.run(&json!({ "do": what, "name": name }));
            assert_eq!(found, json!([]), "{what} of {name}");
        }
    }

    /// By score note, how its head is painted.
    pub(crate) fn painted(&mut self, name: &str, notes: usize) -> Painted {
        let painted = self.run(&json!({ "do": "painted", "name": name, "notes": notes }));
        let heads = painted["heads"].as_array().expect("heads").iter();
        Painted {
            heads: heads.map(|head| head.as_str().map(str::to_owned)).collect(),
            wrong: painted["wrong"].as_u64().expect("a count"),
            extra: painted["extra"].as_u64().expect("a count"),
        }
    }

    /// Waits until the heads are painted so.
    pub(crate) fn expect(&mut self, name: &str, expected: &Painted) {
        for attempt in 0.. {
            let painted = self.painted(name, expected.heads.len());
            if painted == *expected {
                return;
            }
            // Says nothing about speed: what is right in the end is right.
            if attempt == 200 {
                assert_eq!(painted, *expected, "{name}");
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
    }

    pub(crate) fn run(&mut self, command: &Value) -> Value {
        writeln!(self.ask, "{command}").expect("the driver listens");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("the driver answers");
        let mut answer: Value =
            serde_json::from_str(&line).unwrap_or_else(|error| panic!("{command}: {line:?}: {error}"));
        assert_eq!(answer["failed"], Value::Null, "{command}");
        answer["ok"].take()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What is drawn of a take.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Painted {
    /// By score note the fate that its head shows, empty before it has one; `None` where no head is drawn.
    pub(crate) heads: Vec<Option<String>>,
    pub(crate) wrong: u64,
    pub(crate) extra: u64,
}
