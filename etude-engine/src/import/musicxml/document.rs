//! The XML document: parsed within limits, and laid out part by part whichever way the file has them.

use std::collections::BTreeMap;

use memchr::{memchr_iter, memmem};
use roxmltree::{Document, Node, ParsingOptions};

use super::parts::{self, Keyboard, Survey};
use crate::import::{ImportError, Limits};

/// One part: its entry in the part list and its measures.
pub(super) struct Part<'a> {
    pub(super) id: &'a str,
    /// Its `<score-part>`, if the part list has one.
    pub(super) entry: Option<Node<'a, 'a>>,
    pub(super) measures: Vec<PartMeasure<'a>>,
    pub(super) survey: Survey,
    /// Whether it is a keyboard's, by its entry.
    pub(super) keyboard: Option<Keyboard>,
}

/// One measure of one part.
#[derive(Clone, Copy)]
pub(super) struct PartMeasure<'a> {
    pub(super) node: Node<'a, 'a>,
    /// Printed number.
    pub(super) number: &'a str,
    /// How many `<note>` elements stand before it in the file.
    pub(super) notes_before: usize,
}

/// Refuses what the parser must not be given.
pub(super) fn bound(text: &str, limits: &Limits) -> Result<(), ImportError> {
    bound_entities(text, limits.inflated_bytes)?;
    bound_tags(text, limits)
}

/// Parses a text that is [bound]. External entities are never fetched.
pub(super) fn parse<'a>(text: &'a str, limits: &Limits) -> Result<Document<'a>, ImportError> {
    let options =
        ParsingOptions { allow_dtd: true, nodes_limit: limits.xml_nodes, ..ParsingOptions::default() };
    Document::parse_with_options(text, options).map_err(|error| match error {
        roxmltree::Error::NodesLimitReached | roxmltree::Error::AttributesLimitReached => {
            ImportError::XmlTooLarge { limit: limits.xml_nodes }
        }
        error => {
            let place = error.pos();
            ImportError::Xml { line: place.row, column: place.col, reason: error.to_string() }
        }
    })
}

/// The parts in the order of their first measure. Measures of equal index sound together.
pub(super) fn parts<'a>(document: &'a Document<'a>, limits: &Limits) -> Result<Vec<Part<'a>>, ImportError> {
    let root = document.root_element();
    let mut parts = match root.tag_name().name() {
        "score-partwise" => partwise(root),
        "score-timewise" => timewise(root, limits)?,
        name => return Err(ImportError::NotMusicXml { root: clip(name), line: line(root) }),
    };
    if parts.len() > limits.parts {
        return Err(ImportError::TooManyParts { parts: parts.len(), limit: limits.parts });
    }
    if parts.iter().any(|part| part.measures.len() > limits.measures) {
        return Err(ImportError::TooManyMeasures { limit: limits.measures });
    }
    for part in &mut parts {
        let list = child(root, "part-list");
        let mut entries = list.into_iter().flat_map(|list| children(list, "score-part"));
        part.entry = entries.find(|entry| entry.attribute("id") == Some(part.id));
        part.survey = Survey::of(&part.measures);
        part.keyboard = part.entry.and_then(parts::keyboard);
    }
    Ok(parts)
}

fn partwise<'a>(root: Node<'a, 'a>) -> Vec<Part<'a>> {
    let mut notes_before = 0;
    let mut read = |node| PartMeasure::new(node, node, &mut notes_before);
    children(root, "part")
        .map(|part| Part {
            id: part.attribute("id").unwrap_or(""),
            entry: None,
            measures: children(part, "measure").map(&mut read).collect(),
            survey: Survey::default(),
            keyboard: None,
        })
        .collect()
}

fn timewise<'a>(root: Node<'a, 'a>, limits: &Limits) -> Result<Vec<Part<'a>>, ImportError> {
    let mut parts: Vec<Part<'a>> = Vec::new();
    let mut by_id: BTreeMap<&str, usize> = BTreeMap::new();
    let mut notes_before = 0;
    let mut earlier: Vec<PartMeasure<'a>> = Vec::new();
    for measure in children(root, "measure") {
        if earlier.len() == limits.measures {
            return Err(ImportError::TooManyMeasures { limit: limits.measures });
        }
        // A measure element has no notes of its own: it stands for a part that is silent in it.
        earlier.push(PartMeasure::new(measure, measure, &mut notes_before));
        for node in children(measure, "part") {
            let id = node.attribute("id").unwrap_or("");
            let part = *by_id.entry(id).or_insert(parts.len());
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
    fn new(node: Node<'a, 'a>, measure: Node<'a, 'a>, notes_before: &mut usize) -> Self {
        let number = measure.attribute("number").unwrap_or("?");
        let new = Self { node, number, notes_before: *notes_before };
        *notes_before += children(node, "note").count();
        new
    }
}

/// Line of a node in the file, from 1.
pub(super) fn line(node: Node<'_, '_>) -> u32 {
    // Its name is a part of the text. The parser's own positions would make every node a quarter larger.
    let text = node.document().input_text();
    let at = (node.tag_name().name().as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
    1 + text.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count() as u32
}

/// The head of a text from the file, for messages and headings.
pub(super) fn clip(text: &str) -> String {
    text.chars().take(120).collect()
}

/// Child elements of a name.
pub(super) fn children<'a>(node: Node<'a, 'a>, name: &'static str) -> impl Iterator<Item = Node<'a, 'a>> {
    node.children().filter(move |child| child.has_tag_name(name))
}

/// The first child element of a name.
pub(super) fn child<'a>(node: Node<'a, 'a>, name: &'static str) -> Option<Node<'a, 'a>> {
    children(node, name).next()
}

/// The text of the first child element of a name, without white space around it; `None` if empty.
pub(super) fn child_text<'a>(node: Node<'a, 'a>, name: &'static str) -> Option<&'a str> {
    child(node, name).and_then(text)
}

/// The first text of an element, without white space around it, past comments; `None` if there is none.
pub(super) fn text<'a>(node: Node<'a, 'a>) -> Option<&'a str> {
    let texts = node.children().filter(Node::is_text).filter_map(|text| text.text());
    texts.map(str::trim).find(|text| !text.is_empty())
}

/// The parser sets memory aside for as many nodes and attributes as there are signs of them, compares each attribute
/// of a tag with each other, and copies all namespaces for every tag that declares one; so they are counted first.
fn bound_tags(text: &str, limits: &Limits) -> Result<(), ImportError> {
    /// No element of MusicXML has a fifth of these.
    const ATTRIBUTES_MAX: usize = 128;
    /// MusicXML needs one.
    const NAMESPACES_MAX: usize = 256;
    let bytes = text.as_bytes();
    let count = |sign: u8| memchr_iter(sign, bytes).count();
    if count(b'<').max(count(b'=')) > limits.xml_nodes as usize {
        return Err(ImportError::XmlTooLarge { limit: limits.xml_nodes });
    }
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
