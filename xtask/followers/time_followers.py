"""How long others take to follow a note: a line `follower, notes, microseconds a note` for each.

python time_followers.py SCORE.tsv TAKE.tsv NOTES
"""

import csv
import sys
import time

import numpy as np

# Nothing is to sound here, and partitura fetches a soundfont as soon as it finds this module.
sys.modules["fluidsynth"] = None

# A slow one is timed over fewer notes.
SECONDS_MAX = 10


def table(path, columns):
    with open(path, newline="", encoding="utf-8") as file:
        rows = [tuple(row[name] for name, _ in columns) for row in csv.DictReader(file, delimiter="\t")]
    return np.array(rows, dtype=columns)


def score_notes(path):
    """The score as a note array of partitura, a quarter a beat."""
    rows = table(
        path,
        [("id", "U32"), ("onset_quarter", "f4"), ("duration_quarter", "f4"), ("pitch", "i4"), ("voice", "i4")],
    )
    columns = [("onset_beat", "f4"), ("duration_beat", "f4"), ("is_grace", "b1"), *rows.dtype.descr]
    notes = np.zeros(len(rows), dtype=columns)
    for name in rows.dtype.names:
        notes[name] = rows[name]
    notes["onset_beat"], notes["duration_beat"] = rows["onset_quarter"], rows["duration_quarter"]
    return notes


def parangonar_tempo_oltw(score):
    from parangonar import TOLTWMatcher

    follower = TOLTWMatcher(score, tracker_type="SLT_OLTW")
    return lambda note: follower(note)


def matchmaker_arzt(score):
    from matchmaker.dp import OnlineTimeWarpingArztEvent
    from matchmaker.features.midi import onset_pianoroll

    features, places = onset_pianoroll(score, onset_key="onset_beat", piano_range=True)
    follower = OnlineTimeWarpingArztEvent(reference_features=features, score_positions=places)

    def follow(note):
        keys = np.zeros(88, dtype=np.float32)
        keys[note["pitch"] - 21] = 1
        follower(keys, note["onset_sec"])

    return follow


def matchmaker_hmm(score):
    from matchmaker.prob.hmm import PitchHMM

    follower = PitchHMM(reference_features=score, has_insertions=True, piano_range=True)

    def follow(note):
        keys = np.zeros(88, dtype=np.float32)
        keys[note["pitch"] - 21] = 1
        follower(keys, note["onset_sec"])

    return follow


FOLLOWERS = {
    "parangonar": parangonar_tempo_oltw,
    "matchmaker-arzt": matchmaker_arzt,
    "matchmaker-hmm": matchmaker_hmm,
}


def main():
    score, count = score_notes(sys.argv[1]), int(sys.argv[3])
    columns = [("onset_sec", "f4"), ("pitch", "i4"), ("velocity", "i4")]
    take = table(sys.argv[2], columns)[:count]
    for name, make in FOLLOWERS.items():
        try:
            follow = make(score)
            # What is made at the first note is not counted.
            follow(take[0])
            followed, start = 0, time.perf_counter()
            for note in take[1:]:
                follow(note)
                followed += 1
                if time.perf_counter() - start > SECONDS_MAX:
                    break
            micros = (time.perf_counter() - start) * 1e6 / followed
            print(f"{name}\t{followed}\t{micros:.3f}", flush=True)
        except Exception as error:
            print(f"{name}\t{type(error).__name__}: {error}".replace("\n", " "), flush=True)


main()
