-- Ardour without a screen: a MIDI track with a note generator and Etude, the transport rolled when a line comes.
--
--     luasession ardour.lua SESSION-FOLDER PLUGIN QUARTERS-PER-MINUTE
--
-- The generator is the script "Etude notes" of the user's folder, which etude-plugin/tests/session/hosts writes. The engine
-- has no sound card and runs twenty times faster than one. Says "ready", rolls at a line of standard input, and ends
-- with the next, or with standard input.

local folder, name, tempo = arg[1], arg[2], tonumber(arg[3])
local rate, block = 48000, 256

local backend = AudioEngine:set_backend("None (Dummy)", "", "")
backend:set_driver("20x Speed")
backend:set_sample_rate(rate)
backend:set_buffer_size(block)
local session = create_session(folder, "etude", rate)
assert(session, "no session")
local map = Temporal.TempoMap.fetch_writable()
map:set_tempo(Temporal.Tempo(tempo, tempo, 4), Temporal.timepos_t(0))
Temporal.TempoMap.update(map)
map = nil

local count = function(kind, channels) return ARDOUR.ChanCount(ARDOUR.DataType(kind), channels) end
local tracks = session:new_midi_track(
	count("midi", 1), count("audio", 2), true, ARDOUR.PluginInfo(), nil, nil, 1, "Piano",
	ARDOUR.PresentationInfo.max_order, ARDOUR.TrackMode.Normal, true)
local track = tracks:front()
local notes = ARDOUR.LuaAPI.new_luaproc(session, "Etude notes")
assert(not notes:isnil(), "the note generator is not in the user's folder")
local started = ARDOUR.LuaAPI.monotonic_time and ARDOUR.LuaAPI.monotonic_time()
local etude = ARDOUR.LuaAPI.new_plugin(session, name, ARDOUR.PluginType.VST3, "")
assert(not etude:isnil(), name .. " is not among the plugins that were scanned")
assert(track:add_processor_by_index(notes, 0, nil, true) == 0, "no place for the note generator")
assert(track:add_processor_by_index(etude, 1, nil, true) == 0, "no place for the plugin")
notes:activate()
etude:activate()
print("ready")
io.stdout:flush()
if io.read() then
	session:request_roll(ARDOUR.TransportRequestSource.TRS_UI)
	io.read()
	print("rolled to " .. session:transport_sample())
	session:request_stop(false, false, ARDOUR.TransportRequestSource.TRS_UI)
end
close_session()
