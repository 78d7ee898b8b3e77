//! The set of real performances with known alignment. It may not be shipped, so what wants it skips where it is absent, and
//! says so.

use std::io::Read as _;
use std::path::{Path, PathBuf};

/// The set beside the repository, or where `ETUDE_BENCH` says.
pub(crate) fn data() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/bench/data/dev");
    let data = std::env::var_os("ETUDE_BENCH").map_or(beside, PathBuf::from);
    if data.join("INDEX.tsv").is_file() {
        return Some(data);
    }
    eprintln!("SKIPPED: no bench data at {}; set ETUDE_BENCH to its dev folder", data.display());
    None
}

pub(crate) fn gunzip(path: &Path) -> Vec<u8> {
    let file = std::fs::File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut bytes = Vec::new();
    flate2::read::MultiGzDecoder::new(file).read_to_end(&mut bytes).unwrap();
    bytes
}
