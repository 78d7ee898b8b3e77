"""Plays a piece into a VST3 plugin by pedalboard: pedalboard_host.py BUNDLE NAME MESSAGES"""

import pedalboard

import stage

bundle, name, path = stage.arguments()
played = stage.messages(path)
# It waits so many seconds for an instrument to sound; this one never does.
patience = 0.1
plugin = stage.loaded(lambda: pedalboard.VST3Plugin(bundle, plugin_name=name, initialization_timeout=patience))


# pedalboard counts seconds in single precision, which tells one sample from the next for some three minutes: so it gets the
# piece in stretches, each of which counts from 0.
STRETCH_SECONDS = 30


def render(events, seconds):
    end, first = round(seconds * stage.RATE), 0
    while first < end:
        last = min(first + STRETCH_SECONDS * stage.RATE, end)
        # A quarter of a sample later: what is rounded down there is then the sample that is meant.
        timed = [(message, (sample - first + 0.25) / stage.RATE) for sample, message in events if first <= sample < last]
        length = (last - first) / stage.RATE
        sound = plugin.process(timed, length, stage.RATE, buffer_size=stage.BLOCK, reset=False)
        assert not sound.any(), "an instrument that makes no sound made one"
        first = last


stage.perform(
    lambda: render([], stage.IDLE),
    lambda: render(played, played[-1][0] / stage.RATE + stage.SILENCE),
)
