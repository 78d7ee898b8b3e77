"""The note table, and the loop over files that every reader shares."""

import gzip
import pathlib
import sys
import tempfile

COLUMNS = "id xml_id pass onset_q dur_q pitch voice staff grace orn measure".split()


def main(rows):
    """Writes OUT/<name>.tsv for every FILE, or OUT/<name>.error with one line if the reader gives up on it."""
    sys.setrecursionlimit(100_000)
    out, *files = map(pathlib.Path, sys.argv[1:])
    out.mkdir(parents=True, exist_ok=True)
    for file in files:
        name = file.name.removesuffix(".gz").removesuffix(".musicxml")
        with tempfile.NamedTemporaryFile(suffix=".musicxml") as plain:
            opened = gzip.open(file) if file.suffix == ".gz" else open(file, "rb")
            with opened as source:
                plain.write(source.read())
            plain.flush()
            try:
                lines = sorted(line(row) for row in rows(plain.name))
            except Exception as error:  # whatever it is, it is this reader's answer to the file
                (out / f"{name}.error").write_text(f"{type(error).__name__}: {error}\n")
                continue
        # Complete or not at all.
        unfinished = out / f"{name}.unfinished"
        unfinished.write_text("\n".join(["\t".join(COLUMNS), *(text for _, text in lines), ""]))
        unfinished.rename(out / f"{name}.tsv")
        print(name, len(lines), file=sys.stderr, flush=True)


def line(row):
    onset, duration = float(row["onset_q"]), float(row["dur_q"])
    cells = {**row, "onset_q": f"{onset:.6f}", "dur_q": f"{duration:.6f}", "grace": int(row["grace"]), "orn": "-"}
    return onset, "\t".join(str(cells[column]) for column in COLUMNS)
