//! The scores opened last: names of files, in a file of the user's.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::private;

/// So many are remembered.
const MAX: usize = 8;
/// A longer file is none of ours, in bytes.
const BYTES_MAX: u64 = 64 << 10;

/// The last ones, the newest first. Those that are gone are among them: a disk may be back.
pub(super) fn read(file: &Path) -> Vec<PathBuf> {
    let is_ours = fs::metadata(file).is_ok_and(|found| found.is_file() && found.len() <= BYTES_MAX);
    let text = is_ours.then(|| fs::read(file).ok()).flatten().unwrap_or_default();
    let mut paths: Vec<PathBuf> = serde_json::from_slice(&text).unwrap_or_default();
    paths.truncate(MAX);
    paths
}

/// Puts this one first, among what other plugins may have added meanwhile. Gives all.
pub(super) fn add(file: &Path, path: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = read(file);
    paths.retain(|other| other != path);
    paths.insert(0, path.to_owned());
    paths.truncate(MAX);
    let text = serde_json::to_vec(&paths)?;
    if let Some(folder) = file.parent() {
        private::dir(folder)?;
    }
    private::replace(file, &text)?;
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_ones_are_kept_each_once_the_newest_first() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("inner/recent.json");
        assert_eq!(read(&file), Vec::<PathBuf>::new());
        for n in [1, 2, 3, 1, 4, 5, 6, 7, 8, 9] {
            add(&file, Path::new(&format!("/music/{n}.mxl"))).unwrap();
        }
        let expected: Vec<PathBuf> =
            [9, 8, 7, 6, 5, 4, 1, 3].iter().map(|n| format!("/music/{n}.mxl").into()).collect();
        assert_eq!(read(&file), expected);
        assert_eq!(fs::read_dir(folder.path().join("inner")).unwrap().count(), 1);
    }

    #[test]
    fn garbage_is_no_list() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("recent.json");
        for garbage in [&b"\xff"[..], b"{}", b"[1]", &[b'['; 100_000]] {
            fs::write(&file, garbage).unwrap();
            assert_eq!(read(&file), Vec::<PathBuf>::new());
        }
        assert_eq!(add(&file, Path::new("/a.mid")).unwrap(), [PathBuf::from("/a.mid")]);
    }
}
