"""How long others take to load MusicXML files: a line `reader, file, milliseconds` for each, the median of
several runs, in processor time.

python time_readers.py FILE...
"""

import statistics
import sys
import time
import warnings

import music21
import partitura
import verovio


def load_partitura(path):
    partitura.score.unfold_part_maximal(partitura.load_musicxml(path, quiet=True), ignore_leaps=False)


def load_music21(path):
    # Without forceSource it would read its own pickle of the first run.
    music21.converter.parse(path, format="musicxml", forceSource=True)


def load_verovio(path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    toolkit = verovio.toolkit()
    start = time.process_time()
    if not toolkit.loadData(text):
        raise ValueError(f"verovio does not read {path}")
    return time.process_time() - start


def main():
    warnings.simplefilter("ignore")
    verovio.enableLog(verovio.LOG_OFF)
    sys.setrecursionlimit(100_000)
    for path in sys.argv[1:]:
        for load, runs in ((load_partitura, 3), (load_music21, 3), (load_verovio, 5)):
            times = []
            for _ in range(runs):
                start = time.process_time()
                # verovio's own time begins when the text is there and the toolkit stands.
                own = load(path)
                times.append(own or time.process_time() - start)
            name = load.__name__.removeprefix("load_")
            print(f"{name}\t{path}\t{statistics.median(times) * 1000:.3f}", flush=True)


main()
