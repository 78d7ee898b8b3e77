//! Compressed MusicXML: a zip archive whose META-INF/container.xml names the score.
//!
//! Nothing is written anywhere, so a path can lead no further than to an entry of the archive. Only the container and
//! the score are inflated, whatever else there is, and neither beyond its limit.

use std::io::Read as _;

use flate2::bufread::DeflateDecoder;
use rawzip::{CompressionMethod, ZipArchive, ZipFileHeaderRecord, ZipSliceArchive};
use roxmltree::{Document, Node, ParsingOptions};

use super::{ImportError, Limits, text};

const CONTAINER: &str = "META-INF/container.xml";
/// The container only names files.
const CONTAINER_BYTES_MAX: usize = 64 << 10;
/// How MusicXML is called in a container; the first is the one that is registered.
const MEDIA_TYPES: [&str; 4] = [
    "application/vnd.recordare.musicxml+xml",
    "application/vnd.recordare.musicxml",
    "application/xml",
    "text/xml",
];

/// The bytes of the score inside.
pub(super) fn root_file(bytes: &[u8], limits: &Limits) -> Result<Vec<u8>, ImportError> {
    let archive = ZipArchive::from_slice(bytes).map_err(|error| bad(error.to_string()))?;
    let files = files(&archive, limits.archive_entries)?;
    let score = match file(&files, CONTAINER) {
        Some(container) => {
            let path = root_path(&container.read(&archive, CONTAINER_BYTES_MAX)?)?;
            file(&files, &path)
                .ok_or_else(|| bad(format!("{CONTAINER} names {path:?}, which it does not hold")))?
        }
        None => only_score(&files)?,
    };
    let content = score.read(&archive, limits.inflated_bytes)?;
    if content.starts_with(b"PK") {
        return Err(bad(format!("{} is itself an archive", score.name)));
    }
    Ok(content)
}

/// A file of an archive, as its directory has it.
struct File<'a> {
    /// What is not ASCII in a name that is not UTF-8 is [`char::REPLACEMENT_CHARACTER`]: its encoding is not told.
    name: String,
    header: ZipFileHeaderRecord<'a>,
}

fn files<'a>(archive: &'a ZipSliceArchive<&[u8]>, files_max: usize) -> Result<Vec<File<'a>>, ImportError> {
    let mut files = Vec::new();
    let mut entries = archive.entries();
    while let Some(header) = entries.next_entry().map_err(|error| bad(error.to_string()))? {
        if files.len() == files_max {
            return Err(bad(format!("it holds more files than the limit of {files_max}")));
        }
        let path = header.file_path();
        let name = match std::str::from_utf8(path.as_bytes()) {
            Ok(name) => name.to_owned(),
            Err(_) => ascii(path.as_bytes().iter().map(|&byte| char::from(byte))),
        };
        files.push(File { name, header });
    }
    Ok(files)
}

/// The file of that path; programs differ in case, in slashes, in how a path begins and in how they encode it.
fn file<'f, 'a>(files: &'f [File<'a>], path: &str) -> Option<&'f File<'a>> {
    let plain = |path: &str| {
        let path = path.replace('\\', "/").to_lowercase();
        path.split('/').filter(|step| !matches!(*step, "" | ".")).collect::<Vec<_>>().join("/")
    };
    let wanted = plain(path);
    let of_any_encoding = ascii(wanted.chars());
    let exact = files.iter().find(|file| file.name == path);
    let alike = || files.iter().find(|file| plain(&file.name) == wanted);
    exact.or_else(alike).or_else(|| files.iter().find(|file| plain(&file.name) == of_any_encoding))
}

fn ascii(name: impl Iterator<Item = char>) -> String {
    name.map(|c| if c.is_ascii() { c } else { char::REPLACEMENT_CHARACTER }).collect()
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
fn only_score<'f, 'a>(files: &'f [File<'a>]) -> Result<&'f File<'a>, ImportError> {
    let mut scores = files.iter().filter(|file| is_score_name(&file.name));
    match (scores.next(), scores.count()) {
        (Some(score), 0) => Ok(score),
        (first, others) => {
            let count = usize::from(first.is_some()) + others;
            Err(bad(format!("it has no {CONTAINER} and {count} files that may be the score")))
        }
    }
}

fn is_score_name(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    let hidden = ["meta-inf/", "__macosx/"].iter().any(|folder| path.contains(folder));
    !hidden && (path.ends_with(".xml") || path.ends_with(".musicxml"))
}

impl File<'_> {
    /// Inflates it. The size that the archive declares is not believed.
    fn read(&self, archive: &ZipSliceArchive<&[u8]>, bytes_max: usize) -> Result<Vec<u8>, ImportError> {
        let Self { name, header } = self;
        if header.flags().is_encrypted() {
            return Err(bad(format!("{name} is encrypted; save it without a password")));
        }
        let file = archive.get_entry(header.wayfinder()).map_err(|error| bad(format!("{name}: {error}")))?;
        let mut content = Vec::new();
        let up_to = bytes_max as u64 + 1;
        match header.compression_method() {
            CompressionMethod::STORE => file.data().take(up_to).read_to_end(&mut content),
            CompressionMethod::DEFLATE => {
                DeflateDecoder::new(file.data()).take(up_to).read_to_end(&mut content)
            }
            _ => return Err(bad(format!("{name} is packed by another compression than deflate"))),
        }
        .map_err(|error| bad(format!("{name}: {error}")))?;
        if content.len() > bytes_max {
            return Err(ImportError::InflatedTooLarge { entry: name.clone(), limit: bytes_max });
        }
        if crc32(&content) != header.crc32() {
            return Err(bad(format!("{name} is damaged: its checksum is another")));
        }
        Ok(content)
    }
}

#[cfg(not(target_family = "wasm"))]
fn crc32(bytes: &[u8]) -> u32 {
    rawzip::crc32(bytes)
}

/// With one table instead of sixteen, which no compression makes smaller: a Worker is counted by its size.
#[cfg(target_family = "wasm")]
fn crc32(bytes: &[u8]) -> u32 {
    crc::Crc::<u32, crc::Table<1>>::new(&crc::CRC_32_ISO_HDLC).checksum(bytes)
}

fn bad(reason: String) -> ImportError {
    ImportError::Zip { reason }
}
