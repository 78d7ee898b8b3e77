-- Plays a list of MIDI messages where the transport is: each { sample, byte, byte, byte }, the samples not falling.
ardour {
	["type"] = "dsp",
	name = "Etude notes",
	category = "Utility",
	license = "MIT",
	author = "Etude",
	description = [[Plays a list of MIDI messages]]
}

local messages = {
--MESSAGES--
}
local next_message = 1

function dsp_ioconfig()
	return { { midi_in = 1, midi_out = 1, audio_in = -1, audio_out = -1 } }
end

function dsp_has_midi_output()
	return true
end

function dsp_run(_, _, n_samples)
	local count = 0
	if Session:transport_rolling() then
		local start = Session:transport_sample()
		while next_message <= #messages and messages[next_message][1] < start + n_samples do
			local message = messages[next_message]
			count = count + 1
			midiout[count] = {
				time = math.max(1, message[1] - start + 1),
				data = { message[2], message[3], message[4] }
			}
			next_message = next_message + 1
		end
	end
end
