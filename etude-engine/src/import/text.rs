//! Bytes to text: UTF-8, UTF-16 and Latin-1, by byte order mark or declaration.
//!
//! These four need no tables; a library of all encodings would add a quarter of a megabyte to the WebAssembly.

use std::borrow::Cow;

use super::ImportError;

/// Whether a file may be XML: its first character after white space is `<`.
pub(super) fn looks_like_xml(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(256)];
    let utf16 = head.starts_with(b"\xFF\xFE") || head.starts_with(b"\xFE\xFF");
    let text = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    let text = if utf16 { &text[2..] } else { text };
    text.iter().find(|byte| !byte.is_ascii_whitespace() && **byte != 0) == Some(&b'<')
}

/// The text of an XML document. A byte order mark counts before the declaration; without either it is UTF-8, or, where
/// it cannot be, Latin-1, which is told.
pub(super) fn decode(bytes: &[u8]) -> Result<(Cow<'_, str>, Option<&'static str>), ImportError> {
    if unmarked(bytes) && declared_encoding(bytes).is_none() && std::str::from_utf8(bytes).is_err() {
        let told = "the file declares no encoding and is not UTF-8; it was read as Latin-1";
        return Ok((bytes.iter().map(|&byte| windows_1252(byte)).collect(), Some(told)));
    }
    Ok((encoded(bytes)?, None))
}

/// Whether neither a byte order mark nor the width of its first character says how the text is encoded.
fn unmarked(bytes: &[u8]) -> bool {
    !matches!(bytes, [0xEF, 0xBB, 0xBF, ..] | [0xFE, 0xFF, ..] | [0xFF, 0xFE, ..] | [0, ..] | [b'<', 0, ..])
}

fn encoded(bytes: &[u8]) -> Result<Cow<'_, str>, ImportError> {
    if let Some(rest) = bytes.strip_prefix(b"\xEF\xBB\xBF") {
        return utf8(rest).map(Cow::Borrowed);
    }
    let text = match bytes {
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0, b'<', ..] => utf16(bytes, u16::from_be_bytes),
        [b'<', 0, ..] => utf16(bytes, u16::from_le_bytes),
        _ => return declared(bytes),
    };
    text.map(Cow::Owned)
}

fn declared(bytes: &[u8]) -> Result<Cow<'_, str>, ImportError> {
    let name = declared_encoding(bytes).unwrap_or("utf-8").to_ascii_lowercase();
    match name.as_str() {
        "utf-8" | "utf8" | "us-ascii" | "ascii" => utf8(bytes).map(Cow::Borrowed),
        "iso-8859-1" | "latin1" | "latin-1" | "l1" => {
            Ok(bytes.iter().map(|&byte| char::from(byte)).collect())
        }
        "windows-1252" | "cp1252" => Ok(bytes.iter().map(|&byte| windows_1252(byte)).collect()),
        // Declared but plainly not: the declaration could be read byte by byte.
        "utf-16" | "utf-16le" | "utf-16be" => utf8(bytes).map(Cow::Borrowed),
        _ => Err(ImportError::Encoding {
            line: 1,
            reason: format!("the encoding {name:?} is not read; save the file as UTF-8"),
        }),
    }
}

/// The `encoding` of the XML declaration.
fn declared_encoding(bytes: &[u8]) -> Option<&str> {
    let head = &bytes[..bytes.len().min(256)];
    let end = head.windows(2).position(|pair| pair == b"?>")?;
    let declaration = std::str::from_utf8(&head[..end]).ok()?.trim_start().strip_prefix("<?xml")?;
    let value = declaration.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    value[1..].split(quote).next()
}

fn utf8(bytes: &[u8]) -> Result<&str, ImportError> {
    std::str::from_utf8(bytes).map_err(|error| ImportError::Encoding {
        line: line_of(&bytes[..error.valid_up_to()]),
        reason: "a byte that is not UTF-8, the encoding of this file by its declaration".to_owned(),
    })
}

fn utf16(bytes: &[u8], pair: fn([u8; 2]) -> u16) -> Result<String, ImportError> {
    let (units, rest) = bytes.as_chunks::<2>();
    let mut text = String::with_capacity(bytes.len() / 2);
    for unit in char::decode_utf16(units.iter().map(|unit| pair(*unit))) {
        let bad = |_| ImportError::Encoding {
            line: line_of(text.as_bytes()),
            reason: "half of a UTF-16 surrogate pair is missing".to_owned(),
        };
        let c = unit.map_err(bad)?;
        text.push(c);
    }
    if rest.is_empty() {
        return Ok(text);
    }
    Err(ImportError::Encoding {
        line: line_of(text.as_bytes()),
        reason: "the file ends in the middle of a UTF-16 character".to_owned(),
    })
}

fn line_of(before: &[u8]) -> usize {
    before.iter().filter(|&&byte| byte == b'\n').count() + 1
}

/// Latin-1 with printable signs in place of the second row of control characters.
fn windows_1252(byte: u8) -> char {
    const SIGNS: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8D}', 'Ž', '\u{8F}',
        '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9D}', 'ž', 'Ÿ',
    ];
    match byte {
        0x80..=0x9F => SIGNS[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16_of(text: &str, bom: bool, to: fn(u16) -> [u8; 2]) -> Vec<u8> {
        let units = bom.then_some(0xFEFF).into_iter().chain(text.encode_utf16());
        units.flat_map(to).collect()
    }

    #[test]
    fn reads_every_encoding_to_the_same_text() {
        let decode = |bytes: &[u8]| super::decode(bytes).map(|(text, _)| text.into_owned());
        let text = "<?xml version='1.0'?><a>Fr\u{e9}d\u{e9}ric</a>";
        let latin = "<?xml version='1.0' encoding='ISO-8859-1'?><a>\u{e9}</a>";
        assert_eq!(decode(text.as_bytes()).unwrap(), text);
        assert_eq!(decode(format!("\u{FEFF}{text}").as_bytes()).unwrap(), text);
        for bom in [true, false] {
            assert_eq!(decode(&utf16_of(text, bom, u16::to_le_bytes)).unwrap(), text);
            assert_eq!(decode(&utf16_of(text, bom, u16::to_be_bytes)).unwrap(), text);
        }
        let bytes: Vec<u8> = latin.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
        assert_eq!(decode(&bytes).unwrap(), latin);
        let mut windows = b"<?xml version='1.0' encoding=\"Windows-1252\"?><a>".to_vec();
        windows.push(0x92);
        assert!(decode(&windows).unwrap().ends_with('\u{2019}'));
    }

    #[test]
    fn says_where_a_text_is_not_what_it_declares() {
        let broken = b"<?xml version='1.0' encoding='UTF-8'?>\n<a>\n\xE9</a>";
        assert!(matches!(decode(broken), Err(ImportError::Encoding { line: 3, .. })));
        let mut odd = utf16_of("<a/>", true, u16::to_le_bytes);
        odd.push(b'<');
        assert!(matches!(decode(&odd), Err(ImportError::Encoding { .. })));
        let unknown = b"<?xml version='1.0' encoding='EBCDIC-CP-US'?><a/>";
        assert!(matches!(decode(unknown), Err(ImportError::Encoding { line: 1, .. })));
    }
}
