"""Notes of MusicXML files as music21 reads them: every written <note>, in written order, ties not joined.

music21 does not keep the id of a <note>; it is put on the note that music21 makes of it, and nothing else is changed.

python music21_notes.py OUT FILE...
"""

from music21 import chord, converter, harmony, note, stream
from music21.musicxml.xmlToM21 import MeasureParser

import table

read_note = MeasureParser.xmlToSimpleNote


def read_note_with_id(self, element, freeSpanners=True):
    made = read_note(self, element, freeSpanners)
    made.editorial.xml_id = element.get("id", "")
    return made


MeasureParser.xmlToSimpleNote = read_note_with_id


def rows(path):
    score = converter.parse(path, format="musicxml", forceSource=True)
    for part in score.getElementsByClass(stream.Part):
        _, is_staff, number = str(part.id).rpartition("-Staff")
        staff = int(number) if is_staff else 1
        for bar in part.getElementsByClass(stream.Measure):
            for element in bar.recurse().notes:
                if isinstance(element, harmony.Harmony):  # a chord symbol, which is not played
                    continue
                onset = bar.offset + element.getOffsetInHierarchy(bar)
                voice = element.getContextByClass(stream.Voice)
                for one in element.notes if isinstance(element, chord.Chord) else [element]:
                    if not isinstance(one, note.Note):
                        continue
                    yield {
                        "id": f"{one.editorial.xml_id}-1",
                        "xml_id": one.editorial.xml_id,
                        "pass": 1,
                        "onset_q": onset,
                        "dur_q": element.duration.quarterLength,
                        "pitch": one.pitch.midi,
                        "voice": voice.id if voice else 0,
                        "staff": staff,
                        "grace": element.duration.isGrace,
                        "measure": bar.number,
                    }


table.main(rows)
