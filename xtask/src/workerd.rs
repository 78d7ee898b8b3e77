//! A running workerd with the Worker of this clone: real Durable Objects, SQLite on disk, a free loopback port.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use crate::process::say;
use crate::worker::{self, Optimise, Worker};
use crate::{Error, Result, tools};

/// The names that `etude-do/workerd.capnp` must use: the socket, the disk services, and the environment variable with
/// the operator's key.
const SOCKET: &str = "http";
const STORAGE: &str = "storage";
const ASSETS: &str = "assets";
/// The environment variable that hands the operator's key to the Worker.
pub const OPERATOR_KEY: &str = "ETUDE_KEY";

/// Generous: it takes a quarter of a second on an idle machine.
const START_LIMIT: Duration = Duration::from_secs(60);
const START_ATTEMPTS: u32 = 5;

/// The service on this machine, until it is dropped.
#[derive(Debug)]
pub struct Workerd {
    binary: PathBuf,
    worker: Worker,
    /// Storage and log; removed when this is dropped.
    dir: TempDir,
    key: String,
    /// Further settings of the service.
    environment: Vec<(String, String)>,
    /// 0 until the first start has chosen one.
    port: u16,
    child: Option<Child>,
}

impl Workerd {
    /// Builds what is missing and starts the service on empty storage, a free port and a random operator key. When
    /// this returns, it accepts connections.
    ///
    /// # Errors
    /// When a tool or the Worker cannot be built, or workerd does not come up.
    pub fn start() -> Result<Self> {
        Self::start_worker(worker::build(Optimise::Compiler)?)
    }

    /// The same with a Worker that was built already.
    ///
    /// # Errors
    /// When workerd cannot be fetched or does not come up.
    pub fn start_worker(worker: Worker) -> Result<Self> {
        let dir = tempfile::Builder::new()
            .prefix("etude-workerd-")
            .tempdir()
            .map_err(|source| Error::Io { what: "making a folder for workerd".into(), source })?;
        let mut workerd = Self {
            binary: tools::workerd()?,
            worker,
            dir,
            key: random_key()?,
            environment: Vec::new(),
            port: 0,
            child: None,
        };
        let storage = workerd.storage();
        fs::create_dir(&storage).map_err(Error::io("making", &storage))?;
        let no_page = workerd.no_page();
        fs::create_dir(&no_page).map_err(Error::io("making", &no_page))?;
        workerd.spawn()?;
        Ok(workerd)
    }

    /// `http://127.0.0.1:PORT`, without a slash at the end; the same after a restart.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The loopback port; the same after a restart.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The operator's key of this run.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The process, while it runs.
    pub fn pid(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// The folder with the objects' SQLite files.
    pub fn storage(&self) -> PathBuf {
        self.dir.path().join("storage")
    }

    /// Sets an environment variable of the next [`Workerd::restart`].
    pub fn set_environment(&mut self, name: &str, value: &str) {
        self.environment.retain(|(known, _)| known != name);
        self.environment.push((name.to_owned(), value.to_owned()));
    }

    /// The folder of the score page: as built, or an empty one where it is not.
    fn assets(&self) -> PathBuf {
        let built = self.worker.config.with_file_name("web").join("dist");
        if built.is_dir() { built } else { self.no_page() }
    }

    fn no_page(&self) -> PathBuf {
        self.dir.path().join("no-page")
    }

    /// What workerd and the Worker wrote so far, over all restarts.
    pub fn log(&self) -> String {
        fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    /// The file behind [`Workerd::log`]; removed with this value.
    pub fn log_path(&self) -> PathBuf {
        self.dir.path().join("workerd.log")
    }

    /// Ends the process as a power cut would: no signal handler runs, nothing is flushed. Harmless when it is down.
    ///
    /// # Errors
    /// When the process cannot be signalled.
    pub fn kill_9(&mut self) -> Result<()> {
        let Some(mut child) = self.child.take() else { return Ok(()) };
        child
            .kill() // SIGKILL
            .and_then(|()| child.wait())
            .map_err(|source| Error::Io {
                what: format!("killing workerd (process {})", child.id()),
                source,
            })?;
        Ok(())
    }

    /// Starts the service again on the same storage and port, after ending it if it still runs.
    ///
    /// # Errors
    /// When workerd does not come up.
    pub fn restart(&mut self) -> Result<()> {
        self.kill_9()?;
        let mut attempt = 1;
        loop {
            match self.spawn() {
                // The port may be another connection's own for a moment.
                Err(Error::Workerd { .. }) if attempt < START_ATTEMPTS => attempt += 1,
                result => return result,
            }
            thread::sleep(Duration::from_millis(200));
        }
    }

    fn spawn(&mut self) -> Result<()> {
        let log = open_log(&self.log_path())?;
        let stderr = log.try_clone().map_err(Error::io("opening", &self.log_path()))?;
        let mut child = Command::new(&self.binary)
            .arg("serve")
            .arg(&self.worker.config)
            .arg(format!("--socket-addr={SOCKET}=127.0.0.1:{}", self.port))
            .arg(format!("--directory-path={STORAGE}={}", self.storage().display()))
            .arg(format!("--directory-path={ASSETS}={}", self.assets().display()))
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            // workerd tells the port it got, and that it listens, on its standard output.
            .arg("--control-fd=1")
            .env(OPERATOR_KEY, &self.key)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(stderr)
            .spawn()
            .map_err(Error::io("starting", &self.binary))?;
        let stdout = child.stdout.take().expect("it was asked for");
        self.child = Some(child);
        match listen_events(stdout, log).recv_timeout(START_LIMIT) {
            Ok(port) => {
                self.port = port;
                Ok(())
            }
            Err(reason) => {
                let why = match reason {
                    RecvTimeoutError::Disconnected => "it ended before it listened".into(),
                    RecvTimeoutError::Timeout => {
                        format!("it did not listen within {} s", START_LIMIT.as_secs())
                    }
                };
                self.kill_9()?;
                Err(Error::Workerd { why, log: self.log_tail() })
            }
        }
    }

    fn log_tail(&self) -> String {
        let log = self.log();
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(30)..].join("\n")
    }
}

impl Drop for Workerd {
    fn drop(&mut self) {
        if let Err(error) = self.kill_9() {
            say(error.to_string());
        }
        // The log is what a failed test leaves to be read.
        if thread::panicking() {
            eprintln!("--- the end of workerd's log ---\n{}\n---", self.log_tail());
        }
    }
}

/// Sends the port when workerd listens. All else on its standard output is the Worker's `console.log`, for the log.
fn listen_events(stdout: ChildStdout, mut log: File) -> mpsc::Receiver<u16> {
    let (send, receive) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(stdout).lines() {
            let Ok(line) = line else { break };
            if let Some(port) = listening_port(&line) {
                // Nobody waits any more after the first.
                let _ = send.send(port);
            } else if writeln!(log, "{line}").is_err() {
                break;
            }
        }
    });
    receive
}

fn listening_port(line: &str) -> Option<u16> {
    let event: serde_json::Value = serde_json::from_str(line).ok()?;
    if event["event"] != "listen" || event["socket"] != SOCKET {
        return None;
    }
    event["port"].as_u64()?.try_into().ok()
}

fn open_log(path: &Path) -> Result<File> {
    OpenOptions::new().create(true).append(true).open(path).map_err(Error::io("opening", path))
}

fn random_key() -> Result<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| Error::Other(format!("no random operator key: {error}")))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::listening_port;

    #[test]
    fn only_workerds_own_line_about_our_socket_counts() {
        assert_eq!(listening_port(r#"{"event":"listen","socket":"http","port":34531}"#), Some(34531));
        assert_eq!(listening_port(r#"{"event":"listen","socket":"inspector","port":9229}"#), None);
        assert_eq!(listening_port(r#"{"event":"listen","socket":"http","port":99999}"#), None);
        assert_eq!(listening_port("a line of the Worker's console.log"), None);
    }
}
