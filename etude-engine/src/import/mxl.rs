//! Compressed MusicXML: a zip archive whose META-INF/container.xml names the score.

use std::io::{Cursor, Read as _};

use zip::ZipArchive;

use super::{ImportError, Limits, text};

const CONTAINER: &str = "META-INF/container.xml";
/// The container only names files.
const CONTAINER_BYTES_MAX: usize = 1 << 20;

type Archive<'a> = ZipArchive<Cursor<&'a [u8]>>;

/// The bytes of the score inside.
pub(super) fn root_file(bytes: &[u8], limits: &Limits) -> Result<Vec<u8>, ImportError> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| bad(error.to_string()))?;
    if archive.len() > limits.archive_entries {
        return Err(bad(format!(
            "it holds {} files; the limit is {}",
            archive.len(),
            limits.archive_entries
        )));
    }
    let path = match archive.index_for_name(CONTAINER) {
        Some(_) => root_path(&read(&mut archive, CONTAINER, CONTAINER_BYTES_MAX)?)?,
        None => only_score(&archive)?,
    };
    read(&mut archive, &path, limits.inflated_bytes)
}

/// The first root file is the score; the others are the same in other formats.
fn root_path(container: &[u8]) -> Result<String, ImportError> {
    let text = text::decode(container)?;
    let document = roxmltree::Document::parse(&text).map_err(|error| bad(format!("{CONTAINER}: {error}")))?;
    let path = document
        .descendants()
        .filter(|node| node.tag_name().name() == "rootfile")
        .find_map(|node| node.attribute("full-path"))
        .ok_or_else(|| bad(format!("{CONTAINER} names no root file")))?;
    Ok(path.to_owned())
}

/// Some programs leave the container out.
fn only_score(archive: &Archive<'_>) -> Result<String, ImportError> {
    let is_score = |name: &String| {
        let name = name.to_ascii_lowercase();
        !name.contains("meta-inf/") && (name.ends_with(".xml") || name.ends_with(".musicxml"))
    };
    let names = archive.file_names().filter_map(|name| Some(name.ok()?.into_owned()));
    let mut names: Vec<String> = names.filter(is_score).collect();
    names.sort_unstable();
    match &names[..] {
        [name] => Ok(name.clone()),
        _ => Err(bad(format!("it has no {CONTAINER} and {} files that may be the score", names.len()))),
    }
}

/// Inflates one file. The size that the archive declares is not believed.
fn read(archive: &mut Archive<'_>, path: &str, bytes_max: usize) -> Result<Vec<u8>, ImportError> {
    let file = archive.by_name(path).map_err(|error| bad(format!("{path}: {error}")))?;
    let mut bytes = Vec::new();
    file.take(bytes_max as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| bad(format!("{path}: {error}")))?;
    if bytes.len() > bytes_max {
        return Err(ImportError::InflatedTooLarge { entry: path.to_owned(), limit: bytes_max });
    }
    Ok(bytes)
}

fn bad(reason: String) -> ImportError {
    ImportError::Zip { reason }
}
