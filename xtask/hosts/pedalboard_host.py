"""Plays a piece into a VST3 plugin by pedalboard: pedalboard_host.py BUNDLE NAME MESSAGES"""

import pedalboard

import stage

bundle, name, path = stage.arguments()
played = stage.messages(path)
plugin = stage.loaded(lambda: pedalboard.VST3Plugin(bundle, plugin_name=name))


def render(events, seconds):
    # A quarter of a sample later: what is rounded down there is then the sample that is meant.
    timed = [(message, (sample + 0.25) / stage.RATE) for sample, message in events]
    sound = plugin.process(timed, seconds, stage.RATE, buffer_size=stage.BLOCK, reset=False)
    assert not sound.any(), "an instrument that makes no sound made one"


stage.perform(
    lambda: render([], stage.IDLE),
    lambda: render(played, played[-1][0] / stage.RATE + stage.SILENCE),
)
