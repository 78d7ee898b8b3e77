"""Plays a piece into a VST3 plugin by DawDreamer: dawdreamer_host.py BUNDLE NAME MESSAGES

DawDreamer takes the first plugin of a bundle, whatever the name.
"""

import dawdreamer

import stage

NOTE_ON, NOTE_OFF = 0x90, 0x80

bundle, _, path = stage.arguments()
engine = dawdreamer.RenderEngine(stage.RATE, stage.BLOCK)
plugin = stage.loaded(lambda: engine.make_plugin_processor("etude", bundle))
engine.load_graph([(plugin, [])])


def notes(messages):
    """Each note that was struck and let go of: (key, velocity, sample, samples)."""
    held, found = {}, []
    for sample, message in messages:
        kind, key = message[0], message[1]
        if kind == NOTE_ON:
            held.setdefault(key, []).append((sample, message[2]))
        elif kind == NOTE_OFF and held.get(key):
            at, velocity = held[key].pop(0)
            found.append((key, velocity, at, sample - at))
    return found


def play():
    messages = stage.messages(path)
    for key, velocity, at, length in notes(messages):
        plugin.add_midi_note(key, velocity, (at + 0.25) / stage.RATE, length / stage.RATE)
    engine.render(messages[-1][0] / stage.RATE + stage.SILENCE)
    plugin.clear_midi()


stage.perform(lambda: engine.render(stage.IDLE), play)
