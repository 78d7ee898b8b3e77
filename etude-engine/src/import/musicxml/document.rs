//! The XML document: read within limits, and laid out part by part whichever way the file has them.

use memchr::{memchr_iter, memmem};
use roxmltree::{Document, ParsingOptions};

use super::name::{Attribute, Tag};
use super::parts::{self, Keyboard, Survey};
use super::plain;
use super::tree::{Node, Tree};
use crate::import::{ImportError, Limits};

/// One part: its entry in the part list and its measures.
pub(super) struct Part<'a> {
    pub(super) id: &'a str,
    /// Its `<score-part>`, if the part list has one.
    pub(super) entry: Option<Node<'a>>,
    pub(super) measures: Vec<PartMeasure<'a>>,
    pub(super) survey: Survey,
    /// Whether it is a keyboard's, by its entry.
    pub(super) keyboard: Option<Keyboard>,
}

/// One measure of one part.
#[derive(Clone, Copy)]
pub(super) struct PartMeasure<'a> {
    pub(super) node: Node<'a>,
    /// Printed number.
    pub(super) number: &'a str,
    /// How many `<note>` elements stand before it in the file.
    pub(super) notes_before: usize,
}

/// Reads a text. External entities are never fetched.
pub(super) fn read<'t>(text: &'t str, limits: &Limits) -> Result<Tree<'t>, ImportError> {
    // Places in the text are kept in 32 bits.
    if u32::try_from(text.len()).is_err() {
        return Err(ImportError::FileTooLarge { bytes: text.len(), limit: u32::MAX as usize });
    }
    let count = |sign: u8| memchr_iter(sign, text.as_bytes()).count();
    let signs = count(b'<');
    if signs.max(count(b'=')) > limits.xml_nodes as usize {
        return Err(ImportError::XmlTooLarge { limit: limits.xml_nodes });
    }
    let Some(tree) = plain::read(text, signs) else { return parse(text, limits) };
    #[cfg(fuzzing)]
    if let Ok(parsed) = parse(text, limits) {
        assert_eq!(tree.told(), parsed.told());
    }
    Ok(tree)
}

/// Reads what is not plain.
pub(super) fn parse<'t>(text: &'t str, limits: &Limits) -> Result<Tree<'t>, ImportError> {
    bound_entities(text, limits.inflated_bytes)?;
    bound_tags(text)?;
    let options =
        ParsingOptions { allow_dtd: true, nodes_limit: limits.xml_nodes, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options).map_err(|error| match error {
        roxmltree::Error::NodesLimitReached | roxmltree::Error::AttributesLimitReached => {
            ImportError::XmlTooLarge { limit: limits.xml_nodes }
        }
        error => {
            let place = error.pos();
            ImportError::Xml { line: place.row, column: place.col, reason: error.to_string() }
        }
    })?;
    let root = document.root_element();
    if !matches!(root.tag_name().name(), "score-partwise" | "score-timewise") {
        let line = 1 + lines(&text[..place(root, text)]);
        return Err(ImportError::NotMusicXml { root: clip(root.tag_name().name()), line });
    }
    tree(&document, text).ok_or(ImportError::XmlTooLarge { limit: limits.xml_nodes })
}

/// Where an element's name stands in the text; what an entity holds stands in the document type.
fn place(node: roxmltree::Node<'_, '_>, text: &str) -> usize {
    (node.tag_name().name().as_ptr() as usize).saturating_sub(text.as_ptr() as usize).min(text.len())
}

/// The elements of a parsed document that are read; `None` if their texts are too long.
fn tree<'t>(document: &Document<'_>, text: &'t str) -> Option<Tree<'t>> {
    let mut tree = Tree::new(text, 0);
    // Not by recursion: elements may nest as deep as the file is long.
    let mut open: Vec<u32> = Vec::new();
    let mut node = document.root_element();
    loop {
        let mut down = None;
        if let Some(tag) = Tag::of(node.tag_name().name().as_bytes()) {
            open.push(tree.open(tag, place(node, text)));
            copy(node, &mut tree, *open.last()?)?;
            down = node.first_element_child();
            if down.is_none() {
                tree.close(open.pop()?);
            }
        }
        let mut next = down.or_else(|| if open.is_empty() { None } else { node.next_sibling_element() });
        while next.is_none() {
            let Some(ended) = open.pop() else { return Some(tree) };
            tree.close(ended);
            node = node.parent()?;
            next = if open.is_empty() { None } else { node.next_sibling_element() };
        }
        node = next?;
    }
}

/// Copies attributes and text of an element.
fn copy(node: roxmltree::Node<'_, '_>, tree: &mut Tree<'_>, element: u32) -> Option<()> {
    for attribute in node.attributes().filter(|attribute| attribute.namespace().is_none()) {
        if let Some(name) = Attribute::of(attribute.name().as_bytes()) {
            let value = tree.decoded(attribute.value())?;
            tree.attribute(name, value);
        }
    }
    let texts = node.children().filter(roxmltree::Node::is_text).filter_map(|text| text.text());
    let text: String = texts.collect();
    let text = text.trim();
    if !text.is_empty() {
        let text = tree.decoded(text)?;
        tree.set_text(element, text);
    }
    Some(())
}

/// The parts in the order of their first measure. Measures of equal index sound together.
pub(super) fn parts<'a>(root: Node<'a>, limits: &Limits) -> Result<Vec<Part<'a>>, ImportError> {
    let mut parts = if root.is(Tag::ScoreTimewise) { timewise(root, limits)? } else { partwise(root) };
    if parts.len() > limits.parts {
        return Err(ImportError::TooManyParts { parts: parts.len(), limit: limits.parts });
    }
    if parts.iter().any(|part| part.measures.len() > limits.measures) {
        return Err(ImportError::TooManyMeasures { limit: limits.measures });
    }
    for part in &mut parts {
        let list = root.child(Tag::PartList);
        let mut entries = list.into_iter().flat_map(|list| list.children_of(Tag::ScorePart));
        part.entry = entries.find(|entry| entry.attribute(Attribute::Id) == Some(part.id));
        part.survey = Survey::of(&part.measures);
        part.keyboard = part.entry.and_then(parts::keyboard);
    }
    Ok(parts)
}

fn partwise<'a>(root: Node<'a>) -> Vec<Part<'a>> {
    let mut notes_before = 0;
    let mut read = |node| PartMeasure::new(node, node, &mut notes_before);
    root.children_of(Tag::Part)
        .map(|part| Part {
            id: part.attribute(Attribute::Id).unwrap_or(""),
            entry: None,
            measures: part.children_of(Tag::Measure).map(&mut read).collect(),
            survey: Survey::default(),
            keyboard: None,
        })
        .collect()
}

fn timewise<'a>(root: Node<'a>, limits: &Limits) -> Result<Vec<Part<'a>>, ImportError> {
    let mut parts: Vec<Part<'a>> = Vec::new();
    let mut notes_before = 0;
    let mut earlier: Vec<PartMeasure<'a>> = Vec::new();
    for measure in root.children_of(Tag::Measure) {
        if earlier.len() == limits.measures {
            return Err(ImportError::TooManyMeasures { limit: limits.measures });
        }
        // A measure element has no notes of its own: it stands for a part that is silent in it.
        earlier.push(PartMeasure::new(measure, measure, &mut notes_before));
        for node in measure.children_of(Tag::Part) {
            let id = node.attribute(Attribute::Id).unwrap_or("");
            let part = parts.iter().position(|part| part.id == id).unwrap_or(parts.len());
            if part == parts.len() {
                if part == limits.parts {
                    return Err(ImportError::TooManyParts { parts: part + 1, limit: limits.parts });
                }
                parts.push(Part {
                    id,
                    entry: None,
                    measures: Vec::new(),
                    survey: Survey::default(),
                    keyboard: None,
                });
            }
            let measures = &mut parts[part].measures;
            while measures.len() + 1 < earlier.len() {
                measures.push(earlier[measures.len()]);
            }
            if measures.len() < earlier.len() {
                measures.push(PartMeasure::new(node, measure, &mut notes_before));
            }
        }
    }
    Ok(parts)
}

impl<'a> PartMeasure<'a> {
    fn new(node: Node<'a>, measure: Node<'a>, notes_before: &mut usize) -> Self {
        let number = measure.attribute(Attribute::Number).unwrap_or("?");
        let new = Self { node, number, notes_before: *notes_before };
        *notes_before += node.children_of(Tag::Note).count();
        new
    }
}

/// The head of a text from the file, for messages and headings.
pub(super) fn clip(text: &str) -> String {
    text.chars().take(120).collect()
}

/// The parser compares each attribute of a tag with each other, and copies all namespaces for every tag that declares
/// one; so they are counted first.
fn bound_tags(text: &str) -> Result<(), ImportError> {
    /// No element of MusicXML has a fifth of these.
    const ATTRIBUTES_MAX: usize = 128;
    /// MusicXML needs one.
    const NAMESPACES_MAX: usize = 256;
    let bytes = text.as_bytes();
    let refused = |at: usize, reason| ImportError::XmlRefused { line: 1 + lines(&text[..at]), reason };
    if let Some(at) = memmem::find_iter(bytes, b"xmlns").nth(NAMESPACES_MAX) {
        return Err(refused(at, "the document declares more than 256 namespaces"));
    }
    let mut at = 0;
    for next in memchr_iter(b'<', bytes).chain([bytes.len()]) {
        // An attribute has more bytes than one: a short piece needs no look.
        let piece = &bytes[at..next];
        let is_tag = || piece.first().is_some_and(|byte| !matches!(byte, b'/' | b'!' | b'?'));
        if piece.len() > ATTRIBUTES_MAX && is_tag() && attributes(piece) > ATTRIBUTES_MAX {
            return Err(refused(at, "a tag has more than 128 attributes"));
        }
        at = next + 1;
    }
    Ok(())
}

/// How many attributes a tag can have at most, given what follows its `<`.
fn attributes(tag: &[u8]) -> usize {
    let mut quote = None;
    let mut signs = 0;
    for &byte in tag {
        match (quote, byte) {
            (Some(open), _) if byte == open => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'=') => signs += 1,
            (None, b'>') => break,
            (None, _) => {}
        }
    }
    signs
}

fn lines(text: &str) -> u32 {
    text.bytes().filter(|byte| *byte == b'\n').count() as u32
}

/// The parser bounds how deep and how often entities name each other, not how much text comes of it.
fn bound_entities(text: &str, limit: usize) -> Result<(), ImportError> {
    /// Most nested references that the parser follows for one reference in the text.
    const NESTED_MAX: usize = 256;
    if memmem::find(text.as_bytes(), b"<!ENTITY").is_none() {
        return Ok(());
    }
    // No entity is longer than the document type declaration it stands in.
    let start = text.find("<!DOCTYPE").unwrap_or(0);
    let end = text[start..].find("]>").map_or(text.len(), |end| start + end);
    let standard = ["#", "amp;", "lt;", "gt;", "quot;", "apos;"];
    let references = text
        .match_indices('&')
        .filter(|(at, _)| !standard.iter().any(|name| text[at + 1..].starts_with(name)))
        .count();
    let grown = (end - start).saturating_mul(NESTED_MAX).saturating_mul(references);
    if grown > limit { Err(ImportError::EntityExpansion { limit }) } else { Ok(()) }
}
