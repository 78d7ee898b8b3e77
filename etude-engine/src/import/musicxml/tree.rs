//! The elements of a document that are read, as a tree of small numbers.
//!
//! Elements stand in the order of their tags, each with the place where its content ends; so a walk goes forward
//! through memory, and compares numbers. Names and texts stay in the text of the file.

use super::name::{Attribute, Tag};

/// The elements of a document, without those that nobody reads.
#[derive(Debug)]
pub(super) struct Tree<'t> {
    /// The text of the file.
    text: &'t str,
    /// What is not in the text as it is to be read: references replaced, line ends made alike.
    decoded: String,
    elements: Vec<Element>,
    attributes: Vec<(Attribute, Span)>,
}

#[derive(Debug)]
struct Element {
    tag: Tag,
    /// Where its name begins in the file.
    at: u32,
    /// The element after all that is in this one.
    end: u32,
    text: Span,
    /// Its first attribute; the next element's come after its last.
    attributes: u32,
}

/// A piece of the file's text, or, past its end, of the decoded text.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Span {
    start: u32,
    length: u32,
}

/// An element of a tree.
#[derive(Clone, Copy)]
pub(super) struct Node<'a> {
    tree: &'a Tree<'a>,
    index: u32,
}

impl<'t> Tree<'t> {
    /// A tree with room for so many elements, of a text whose places fit 32 bits.
    pub(super) fn new(text: &'t str, elements: usize) -> Self {
        Self { text, decoded: String::new(), elements: Vec::with_capacity(elements), attributes: Vec::new() }
    }

    pub(super) fn root(&self) -> Node<'_> {
        Node { tree: self, index: 0 }
    }

    /// Whether there is an element of a name.
    pub(super) fn has(&self, tag: Tag) -> bool {
        self.elements.iter().any(|element| element.tag == tag)
    }

    /// Adds an element whose name begins at a place of the file. It takes in what is added until it is [closed](Self::close).
    pub(super) fn open(&mut self, tag: Tag, at: usize) -> u32 {
        let index = self.elements.len() as u32;
        let attributes = self.attributes.len() as u32;
        self.elements.push(Element { tag, at: at as u32, end: index + 1, text: Span::default(), attributes });
        index
    }

    pub(super) fn close(&mut self, index: u32) {
        self.elements[index as usize].end = self.elements.len() as u32;
    }

    /// Adds an attribute to the element that was opened last.
    pub(super) fn attribute(&mut self, name: Attribute, value: Span) {
        self.attributes.push((name, value));
    }

    /// Gives an element its text, without white space around it. False if it has one.
    pub(super) fn set_text(&mut self, index: u32, text: Span) -> bool {
        let element = &mut self.elements[index as usize];
        let first = element.text.length == 0;
        element.text = text;
        first
    }

    /// A text that is not in the file as it is to be read; `None` where there is no more room.
    pub(super) fn decoded(&mut self, text: &str) -> Option<Span> {
        let start = u32::try_from(self.text.len() + self.decoded.len()).ok()?;
        let length = u32::try_from(text.len()).ok()?;
        start.checked_add(length)?;
        self.decoded.push_str(text);
        Some(Span { start, length })
    }

    /// All that is known of each element, to compare trees of one text. roxmltree leaves a return beside a reference as it
    /// is; all line ends are told alike.
    #[cfg(any(test, fuzzing))]
    pub(super) fn told(&self) -> Vec<String> {
        let tell = |index| {
            let node = Node { tree: self, index };
            let Element { tag, at, end, .. } = *node.element();
            let attributes: Vec<_> =
                node.attributes().iter().map(|(name, value)| (name, self.piece(*value))).collect();
            let text = node.text().map(|text| text.replace("\r\n", "\n").replace('\r', "\n"));
            format!("{tag:?} at {at} to {end}: {text:?} {attributes:?}")
        };
        (0..self.elements.len() as u32).map(tell).collect()
    }

    fn piece(&self, span: Span) -> &str {
        let (start, length) = (span.start as usize, span.length as usize);
        match start.checked_sub(self.text.len()) {
            Some(start) => &self.decoded[start..start + length],
            None => &self.text[start..start + length],
        }
    }
}

impl Span {
    /// A piece of the file's text, which is not empty.
    pub(super) fn new(start: usize, end: usize) -> Self {
        Self { start: start as u32, length: (end - start) as u32 }
    }
}

impl<'a> Node<'a> {
    pub(super) fn tag(self) -> Tag {
        self.element().tag
    }

    pub(super) fn is(self, tag: Tag) -> bool {
        self.tag() == tag
    }

    /// The elements in this one, without those in them.
    pub(super) fn children(self) -> impl Iterator<Item = Self> {
        let end = self.element().end;
        let mut next = self.index + 1;
        std::iter::from_fn(move || {
            let child = Self { index: next, ..self };
            (next < end).then(|| {
                next = child.element().end;
                child
            })
        })
    }

    /// The child elements of a name.
    pub(super) fn children_of(self, tag: Tag) -> impl Iterator<Item = Self> {
        self.children().filter(move |child| child.is(tag))
    }

    /// The first child element of a name.
    pub(super) fn child(self, tag: Tag) -> Option<Self> {
        self.children_of(tag).next()
    }

    /// This element and all in it.
    pub(super) fn descendants(self) -> impl Iterator<Item = Self> {
        (self.index..self.element().end).map(move |index| Self { index, ..self })
    }

    /// The text of an element, without that of elements in it and without white space around it; `None` if empty.
    pub(super) fn text(self) -> Option<&'a str> {
        Some(self.tree.piece(self.element().text)).filter(|text| !text.is_empty())
    }

    /// The text of the first child element of a name.
    pub(super) fn child_text(self, tag: Tag) -> Option<&'a str> {
        self.child(tag)?.text()
    }

    pub(super) fn attribute(self, name: Attribute) -> Option<&'a str> {
        let found = self.attributes().iter().find(|(other, _)| *other == name);
        found.map(|(_, value)| self.tree.piece(*value))
    }

    pub(super) fn has_attribute(self, name: Attribute) -> bool {
        self.attribute(name).is_some()
    }

    /// Its line in the file, from 1.
    pub(super) fn line(self) -> u32 {
        let before = &self.tree.text.as_bytes()[..self.element().at as usize];
        1 + before.iter().filter(|byte| **byte == b'\n').count() as u32
    }

    fn attributes(self) -> &'a [(Attribute, Span)] {
        let from = self.element().attributes as usize;
        let next = self.tree.elements.get(self.index as usize + 1);
        let to = next.map_or(self.tree.attributes.len(), |next| next.attributes as usize);
        &self.tree.attributes[from..to]
    }

    fn element(self) -> &'a Element {
        &self.tree.elements[self.index as usize]
    }
}
