"""Note lists of MusicXML files as partitura reads them, repeats unfolded and ties joined.

python partitura_notes.py OUT FILE...
"""

import warnings

import partitura
from partitura.score import GraceNote, Measure, unfold_part_maximal

import table


def rows(path):
    warnings.simplefilter("ignore")
    score = partitura.load_musicxml(path, force_note_ids="keep", quiet=True)
    for part in score.parts:
        part = unfold_part_maximal(part, update_ids=True, ignore_leaps=False)
        quarters = part.quarter_map
        bars = list(part.iter_all(Measure))
        start = quarters(bars[0].start.t)
        for note in part.notes_tied:
            onset = quarters(note.start.t)
            grace = isinstance(note, GraceNote)
            bar = next((bar for bar in bars if bar.start.t <= note.start.t < bar.end.t), bars[-1])
            xml_id, _, copy = note.id.rpartition("-")
            yield {
                "id": note.id,
                "xml_id": xml_id,
                "pass": copy,
                "onset_q": onset - start,
                "dur_q": quarters(note.end_tied.t) - onset,
                "pitch": note.midi_pitch,
                "voice": note.voice,
                "staff": note.staff,
                "grace": grace,
                "measure": bar.name,
            }


table.main(rows)
