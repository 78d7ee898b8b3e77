//! Which `<note>` of the file draws which note of the score.

use std::collections::HashMap;

use etude_engine::import::{self, ImportError, Options};
use etude_engine::score::Score;

/// Why the heads of a score are not known.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PairingError {
    #[error(transparent)]
    Import(#[from] ImportError),
    #[error("the numbered text is not the music of the file")]
    OtherMusic,
}

/// By score note, the number of its `<note>`.
///
/// Both texts are read as they are written, in one order whatever the ids are, and so paired place by place.
pub(crate) fn heads(score: &Score, file: &[u8], numbered: &str) -> Result<Vec<u32>, PairingError> {
    let options = Options::default();
    let (named, _) = import::written_score(file, &options)?;
    let (numbered, _) = import::written_score(numbered.as_bytes(), &options)?;
    if named.measures.len() != numbered.measures.len() {
        return Err(PairingError::OtherMusic);
    }
    let mut numbers: HashMap<&str, u32> = HashMap::new();
    for (ours, theirs) in named.measures.iter().zip(&numbered.measures) {
        if ours.notes.len() != theirs.notes.len() {
            return Err(PairingError::OtherMusic);
        }
        for (ours, theirs) in ours.notes.iter().zip(&theirs.notes) {
            // A part that sounds in octaves has two notes of one head, the second called after the first.
            let digits = theirs.id.trim_start_matches(|letter: char| !letter.is_ascii_digit());
            let digits = digits.split('_').next().unwrap_or_default();
            let number = digits.parse().map_err(|_| PairingError::OtherMusic)?;
            if (ours.offset, ours.pitch, ours.staff) != (theirs.offset, theirs.pitch, theirs.staff) {
                return Err(PairingError::OtherMusic);
            }
            numbers.insert(&ours.id, number);
        }
    }
    let number = |note: etude_engine::score::ScoreNote<'_>| numbers.get(note.id.xml_id).copied();
    score.notes().iter().map(number).collect::<Option<_>>().ok_or(PairingError::OtherMusic)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two C's in unison, a rest, and notes with one id twice, with none, and in a repeat.
    const PIECE: &str =
        "<score-partwise><part-list><score-part id='P1'><part-name>Piano</part-name></score-part></part-list>
        <part id='P1'><measure number='1'><attributes><divisions>1</divisions></attributes>
        <note @><pitch><step>C</step><octave>4</octave></pitch><duration>1</duration><voice>1</voice></note>
        <backup><duration>1</duration></backup>
        <note @><pitch><step>C</step><octave>4</octave></pitch><duration>1</duration><voice>2</voice></note>
        <note @><rest/><duration>1</duration></note>
        <note @><pitch><step>D</step><octave>4</octave></pitch><duration>1</duration></note>
        <note @><pitch><step>E</step><octave>4</octave></pitch><duration>1</duration></note>
        <barline location='right'><repeat direction='backward'/></barline></measure></part></score-partwise>";

    fn with_ids(ids: &[&str]) -> String {
        let mut pieces = PIECE.split('@');
        let mut text = pieces.next().unwrap().to_owned();
        for (id, rest) in ids.iter().zip(pieces) {
            text += id;
            text += rest;
        }
        text
    }

    #[test]
    fn every_note_finds_its_head_whatever_the_ids() {
        let numbered = with_ids(&["id='h0'", "id='h1'", "id='h2'", "id='h3'", "id='h4'"]);
        for ids in [
            ["id='z'", "id='a'", "", "id='a'", ""],
            [""; 5],
            ["id='x'"; 5],
            ["id='h4'", "", "", "id='h0'", ""],
        ] {
            let file = with_ids(&ids);
            let score = import::score(file.as_bytes()).unwrap().score;
            let mut heads = heads(&score, file.as_bytes(), &numbered).unwrap();
            assert_eq!(heads.len(), 8);
            for (note, head) in score.notes().iter().zip(&heads) {
                let steps = [60, 60, 0, 62, 64];
                assert_eq!(note.pitch.number(), steps[*head as usize], "{ids:?}");
            }
            heads.sort_unstable();
            assert_eq!(heads, [0, 0, 1, 1, 3, 3, 4, 4], "{ids:?}");
        }
    }

    #[test]
    fn other_music_is_refused() {
        let file = with_ids(&[""; 5]);
        let score = import::score(file.as_bytes()).unwrap().score;
        let numbered = with_ids(&["id='h0'", "id='h1'", "id='h2'", "id='h3'", "id='h4'"]);
        let other = numbered.replace("<step>E", "<step>F");
        assert!(heads(&score, file.as_bytes(), &other).is_err());
        let unnumbered = with_ids(&["id='a'"; 5]);
        assert!(heads(&score, file.as_bytes(), &unnumbered).is_err());
    }
}
