"""What the Python hosts have in common: when to play, and what."""

import os
import sys
import threading
import time

RATE = 48_000
BLOCK = 256
# Silence after the piece: a take ends by it.
SILENCE = 5.0
IDLE = 0.05


def arguments():
    """The bundle, the plugin's name in it and the messages' file."""
    return sys.argv[1:4]


def messages(path):
    """The messages of the file, each (sample, bytes), the samples not falling."""
    with open(path, encoding="ascii") as lines:
        rows = [[int(field) for field in line.split()] for line in lines]
    return [(row[0], bytes(row[1:])) for row in rows]


def loaded(load):
    """The plugin. Only what comes after has the session's link: some hosts try a plugin's sound when they load it."""
    link = os.environ.pop("ETUDE_JOIN")
    started = time.monotonic()
    plugin = load()
    print(f"loaded in {(time.monotonic() - started) * 1_000:.0f} ms", flush=True)
    os.environ["ETUDE_JOIN"] = link
    return plugin


def perform(idle, play):
    """Renders silence until a line comes, then plays, then silence until there is no more input."""
    lines = Lines()
    print("ready", flush=True)
    while lines.count == 0 and not lines.ended:
        idle()
        time.sleep(IDLE)
    play()
    print("played", flush=True)
    while not lines.ended:
        idle()
        time.sleep(IDLE)


class Lines:
    """Standard input, read by a thread."""

    def __init__(self):
        self.count = 0
        self.ended = False
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for _ in sys.stdin:
            self.count += 1
        self.ended = True
