//! Plain documents, read in one pass by quick-xml: most of what notation programs write, at a fraction of the time that a
//! tree of everything takes.
//!
//! Plain is what has no CDATA, no document type of its own, no namespaces, instructions only before the root, and no
//! references in what is read. At the first thing that is out of the way, wrong or not, the reader gives up, and roxmltree
//! (`document.rs`) reads the document or says what is wrong with it. quick-xml does not look at all that makes a document
//! well-formed: what is wrong where nobody reads is let pass. What both take they take for the same: the tests of this
//! file and the fuzz target `musicxml` compare the two.

use memchr::memchr_iter;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use roxmltree::{Document, ParsingOptions};

use super::name::{Attribute, Tag};
use super::tree::{Span, Tree};

/// Elements in each other. MusicXML needs a dozen.
const DEPTH_MAX: usize = 64;
/// What stands before the root: a declaration, a document type, a comment or two.
const PROLOG_MAX: usize = 4096;

/// The tree of a plain document with so many `<`. Its places must fit 32 bits.
pub(super) fn read(text: &str, signs: usize) -> Option<Tree<'_>> {
    let mut reader = Reader::from_str(&text[root(text)?..]);
    let config = reader.config_mut();
    config.check_comments = true;
    config.trim_text(true);
    // Where elements have content, they have two signs each.
    let tree = Tree::new(text, signs / 2);
    let mut plain = Plain { text, tree, open: Vec::with_capacity(DEPTH_MAX), begun: false };
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) => {
                let element = plain.begin(&start)?;
                plain.open.push(element);
                if plain.open.len() > DEPTH_MAX {
                    return None;
                }
            }
            Event::Empty(start) => drop(plain.begin(&start)?),
            // That its name is the one that began, quick-xml has checked.
            Event::End(_) => {
                if let Some(element) = plain.open.pop()? {
                    plain.tree.close(element);
                }
            }
            Event::Text(content) => plain.content(&content)?,
            // One that needs a document type is wrong here, and found so by roxmltree.
            Event::GeneralRef(reference) if plain.open.last()?.is_none() => {
                let is_standard = ["amp", "lt", "gt", "quot", "apos"].contains(&&*reference);
                (is_standard || reference.resolve_char_ref().ok()?.is_some()).then_some(())?;
            }
            Event::Comment(_) => {}
            Event::Eof if plain.begun && plain.open.is_empty() => return Some(plain.tree),
            _ => return None,
        }
    }
}

/// Where the first element begins. What is before it roxmltree has found right.
fn root(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let root = memchr_iter(b'<', bytes).find(|at| !matches!(bytes.get(at + 1), Some(b'!' | b'?')))?;
    let prolog = text.get(..root).filter(|prolog| prolog.len() <= PROLOG_MAX && !prolog.contains('['))?;
    let options = ParsingOptions { allow_dtd: true, ..ParsingOptions::default() };
    Document::parse_with_options(&format!("{prolog}<root/>"), options).ok()?;
    Some(root)
}

struct Plain<'t> {
    /// The whole file.
    text: &'t str,
    tree: Tree<'t>,
    /// The elements that have not ended, from the root, by their numbers in the tree; `None` for one that is not read, or
    /// is in such a one.
    open: Vec<Option<u32>>,
    /// Whether the root has been seen.
    begun: bool,
}

impl Plain<'_> {
    /// An element begins. Its number in the tree, if it is read.
    fn begin(&mut self, start: &BytesStart<'_>) -> Option<Option<u32>> {
        let name = start.name().into_inner();
        let is_within = self.open.last().is_none_or(Option::is_some);
        let Some(tag) = Tag::of(name.as_bytes()).filter(|_| is_within) else {
            // A prefix says where its name comes from.
            return (!name.contains(':') && !self.open.is_empty()).then_some(None);
        };
        if self.open.is_empty() {
            let is_root = matches!(tag, Tag::ScorePartwise | Tag::ScoreTimewise) && !self.begun;
            is_root.then_some(())?;
            self.begun = true;
        }
        let element = self.tree.open(tag, self.place(name));
        if name.len() < start.len() {
            self.attributes(start)?;
        }
        Some(Some(element))
    }

    fn attributes(&mut self, start: &BytesStart<'_>) -> Option<()> {
        for attribute in start.attributes().with_checks(false) {
            let attribute = attribute.ok()?;
            let name = attribute.key.into_inner();
            if let Some(known) = Attribute::of(name.as_bytes()) {
                let value = &*attribute.value;
                // What would have to be replaced.
                if value.contains(['&', '\t', '\r', '\n']) {
                    return None;
                }
                let at = self.place(value);
                self.tree.attribute(known, Span::new(at, at + value.len()));
            } else if name.starts_with("xmlns") || name.starts_with(':') {
                // The parser drops a colon that stands first.
                return None;
            }
        }
        Some(())
    }

    /// A text without ASCII white space around it, which is not empty.
    fn content(&mut self, content: &str) -> Option<()> {
        let Some(element) = *self.open.last()? else { return Some(()) };
        let content = content.trim();
        if content.is_empty() {
            return Some(());
        }
        let span = if content.contains('\r') {
            self.tree.decoded(&content.replace("\r\n", "\n").replace('\r', "\n"))?
        } else {
            let at = self.place(content);
            Span::new(at, at + content.len())
        };
        // A comment or an element has parted it from another.
        self.tree.set_text(element, span).then_some(())
    }

    /// Where a piece of the file stands in it.
    fn place(&self, piece: &str) -> usize {
        piece.as_ptr() as usize - self.text.as_ptr() as usize
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::document;
    use super::*;
    use crate::import::Limits;

    /// The elements that are found, by both readers if the document is well-formed; `None` if it is not plain.
    fn told(text: &str) -> Option<Vec<String>> {
        let told = read(text, 0)?.told();
        if let Ok(tree) = document::parse(text, &Limits::default()) {
            assert_eq!(told, tree.told(), "{text}");
        }
        Some(told)
    }

    const SCORE: &str = "<?xml version='1.0' encoding='UTF-8'?>\r\n<!-- a --><!DOCTYPE score-partwise PUBLIC 'a' \"b\">\n\
        <score-partwise version='3.1'>\r\n<work><work-title> Pr\u{e9}lude  ugue\u{a0}</work-title></work>\n\
        <!-- <part> --><part id = \"P1\"><measure number='1' width='5'><note id='a' default-x='1.5' ><pitch/>\n\
        <lyric><text xml:lang='it'>d\u{f2} &lt; &#70;</text></lyric><type>half</type><voice\n> 1 </voice ><beam/></note>\n\
        <direction><direction-type><words xml:space=\"preserve\">D.C.\r\nal \u{fb01}ne ]] > </words>\n\
        </direction-type></direction></measure></part></score-partwise>\n<!-- end -->\n";

    #[test]
    fn a_plain_document_is_read_as_the_parser_reads_it() {
        let told = told(SCORE).unwrap();
        assert_eq!(told.len(), 11);
        assert!(
            told[2].contains("WorkTitle") && told[2].contains("Some(\"Pr\u{e9}lude  ugue\")"),
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
        // Nobody reads it.
        assert!(plain("<x xmlns='u' a='&amp;'>&quot;</x>"));
        for content in [
            "<words><![CDATA[a]]></words>",
            "<?a b?>",
            "<words>a<!-- b -->c</words>",
            "<words>a<x/>c</words>",
            "<words>&amp;</words>",
            "<note xmlns='u'/>",
            "<note xmlns:u='u'/>",
            "<u:x/>",
            "<note id='&amp;'/>",
            "<note :id='a'/>",
            "<note id='a\nb'/>",
            "<x>&#xD800;</x>",
            "<x>&nbsp;</x>",
            &"<x>".repeat(DEPTH_MAX),
        ] {
            assert!(!plain(content), "{content}");
        }
        assert!(told("<score-partwise/> ").is_some());
        for text in [
            "<!DOCTYPE score-partwise [<!ENTITY a 'b'>]><score-partwise/>",
            "<score-partwise/>a",
            "<score-partwise/>&lt;",
            "<score-partwise/><score-partwise/>",
            "<score-partwise/><x/>",
            "a<score-partwise/>",
            "<score/>",
            "<!-- <score-partwise/>",
            "<score-partwise>",
            "<score-partwise><!-- a--b --></score-partwise>",
            "<score-partwise a=1/>",
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
    fn what_is_wrong_where_nobody_reads_is_let_pass() {
        let text = "<score-partwise><part><measure><note><lyric><text>a\u{1}</text></lyric></note></measure></part></score-partwise>";
        assert!(document::parse(text, &Limits::default()).is_err());
        assert_eq!(told(text).unwrap().len(), 4);
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
