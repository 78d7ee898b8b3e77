//! What valgrind and strace see while this program plays a take in a process of its own.

use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::Failure;

/// Written before the first event and after the last.
pub const BEGIN: &str = "the take begins";
pub const END: &str = "the take has ended";

/// Instructions of each note-on.
pub struct Instructions {
    sorted: Vec<u64>,
}

impl Instructions {
    /// The number below which so many thousandths of the notes are.
    pub fn at(&self, thousandths: usize) -> u64 {
        self.sorted[(self.sorted.len() - 1) * thousandths / 1_000]
    }

    /// The average.
    pub fn mean(&self) -> f64 {
        self.sorted.iter().sum::<u64>() as f64 / self.sorted.len() as f64
    }
}

/// Called after each note-on: here callgrind writes down what it has counted.
#[inline(never)]
pub fn note_is_over() {
    black_box(());
}

/// Instructions of each note-on of a take of the score of so many notes; `None`, said loudly, without valgrind.
pub fn instructions(notes: usize, take: &Path, folder: &Folder) -> Result<Option<Instructions>, Failure> {
    if !is_there("valgrind") {
        println!("SKIPPED instructions: there is no valgrind (Debian, Ubuntu: apt-get install valgrind)");
        return Ok(None);
    }
    let out = folder.path.join("callgrind.out");
    let status = Command::new("valgrind")
        .args(["--tool=callgrind", "--quiet", "--combine-dumps=yes"])
        .args(["--toggle-collect=*hear_event*", "--dump-before=*note_is_over*"])
        .arg(format!("--callgrind-out-file={}", out.display()))
        .arg(std::env::current_exe()?)
        .args(["--notes", &notes.to_string(), "--play"])
        .arg(take)
        .stdout(Stdio::null())
        .status()?;
    if !status.success() {
        return Err(format!("valgrind failed ({status})").into());
    }
    let written = fs::read_to_string(&out)?;
    let counts = written.lines().filter_map(|line| line.strip_prefix("summary: "));
    let mut sorted: Vec<u64> = counts.map(|count| count.trim().parse()).collect::<Result<_, _>>()?;
    // The last is of what came after the last note.
    sorted.retain(|&count| count > 0);
    sorted.sort_unstable();
    if sorted.is_empty() {
        return Err("valgrind has counted no instructions: were the program's symbols removed?".into());
    }
    Ok(Some(Instructions { sorted }))
}

/// The system calls made while the take is played; `None`, said loudly, without strace.
pub fn system_calls(notes: usize, take: &Path, folder: &Folder) -> Result<Option<Vec<String>>, Failure> {
    if !is_there("strace") {
        println!("SKIPPED system calls: there is no strace (Debian, Ubuntu: apt-get install strace)");
        return Ok(None);
    }
    let out = folder.path.join("strace.out");
    let output = Command::new("strace")
        .arg("-f")
        .arg("-o")
        .arg(&out)
        .arg(std::env::current_exe()?)
        .args(["--notes", &notes.to_string(), "--play"])
        .arg(take)
        .output()?;
    if !output.status.success() {
        // In a container it may not be allowed to.
        let why = String::from_utf8_lossy(&output.stderr);
        println!("SKIPPED system calls: strace failed: {}", why.trim());
        return Ok(None);
    }
    let written = fs::read_to_string(&out)?;
    let lines: Vec<&str> = written.lines().collect();
    let mark = |mark: &str| lines.iter().position(|line| line.contains("write(1") && line.contains(mark));
    let (Some(begin), Some(end)) = (mark(BEGIN), mark(END)) else {
        return Err("strace has not seen the take begin and end".into());
    };
    // A line is: process, call(arguments) = result.
    let name = |line: &&str| line.split_whitespace().nth(1)?.split('(').next().map(str::to_owned);
    Ok(Some(lines[begin + 1..end].iter().filter_map(name).collect()))
}

/// Whether there is a program of this name that runs.
fn is_there(program: &str) -> bool {
    let version = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    version.is_ok_and(|status| status.success())
}

/// A folder that is gone when it is dropped.
pub struct Folder {
    /// Where it is.
    pub path: PathBuf,
}

impl Folder {
    /// A new one.
    pub fn new() -> Result<Self, Failure> {
        let path = std::env::temp_dir().join(format!("etude-bench-follow-{}", std::process::id()));
        fs::create_dir_all(&path)?;
        Ok(Self { path })
    }

    /// A file in it.
    pub fn write(&self, name: &str, text: &str) -> Result<PathBuf, Failure> {
        let path = self.path.join(name);
        fs::write(&path, text)?;
        Ok(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        remove(&self.path);
    }
}

fn remove(path: &Path) {
    if let Err(error) = fs::remove_dir_all(path) {
        eprintln!("warning: {}: {error}", path.display());
    }
}
