// Made from docs/protocol.schema.json by `npm run types`. Do not edit.

export type MessagesOfTheEtudeSessionProtocolVersion1 = (ClientMessage | ServerMessage)
/**
 * From the client.
 */
export type ClientMessage = ({
/**
 * Counts the hellos of this client. The welcome repeats it, so that no answer to an earlier hello can be
 * taken for the answer to this one.
 */
attempt?: number
/**
 * Name and version of the client, for the log. At most [`NAME_BYTES_MAX`] bytes.
 */
client: string
/**
 * Version of the client's engine. At most [`NAME_BYTES_MAX`] bytes.
 */
engine: string
/**
 * How many of the take's events a viewer already has. A player's means nothing.
 */
heard?: number
/**
 * Version of the engine that made those records, as the last welcome gave it. If the session's engine is
 * another by now, the stream is sent again from its beginning.
 */
judged_by?: (string | null)
/**
 * [`PROTOCOL`].
 */
protocol: number
/**
 * How many records of the verdict stream the client already has.
 */
records: number
/**
 * The score the client judges against, if it has one; a different one is refused.
 */
score?: (ScoreDigest | null)
type: "hello"
} | {
/**
 * The events, at most [`EVENTS_PER_FRAME_MAX`].
 * 
 * @maxItems 256
 */
events: Event[]
/**
 * Number of the first.
 */
first: number
type: "events"
})
/**
 * SHA-256 over everything of a score that a verdict can depend on: two scores with the same digest give the
 * same verdicts. Written as 64 hexadecimal digits.
 */
export type ScoreDigest = string
/**
 * One thing that happened at the keyboard or in the transport.
 * 
 * `at_us` is the event's own time on the take's clock (the sample position, in the plugin), never the time of
 * its arrival. Times should not fall; one that does is judged as if it came at the latest time seen.
 */
export type Event = ({
/**
 * Time on the take's clock, in microseconds.
 */
at_us: number
} & Event1)
export type Event1 = ({
/**
 * The key.
 */
pitch: number
type: "note_on"
/**
 * How hard.
 */
velocity: number
} | {
/**
 * The key.
 */
pitch: number
type: "note_off"
} | {
type: "pedal"
/**
 * 0 is up, 127 is down.
 */
value: number
} | {
/**
 * Its tempo: microseconds per quarter.
 */
micros_per_quarter: number
/**
 * Whether it rolls.
 */
playing: boolean
/**
 * Where it stands on the performed timeline, in millionths of a quarter. May be negative (count-in).
 */
position_uq: number
type: "transport"
} | {
type: "tick"
} | {
type: "end"
})
/**
 * From the session.
 */
export type ServerMessage = ({
/**
 * The hello's `attempt`.
 */
attempt: number
config: Config
/**
 * Version of the session's engine.
 */
engine: string
/**
 * How many events are on disk: the client goes on from here.
 */
high_water: number
/**
 * The score note that was matched last, if any: where the player is, before any record has come.
 */
position?: (NoteIndex | null)
/**
 * [`PROTOCOL`].
 */
protocol: number
/**
 * How many records the client will have once the `verdicts` that answer this hello have come. If the last
 * of these carries no digest, the stream goes on: say hello again.
 */
records: number
/**
 * As whom the connection takes part: its token says.
 */
role?: ("player" | "viewer")
/**
 * SHA-256 over everything of a score that a verdict can depend on: two scores with the same digest give the
 * same verdicts. Written as 64 hexadecimal digits.
 */
score: string
/**
 * Name of the session.
 */
session: string
type: "welcome"
} | {
/**
 * The events, contiguous, at most [`EVENTS_PER_FRAME_MAX`].
 * 
 * @maxItems 256
 */
events: Event[]
/**
 * Number of the first event.
 */
first: number
type: "heard"
} | {
/**
 * Whether the player is.
 */
player: boolean
type: "presence"
/**
 * How many viewers are, the one that reads this included.
 */
viewers: number
} | {
/**
 * How many events are on disk.
 */
ack: number
/**
 * Digest of the verdict stream after `ack` events; left out while more records of the same events follow.
 */
digest?: (VerdictDigest | null)
/**
 * Place of the first record in the verdict stream.
 */
first: number
/**
 * Records, contiguous, at most [`RECORDS_PER_FRAME_MAX`]. May be empty.
 * 
 * @maxItems 256
 */
records: Record[]
type: "verdicts"
} | {
report: Report
type: "report"
} | {
/**
 * What kind of refusal.
 */
code: ("malformed" | "too_large" | "protocol" | "score_mismatch" | "config_mismatch" | "hello_expected" | "gap" | "ended" | "storage" | "no_session" | "superseded" | "read_only" | "too_fast")
/**
 * For a person: what was wrong, and where.
 */
message: string
/**
 * Whether reconnecting and resuming can help.
 */
recoverable: boolean
type: "error"
})
/**
 * Index of a note in [`Score::notes`].
 */
export type NoteIndex = number
/**
 * A running hash over the verdict stream: equal digests mean equal verdicts. Written as 16 hexadecimal digits.
 * 
 * FNV-1a, 64 bits: it finds divergence between honest ends, and proves nothing against a forger.
 */
export type VerdictDigest = string
/**
 * One entry of a session's verdict stream.
 * 
 * The stream is the whole truth: folding it gives the state of every event and every score note. A record about
 * an event replaces the earlier one about that event, until a [`Record::Final`] has passed it.
 */
export type Record = ({
/**
 * The note-on.
 */
event: number
type: "played"
/**
 * What it was.
 */
verdict: ({
/**
 * What the offset is worth.
 */
grade: ("perfect" | "good" | "early" | "late")
is: "matched"
/**
 * Index of a note in [`Score::notes`].
 */
note: number
/**
 * Played minus expected time, in microseconds: negative is early.
 */
offset_us: number
} | {
/**
 * Index of a note in [`Score::notes`].
 */
instead_of: number
is: "wrong"
} | {
is: "extra"
} | {
is: "ornament"
/**
 * Index of a note in [`Score::notes`].
 */
of: number
} | {
is: "repeat"
/**
 * Index of a note in [`Score::notes`].
 */
of: number
})
} | {
/**
 * Index of a note in [`Score::notes`].
 */
note: number
type: "missed"
} | {
/**
 * Index of a note in [`Score::notes`].
 */
from: number
/**
 * Index of a note in [`Score::notes`].
 */
to: number
type: "skipped"
} | {
/**
 * The first note-on at the new place.
 */
event: number
/**
 * Index of a note in [`Score::notes`].
 */
from: number
/**
 * Index of a note in [`Score::notes`].
 */
to: number
type: "jump"
/**
 * Where a player goes who goes elsewhere.
 */
way: ("restart" | "back" | "skip" | "repeat_taken" | "repeat_skipped" | "jump_skipped" | "jump_early" | "seek")
} | {
/**
 * The note-on.
 */
event: number
type: "stay"
} | {
/**
 * The first note-on after the pause.
 */
event: number
/**
 * How much later it came than the player's tempo had it, in microseconds.
 */
pause_us: number
type: "hesitation"
} | {
/**
 * The first event that may still change.
 */
through: number
type: "final"
})
/**
 * Where a player goes who goes elsewhere.
 */
export type Way = ("restart" | "back" | "skip" | "repeat_taken" | "repeat_skipped" | "jump_skipped" | "jump_early" | "seek")

/**
 * The settings it judges by.
 */
export interface Config {
/**
 * Which hands play. Notes of the other are not expected, and extra where they are played.
 */
hands?: ("both" | "right" | "left")
/**
 * Whether the first of the notes to be played comes again after the last. A transport loops, or not, by itself.
 */
looping?: boolean
/**
 * What played notes are timed against.
 */
mode?: ("follow" | "clock" | "wait")
/**
 * The measures to be played, by index in performed order; left out, all. Notes beyond are not expected, and extra
 * where they are played. A metronome starts with the range.
 */
range?: (MeasureRange | null)
scoring?: Scoring
/**
 * Speed of the metronome in clock mode, in percent of the score's tempo: 10 to 400. A transport has its own tempo;
 * the other modes have none.
 */
tempo_percent?: number
windows?: TimingWindows
}
/**
 * Measures of the performed order, the last included. [`Score::find_measure`] finds them by their printed number.
 */
export interface MeasureRange {
/**
 * Index of the first measure in performed order, from 0.
 */
from: number
/**
 * Index of the last, not before the first.
 */
to: number
}
/**
 * What timing and notes are worth in the report.
 */
export interface Scoring {
/**
 * Timing credit at the end of the good window, in percent: 0 to 100.
 */
good_percent?: number
/**
 * Timing credit at the end of the match window and beyond, in percent: 0 to `good_percent`.
 */
match_percent?: number
/**
 * What note accuracy counts for in the combined figure, in percent: 0 to 100. Timing accuracy counts for the rest.
 */
note_percent?: number
}
/**
 * When a note counts as perfect, good, early or late.
 */
export interface TimingWindows {
/**
 * Up to here, good: credit falls to [`Scoring::good_percent`]. In microseconds.
 */
good_us?: number
/**
 * Up to here, early or late: credit falls to [`Scoring::match_percent`]. In clock mode a note further off matches
 * nothing; in the others it keeps that credit. In microseconds.
 */
match_us?: number
/**
 * Up to here, perfect: full credit. In microseconds.
 */
perfect_us?: number
}
/**
 * The result.
 */
export interface Report {
/**
 * By attempt, in order. The first began with the take, each other with going elsewhere. An attempt expects the notes
 * from where it began up to where it ended, so that their sum is more than the total where notes were played again.
 */
attempts: Attempt[]
/**
 * Attempts that the last of `attempts` stands for: more than 1 in takes of more than 64.
 */
attempts_in_last: number
config: Config1
/**
 * Digest over the whole verdict stream.
 */
digest: string
/**
 * Version of the engine that judged.
 */
engine: string
/**
 * Events in the log, the end included.
 */
events: number
/**
 * By hand; a hand with no notes to play is left out.
 */
hands: HandTally[]
/**
 * All measures of the score, in performed order. One outside of the range counts nothing.
 */
measures: MeasureTally[]
/**
 * Whether it can have been played as it says: evidence, from a session that knows when the events arrived. Left out
 * where nobody knows.
 */
plausibility?: (Plausibility | null)
profile: Profile
/**
 * SHA-256 over everything of a score that a verdict can depend on: two scores with the same digest give the
 * same verdicts. Written as 64 hexadecimal digits.
 */
score: string
timing: Timing
total: Tally3
}
/**
 * A [`Tally`] of one attempt: from where the player began, or went to, up to where the player left.
 */
export interface Attempt {
/**
 * First score note of the place left; of the first attempt, of the score.
 */
from: number
/**
 * The furthest score note matched; `null` if none was.
 */
reached?: (NoteIndex | null)
tally: Tally
/**
 * Index of a note in [`Score::notes`].
 */
to: number
/**
 * How it came about; `null` of the first.
 */
way?: (Way | null)
}
/**
 * Its notes.
 */
export interface Tally {
/**
 * Note and timing accuracy, weighed by the settings: `0.6 note_accuracy + 0.4 timing_accuracy` by default.
 */
combined: number
/**
 * Score notes played.
 */
correct: number
/**
 * Score notes played before it.
 */
early: number
/**
 * Score notes that were to be played: `correct + missed`.
 */
expected: number
/**
 * Played notes with no place in the score.
 */
extra: number
/**
 * Score notes played within the good window.
 */
good: number
/**
 * Score notes played after it.
 */
late: number
/**
 * Score notes not played.
 */
missed: number
/**
 * `correct / expected`, 0 to 1; 1 where nothing was expected.
 */
note_accuracy: number
/**
 * Played notes that realise an ornament.
 */
ornaments: number
/**
 * Score notes played within the perfect window.
 */
perfect: number
/**
 * Played notes that struck a note again.
 */
repeats: number
/**
 * Score notes jumped over. Not expected.
 */
skipped: number
/**
 * Mean timing credit over expected notes, 0 to 1; 1 where nothing was expected.
 */
timing_accuracy: number
/**
 * Played notes that took the place of another.
 */
wrong: number
}
/**
 * The settings it was judged by.
 */
export interface Config1 {
/**
 * Which hands play. Notes of the other are not expected, and extra where they are played.
 */
hands?: ("both" | "right" | "left")
/**
 * Whether the first of the notes to be played comes again after the last. A transport loops, or not, by itself.
 */
looping?: boolean
/**
 * What played notes are timed against.
 */
mode?: ("follow" | "clock" | "wait")
/**
 * The measures to be played, by index in performed order; left out, all. Notes beyond are not expected, and extra
 * where they are played. A metronome starts with the range.
 */
range?: (MeasureRange | null)
scoring?: Scoring
/**
 * Speed of the metronome in clock mode, in percent of the score's tempo: 10 to 400. A transport has its own tempo;
 * the other modes have none.
 */
tempo_percent?: number
windows?: TimingWindows
}
/**
 * A [`Tally`] of one hand.
 */
export interface HandTally {
/**
 * The hand.
 */
hand: ("right" | "left")
tally: Tally1
}
/**
 * Its notes.
 */
export interface Tally1 {
/**
 * Note and timing accuracy, weighed by the settings: `0.6 note_accuracy + 0.4 timing_accuracy` by default.
 */
combined: number
/**
 * Score notes played.
 */
correct: number
/**
 * Score notes played before it.
 */
early: number
/**
 * Score notes that were to be played: `correct + missed`.
 */
expected: number
/**
 * Played notes with no place in the score.
 */
extra: number
/**
 * Score notes played within the good window.
 */
good: number
/**
 * Score notes played after it.
 */
late: number
/**
 * Score notes not played.
 */
missed: number
/**
 * `correct / expected`, 0 to 1; 1 where nothing was expected.
 */
note_accuracy: number
/**
 * Played notes that realise an ornament.
 */
ornaments: number
/**
 * Score notes played within the perfect window.
 */
perfect: number
/**
 * Played notes that struck a note again.
 */
repeats: number
/**
 * Score notes jumped over. Not expected.
 */
skipped: number
/**
 * Mean timing credit over expected notes, 0 to 1; 1 where nothing was expected.
 */
timing_accuracy: number
/**
 * Played notes that took the place of another.
 */
wrong: number
}
/**
 * A [`Tally`] of one measure.
 */
export interface MeasureTally {
/**
 * The printed number.
 */
number: string
/**
 * Which time through, from 1.
 */
pass: number
/**
 * The player's tempo in quarters a minute, where at least two onsets were played.
 */
quarters_per_minute?: (number | null)
tally: Tally2
/**
 * Mean velocity of the notes matched, 0 to 127; `null` if none was.
 */
velocity?: (number | null)
}
/**
 * Its notes.
 */
export interface Tally2 {
/**
 * Note and timing accuracy, weighed by the settings: `0.6 note_accuracy + 0.4 timing_accuracy` by default.
 */
combined: number
/**
 * Score notes played.
 */
correct: number
/**
 * Score notes played before it.
 */
early: number
/**
 * Score notes that were to be played: `correct + missed`.
 */
expected: number
/**
 * Played notes with no place in the score.
 */
extra: number
/**
 * Score notes played within the good window.
 */
good: number
/**
 * Score notes played after it.
 */
late: number
/**
 * Score notes not played.
 */
missed: number
/**
 * `correct / expected`, 0 to 1; 1 where nothing was expected.
 */
note_accuracy: number
/**
 * Played notes that realise an ornament.
 */
ornaments: number
/**
 * Score notes played within the perfect window.
 */
perfect: number
/**
 * Played notes that struck a note again.
 */
repeats: number
/**
 * Score notes jumped over. Not expected.
 */
skipped: number
/**
 * Mean timing credit over expected notes, 0 to 1; 1 where nothing was expected.
 */
timing_accuracy: number
/**
 * Played notes that took the place of another.
 */
wrong: number
}
/**
 * The evidence on a take, in a [`Report`](crate::report::Report).
 */
export interface Plausibility {
/**
 * Each check, whether or not anything was found.
 */
checks: Check[]
/**
 * With how many earlier takes of the piece it was compared; `null` until the studio has done so.
 */
compared?: (number | null)
/**
 * Sessions of earlier takes that it repeats note for note.
 */
same_as: string[]
}
/**
 * One number, and what it is held against.
 */
export interface Check {
/**
 * What was looked at.
 */
check: ("clock_back" | "clock_ahead" | "clock_rate" | "late" | "second" | "ten_seconds" | "one_key" | "reach" | "evenness" | "grid" | "timing_spread" | "velocity" | "replay")
/**
 * Whether it is worth a look.
 */
found: boolean
/**
 * Up to where (`grid`, `timing_spread`: down to where) that is nothing unusual.
 */
limit: number
/**
 * Unit of both.
 */
unit: ("us" | "permille" | "notes" | "times")
/**
 * What was measured, in `unit`; `null` where there is too little to measure.
 */
value?: (number | null)
/**
 * The same for people.
 */
words: string
}
/**
 * How it was played.
 */
export interface Profile {
/**
 * How far the left hand was behind the right where both begin together; `null` below ten such places.
 */
asynchrony?: (Chords | null)
/**
 * How evenly chords were struck; `null` below ten.
 */
chords?: (Chords | null)
/**
 * By hand; a hand without a matched note is left out.
 */
hands: HandProfile[]
/**
 * The sustain pedal; `null` if it never moved.
 */
pedal?: (Pedal | null)
/**
 * Tempo; `null` with fewer than four measures that have one.
 */
tempo?: (Tempo | null)
}
/**
 * Distances in time between strokes that belong together.
 */
export interface Chords {
/**
 * Places it was measured at.
 */
count: number
/**
 * A tenth is above this.
 */
high_us: number
/**
 * A tenth is below this.
 */
low_us: number
/**
 * The median, in microseconds, to within 2.5 ms.
 */
median_us: number
}
/**
 * How a hand played.
 */
export interface HandProfile {
articulation: Articulation
/**
 * `null` below ten notes, and where all keys have the same velocity: then the keyboard tells none.
 */
dynamics?: (Dynamics | null)
/**
 * The hand.
 */
hand: ("right" | "left")
}
/**
 * How long keys were held.
 */
export interface Articulation {
/**
 * Notes with neither of the signs below.
 */
plain?: (Held | null)
/**
 * Staccato, staccatissimo and portato.
 */
staccato?: (Held | null)
/**
 * Tenuto.
 */
tenuto?: (Held | null)
}
/**
 * How long keys were held.
 */
export interface Held {
/**
 * Notes it is known of.
 */
count: number
/**
 * Median, in percent of the written length at the player's tempo, to within 2; 252 and more are told as 253.
 */
percent: number
}
/**
 * Velocities, 0 to 127, to within 1.
 */
export interface Dynamics {
/**
 * A tenth of the notes is louder.
 */
high: number
/**
 * A tenth of the notes is softer.
 */
low: number
/**
 * The median.
 */
median: number
}
/**
 * The sustain pedal.
 */
export interface Pedal {
/**
 * Share of the take in which it was down, 0 to 1.
 */
down: number
/**
 * Times it went down.
 */
presses: number
}
/**
 * Tempo over the measures; each measure's own is in its tally.
 */
export interface Tempo {
/**
 * Median of the player's tempo, in percent of the score's.
 */
percent: number
/**
 * Median distance of a measure's percentage from that, in percent of it: 0 is a metronome.
 */
spread_percent: number
}
/**
 * Timing of the matched notes.
 */
export interface Timing {
/**
 * Counts in bins of 25 ms from -300 ms to +300 ms; the first and last bin also hold what lies beyond.
 */
histogram: number[]
/**
 * What the bias is taken to be owed to the way from the key to the engine and the ear, in microseconds. Only in clock
 * mode, for in follow mode the player's own time is the measure; `null` below 50 matched notes.
 */
latency_us?: (number | null)
/**
 * Median of its absolute value, in microseconds.
 */
median_abs_us: number
/**
 * Median of played minus expected time, in microseconds: the bias. 0 without notes.
 */
median_us: number
/**
 * Median distance from the median, in microseconds: the spread, free of any bias.
 */
spread_us: number
}
/**
 * The whole take.
 */
export interface Tally3 {
/**
 * Note and timing accuracy, weighed by the settings: `0.6 note_accuracy + 0.4 timing_accuracy` by default.
 */
combined: number
/**
 * Score notes played.
 */
correct: number
/**
 * Score notes played before it.
 */
early: number
/**
 * Score notes that were to be played: `correct + missed`.
 */
expected: number
/**
 * Played notes with no place in the score.
 */
extra: number
/**
 * Score notes played within the good window.
 */
good: number
/**
 * Score notes played after it.
 */
late: number
/**
 * Score notes not played.
 */
missed: number
/**
 * `correct / expected`, 0 to 1; 1 where nothing was expected.
 */
note_accuracy: number
/**
 * Played notes that realise an ornament.
 */
ornaments: number
/**
 * Score notes played within the perfect window.
 */
perfect: number
/**
 * Played notes that struck a note again.
 */
repeats: number
/**
 * Score notes jumped over. Not expected.
 */
skipped: number
/**
 * Mean timing credit over expected notes, 0 to 1; 1 where nothing was expected.
 */
timing_accuracy: number
/**
 * Played notes that took the place of another.
 */
wrong: number
}
