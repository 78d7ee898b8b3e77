//! Compressed MusicXML: a zip archive whose META-INF/container.xml names the score.
//!
//! Nothing is written anywhere, so a path can lead no further than to an entry of the archive. Only the container and
//! the score are inflated, whatever else there is, and neither beyond its limit.

use std::io::{Cursor, Read as _};

use roxmltree::{Document, Node, ParsingOptions};
use zip::ZipArchive;
use zip::result::ZipError;

use super::{ImportError, Limits, text};

const CONTAINER: &str = "META-INF/container.xml";
/// The container only names files.
const CONTAINER_BYTES_MAX: usize = 64 << 10;
/// How each entry of a zip archive's directory begins.
const DIRECTORY_ENTRY: &[u8] = b"PK\x01\x02";
/// How MusicXML is called in a container; the first is the one that is registered.
const MEDIA_TYPES: [&str; 4] = [
    "application/vnd.recordare.musicxml+xml",
    "application/vnd.recordare.musicxml",
    "application/xml",
    "text/xml",
];

type Archive<'a> = ZipArchive<Cursor<&'a [u8]>>;

/// The bytes of the score inside.
pub(super) fn root_file(bytes: &[u8], limits: &Limits) -> Result<Vec<u8>, ImportError> {
    // Counted before the directory is read, which takes much more memory than it has bytes.
    let entries = bytes.windows(DIRECTORY_ENTRY.len()).filter(|window| *window == DIRECTORY_ENTRY);
    if entries.take(limits.archive_entries.saturating_add(1)).count() > limits.archive_entries {
        return Err(bad(format!("it holds more files than the limit of {}", limits.archive_entries)));
    }
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| bad(error.to_string()))?;
    let path = match entry(&archive, CONTAINER) {
        Some(container) => {
            let path = root_path(&read(&mut archive, &container, CONTAINER_BYTES_MAX)?)?;
            entry(&archive, &path)
                .ok_or_else(|| bad(format!("{CONTAINER} names {path:?}, which it does not hold")))?
        }
        None => only_score(&archive)?,
    };
    let score = read(&mut archive, &path, limits.inflated_bytes)?;
    if score.starts_with(b"PK") {
        return Err(bad(format!("{path} is itself an archive")));
    }
    Ok(score)
}

/// The name as the archive has it; programs differ in case, in slashes and in how a path begins.
fn entry(archive: &Archive<'_>, path: &str) -> Option<String> {
    if archive.index_for_name(path).is_some() {
        return Some(path.to_owned());
    }
    let plain = |path: &str| {
        let path = path.replace('\\', "/").to_lowercase();
        path.split('/').filter(|step| !matches!(*step, "" | ".")).collect::<Vec<_>>().join("/")
    };
    let wanted = plain(path);
    names(archive).find(|name| plain(name) == wanted)
}

fn names(archive: &Archive<'_>) -> impl Iterator<Item = String> {
    archive.file_names().filter_map(|name| Some(name.ok()?.into_owned()))
}

/// Of the root files the first that is MusicXML by its media type, or has none; the others are the same in other
/// formats.
fn root_path(container: &[u8]) -> Result<String, ImportError> {
    let (text, _) = text::decode(container)?;
    if text.contains("<!ENTITY") {
        return Err(bad(format!("{CONTAINER} declares entities")));
    }
    let options = ParsingOptions { allow_dtd: true, ..ParsingOptions::default() };
    let document =
        Document::parse_with_options(&text, options).map_err(|error| bad(format!("{CONTAINER}: {error}")))?;
    let root_files = || document.descendants().filter(|node| node.tag_name().name() == "rootfile");
    let is_score = |file: &Node<'_, '_>| {
        file.attribute("media-type").is_none_or(|kind| MEDIA_TYPES.contains(&kind.trim()))
    };
    let is_named_so = |file: &Node<'_, '_>| file.attribute("full-path").is_some_and(is_score_name);
    let found = root_files().find(is_score).or_else(|| root_files().find(is_named_so));
    let path = found.and_then(|file| file.attribute("full-path")).map(str::trim).unwrap_or_default();
    if path.is_empty() {
        return Err(bad(format!("{CONTAINER} names no MusicXML file")));
    }
    Ok(path.chars().take(1024).collect())
}

/// Some programs leave the container out.
fn only_score(archive: &Archive<'_>) -> Result<String, ImportError> {
    let mut names: Vec<String> = names(archive).filter(|name| is_score_name(name)).collect();
    names.sort_unstable();
    match &names[..] {
        [name] => Ok(name.clone()),
        _ => Err(bad(format!("it has no {CONTAINER} and {} files that may be the score", names.len()))),
    }
}

fn is_score_name(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    let hidden = ["meta-inf/", "__macosx/"].iter().any(|folder| path.contains(folder));
    !hidden && (path.ends_with(".xml") || path.ends_with(".musicxml"))
}

/// Inflates one file. The size that the archive declares is not believed.
fn read(archive: &mut Archive<'_>, path: &str, bytes_max: usize) -> Result<Vec<u8>, ImportError> {
    let file = archive.by_name(path).map_err(|error| match error {
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => {
            bad(format!("{path} is encrypted; save it without a password"))
        }
        error => bad(format!("{path}: {error}")),
    })?;
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
