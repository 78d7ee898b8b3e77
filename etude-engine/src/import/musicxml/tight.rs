//! Less for the parser to do: the white space between elements goes into the tag before it.
//!
//! The parser makes a node of every indentation, which is every third node of a score, and its table then outgrows the
//! room it was given by the number of `<`. `<a>⏎··<b/>` and `<a⏎··><b/>` are the same document but for that white
//! space, of the same length, and every `<` stays where it was, on its line. MusicXML has no mixed content.

use std::borrow::Cow;

/// The text with no white space between tags, except after what is no tag (comments, instructions, declarations).
pub(super) fn tighten(text: &str) -> Cow<'_, str> {
    // There a `<` need not begin a tag.
    if text.contains("<![CDATA[") || text.contains("<!ENTITY") {
        return Cow::Borrowed(text);
    }
    let mut bytes = text.as_bytes().to_vec();
    let find =
        |bytes: &[u8], byte, from: usize| bytes[from..].iter().position(|b| *b == byte).map(|at| from + at);
    let mut at = 0;
    while let Some(open) = find(&bytes, b'<', at) {
        let Some(close) = find(&bytes, b'>', open) else { break };
        at = close + 1;
        let is_tag = bytes.get(open + 1).is_some_and(|byte| !matches!(byte, b'!' | b'?'));
        let space = bytes[at..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        if is_tag && space > 0 && bytes.get(at + space) == Some(&b'<') {
            let end = if bytes[close - 1] == b'/' { close - 1 } else { close };
            bytes[end..at + space].rotate_left(at - end);
            at += space;
        }
    }
    // Only ASCII was moved, and only past ASCII.
    String::from_utf8(bytes).map_or(Cow::Borrowed(text), Cow::Owned)
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
    fn what_is_no_tag_stays_as_it_is() {
        for text in
            ["<?xml version='1.0'?>\n<a/>", "<!-- > -->\n<a/>", "<a>b\n<c/> d</a>", "<a", ">", "", "<>\n<"]
        {
            let tight = tighten(text);
            assert_eq!(tight.len(), text.len());
            if !text.starts_with("<>") {
                assert_eq!(tight, text);
            }
        }
        let data = "<a>\n<![CDATA[<b> <c>]]></a>";
        assert_eq!(tighten(data), data);
    }
}
