//! Less for the parser to do: white space between elements, and elements that nobody reads, are left out of its text.
//!
//! Both are every second node of a score, and more than half of its bytes. Line breaks are kept, in the tag before:
//! `<a>⏎··<b/>` becomes `<a⏎><b/>`, which is the same document but for that white space, and MusicXML has no mixed
//! content. So every `<` that is left keeps its line.

use std::borrow::Cow;

use memchr::{memchr, memmem};

/// Whether the import takes nothing of an element; of such, those that are frequent or long: how a note looks, and the
/// layout of the page.
fn is_unread(name: &[u8]) -> bool {
    matches!(
        name,
        b"accidental"
            | b"appearance"
            | b"beam"
            | b"clef"
            | b"credit"
            | b"defaults"
            | b"dot"
            | b"lyric"
            | b"print"
            | b"slur"
            | b"stem"
            | b"supports"
            | b"technical"
            | b"time-modification"
            | b"tuplet"
            | b"type"
    )
}

/// The text with no white space between tags but line breaks, except after comments, instructions and declarations,
/// and without what nobody reads.
pub(super) fn tighten(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    // There a `<` need not begin a tag.
    if memmem::find(bytes, b"<![CDATA[").is_some() || memmem::find(bytes, b"<!ENTITY").is_some() {
        return Cow::Borrowed(text);
    }
    // What is cut lies between ASCII characters, so the pieces are whole.
    let mut tight = String::with_capacity(bytes.len());
    // What is before this is in `tight` or left out.
    let mut done = 0;
    let mut at = 0;
    while let Some(open) = bytes[at..].iter().position(|byte| *byte == b'<').map(|found| at + found) {
        let Some(end) = end_of_tag(bytes, open) else { break };
        at = end;
        if !is_tag(bytes, open) {
            continue;
        }
        let mut lines = 0;
        let mut next = past_space(bytes, end, &mut lines);
        loop {
            match unread(bytes, next) {
                Ok(Some(past)) => {
                    lines += bytes[next..past].iter().filter(|byte| **byte == b'\n').count();
                    next = past_space(bytes, past, &mut lines);
                }
                Ok(None) => break,
                Err(Unclosed) => return Cow::Borrowed(text),
            }
        }
        if next > end && bytes.get(next) == Some(&b'<') {
            let close = if bytes[end - 2] == b'/' { end - 2 } else { end - 1 };
            tight.push_str(&text[done..close]);
            (0..lines).for_each(|_| tight.push('\n'));
            tight.push_str(&text[close..end]);
            done = next;
        }
        at = next;
    }
    tight.push_str(&text[done..]);
    Cow::Owned(tight)
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
        end_past_values(rest)?
    };
    Some(open + end)
}

/// Past the end of a tag, whose attributes may hold a `>`. Most tags are short.
fn end_past_values(tag: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        match tag.get(at)? {
            b'>' => return Some(at + 1),
            quote @ (b'"' | b'\'') => at += 2 + memchr(*quote, &tag[at + 1..])?,
            _ => at += 1,
        }
    }
}

fn is_tag(bytes: &[u8], open: usize) -> bool {
    bytes.get(open + 1).is_some_and(|byte| !matches!(byte, b'!' | b'?'))
}

/// Past the white space, and how many lines it breaks.
fn past_space(bytes: &[u8], from: usize, lines: &mut usize) -> usize {
    let mut at = from;
    while let Some(byte) = bytes.get(at).filter(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')) {
        *lines += usize::from(*byte == b'\n');
        at += 1;
    }
    at
}

/// Past the element that begins here, if nobody reads it.
fn unread(bytes: &[u8], open: usize) -> Result<Option<usize>, Unclosed> {
    let Some(rest) = bytes[open..].strip_prefix(b"<") else { return Ok(None) };
    let is_letter = |byte: &&u8| byte.is_ascii_lowercase() || **byte == b'-';
    let (name, rest) = rest.split_at(rest.iter().take_while(is_letter).count());
    let ends = rest.first().is_some_and(|byte| matches!(byte, b'>' | b'/') || byte.is_ascii_whitespace());
    if !(ends && is_unread(name)) {
        return Ok(None);
    }
    let end = end_of_tag(bytes, open).ok_or(Unclosed)?;
    if bytes[end - 2] == b'/' {
        return Ok(Some(end));
    }
    // None of them holds another of its own name. Most hold a word.
    let mut from = end;
    loop {
        from += memchr(b'<', &bytes[from..]).ok_or(Unclosed)?;
        let closing = bytes[from + 1..].strip_prefix(b"/").and_then(|closing| closing.strip_prefix(name));
        // `</credit-words>` does not close `<credit>`.
        if closing
            .is_some_and(|rest| rest.first().is_some_and(|byte| *byte == b'>' || byte.is_ascii_whitespace()))
        {
            let past = end_of_tag(bytes, from).ok_or(Unclosed)?;
            let closed = bytes[from + 2 + name.len()..past - 1].iter().all(u8::is_ascii_whitespace);
            return if closed { Ok(Some(past)) } else { Err(Unclosed) };
        }
        from += 1;
    }
}

/// The document is broken: the parser has to say where. Looking on would look through the rest for each such element.
struct Unclosed;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_goes_but_for_line_breaks() {
        assert_eq!(
            tighten("<a>\n  <b x='>'/>\n\n <c> d </c>\n</a>\n"),
            "<a\n><b x='>'\n\n/><c> d </c\n></a>\n"
        );
    }

    #[test]
    fn what_is_not_read_goes() {
        let text = "<note>\n<stem x='1'>up</stem>\n<beam>é</beam><beam-up/><dot/></note>";
        assert_eq!(tighten(text), "<note\n\n><beam-up/></note>");
        assert_eq!(tighten("<note><stem x='/>'>up</stem><type\n>a</type ></note>"), "<note\n></note>");
        let layout = "<defaults>\n<a><b>1</b></a>\n</defaults>";
        assert_eq!(tighten(&format!("<score>{layout}<part/></score>")), "<score\n\n><part/></score>");
        let credit = "<a><credit><credit-words>b</credit-words></credit><c/></a>";
        assert_eq!(tighten(credit), "<a><c/></a>");
        // Not closed: left to the parser, which says so.
        for text in ["<note><lyric></note>", "<note><type></typed></note>", "<note><lyric", "<note><lyric>a<"]
        {
            assert_eq!(tighten(text), text);
        }
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
            assert!(tighten(text).len() < text.len() * 3 / 4);
            let [tight, loose] =
                [text, &left_alone].map(|text| crate::import::score(text.as_bytes()).unwrap());
            assert_eq!(tight.score, loose.score);
            assert_eq!(tight.warnings, loose.warnings);
        }
    }
}
