//! The key on disk: in a file of the user's own folder that nobody else can read. It is read when it is needed, by each plugin
//! anew: what one has logged out of, no other still opens.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::Studio;
use crate::practice::private;

/// A longer file is none of ours, in bytes.
const BYTES_MAX: u64 = 4 << 10;
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Kept {
    version: u32,
    address: String,
    key: String,
}

/// The studio that the user is logged in to.
pub(in crate::practice) fn read(file: &Path) -> Option<Studio> {
    let is_ours = fs::metadata(file).is_ok_and(|found| found.is_file() && found.len() <= BYTES_MAX);
    let text = is_ours.then(|| fs::read(file).ok()).flatten()?;
    let kept: Kept = serde_json::from_slice(&text).ok()?;
    Studio::new(&kept.address, &kept.key).ok()
}

pub(in crate::practice) fn write(file: &Path, studio: &Studio) -> io::Result<()> {
    let kept = Kept { version: VERSION, address: studio.base.clone(), key: studio.key.clone() };
    if let Some(folder) = file.parent() {
        private::shut_dir(folder)?;
    }
    private::replace(file, &serde_json::to_vec(&kept)?)
}

/// Not being there is as good.
pub(in crate::practice) fn remove(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn studio() -> Studio {
        Studio::new("https://etude.example", "a-key-of-an-operator").unwrap()
    }

    #[test]
    fn a_studio_is_read_as_it_was_written_until_it_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("inner/studio.json");
        assert_eq!(read(&file), None);
        write(&file, &studio()).unwrap();
        assert_eq!(read(&file), Some(studio()));
        let other = Studio::new("http://localhost", "another-key-entirely").unwrap();
        write(&file, &other).unwrap();
        assert_eq!(read(&file), Some(other));
        remove(&file).unwrap();
        assert_eq!((read(&file), fs::read_dir(file.parent().unwrap()).unwrap().count()), (None, 0));
        remove(&file).unwrap();
    }

    #[test]
    fn garbage_is_no_studio() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("studio.json");
        let plain = r#"{"version":1,"address":"http://etude.example","key":"a-key-of-an-operator"}"#;
        for garbage in [&b"\xff"[..], b"{}", b"[1]", plain.as_bytes(), &[b'['; 100_000]] {
            fs::write(&file, garbage).unwrap();
            assert_eq!(read(&file), None);
        }
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_can_read_it_whatever_was_there_before() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("etude");
        let file = inner.join("studio.json");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        write(&file, &studio()).unwrap();
        assert_eq!((mode(&inner), mode(&file)), (0o700, 0o600));
        fs::set_permissions(&inner, PermissionsExt::from_mode(0o755)).unwrap();
        fs::set_permissions(&file, PermissionsExt::from_mode(0o644)).unwrap();
        write(&file, &studio()).unwrap();
        assert_eq!((mode(&inner), mode(&file)), (0o700, 0o600));
    }
}
