//! Less for the parser to do: white space between elements, and elements that nobody reads, make no nodes.
//!
//! Both are every second node of a score. White space goes into the tag before it: `<a>⏎··<b/>` and `<a⏎··><b/>` are the
//! same document but for that white space, and MusicXML has no mixed content. What is not read becomes white space
//! first. The text keeps its length, and every `<` that is left keeps its line.

use std::borrow::Cow;

use memchr::{memchr, memchr2, memmem};

/// Elements of which the import takes nothing, that are frequent or long: how a note looks, and the layout of the page.
const UNREAD: [&[u8]; 16] = [
    b"accidental",
    b"appearance",
    b"beam",
    b"clef",
    b"credit",
    b"defaults",
    b"dot",
    b"lyric",
    b"print",
    b"slur",
    b"stem",
    b"technical",
    b"time-modification",
    b"tuplet",
    b"type",
    b"supports",
];

/// The text with no white space between tags, except after comments, instructions and declarations, and without
/// what nobody reads.
pub(super) fn tighten(text: &str) -> Cow<'_, str> {
    // There a `<` need not begin a tag.
    if text.contains("<![CDATA[") || text.contains("<!ENTITY") {
        return Cow::Borrowed(text);
    }
    let mut bytes = text.as_bytes().to_vec();
    let mut at = 0;
    while let Some(open) = find(&bytes, b'<', at) {
        let Some(end) = end_of_tag(&bytes, open) else { break };
        at = end;
        if !is_tag(&bytes, open) {
            continue;
        }
        let mut next = past_space(&bytes, end);
        while let Some(past) = unread(&bytes, next) {
            bytes[next..past].iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
            next = past_space(&bytes, past);
        }
        if next > end && bytes.get(next) == Some(&b'<') {
            let close = if bytes[end - 2] == b'/' { end - 2 } else { end - 1 };
            bytes.copy_within(end..next, close);
            let closed = if end - close == 2 { &b"/>"[..] } else { b">" };
            bytes[next - closed.len()..next].copy_from_slice(closed);
            at = next;
        }
    }
    // Whole characters became spaces, and only ASCII was moved.
    String::from_utf8(bytes).map_or(Cow::Borrowed(text), Cow::Owned)
}

fn find(bytes: &[u8], byte: u8, from: usize) -> Option<usize> {
    memchr(byte, bytes.get(from..)?).map(|at| from + at)
}

/// Past the end of the tag, comment, instruction or declaration that begins here.
fn end_of_tag(bytes: &[u8], open: usize) -> Option<usize> {
    let rest = &bytes[open..];
    let end = if rest.starts_with(b"<!--") {
        // Not the dashes of the beginning.
        4 + memmem::find(&rest[4..], b"-->")? + 3
    } else if rest.starts_with(b"<?") {
        memmem::find(rest, b"?>")? + 2
    } else {
        let end = memchr(b'>', rest)? + 1;
        if memchr2(b'"', b'\'', &rest[..end]).is_none() { end } else { end_past_values(rest)? }
    };
    Some(open + end)
}

/// Past the end of a tag whose attributes may hold a `>`.
fn end_past_values(tag: &[u8]) -> Option<usize> {
    let mut quote = None;
    let end = tag.iter().position(|&byte| {
        match (quote, byte) {
            (Some(open), _) if byte == open => quote = None,
            (None, b'"' | b'\'') => quote = Some(byte),
            _ => {}
        }
        quote.is_none() && byte == b'>'
    })?;
    Some(end + 1)
}

fn is_tag(bytes: &[u8], open: usize) -> bool {
    bytes.get(open + 1).is_some_and(|byte| !matches!(byte, b'!' | b'?'))
}

fn past_space(bytes: &[u8], from: usize) -> usize {
    from + bytes[from..].iter().take_while(|byte| byte.is_ascii_whitespace()).count()
}

/// Past the element that begins here, if nobody reads it.
fn unread(bytes: &[u8], open: usize) -> Option<usize> {
    let rest = bytes[open..].strip_prefix(b"<")?;
    let name =
        &rest[..rest.iter().position(|byte| matches!(byte, b'>' | b'/') || byte.is_ascii_whitespace())?];
    if !UNREAD.contains(&name) {
        return None;
    }
    let end = end_of_tag(bytes, open)?;
    if bytes[end - 2] == b'/' {
        return Some(end);
    }
    // None of them holds another of its own name.
    let closing = [b"</", name].concat();
    let from = end + memmem::find(&bytes[end..], &closing)?;
    let past = end_of_tag(bytes, from)?;
    let closed = bytes[from + closing.len()..past - 1].iter().all(u8::is_ascii_whitespace);
    closed.then_some(past)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_goes_into_the_tag_before_it() {
        assert_eq!(
            tighten("<a>\n  <b x='>'/>\n <c> d </c>\n</a>\n"),
            "<a\n  ><b x='>'\n /><c> d </c\n></a>\n"
        );
    }

    #[test]
    fn what_is_not_read_becomes_white_space() {
        let text = "<note>\n<stem x='1'>up</stem>\n<beam>é</beam><beam-up/><dot/></note>";
        let blank = |text: &str| " ".repeat(text.len());
        let (stem, beam, dot) = (blank("<stem x='1'>up</stem>"), blank("<beam>é</beam>"), blank("<dot/>"));
        assert_eq!(tighten(text), format!("<note\n{stem}\n{beam}><beam-up{dot}/></note>"));
        assert_eq!(tighten(text).len(), text.len());
        assert_eq!(
            tighten("<note><stem x='/>'>up</stem></note>"),
            format!("<note{}></note>", " ".repeat(22))
        );
        // Never closed: left to the parser, which says so.
        assert_eq!(tighten("<note><lyric></note>"), "<note><lyric></note>");
        assert_eq!(tighten("<note><type></typed></note>"), "<note><type></typed></note>");
    }

    #[test]
    fn what_is_no_tag_stays_as_it_is() {
        for text in [
            "<?xml version='1.0'?>\n<a/>",
            "<!-- > <lyric> <b/> -->\n<a/>",
            "<a>b\n<c/> d</a>",
            "<a",
            ">",
            "",
            "<!--",
            "<!-->",
            "<",
        ] {
            assert_eq!(tighten(text), text);
        }
        let data = "<a>\n<![CDATA[<b> <c>]]></a>";
        assert_eq!(tighten(data), data);
    }

    #[test]
    fn the_score_is_the_same() {
        let scores = [
            include_str!("../../../../examples/scores/bach-goldberg-aria.musicxml"),
            include_str!("../../../../examples/scores/beethoven-fuer-elise.musicxml"),
            include_str!("../../../../examples/scores/petzold-menuet-in-g.musicxml"),
        ];
        for text in scores {
            // The comment has it left alone.
            let left_alone = format!("{text}<!-- <![CDATA[ -->");
            assert_eq!(tighten(&left_alone), left_alone);
            assert_ne!(tighten(text), text);
            let [tight, loose] =
                [text, &left_alone].map(|text| crate::import::score(text.as_bytes()).unwrap());
            assert_eq!(tight.score, loose.score);
            assert_eq!(tight.warnings, loose.warnings);
        }
    }
}
