//! Plain documents, read in one pass: most of what notation programs write, at a fraction of the time a parser takes.
//!
//! Plain is what has no CDATA, no document type of its own, no namespaces, and instructions only before the root. Of
//! such a document every byte is checked as the parser would; at the first that is out of the way, wrong or not, the reader
//! gives up, and the parser (`document.rs`) reads the document or says what is wrong with it. So nothing is refused
//! here, and nothing taken that the parser would not take: the tests of this file and the fuzz target `musicxml`
//! compare the two.

use memchr::{memchr_iter, memmem};
use roxmltree::{Document, ParsingOptions};

use super::name::{Attribute, Tag};
use super::tree::{Span, Tree};

/// Elements in each other. MusicXML needs a dozen.
const DEPTH_MAX: usize = 64;
/// What stands before the root: a declaration, a document type, a comment or two.
const PROLOG_MAX: usize = 4096;
/// Attributes of a tag; each is compared with each.
const ATTRIBUTES_MAX: usize = 32;

/// The tree of a plain document with so many `<`. Its places must fit 32 bits.
pub(super) fn read(text: &str, signs: usize) -> Option<Tree<'_>> {
    let root = root(text)?;
    // Where elements have content, they have two signs each.
    let tree = Tree::new(text, signs / 2);
    let open = Vec::with_capacity(DEPTH_MAX);
    let mut reader = Reader { bytes: text.as_bytes(), text, at: root, tree, open, names: Vec::new() };
    reader.start_tag()?;
    while !reader.open.is_empty() {
        reader.content()?;
    }
    reader.epilog()?;
    Some(reader.tree)
}

/// Where the first element begins. What is before it the parser has found right.
fn root(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let root = memchr_iter(b'<', bytes).find(|at| !matches!(bytes.get(at + 1), Some(b'!' | b'?')))?;
    let prolog = text.get(..root).filter(|prolog| prolog.len() <= PROLOG_MAX && !prolog.contains('['))?;
    let options = ParsingOptions { allow_dtd: true, ..ParsingOptions::default() };
    Document::parse_with_options(&format!("{prolog}<root/>"), options).ok()?;
    Some(root)
}

/// What a byte may be, in the order of how a text is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Plain,
    /// `\t` and `\n`: spaces in values.
    Break,
    /// `\r`: with the `\n` after it, one line end.
    Return,
    Reference,
    /// `]` may begin what no text may hold.
    Bracket,
    /// Begins three bytes that may be U+FFFE or U+FFFF, which are no characters.
    Far,
    Tag,
    No,
}

const CLASSES: [Class; 256] = {
    let mut classes = [Class::Plain; 256];
    let mut byte = 0;
    while byte < 0x20 {
        classes[byte] = Class::No;
        byte += 1;
    }
    classes[b'\t' as usize] = Class::Break;
    classes[b'\n' as usize] = Class::Break;
    classes[b'\r' as usize] = Class::Return;
    classes[b'&' as usize] = Class::Reference;
    classes[b']' as usize] = Class::Bracket;
    classes[b'<' as usize] = Class::Tag;
    classes[0xEF] = Class::Far;
    classes
};

/// Whether a byte may stand in a name. Names of other than ASCII letters, or with a prefix, are not plain.
const IN_NAME: [bool; 256] = {
    let mut in_name = [false; 256];
    let mut byte = 0;
    while byte < 0x80 {
        in_name[byte] = (byte as u8).is_ascii_alphanumeric() || matches!(byte as u8, b'-' | b'.' | b'_');
        byte += 1;
    }
    in_name
};

struct Reader<'t> {
    bytes: &'t [u8],
    text: &'t str,
    /// What is before it has been read.
    at: usize,
    tree: Tree<'t>,
    /// The elements that have not ended, from the root.
    open: Vec<Open>,
    /// The names of the attributes of one tag.
    names: Vec<(usize, usize)>,
}

struct Open {
    /// Where its name stands.
    name: (usize, usize),
    /// Its number in the tree; `None` if it, or one that it is in, is not read.
    element: Option<u32>,
}

impl Reader<'_> {
    fn byte(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// Reads what stands between two tags, and the second.
    fn content(&mut self) -> Option<()> {
        self.spaces();
        if self.byte()? != b'<' {
            self.content_text()?;
        }
        match self.bytes.get(self.at + 1)? {
            b'/' => self.end_tag(),
            b'!' => self.comment(),
            _ => self.start_tag(),
        }
    }

    fn start_tag(&mut self) -> Option<()> {
        self.at += 1;
        let name = self.name()?;
        let bytes = &self.bytes[name.0..name.1];
        let is_within = self.open.last().is_none_or(|parent| parent.element.is_some());
        let tag = if is_within { Tag::of(bytes) } else { None };
        if self.open.is_empty() && !matches!(tag, Some(Tag::ScorePartwise | Tag::ScoreTimewise)) {
            return None;
        }
        let element = tag.map(|tag| self.tree.open(tag, name.0));
        self.names.clear();
        loop {
            match self.byte()? {
                b'>' => {
                    self.at += 1;
                    if self.open.len() == DEPTH_MAX {
                        return None;
                    }
                    self.open.push(Open { name, element });
                    return Some(());
                }
                b'/' => {
                    self.at += 2;
                    return (self.bytes.get(self.at - 1) == Some(&b'>')).then_some(());
                }
                b' ' | b'\t' | b'\r' | b'\n' => {
                    self.spaces();
                    if !matches!(self.byte()?, b'>' | b'/') {
                        self.attribute(element.is_some())?;
                    }
                }
                _ => return None,
            }
        }
    }

    fn attribute(&mut self, read: bool) -> Option<()> {
        let mut name = self.name()?;
        let mut known = if read { Attribute::of(&self.bytes[name.0..name.1]) } else { None };
        if self.byte()? == b':' && &self.bytes[name.0..name.1] == b"xml" {
            self.at += 1;
            name.1 = self.name()?.1;
            known = None;
        }
        let bytes = &self.bytes[name.0..name.1];
        let seen = |other: &(usize, usize)| &self.bytes[other.0..other.1] == bytes;
        if self.names.len() == ATTRIBUTES_MAX || bytes == b"xmlns" || self.names.iter().any(seen) {
            return None;
        }
        self.names.push(name);
        self.spaces();
        if self.byte()? != b'=' {
            return None;
        }
        self.at += 1;
        self.spaces();
        let quote = self.byte().filter(|byte| matches!(byte, b'"' | b'\''))?;
        self.at += 1;
        let start = self.at;
        loop {
            let byte = self.byte()?;
            if byte == quote {
                break;
            }
            match CLASSES[usize::from(byte)] {
                Class::Plain | Class::Bracket => {}
                // Of an attribute that is read, it would have to be made a space.
                Class::Break | Class::Return if known.is_none() => {}
                Class::Far => self.far()?,
                _ => return None,
            }
            self.at += 1;
        }
        if let Some(known) = known {
            self.tree.attribute(known, Span::new(start, self.at));
        }
        self.at += 1;
        Some(())
    }

    fn end_tag(&mut self) -> Option<()> {
        let Open { name, element } = self.open.pop()?;
        self.at += 2;
        let name = &self.bytes[name.0..name.1];
        if !self.bytes[self.at..].starts_with(name) {
            return None;
        }
        self.at += name.len();
        self.spaces();
        if self.byte()? != b'>' {
            return None;
        }
        self.at += 1;
        if let Some(element) = element {
            self.tree.close(element);
        }
        Some(())
    }

    /// Reads a text to the tag after it.
    fn content_text(&mut self) -> Option<()> {
        let start = self.at;
        let (mut returns, mut references) = (false, false);
        loop {
            match CLASSES[usize::from(self.byte()?)] {
                Class::Plain | Class::Break => {}
                Class::Return => returns = true,
                Class::Reference => {
                    self.reference()?;
                    references = true;
                    continue;
                }
                Class::Bracket if self.bytes[self.at..].starts_with(b"]]>") => return None,
                Class::Bracket => {}
                Class::Far => self.far()?,
                Class::Tag => break,
                Class::No => return None,
            }
            self.at += 1;
        }
        let Some(element) = self.open.last()?.element else { return Some(()) };
        let (start, end) = self.trimmed(start);
        let text = &self.text[start..end];
        let span = match (returns && text.contains('\r'), references) {
            (false, false) if text.is_empty() => return Some(()),
            (false, false) => Span::new(start, end),
            (true, false) => self.tree.decoded(&text.replace("\r\n", "\n").replace('\r', "\n"))?,
            (false, true) => {
                let text = dereferenced(text)?;
                self.tree.decoded(text.trim())?
            }
            (true, true) => return None,
        };
        // A comment has parted it from another.
        self.tree.set_text(element, span).then_some(())
    }

    /// The text from a place to here without white space around it.
    fn trimmed(&self, start: usize) -> (usize, usize) {
        let bytes = &self.bytes[start..self.at];
        let end = bytes.iter().rposition(|byte| *byte > b' ').map_or(start, |last| start + last + 1);
        let may_be_space = |byte: Option<&u8>| byte.is_some_and(|byte| !byte.is_ascii_graphic());
        if !may_be_space(bytes.first()) && !may_be_space(self.bytes[start..end].last()) {
            return (start, end);
        }
        let text = self.text[start..end].trim_start();
        let start = end - text.len();
        (start, start + text.trim_end().len())
    }

    /// Passes a reference that is known without a document type.
    fn reference(&mut self) -> Option<()> {
        let (_, length) = reference(&self.text[self.at..])?;
        self.at += length;
        Some(())
    }

    fn comment(&mut self) -> Option<()> {
        if !self.bytes[self.at..].starts_with(b"<!--") {
            return None;
        }
        self.at += 4;
        let dashes = self.at + memmem::find(&self.bytes[self.at..], b"--")?;
        while self.at < dashes {
            match CLASSES[usize::from(self.byte()?)] {
                Class::No => return None,
                Class::Far => self.far()?,
                _ => {}
            }
            self.at += 1;
        }
        self.at += 3;
        (self.bytes.get(self.at - 1) == Some(&b'>')).then_some(())
    }

    /// White space and comments, to the end.
    fn epilog(&mut self) -> Option<()> {
        loop {
            self.spaces();
            if self.at == self.bytes.len() {
                return Some(());
            }
            self.comment()?;
        }
    }

    /// Refuses U+FFFE and U+FFFF.
    fn far(&self) -> Option<()> {
        (!matches!(self.bytes[self.at..], [0xEF, 0xBF, 0xBE | 0xBF, ..])).then_some(())
    }

    fn name(&mut self) -> Option<(usize, usize)> {
        let start = self.at;
        let first = self.byte()?;
        if !(first.is_ascii_alphabetic() || first == b'_') {
            return None;
        }
        while IN_NAME[usize::from(self.byte()?)] {
            self.at += 1;
        }
        Some((start, self.at))
    }

    fn spaces(&mut self) {
        while matches!(self.byte(), Some(b' ' | b'\n' | b'\t' | b'\r')) {
            self.at += 1;
        }
    }
}

/// The character that a text's first reference stands for, and how long that is.
fn reference(text: &str) -> Option<(char, usize)> {
    /// The longest that is read here is `&#x10FFFF;`.
    const LENGTH_MAX: usize = 10;
    let length = text.bytes().take(LENGTH_MAX).position(|byte| byte == b';')? + 1;
    let c = match &text[1..length - 1] {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        name => {
            let number = name.strip_prefix('#')?;
            let (digits, radix) = number.strip_prefix('x').map_or((number, 10), |hex| (hex, 16));
            // A number may have a sign for `from_str_radix`.
            let c = char::from_u32(u32::from_str_radix(digits, radix).ok()?)?;
            let no = c < ' ' || matches!(c, '\u{FFFE}' | '\u{FFFF}') || digits.starts_with('+');
            (!no).then_some(c)?
        }
    };
    Some((c, length))
}

/// A text with its references replaced.
fn dereferenced(mut text: &str) -> Option<String> {
    let mut plain = String::with_capacity(text.len());
    while let Some(at) = text.find('&') {
        plain.push_str(&text[..at]);
        let (c, length) = reference(&text[at..])?;
        plain.push(c);
        text = &text[at + length..];
    }
    plain.push_str(text);
    Some(plain)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::document;
    use super::*;
    use crate::import::Limits;

    /// The elements that both readers find; `None` if the document is not plain.
    fn told(text: &str) -> Option<Vec<String>> {
        let told = read(text, 0)?.told();
        assert_eq!(
            Ok(&told),
            document::parse(text, &Limits::default()).map(|tree| tree.told()).as_ref(),
            "{text}"
        );
        Some(told)
    }

    const SCORE: &str = "<?xml version='1.0' encoding='UTF-8'?>\r\n<!-- a --><!DOCTYPE score-partwise PUBLIC 'a' \"b\">\n\
        <score-partwise version='3.1'>\r\n<work><work-title> Pr\u{e9}lude &amp; &#70;ugue\u{a0}</work-title></work>\n\
        <!-- <part> --><part id = \"P1\"><measure number='1' width='5'><note id='a' default-x='1.5' ><pitch/>\n\
        <lyric><text xml:lang='it'>d\u{f2} &lt;</text></lyric><type>half</type><voice\n> 1 </voice ><beam/></note>\n\
        <direction><direction-type><words xml:space=\"preserve\">D.C.\r\nal \u{fb01}ne ]] > </words>\n\
        </direction-type></direction></measure></part></score-partwise>\n<!-- end -->\n";

    #[test]
    fn a_plain_document_is_read_as_the_parser_reads_it() {
        let told = told(SCORE).unwrap();
        assert_eq!(told.len(), 11);
        assert!(
            told[2].contains("WorkTitle") && told[2].contains("Some(\"Pr\u{e9}lude & Fugue\")"),
            "{}",
            told[2]
        );
        assert!(told[5].contains("Note") && told[5].contains("[(Id, \"a\")]"), "{}", told[5]);
        assert!(told[10].contains("Some(\"D.C.\\nal \u{fb01}ne ]] >\")"), "{}", told[10]);
    }

    #[test]
    fn what_is_out_of_the_way_is_left_to_the_parser() {
        let plain = |content: &str| told(&format!("<score-partwise>{content}</score-partwise>")).is_some();
        assert!(plain("<part><measure/></part>"));
        for content in [
            "<words><![CDATA[a]]></words>",
            "<?a b?>",
            "<words>a<!-- b -->c</words>",
            "<x xmlns='u'/>",
            "<x xmlns:u='u'/>",
            "<u:x/>",
            "<x a='&amp;'/>",
            "<note id='a\nb'/>",
            "<x>&#xD800;</x>",
            "<x>&#x110000;</x>",
            "<words>&#65;\rb</words>",
            &"<x>".repeat(DEPTH_MAX),
        ] {
            assert!(!plain(content), "{content}");
        }
        assert!(told("<score-partwise/> ").is_some());
        for text in [
            "<!DOCTYPE score-partwise [<!ENTITY a 'b'>]><score-partwise/>",
            "<score-partwise/>a",
            "<score-partwise/><score-partwise/>",
            "a<score-partwise/>",
            "<score/>",
            "<!-- <score-partwise/>",
            "<score-partwise>",
            "<score-partwise>\u{fffe}</score-partwise>",
            "<score-partwise>\u{1}</score-partwise>",
            "<score-partwise>]]></score-partwise>",
            "<score-partwise><!-- a--b --></score-partwise>",
            "<score-partwise a='1' a='2'/>",
            "<score-partwise a='1'b='2'/>",
            "<score-partwise a='<'/>",
            "<score-partwise></score-partwis>",
            "<score-partwise></score-partwise",
            "<score-partwise/",
            "<score-partwise",
            "<",
            "",
        ] {
            assert!(told(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_plain_document_cut_off_is_left_to_the_parser() {
        let end = SCORE.find("<!-- end").unwrap();
        for cut in (0..end - 1).filter(|cut| SCORE.is_char_boundary(*cut)) {
            assert!(told(&SCORE[..cut]).is_none(), "{cut}");
        }
    }

    #[test]
    fn the_bundled_scores_are_plain() {
        for text in [
            include_str!("../../../../examples/scores/bach-goldberg-aria.musicxml"),
            include_str!("../../../../examples/scores/beethoven-fuer-elise.musicxml"),
            include_str!("../../../../examples/scores/petzold-menuet-in-g.musicxml"),
        ] {
            assert!(told(text).is_some_and(|told| told.len() > 1_000));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        /// Some signs changed: whatever is still taken, the parser takes for the same.
        #[test]
        fn the_two_readers_never_differ(
            edits in prop::collection::vec((any::<prop::sample::Index>(), "[<>/&;!?'\"=:a \\n\\r#x\\]\u{ef}\u{ffff}-]{0,4}", 0..3_usize), 1..4)
        ) {
            let mut signs: Vec<char> = SCORE.chars().collect();
            for (place, new, removed) in edits {
                let at = place.index(signs.len());
                let end = (at + removed).min(signs.len());
                signs.splice(at..end, new.chars());
            }
            told(&signs.into_iter().collect::<String>());
        }
    }
}
