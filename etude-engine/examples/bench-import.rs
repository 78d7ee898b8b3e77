//! How fast are scores imported, and in how much memory? `cargo xtask bench import` runs it beside other readers:
//!
//! ```text
//! cargo run --release -p etude-engine --example bench-import -- --data DATA [--python PYTHON --script SCRIPT]
//! ```
//!
//! DATA is a folder with scores in xml/, as in `shared/bench/data/dev`. Processor time from the bytes of a file to the
//! unfolded score, on the median and on the largest file; memory on every file. Exits with 1 when it is slower or larger than allowed.

use std::alloc::{GlobalAlloc, Layout, System};
use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use clap::Parser;
use etude_engine::import;

/// Counts what is allocated and not yet freed, and the most of it; that costs us a few atomic additions in the times.
struct Counting;

static HELD: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

#[allow(unsafe_code)]
// SAFETY: the system's allocator does the work; the counters stand beside it. What is made larger or smaller is counted
// as made anew, old and new at once: the worst that an allocator may need.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let held = HELD.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        PEAK.fetch_max(held, Ordering::Relaxed);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let held = HELD.fetch_add(size, Ordering::Relaxed) + size;
        PEAK.fetch_max(held, Ordering::Relaxed);
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// Measure the import, beside other readers.
#[derive(Parser)]
struct Args {
    /// Folder of scores
    #[arg(long)]
    data: PathBuf,
    /// A Python that has the other readers; without it only our own figures are taken
    #[arg(long, requires = "script")]
    python: Option<PathBuf>,
    /// The script that times them
    #[arg(long, requires = "python")]
    script: Option<PathBuf>,
}

/// How often we import a file; the median counts.
const RUNS: usize = 21;
/// How many times faster than each other reader the import must be.
const FASTER: [(&str, f64); 3] = [("partitura", 100.0), ("music21", 100.0), ("verovio", 1.0)];
/// Bytes of memory for a byte of the file.
const MEMORY_MAX: f64 = 12.0;

type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// A score file, unpacked.
struct File {
    name: String,
    bytes: Vec<u8>,
}

fn run(args: &Args) -> Result<bool, Failure> {
    let files = files(&args.data.join("xml"))?;
    let (Some(median), Some(largest)) = (files.get(files.len() / 2), files.last()) else {
        return Err(format!("{}: there are no scores", args.data.display()).into());
    };
    let mut holds = memory(&files)?;

    let mut ours = BTreeMap::new();
    for (what, file) in [("median", median), ("largest", largest)] {
        let time = time(&file.bytes)?;
        let millis = time.as_secs_f64() * 1e3;
        println!(
            "etude      {what} file: {millis:8.2} ms, {:.0} MB/s ({}, {} KB)",
            file.bytes.len() as f64 / 1e6 / time.as_secs_f64(),
            file.name,
            file.bytes.len() / 1000
        );
        ours.insert(what, millis);
    }
    let (Some(python), Some(script)) = (&args.python, &args.script) else { return Ok(holds) };
    let folder = std::env::temp_dir().join(format!("etude-bench-import-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let theirs = others(python, script, &folder, [("median", median), ("largest", largest)]);
    fs::remove_dir_all(&folder)?;
    for (reader, what, millis) in theirs? {
        let ratio = millis / ours[what.as_str()];
        let least = FASTER.iter().find(|(name, _)| *name == reader).map_or(1.0, |least| least.1);
        let verdict = if ratio >= least { "" } else { "  SHORT" };
        println!(
            "{reader:<10} {what} file: {millis:8.0} ms, {ratio:.0} times ours (at least {least}){verdict}"
        );
        holds &= ratio >= least;
    }
    Ok(holds)
}

/// All scores, by size.
fn files(folder: &Path) -> Result<Vec<File>, Failure> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let Some(name) = name.strip_suffix(".musicxml.gz") else { continue };
        let mut bytes = Vec::new();
        flate2::read::MultiGzDecoder::new(fs::File::open(&path)?).read_to_end(&mut bytes)?;
        files.push(File { name: name.to_owned(), bytes });
    }
    files.sort_by_key(|file| (file.bytes.len(), file.name.clone()));
    Ok(files)
}

/// The most that is held at once during the import of each file, beyond the file itself.
fn memory(files: &[File]) -> Result<bool, Failure> {
    let mut worst: Option<(f64, &File)> = None;
    let mut ratios = Vec::new();
    for file in files {
        let before = HELD.load(Ordering::Relaxed);
        PEAK.store(before, Ordering::Relaxed);
        let imported = import::score(&file.bytes).map_err(|error| format!("{}: {error}", file.name))?;
        let held = PEAK.load(Ordering::Relaxed).saturating_sub(before);
        drop(imported);
        let ratio = held as f64 / file.bytes.len() as f64;
        ratios.push(ratio);
        if worst.is_none_or(|(most, _)| ratio > most) {
            worst = Some((ratio, file));
        }
    }
    ratios.sort_by(f64::total_cmp);
    let Some((most, file)) = worst else { return Ok(false) };
    let verdict = if most <= MEMORY_MAX { "" } else { "  SHORT" };
    println!(
        "memory     {} files: {:.1} times the file in the median, {most:.1} at most ({}; at most {MEMORY_MAX}){verdict}",
        files.len(),
        ratios[ratios.len() / 2],
        file.name
    );
    Ok(most <= MEMORY_MAX)
}

/// What this process has used of a processor. Theirs is counted so as well: a busy machine then slows nobody.
#[cfg(unix)]
fn cpu_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// Elsewhere, what the clock on the wall says.
#[cfg(not(unix))]
fn cpu_time() -> Duration {
    std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default()
}

/// The median time of an import.
fn time(bytes: &[u8]) -> Result<Duration, Failure> {
    let mut times = Vec::new();
    for _ in 0..RUNS {
        let begin = cpu_time();
        let imported = import::score(std::hint::black_box(bytes))?;
        times.push(cpu_time() - begin);
        drop(std::hint::black_box(imported));
    }
    times.sort_unstable();
    Ok(times[RUNS / 2])
}

/// Reader, which file, milliseconds.
fn others(
    python: &Path,
    script: &Path,
    folder: &Path,
    files: [(&str, &File); 2],
) -> Result<Vec<(String, String, f64)>, Failure> {
    let mut command = Command::new(python);
    command.arg("-B").arg(script);
    for (what, file) in files {
        let path = folder.join(format!("{what}.musicxml"));
        fs::write(&path, &file.bytes)?;
        command.arg(path);
    }
    // Their warnings about the files are not the point here.
    let output =
        command.stderr(Stdio::null()).output().map_err(|error| format!("{}: {error}", python.display()))?;
    if !output.status.success() {
        return Err(format!("{} failed ({})", script.display(), output.status).into());
    }
    let mut times = Vec::new();
    for line in String::from_utf8(output.stdout)?.lines() {
        let cells: Vec<&str> = line.split('\t').collect();
        let [reader, path, millis] = cells[..] else { return Err(format!("unexpected: {line}").into()) };
        let what = Path::new(path).file_stem().unwrap_or_default().to_string_lossy().into_owned();
        times.push((reader.to_owned(), what, millis.parse()?));
    }
    Ok(times)
}
