// The C interface of Etude, which follows a pianist through a score and judges each note.
//
// A score and a session's settings make a session; push events into it, poll records out of it, and
// ask for the report. The library does no I/O, has no clock, starts no thread, and calls nothing back but
// the function that etude_log_set is given: the caller reads the files and supplies the time.
// examples/c/assess.c is a whole program.
//
// What holds for every function:
//
// - Results. A function that can fail returns an etude_status: ETUDE_OK or one of ETUDE_ERROR_*.
//   The numbers never change. Outputs are written only when the result is ETUDE_OK.
// - Detail. Where there is a pair `detail`, `detail_size`, a failure also writes a sentence for a
//   person there, cut to fit and ended by NUL. Pass NULL, 0 to do without. Success leaves it alone.
// - Text in and out is UTF-8. Text out goes to the caller's `buffer` of `size` bytes, ended by NUL, and
//   its length without the NUL to `length`. With buffer NULL and size 0 only the length is told. A
//   buffer that is too small is left alone: ETUDE_ERROR_BUFFER. `length` may be NULL if buffer is not.
// - Pointers are checked for NULL and alignment: ETUDE_ERROR_POINTER. A pointer to an array of no
//   elements may be NULL. What is passed in is read during the call and not kept.
// - Handles (etude_score, etude_performance, etude_session, etude_client, etude_report) come from a
//   function with an out parameter and belong to the caller, who gives each back once to its _free.
//   Freeing NULL does nothing. No handle needs another to live: a score may be freed while its sessions
//   go on.
// - Structs that begin with struct_size may grow. Initialise them with their _INIT macro; a program
//   built with an older or newer header than the library then works all the same.
// - Panics. An error inside the library never crosses into C: the call returns ETUDE_ERROR_PANIC, and
//   the handle it was working on answers ETUDE_ERROR_POISONED from then on. It must still be freed.
// - Threads. [thread-safe]: from any threads at the same time. [one at a time]: from any thread, but
//   not two at once with the same handle; the second gets ETUDE_ERROR_BUSY. [realtime]: never
//   allocates, locks, waits or makes a system call, also when it fails. Freeing a handle that is in use is an error that
//   cannot be detected.

// Written by examples/rust/header.rs from etude-engine/src/capi. Do not edit.

#ifndef ETUDE_H
#define ETUDE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Status ------------------------------------------------------------------------------------------
//
//     etude_status status = etude_score_describe(score, NULL);
//     if (status != ETUDE_OK) {
//         fprintf(stderr, "%s\n", etude_status_str(status)); // a pointer is NULL or misaligned
//     }

// What became of a call: ETUDE_OK or one of ETUDE_ERROR_*.
typedef int32_t etude_status;

// The call did what it says.
#define ETUDE_OK 0

// A pointer is NULL or misaligned.
#define ETUDE_ERROR_POINTER 1

// An argument is out of its range.
#define ETUDE_ERROR_ARGUMENT 2

// A struct_size was not set, or unknown fields of a newer header are in use.
#define ETUDE_ERROR_STRUCT_SIZE 3

// The buffer is too small for the text.
#define ETUDE_ERROR_BUFFER 4

// There is nothing at this index.
#define ETUDE_ERROR_INDEX 5

// A limit was passed.
#define ETUDE_ERROR_LIMIT 6

// The library and the header do not fit together.
#define ETUDE_ERROR_ABI 7

// The library has a defect; please report it. The handle is of no more use.
#define ETUDE_ERROR_PANIC 8

// An earlier call with this handle ended in ETUDE_ERROR_PANIC.
#define ETUDE_ERROR_POISONED 9

// Another thread is using this handle.
#define ETUDE_ERROR_BUSY 10

// The file is of no kind that can be read.
#define ETUDE_ERROR_FORMAT 11

// The file is damaged or holds no music that can be played.
#define ETUDE_ERROR_FILE 12

// A setting is out of its range.
#define ETUDE_ERROR_CONFIG 13

// An event is not valid.
#define ETUDE_ERROR_EVENT 14

// The take has ended.
#define ETUDE_ERROR_ENDED 15

// Too many records wait: poll them first.
#define ETUDE_ERROR_UNPOLLED 16

// What was asked for is not there, or not yet.
#define ETUDE_ERROR_ABSENT 17

// A short English text for a status, also for one that this library does not know. It is static: do
// not free it. [thread-safe] [realtime]
const char *etude_status_str(etude_status status);

// Version -----------------------------------------------------------------------------------------
//
// The macros tell what the program was compiled with, the functions what it runs with.
//
//     if (etude_abi_check(ETUDE_ABI) != ETUDE_OK) {
//         fprintf(stderr, "built for another libetude than %s\n", etude_version());
//     }

// Major version of the library.
#define ETUDE_VERSION_MAJOR 0

// Minor version of the library.
#define ETUDE_VERSION_MINOR 1

// Patch version of the library.
#define ETUDE_VERSION_PATCH 0

// Version of the binary interface. It changes when a program must be compiled anew.
#define ETUDE_ABI 1

// Defined where the header has etude_session_place and etude_session_expected.
#define ETUDE_FEATURE_PLACE 1

// Defined where the header has etude_session_snapshot and etude_session_restore.
#define ETUDE_FEATURE_SNAPSHOT 1

// Defined where the header has etude_client.
#define ETUDE_FEATURE_CLIENT 1

// Defined where the header has etude_log_set.
#define ETUDE_FEATURE_LOG 1

// The version of the library in use, such as "0.1.0". It is static: do not free it. Two libraries of
// the same version give the same verdicts. [thread-safe] [realtime]
const char *etude_version(void);

// The binary interface of the library in use. [thread-safe] [realtime]
uint32_t etude_abi(void);

// Whether a program compiled with this header can use this library: call it as
// etude_abi_check(ETUDE_ABI) before anything else. Anything but ETUDE_OK says no.
// [thread-safe] [realtime]
etude_status etude_abi_check(uint32_t abi);

// Log ---------------------------------------------------------------------------------------------
//
// What the library would tell the developer of a program, if asked: nothing is told unless a function is
// set. It is called during calls of functions that are not [realtime], on their thread; by a [realtime]
// function only when it fails with ETUDE_ERROR_PANIC.
//
//     etude_log_set(NULL, NULL); // tells nobody, which is how it begins

// One of ETUDE_LOG_*.
typedef int32_t etude_log_level;

// The library has a defect, or two ends of a session judge differently.
#define ETUDE_LOG_ERROR 1

// Something in a file was left out or guessed; a session refused or did not answer.
#define ETUDE_LOG_WARNING 2

// A session greeted its client, or sent its report.
#define ETUDE_LOG_INFO 3

// Takes a message: UTF-8, ended by NUL, valid during the call. It may be called from several threads at
// once, and must not call the library.
typedef void (*etude_log_function)(void *context, etude_log_level level, const char *message);

// Sets the function that messages are given to, for the whole process, and what it is called with; NULL for
// none. Once this returns ETUDE_OK the function set before is not called any more. ETUDE_ERROR_BUSY while a
// message is being told: nothing was set, call it again. [thread-safe]
etude_status etude_log_set(etude_log_function log,
                           void *context);

// Score -------------------------------------------------------------------------------------------
//
// What is to be played, with its repeats played out. Notes and measures are numbered from 0 in
// performed order. A score never changes.
//
//     etude_score *piece;
//     char text[256];
//     if (etude_score_new(data, size, &piece, text, sizeof text) != ETUDE_OK) {
//         fprintf(stderr, "%s\n", text); // what is wrong with the file, and where
//     } else {
//         etude_note note = ETUDE_NOTE_INIT;
//         for (uint32_t i = 0; etude_score_note(piece, i, &note) == ETUDE_OK; i++) {
//             printf("key %d at tick %lld\n", note.pitch, (long long)note.onset_ticks);
//         }
//         etude_score_free(piece);
//     }

// A score. [thread-safe]
typedef struct etude_score etude_score;

// One of ETUDE_HAND_*.
typedef int32_t etude_hand;

// The upper staff of a piano part.
#define ETUDE_HAND_RIGHT 0

// The lower staff of a piano part.
#define ETUDE_HAND_LEFT 1

// How much there is in a score.
typedef struct etude_score_info {
    // sizeof(etude_score_info).
    uint32_t struct_size;
    // Notes to be played.
    uint32_t notes;
    // Measures to be played.
    uint32_t measures;
    // Things in the file that were left out or guessed.
    uint32_t warnings;
    // Ticks in a quarter note.
    uint32_t ticks_per_quarter;
    // 0.
    uint32_t reserved;
} etude_score_info;

#define ETUDE_SCORE_INFO_INIT {sizeof(etude_score_info), 0, 0, 0, 0, 0}

// One note to be played. A tied chain is one note.
typedef struct etude_note {
    // sizeof(etude_note).
    uint32_t struct_size;
    // Index of the measure it stands in.
    uint32_t measure;
    // When it is to be struck, in ticks from the beginning. Negative in a pickup.
    int64_t onset_ticks;
    // Notated length in ticks; 0 for a grace note.
    int64_t duration_ticks;
    // Which hand plays it.
    etude_hand hand;
    // Voice as numbered in the file, 0 where there is none.
    uint16_t voice;
    // Which time through its measure, from 1.
    uint16_t pass;
    // The key, as a MIDI note number.
    uint8_t pitch;
    // Staff within its part, from 1.
    uint8_t staff;
    // 1 for a grace note, otherwise 0.
    uint8_t grace;
    // 1 if the note carries an ornament sign, otherwise 0.
    uint8_t ornamented;
    // How it is to be touched: bits of ETUDE_ARTICULATION_*.
    uint32_t articulations;
} etude_note;

#define ETUDE_NOTE_INIT {sizeof(etude_note), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}

// Reads a score from the bytes of a file: MusicXML, compressed MusicXML (.mxl) or Standard MIDI File.
// Free it with etude_score_free. [thread-safe]
etude_status etude_score_new(const uint8_t *data,
                             size_t size,
                             etude_score **score,
                             char *detail,
                             size_t detail_size);

// Frees a score. [one at a time]
void etude_score_free(etude_score *score);

// How much there is in the score. [thread-safe] [realtime]
etude_status etude_score_describe(const etude_score *score, etude_score_info *info);

// The title of the work; empty if the file gives none. [thread-safe]
etude_status etude_score_title(const etude_score *score,
                               char *buffer,
                               size_t size,
                               size_t *length);

// The composer; empty if the file gives none. [thread-safe]
etude_status etude_score_composer(const etude_score *score,
                                  char *buffer,
                                  size_t size,
                                  size_t *length);

// The digest of the score, 64 hexadecimal digits. Two scores with the same digest give the same
// verdicts. [thread-safe]
etude_status etude_score_digest(const etude_score *score,
                                char *buffer,
                                size_t size,
                                size_t *length);

// Something in the file that was left out or guessed, as a sentence. [thread-safe]
etude_status etude_score_warning(const etude_score *score,
                                 uint32_t index,
                                 char *buffer,
                                 size_t size,
                                 size_t *length);

// A note. [thread-safe] [realtime]
etude_status etude_score_note(const etude_score *score, uint32_t index, etude_note *note);

// The name of a note: the id of its element in the MusicXML, "-", and which time through, such as
// "n12-1". Unique in the score. [thread-safe]
etude_status etude_score_note_id(const etude_score *score,
                                 uint32_t index,
                                 char *buffer,
                                 size_t size,
                                 size_t *length);

// The number printed at a measure, such as "12" or "12a". [thread-safe]
etude_status etude_score_measure_number(const etude_score *score,
                                        uint32_t index,
                                        char *buffer,
                                        size_t size,
                                        size_t *length);

// The measure with this printed number, the `pass`th time through (from 1): its index in performed
// order. Where several measures are printed with one number, the first of them. ETUDE_ERROR_INDEX if
// there is none. [thread-safe]
etude_status etude_score_find_measure(const etude_score *score,
                                      const char *number,
                                      size_t number_size,
                                      uint32_t pass,
                                      uint32_t *index);

// Import ------------------------------------------------------------------------------------------
//
// How a score is to be read from a file, and what was found there. The functions of the section before take the scores
// that come from here just so.
//
//     etude_import_options options = ETUDE_IMPORT_OPTIONS_INIT;
//     options.parts = 0; // the first part, whoever plays it
//     options.memory_bytes = 64 << 20;
//     etude_score *part;
//     if (etude_score_import(data, size, &options, &part, NULL, 0) == ETUDE_OK) {
//         etude_score_free(part);
//     }

// The part or parts that a pianist plays, by Etude's own rule.
#define ETUDE_PARTS_PIANO -1

// All parts with notes.
#define ETUDE_PARTS_ALL -2

// How a score is to be read. ETUDE_IMPORT_OPTIONS_INIT gives the defaults. A limit of 0 is the default
// one, which docs/IMPORT.md tells.
typedef struct etude_import_options {
    // sizeof(etude_import_options).
    uint32_t struct_size;
    // ETUDE_PARTS_*, or the number of one part of a MusicXML file, from 0.
    int32_t parts;
    // Memory within which the import has to stay, the file itself not counted, or 0. It sets the limits
    // below that are 0.
    uint64_t memory_bytes;
    // Size of the file.
    uint64_t file_bytes;
    // Size of the document in a compressed file.
    uint64_t inflated_bytes;
    // Files in a compressed file.
    uint32_t archive_entries;
    // Elements, attributes and texts of an XML document, each.
    uint32_t xml_nodes;
    // Parts of a MusicXML file.
    uint32_t parts_max;
    // Measures as written.
    uint32_t measures;
    // Notes as written.
    uint32_t notes;
    // Events of a MIDI file.
    uint32_t midi_events;
    // Warnings that are kept.
    uint32_t warnings;
    // 0.
    uint32_t reserved;
} etude_import_options;

#define ETUDE_IMPORT_OPTIONS_INIT {sizeof(etude_import_options), -1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}

// One of ETUDE_HANDS_BY_*: how it is known which hand plays what.
typedef int32_t etude_hands_by;

// By the staves or parts of a MusicXML file.
#define ETUDE_HANDS_BY_STAVES 0

// By the names of the tracks of a MIDI file.
#define ETUDE_HANDS_BY_NAMES 1

// By two tracks or channels of a MIDI file, of which one lies higher.
#define ETUDE_HANDS_BY_TRACKS 2

// Only by where the notes of a MIDI file lie: a guess.
#define ETUDE_HANDS_BY_SPLIT 3

// By the outer of three or more staves, and where the notes of the inner ones lie.
#define ETUDE_HANDS_BY_OUTER_STAVES 4

// What was found in the file.
typedef struct etude_import_info {
    // sizeof(etude_import_info).
    uint32_t struct_size;
    // Parts of a MusicXML file, taken or not; 0 of a MIDI file.
    uint32_t parts;
    // Entries of the tempo map.
    uint32_t tempo_changes;
    // How it is known which hand plays what.
    etude_hands_by hands_by;
    // Notes of the right hand.
    uint32_t right_notes;
    // Notes of the left hand.
    uint32_t left_notes;
    // How many of the right hand's notes are likely to be its own, in percent: 100 unless it is a guess.
    uint32_t right_percent;
    // The same of the left hand's.
    uint32_t left_percent;
} etude_import_info;

#define ETUDE_IMPORT_INFO_INIT {sizeof(etude_import_info), 0, 0, 0, 0, 0, 0, 0}

// A part of a MusicXML file.
typedef struct etude_part {
    // sizeof(etude_part).
    uint32_t struct_size;
    // Staves on which it has notes, or which it declares.
    uint32_t staves;
    // Notes as written, those of repeats once.
    uint32_t notes;
    // 1 if it is taken, otherwise 0.
    uint32_t taken;
    // 1 if it is a keyboard's, otherwise 0.
    uint32_t keyboard;
    // 0.
    uint32_t reserved;
} etude_part;

#define ETUDE_PART_INIT {sizeof(etude_part), 0, 0, 0, 0, 0}

// One measure of the performed order.
typedef struct etude_measure {
    // sizeof(etude_measure).
    uint32_t struct_size;
    // Index of the written measure: equal for all its passes.
    uint32_t written;
    // Where it begins, in ticks. Negative for a pickup.
    int64_t onset_ticks;
    // How long it lasts, in ticks.
    int64_t duration_ticks;
    // Which time through this written measure, from 1.
    uint32_t pass;
    // 0.
    uint32_t reserved;
} etude_measure;

#define ETUDE_MEASURE_INIT {sizeof(etude_measure), 0, 0, 0, 0, 0}

// From here on, a quarter lasts this long.
typedef struct etude_tempo {
    // sizeof(etude_tempo).
    uint32_t struct_size;
    // Length of a quarter, in microseconds.
    uint32_t micros_per_quarter;
    // Where it takes effect, in ticks.
    int64_t at_ticks;
} etude_tempo;

#define ETUDE_TEMPO_INIT {sizeof(etude_tempo), 0, 0}

// One of ETUDE_ROLL_*: how the chord of a note is rolled.
typedef int32_t etude_roll;

// No sign says so.
#define ETUDE_ROLL_NONE 0

// Rolled, upwards by custom.
#define ETUDE_ROLL_EITHER 1

// Rolled upwards.
#define ETUDE_ROLL_UP 2

// Rolled downwards.
#define ETUDE_ROLL_DOWN 3

// To be struck together.
#define ETUDE_ROLL_TOGETHER 4

// What the notation leaves to the player of one note.
typedef struct etude_freedom {
    // sizeof(etude_freedom).
    uint32_t struct_size;
    // 1 if the note may be left out, otherwise 0.
    uint32_t optional;
    // How its chord is rolled.
    etude_roll roll;
    // Notes of the same group are rolled as one; 0 where there is no roll.
    uint32_t roll_group;
    // Until when its ornament may go on, in ticks; 0 if it has none.
    int64_t ornament_until_ticks;
    // Keys that may sound in an ornament, 0 to 63: bit 0 is key 0. 0 if it has none.
    uint64_t ornament_keys_low;
    // Keys that may sound in an ornament, 64 to 127: bit 0 is key 64.
    uint64_t ornament_keys_high;
} etude_freedom;

#define ETUDE_FREEDOM_INIT {sizeof(etude_freedom), 0, 0, 0, 0, 0, 0}

// Reads a score as etude_score_new does, by the given options. `options` may be NULL for the defaults.
// Free it with etude_score_free. [thread-safe]
etude_status etude_score_import(const uint8_t *data,
                                size_t size,
                                const etude_import_options *options,
                                etude_score **score,
                                char *detail,
                                size_t detail_size);

// What was found in the file. [thread-safe] [realtime]
etude_status etude_score_import_info(const etude_score *score, etude_import_info *info);

// A part of the file. [thread-safe] [realtime]
etude_status etude_score_part(const etude_score *score, uint32_t index, etude_part *part);

// The name of a part; empty if the file gives none. [thread-safe]
etude_status etude_score_part_name(const etude_score *score,
                                   uint32_t index,
                                   char *buffer,
                                   size_t size,
                                   size_t *length);

// A measure. [thread-safe] [realtime]
etude_status etude_score_measure(const etude_score *score,
                                 uint32_t index,
                                 etude_measure *measure);

// An entry of the tempo map, in order of place. [thread-safe] [realtime]
etude_status etude_score_tempo(const etude_score *score, uint32_t index, etude_tempo *tempo);

// What the notation leaves to the player of a note. [thread-safe] [realtime]
etude_status etude_score_freedom(const etude_score *score,
                                 uint32_t note,
                                 etude_freedom *freedom);

// The number printed at the measure that a warning is about; empty if it is about none. [thread-safe]
etude_status etude_score_warning_measure(const etude_score *score,
                                         uint32_t index,
                                         char *buffer,
                                         size_t size,
                                         size_t *length);

// What a warning says, without its measure. [thread-safe]
etude_status etude_score_warning_reason(const etude_score *score,
                                        uint32_t index,
                                        char *buffer,
                                        size_t size,
                                        size_t *length);

// Notation ----------------------------------------------------------------------------------------
//
// What else the page says: marks of expression, how notes are touched, and where a player may go on
// otherwise than in performed order. No verdict depends on the marks.
//
//     etude_mark mark = ETUDE_MARK_INIT;
//     for (uint32_t i = 0; etude_score_mark(score, i, &mark) == ETUDE_OK; i++) {
//         if (mark.kind == ETUDE_MARK_PEDAL_DOWN) {
//             printf("pedal at tick %lld\n", (long long)mark.at_ticks);
//         }
//     }

// Bits of etude_note.articulations: staccato, a dot.
#define ETUDE_ARTICULATION_STACCATO 1

// Staccatissimo or spiccato, a wedge.
#define ETUDE_ARTICULATION_STACCATISSIMO 2

// Tenuto, a line.
#define ETUDE_ARTICULATION_TENUTO 4

// Portato, a line and a dot.
#define ETUDE_ARTICULATION_PORTATO 8

// Accent, a wedge lying on its side.
#define ETUDE_ARTICULATION_ACCENT 16

// Marcato, a wedge standing up.
#define ETUDE_ARTICULATION_MARCATO 32

// Stressed.
#define ETUDE_ARTICULATION_STRESS 64

// Unstressed.
#define ETUDE_ARTICULATION_UNSTRESS 128

// A fermata stands on the note.
#define ETUDE_ARTICULATION_FERMATA 256

// A breath mark or a caesura follows the note.
#define ETUDE_ARTICULATION_BREATH 512

// Left to ring on.
#define ETUDE_ARTICULATION_LET_RING 1024

// One of ETUDE_MARK_*.
typedef int32_t etude_mark_kind;

// A dynamic: dynamic, level.
#define ETUDE_MARK_DYNAMIC 1

// A crescendo hairpin opens.
#define ETUDE_MARK_CRESCENDO 2

// A diminuendo hairpin opens.
#define ETUDE_MARK_DIMINUENDO 3

// A hairpin ends.
#define ETUDE_MARK_HAIRPIN_END 4

// The damper pedal goes down.
#define ETUDE_MARK_PEDAL_DOWN 5

// The damper pedal goes up and down again.
#define ETUDE_MARK_PEDAL_CHANGE 6

// The damper pedal goes up.
#define ETUDE_MARK_PEDAL_UP 7

// The sostenuto pedal goes down.
#define ETUDE_MARK_SOSTENUTO_DOWN 8

// The sostenuto pedal goes up.
#define ETUDE_MARK_SOSTENUTO_UP 9

// A fermata on a note, a rest or a bar line.
#define ETUDE_MARK_FERMATA 10

// A breath mark, after the note that begins here.
#define ETUDE_MARK_BREATH 11

// A caesura, after the note that begins here.
#define ETUDE_MARK_CAESURA 12

// One of ETUDE_DYNAMIC_*.
typedef int32_t etude_dynamic;

// The mark is no dynamic.
#define ETUDE_DYNAMIC_NONE 0

// Pianissimo and softer: level is how many p, 2 to 6.
#define ETUDE_DYNAMIC_PP 1

// Piano.
#define ETUDE_DYNAMIC_P 2

// Mezzo-piano.
#define ETUDE_DYNAMIC_MP 3

// Mezzo-forte.
#define ETUDE_DYNAMIC_MF 4

// Forte.
#define ETUDE_DYNAMIC_F 5

// Fortissimo and louder: level is how many f, 2 to 6.
#define ETUDE_DYNAMIC_FF 6

// An accent: sf, sfz, fz, rf and the like.
#define ETUDE_DYNAMIC_SFORZATO 7

// Loud, then at once soft: fp and the like.
#define ETUDE_DYNAMIC_FORTEPIANO 8

// Niente.
#define ETUDE_DYNAMIC_NIENTE 9

// A mark of expression.
typedef struct etude_mark {
    // sizeof(etude_mark).
    uint32_t struct_size;
    // What it says.
    etude_mark_kind kind;
    // Where it takes effect, in ticks.
    int64_t at_ticks;
    // Index of the measure it stands in.
    uint32_t measure;
    // Staff it stands on, from 1.
    uint32_t staff;
    // Which dynamic.
    etude_dynamic dynamic;
    // How many letters a dynamic has; 0 where it makes no difference.
    uint32_t level;
} etude_mark;

#define ETUDE_MARK_INIT {sizeof(etude_mark), 0, 0, 0, 0, 0, 0}

// One of ETUDE_EDGE_*: which liberty is taken.
typedef int32_t etude_edge_kind;

// A repeat is not taken, or once less.
#define ETUDE_EDGE_REPEAT_SKIPPED 1

// A repeat is taken once more than the performed order has it.
#define ETUDE_EDGE_REPEAT_ADDED 2

// A D.C., D.S., To Coda or Fine that the performed order obeys is passed by.
#define ETUDE_EDGE_JUMP_SKIPPED 3

// A jump is made earlier than the performed order makes it.
#define ETUDE_EDGE_JUMP_EARLY 4

// In place of the index of a measure: none.
#define ETUDE_NO_MEASURE 4294967295

// Where the page allows to go on otherwise than with the next measure of the performed order.
typedef struct etude_edge {
    // sizeof(etude_edge).
    uint32_t struct_size;
    // Which liberty is taken.
    etude_edge_kind kind;
    // Index of the measure at whose end the player may leave.
    uint32_t from;
    // Index of the measure at whose beginning the player goes on; ETUDE_NO_MEASURE if the piece may end.
    uint32_t to;
} etude_edge;

#define ETUDE_EDGE_INIT {sizeof(etude_edge), 0, 0, 0}

// A mark, in order of place; ETUDE_ERROR_INDEX beyond the last. [thread-safe] [realtime]
etude_status etude_score_mark(const etude_score *score, uint32_t index, etude_mark *mark);

// An alternative to the performed order, by the measure it leaves; ETUDE_ERROR_INDEX beyond the last.
// [thread-safe] [realtime]
etude_status etude_score_edge(const etude_score *score, uint32_t index, etude_edge *edge);

// The note that stands for this one and all in unison with it: one stroke of the key plays them all. It is the
// first of them, and itself where there is no other. [thread-safe] [realtime]
etude_status etude_score_unison(const etude_score *score,
                                uint32_t note,
                                uint32_t *first);

// Events ------------------------------------------------------------------------------------------
//
// What happens at the keyboard and in the transport. Events are numbered from 0 in the order in which
// they are pushed.
//
//     etude_event note = {0};
//     note.kind = ETUDE_EVENT_NOTE_ON;
//     note.at_us = now_us;
//     note.pitch = 60;
//     note.velocity = 64;

// Largest time, in microseconds, and largest place, in millionths of a quarter, either side of 0: 285
// years.
#define ETUDE_TIME_MAX 9007199254740992

// One of ETUDE_EVENT_*.
typedef int32_t etude_event_kind;

// A key went down: pitch, velocity. Velocity 0 is a note-on too.
#define ETUDE_EVENT_NOTE_ON 1

// A key went up: pitch. Never judged.
#define ETUDE_EVENT_NOTE_OFF 2

// The sustain pedal moved: pedal.
#define ETUDE_EVENT_PEDAL 3

// The host's transport started, stopped, jumped or changed its tempo: playing, position_uq,
// micros_per_quarter.
#define ETUDE_EVENT_TRANSPORT 4

// Nothing happened up to now. Lets missed notes be told while nobody plays.
#define ETUDE_EVENT_TICK 5

// The take is over. The last event of a session.
#define ETUDE_EVENT_END 6

// One thing that happened. Set what its kind names and leave the other fields 0.
typedef struct etude_event {
    // When, on the clock of the take, in microseconds: the event's own time, not that of its arrival.
    // The clock's zero is the caller's choice. One earlier than the event before counts as
    // simultaneous with it.
    int64_t at_us;
    // What.
    etude_event_kind kind;
    // The key as a MIDI note number, 0 to 127; 60 is middle C.
    uint8_t pitch;
    // How hard the key was struck, 0 to 127.
    uint8_t velocity;
    // The pedal, from 0 up to 127 down.
    uint8_t pedal;
    // Whether the transport rolls, 0 or 1.
    uint8_t playing;
    // Where the transport stands in the performed score, in millionths of a quarter.
    int64_t position_uq;
    // The tempo of the transport: microseconds to a quarter.
    uint32_t micros_per_quarter;
    // 0.
    uint32_t reserved;
} etude_event;

// Performance -------------------------------------------------------------------------------------
//
// A take read from a file, as events. It never changes.
//
//     etude_performance *played;
//     etude_event events[64];
//     size_t copied = 64;
//     if (etude_performance_new(data, size, &played, NULL, 0) == ETUDE_OK) {
//         for (size_t first = 0; copied == 64; first += copied) {
//             if (etude_performance_events(played, first, events, 64, &copied) != ETUDE_OK) {
//                 break;
//             }
//         }
//         etude_performance_free(played);
//     }

// A performance. [thread-safe]
typedef struct etude_performance etude_performance;

// Reads a performance from the bytes of a Standard MIDI File: all its tracks and channels as one take,
// with an ETUDE_EVENT_END last. Free it with etude_performance_free. [thread-safe]
etude_status etude_performance_new(const uint8_t *data,
                                   size_t size,
                                   etude_performance **performance,
                                   char *detail,
                                   size_t detail_size);

// Frees a performance. [one at a time]
void etude_performance_free(etude_performance *performance);

// How many events there are. [thread-safe] [realtime]
etude_status etude_performance_count(const etude_performance *performance, size_t *count);

// Copies events, from number `first` on, into an array of `capacity` elements, and tells in `count`
// how many: fewer than `capacity` only at the end, and 0 beyond it. [thread-safe] [realtime]
etude_status etude_performance_events(const etude_performance *performance,
                                      size_t first,
                                      etude_event *events,
                                      size_t capacity,
                                      size_t *count);

// Records -----------------------------------------------------------------------------------------
//
// What comes out of a session: verdicts, which name events and score notes by number. A record about an
// event replaces the earlier one about it, until an ETUDE_RECORD_FINAL has passed the event.
//
//     etude_record records[32];
//     size_t polled = 0;
//     char reason[128];
//     if (etude_session_poll(session, records, 32, &polled) == ETUDE_OK) {
//         for (size_t i = 0; i < polled; i++) {
//             if (records[i].verdict == ETUDE_VERDICT_MATCHED) {
//                 printf("note %u, %lld us late\n", (unsigned)records[i].note, (long long)records[i].offset_us);
//             } else if (etude_record_reason(&records[i], score, reason, sizeof reason, NULL) == ETUDE_OK) {
//                 printf("%s\n", reason);
//             }
//         }
//     }

// One of ETUDE_RECORD_*.
typedef int32_t etude_record_kind;

// What a note-on was: event, pitch, verdict, and what the verdict names.
#define ETUDE_RECORD_PLAYED 1

// The position has passed this score note and no key was struck for it: note. Taken back by a later
// ETUDE_VERDICT_MATCHED that names the note.
#define ETUDE_RECORD_MISSED 2

// The score notes from `from` up to, not including, `to` have been jumped over: those not played are
// skipped, also if they were said to be missed.
#define ETUDE_RECORD_SKIPPED 3

// With this note-on the player went elsewhere, and a new attempt begins, in which notes may be matched
// again: event, pitch, way, `from` and `to` are the first score notes of the place left and of that entered.
// Replaces an earlier jump at this note-on.
#define ETUDE_RECORD_JUMP 4

// The jump announced at this note-on did not happen: event, pitch.
#define ETUDE_RECORD_STAY 5

// No verdict about an event before this one will change any more: event. At the end of a take it may be
// told once more, where a jump that did not happen had made its note missed.
#define ETUDE_RECORD_FINAL 6

// Before this note-on the player paused, and then went on from there: event, pitch, and offset_us is how
// much later it came than the player's tempo had it. Taken back by a jump at the same note-on.
#define ETUDE_RECORD_HESITATION 7

// One of ETUDE_VERDICT_*.
typedef int32_t etude_verdict;

// The record is not about a played note.
#define ETUDE_VERDICT_NONE 0

// It is this note of the score: note, offset_us, grade.
#define ETUDE_VERDICT_MATCHED 1

// It took the place of another: note is the one that should have been struck.
#define ETUDE_VERDICT_WRONG 2

// It has no place in the score.
#define ETUDE_VERDICT_EXTRA 3

// It is part of an ornament: note is the one that carries the sign.
#define ETUDE_VERDICT_ORNAMENT 4

// It struck again a note that was already played: note.
#define ETUDE_VERDICT_REPEAT 5

// One of ETUDE_GRADE_*.
typedef int32_t etude_grade;

// The verdict has no timing.
#define ETUDE_GRADE_NONE 0

// Within the perfect window.
#define ETUDE_GRADE_PERFECT 1

// Within the good window.
#define ETUDE_GRADE_GOOD 2

// Before the good window.
#define ETUDE_GRADE_EARLY 3

// After the good window.
#define ETUDE_GRADE_LATE 4

// One of ETUDE_WAY_*.
typedef uint8_t etude_way;

// The record is not about a jump.
#define ETUDE_WAY_NONE 0

// Back to the first note of the score.
#define ETUDE_WAY_RESTART 1

// Back, to play something again.
#define ETUDE_WAY_BACK 2

// On, over something left out.
#define ETUDE_WAY_SKIP 3

// Back to where a repeat of the score begins, once more than the performed order has it.
#define ETUDE_WAY_REPEAT_TAKEN 4

// On past a repeat of the score that the performed order has.
#define ETUDE_WAY_REPEAT_SKIPPED 5

// Past a D.C., D.S., To Coda or Fine that the performed order obeys.
#define ETUDE_WAY_JUMP_SKIPPED 6

// To the coda, sooner than the performed order goes there.
#define ETUDE_WAY_JUMP_EARLY 7

// To where the host's transport went.
#define ETUDE_WAY_SEEK 8

// In place of the index of a note: none.
#define ETUDE_NO_NOTE 4294967295

// In place of the number of an event: none.
#define ETUDE_NO_EVENT 18446744073709551615ull

// In place of a pitch: none.
#define ETUDE_NO_PITCH 255

// One entry of a session's stream of verdicts. What its kind does not name is 0 or ETUDE_NO_*.
typedef struct etude_record {
    // What is told.
    etude_record_kind kind;
    // What the played note was.
    etude_verdict verdict;
    // Number of the event.
    uint64_t event;
    // Played minus expected time, in microseconds: negative is early.
    int64_t offset_us;
    // What the offset is worth.
    etude_grade grade;
    // Index of the score note.
    uint32_t note;
    // Index of the first score note of a stretch skipped or a place left.
    uint32_t from;
    // Index of the first score note after a stretch skipped or of a place entered. After a stretch at the
    // very end it is the number of notes in the score.
    uint32_t to;
    // The key that was struck, as a MIDI note number.
    uint8_t pitch;
    // What kind of jump it is.
    etude_way way;
    // 0.
    uint8_t reserved[6];
} etude_record;

// The reason of a record, for a person, such as "38 ms late". The score is that of the session which
// gave the record. [thread-safe]
etude_status etude_record_reason(const etude_record *record,
                                 const etude_score *score,
                                 char *buffer,
                                 size_t size,
                                 size_t *length);

// Session -----------------------------------------------------------------------------------------
//
// Judges one take: push its events, poll the records, push an ETUDE_EVENT_END last. The same score,
// settings and events give the same records on every machine, however they were cut into batches.
//
//     etude_config config = ETUDE_CONFIG_INIT;
//     config.mode = ETUDE_MODE_WAIT;
//     config.log_events = ETUDE_SESSION_EVENTS_MAX; // for etude_session_snapshot
//     etude_session *practice;
//     if (etude_session_new(score, &config, &practice, NULL, 0) == ETUDE_OK) {
//         etude_event end = {0};
//         end.kind = ETUDE_EVENT_END;
//         etude_session_push(practice, &end, 1, NULL, 0); // and poll, see Records
//         etude_session_free(practice);
//     }

// A session. [one at a time]
typedef struct etude_session etude_session;

// Most events a session takes: more than six hours of the densest piano music.
#define ETUDE_SESSION_EVENTS_MAX 500000

// With this many records waiting to be polled, a session takes no more events.
#define ETUDE_SESSION_WAITING_MAX 250000

// One of ETUDE_MODE_*.
typedef int32_t etude_mode;

// Notes are timed against the player's own local tempo.
#define ETUDE_MODE_FOLLOW 0

// Notes are timed against a metronome at the tempo of the score, or the host's transport once an
// ETUDE_EVENT_TRANSPORT came.
#define ETUDE_MODE_CLOCK 1

// The score waits: the position moves on when the expected notes are down.
#define ETUDE_MODE_WAIT 2

// One of ETUDE_PLAY_*: which hands play.
typedef int32_t etude_play;

// Both hands.
#define ETUDE_PLAY_BOTH 0

// The right hand alone. Notes of the other are not expected, and extra where they are played.
#define ETUDE_PLAY_RIGHT 1

// The left hand alone.
#define ETUDE_PLAY_LEFT 2

// As etude_config.last_measure: the last measure of the score.
#define ETUDE_LAST_MEASURE 4294967295

// How a take is to be judged. ETUDE_CONFIG_INIT gives the defaults.
typedef struct etude_config {
    // sizeof(etude_config).
    uint32_t struct_size;
    // What notes are timed against.
    etude_mode mode;
    // Up to this offset a note is perfect. In microseconds, like the other two; each is at least as
    // large as the one before, and at most 10 seconds.
    int64_t perfect_us;
    // Up to this offset it is good, beyond it early or late.
    int64_t good_us;
    // In ETUDE_MODE_CLOCK a note further off than this matches nothing.
    int64_t match_us;
    // Speed of the metronome of ETUDE_MODE_CLOCK in percent of the score's tempo, 10 to 400. A transport
    // has its own tempo.
    uint32_t tempo_percent;
    // 0.
    uint32_t reserved;
    // Which hands play.
    etude_play hands;
    // Index of the first measure to be played, as etude_score_find_measure gives it. Notes before and
    // after the range are not expected, and extra where they are played.
    uint32_t first_measure;
    // Index of the last, or ETUDE_LAST_MEASURE.
    uint32_t last_measure;
    // Timing credit at the end of the good window, in percent, 0 to 100. Like the next two it changes
    // figures of the report, never a verdict.
    uint32_t good_percent;
    // Timing credit from match_us on, in percent, 0 to good_percent.
    uint32_t match_percent;
    // What note accuracy counts for in the combined figure, in percent, 0 to 100; timing accuracy counts
    // for the rest.
    uint32_t note_percent;
    // 1 if the first note comes again after the last, 0 if not. A transport loops, or not, by itself.
    uint32_t looping;
    // How many events the session keeps for etude_session_snapshot, up to ETUDE_SESSION_EVENTS_MAX; the
    // memory for them, 32 bytes each, is taken at once. 0 if no snapshot will be asked for.
    uint32_t log_events;
} etude_config;

#define ETUDE_CONFIG_INIT {sizeof(etude_config), 0, 75000, 150000, 300000, 100, 0, 0, 0, ETUDE_LAST_MEASURE, 50, 25, 60, 0, 0}

// Where a session stands.
typedef struct etude_session_state {
    // sizeof(etude_session_state).
    uint32_t struct_size;
    // 1 once an ETUDE_EVENT_END was taken, before that 0.
    uint32_t ended;
    // Events taken: the number of the next.
    uint64_t events;
    // Records waiting to be polled; notes missed in a row count as one.
    uint64_t waiting;
} etude_session_state;

#define ETUDE_SESSION_STATE_INIT {sizeof(etude_session_state), 0, 0, 0}

// A session for a score, with no events yet. `config` may be NULL for the defaults. Free it with
// etude_session_free; the score may be freed before. [thread-safe]
etude_status etude_session_new(const etude_score *score,
                               const etude_config *config,
                               etude_session **session,
                               char *detail,
                               size_t detail_size);

// Frees a session. [one at a time]
void etude_session_free(etude_session *session);

// Takes the next events, in order: all of them, or none if the result is not ETUDE_OK. Poll the records
// after each call. [one at a time] [realtime] with up to 16 events in a call, and if all records have been
// polled since the one before
etude_status etude_session_push(etude_session *session,
                                const etude_event *events,
                                size_t count,
                                char *detail,
                                size_t detail_size);

// Moves the next records into an array of `capacity` elements and tells in `count` how many: fewer than
// `capacity` only if no more wait. [one at a time] [realtime]
etude_status etude_session_poll(etude_session *session,
                                etude_record *records,
                                size_t capacity,
                                size_t *count);

// Where the session stands. [one at a time] [realtime]
etude_status etude_session_describe(const etude_session *session,
                                    etude_session_state *state);

// The digest of all records so far, polled or not, 16 hexadecimal digits: equal digests mean equal
// verdicts. [one at a time]
etude_status etude_session_digest(const etude_session *session,
                                  char *buffer,
                                  size_t size,
                                  size_t *length);

// The take so far as bytes, to be kept in a file and taken up again by etude_session_restore, by this version
// of the library or a later one: some 400 bytes, and 4 or 5 an event. With buffer NULL and size 0 only the
// length is told; a buffer that is too small is left alone: ETUDE_ERROR_BUFFER. ETUDE_ERROR_ABSENT if the
// session keeps no log, ETUDE_ERROR_LIMIT if it took more events than etude_config.log_events.
// [one at a time]
etude_status etude_session_snapshot(const etude_session *session,
                                    uint8_t *buffer,
                                    size_t size,
                                    size_t *length);

// A session that stands where that of a snapshot stood, and judges on as it would have. Its records wait to be
// polled, from the first of the take. `log_events` is as in etude_config, and not less than what the snapshot
// has, or 0. The bytes may come from anywhere: ETUDE_ERROR_FORMAT if they are no snapshot or one of a later
// version, ETUDE_ERROR_FILE if they are damaged, ETUDE_ERROR_ARGUMENT if the score is another. Where another
// version of the library took the snapshot, this one judges the take anew. Free it with
// etude_session_free. [thread-safe]
etude_status etude_session_restore(const etude_score *score,
                                   const uint8_t *data,
                                   size_t size,
                                   uint32_t log_events,
                                   etude_session **session,
                                   char *detail,
                                   size_t detail_size);

// Report ------------------------------------------------------------------------------------------
//
// The result of a take, counted from final verdicts alone. It never changes: later events of the
// session do not reach it.
//
//     etude_report *result;
//     etude_tally total = ETUDE_TALLY_INIT;
//     if (etude_report_new(session, &result) == ETUDE_OK) {
//         if (etude_report_total(result, &total) == ETUDE_OK) {
//             printf("%u of %u notes, %.0f %%\n", (unsigned)total.correct, (unsigned)total.expected,
//                    100 * total.combined);
//         }
//         etude_report_free(result);
//     }

// A report. [thread-safe]
typedef struct etude_report etude_report;

// Counts and scores of a set of notes. docs/SCORING.md tells how they are reckoned.
typedef struct etude_tally {
    // sizeof(etude_tally).
    uint32_t struct_size;
    // Score notes that were to be played: correct + missed.
    uint32_t expected;
    // Score notes played.
    uint32_t correct;
    // Score notes not played.
    uint32_t missed;
    // Score notes jumped over. Not expected.
    uint32_t skipped;
    // Played notes that took the place of another.
    uint32_t wrong;
    // Played notes with no place in the score.
    uint32_t extra;
    // Played notes that realise an ornament.
    uint32_t ornaments;
    // Played notes that struck a note again.
    uint32_t repeats;
    // Score notes played within the perfect window.
    uint32_t perfect;
    // Score notes played within the good window.
    uint32_t good;
    // Score notes played before it.
    uint32_t early;
    // Score notes played after it.
    uint32_t late;
    // 0.
    uint32_t reserved;
    // correct / expected, 0 to 1; 1 where nothing was expected.
    double note_accuracy;
    // Mean timing credit over the expected notes, 0 to 1; 1 where nothing was expected.
    double timing_accuracy;
    // 0.6 note_accuracy + 0.4 timing_accuracy.
    double combined;
} etude_tally;

#define ETUDE_TALLY_INIT {sizeof(etude_tally), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}

// The result so far; complete once the session has ended. Free it with etude_report_free.
// [one at a time] with the same session
etude_status etude_report_new(const etude_session *session, etude_report **report);

// Frees a report. [one at a time]
void etude_report_free(etude_report *report);

// The whole take. [thread-safe] [realtime]
etude_status etude_report_total(const etude_report *report, etude_tally *tally);

// The whole report as a JSON object: settings, digest, totals, by hand, by measure, timing, jumps.
// docs/PROTOCOL.md describes it. [thread-safe]
etude_status etude_report_json(const etude_report *report,
                               char *buffer,
                               size_t size,
                               size_t *length);

// Client ------------------------------------------------------------------------------------------
//
// The player's end of an authoritative session, without the socket: the caller brings a WebSocket of
// any library (subprotocol etude.v1) and the time of any monotonic clock. docs/PROTOCOL.md
// tells how a session is set up and where its socket is. Around one client runs this loop:
//
// - on a new socket: etude_client_connected
// - on each event: etude_client_push
// - on each text frame: etude_client_receive
// - on a lost socket: etude_client_disconnected, and after a back-off a new socket
// - after any of these, and when wake_us of etude_client_describe has come: etude_client_frame until it
//   gives none, each sent as one text frame; then etude_client_poll until it gives none
//
// Every event is judged here at once and kept until the session has it on disk, so nothing is lost or
// counted twice, however often the socket breaks. After a restart of the program, push the events of
// the take again, from the first: what the session has is not sent again. examples/c/session.c is such a loop.
//
//     static char frame[ETUDE_FRAME_BYTES_MAX + 1];
//     size_t length = 0;
//     while (etude_client_frame(client, now_us, frame, sizeof frame, &length) == ETUDE_OK && length > 0) {
//         fwrite(frame, 1, length, stdout); // into the socket, as one text frame
//     }

// A client. [one at a time]
typedef struct etude_client etude_client;

// Largest frame that etude_client_frame gives, in bytes, the NUL not counted.
#define ETUDE_FRAME_BYTES_MAX 65536

// Most events that wait for the session, ETUDE_EVENT_END not counted: hours offline.
#define ETUDE_CLIENT_WAITING_MAX 200000

// In place of a time: never.
#define ETUDE_NEVER 9223372036854775807

// One of ETUDE_OUTPUT_*.
typedef int32_t etude_output_kind;

// A verdict of this end, at once: record. The session's word counts; this one is for the eye.
#define ETUDE_OUTPUT_LOCAL 1

// A verdict of the session: record. In the order of its stream, each once over all connections.
#define ETUDE_OUTPUT_OFFICIAL 2

// The session has all events before this number on disk: events.
#define ETUDE_OUTPUT_ACKED 3

// The connection is greeted and all verdicts so far have come. The session lacked so many events,
// which are being sent: events.
#define ETUDE_OUTPUT_LIVE 4

// Another version of the engine judges the session now: forget all ETUDE_OUTPUT_OFFICIAL so far, the
// stream comes again from its beginning.
#define ETUDE_OUTPUT_REJUDGED 5

// The two ends judge differently: events, local_digest, official_digest. Told once. Unless they run
// different versions, one of them is broken.
#define ETUDE_OUTPUT_DIGEST_MISMATCH 6

// The take is over and etude_client_report has its result.
#define ETUDE_OUTPUT_REPORT 7

// The session refused: refusal, recoverable, and etude_client_message. Close the socket; open another
// only if it is recoverable.
#define ETUDE_OUTPUT_REFUSED 8

// The session owed a word for ten seconds: close the socket and open another.
#define ETUDE_OUTPUT_STALLED 9

// One of ETUDE_REFUSAL_*.
typedef int32_t etude_refusal;

// There is none.
#define ETUDE_REFUSAL_NONE 0

// A frame was not a message of the protocol.
#define ETUDE_REFUSAL_MALFORMED 1

// A frame, a batch or the session passed its limit.
#define ETUDE_REFUSAL_TOO_LARGE 2

// The session speaks another version of the protocol.
#define ETUDE_REFUSAL_PROTOCOL 3

// The session judges against another score.
#define ETUDE_REFUSAL_SCORE_MISMATCH 4

// The session judges by other settings.
#define ETUDE_REFUSAL_CONFIG_MISMATCH 5

// A message came before the hello.
#define ETUDE_REFUSAL_HELLO_EXPECTED 6

// Events or records do not follow on those that the other end has.
#define ETUDE_REFUSAL_GAP 7

// Events came after the end of the take.
#define ETUDE_REFUSAL_ENDED 8

// The session could not put the events on disk.
#define ETUDE_REFUSAL_STORAGE 9

// There is no such session.
#define ETUDE_REFUSAL_NO_SESSION 10

// A newer connection of this player took over.
#define ETUDE_REFUSAL_SUPERSEDED 11

// The token only lets read along, and events were sent.
#define ETUDE_REFUSAL_READ_ONLY 12

// More was sent in a short time than the session takes.
#define ETUDE_REFUSAL_TOO_FAST 13

// What the owner of a client should know. What its kind does not name is 0.
typedef struct etude_output {
    // What is told.
    etude_output_kind kind;
    // Why the session refused.
    etude_refusal refusal;
    // A number of events.
    uint64_t events;
    // The digest of this end's verdicts.
    uint64_t local_digest;
    // The digest of the session's verdicts.
    uint64_t official_digest;
    // 1 if a new connection can help, otherwise 0.
    uint8_t recoverable;
    // 0.
    uint8_t reserved[7];
    // A verdict; all 0 in the other kinds.
    etude_record record;
} etude_output;

// Where a client stands.
typedef struct etude_client_state {
    // sizeof(etude_client_state).
    uint32_t struct_size;
    // 1 once an ETUDE_EVENT_END was pushed, before that 0.
    uint32_t ended;
    // Events pushed: the number of the next.
    uint64_t events;
    // Events that the session is not known to have on disk.
    uint64_t undelivered;
    // Outputs waiting to be polled.
    uint64_t waiting;
    // When etude_client_frame is to be called next, at the latest, in microseconds on the clock of now_us:
    // ETUDE_NEVER if not before something else happens; INT64_MIN, or another time that has passed, if at
    // once.
    int64_t wake_us;
} etude_client_state;

#define ETUDE_CLIENT_STATE_INIT {sizeof(etude_client_state), 0, 0, 0, 0, 0}

// A client at the beginning of a take. `name` tells the session's log who this is, a program and its
// version, say; of its `name_size` bytes the first 128 count. `config` is that of the session, or NULL
// for the defaults. Free it with etude_client_free; the score may be freed before. [thread-safe]
etude_status etude_client_new(const etude_score *score,
                              const etude_config *config,
                              const char *name,
                              size_t name_size,
                              etude_client **client,
                              char *detail,
                              size_t detail_size);

// Frees a client. What the session does not have is lost. [one at a time]
void etude_client_free(etude_client *client);

// A socket is open: a greeting waits in etude_client_frame. [one at a time]
etude_status etude_client_connected(etude_client *client, int64_t now_us);

// The socket is gone: no frame leaves until etude_client_connected. Events are still taken and judged.
// [one at a time]
etude_status etude_client_disconnected(etude_client *client);

// Takes the next events, in order: all of them, or none if the result is not ETUDE_OK. Judges them at
// once and keeps them for the session. [one at a time]
etude_status etude_client_push(etude_client *client,
                               const etude_event *events,
                               size_t count,
                               int64_t now_us,
                               char *detail,
                               size_t detail_size);

// Takes the text frame of `size` bytes that the socket has received. One that makes no sense becomes
// an ETUDE_OUTPUT_REFUSED; the result is still ETUDE_OK. [one at a time]
etude_status etude_client_receive(etude_client *client,
                                  const char *frame,
                                  size_t size,
                                  int64_t now_us,
                                  char *detail,
                                  size_t detail_size);

// Takes out the next frame to send, as text; its length is 0 if there is none now. The frame stays
// for the next call if only the length was asked for or the buffer was too small; one of
// ETUDE_FRAME_BYTES_MAX + 1 bytes never is. [one at a time]
etude_status etude_client_frame(etude_client *client,
                                int64_t now_us,
                                char *buffer,
                                size_t size,
                                size_t *length);

// Moves the next outputs into an array of `capacity` elements and tells in `count` how many: fewer
// than `capacity` only if no more wait. [one at a time] [realtime]
etude_status etude_client_poll(etude_client *client,
                               etude_output *outputs,
                               size_t capacity,
                               size_t *count);

// Where the client stands. [one at a time] [realtime]
etude_status etude_client_describe(const etude_client *client, etude_client_state *state);

// What the session said with its last refusal, a sentence for a person; empty if it never refused.
// [one at a time]
etude_status etude_client_message(const etude_client *client,
                                  char *buffer,
                                  size_t size,
                                  size_t *length);

// The result of the take as the session reckoned it; ETUDE_ERROR_ABSENT until it has come. Free it with
// etude_report_free. [one at a time] with the same client
etude_status etude_client_report(const etude_client *client, etude_report **report);

// The result so far as this end reckons it, for the eye. Free it with etude_report_free.
// [one at a time] with the same client
etude_status etude_client_local_report(const etude_client *client, etude_report **report);

// Place -------------------------------------------------------------------------------------------
//
// Where the player is, for drawing a cursor, at any moment and not only when a note comes. Asking changes
// nothing, and no verdict depends on it:
//
//     etude_place place = ETUDE_PLACE_INIT;
//     uint32_t notes[16];
//     size_t count;
//     if (etude_session_place(session, now_us, &place) == ETUDE_OK &&
//         etude_session_expected(session, now_us, notes, 16, &count) == ETUDE_OK) {
//         printf("quarter %.2f, %zu keys to strike\n", (double)place.position_uq / 1e6, count);
//     }

// Where the player is at some moment.
typedef struct etude_place {
    // sizeof(etude_place).
    uint32_t struct_size;
    // Index of the measure it lies in.
    uint32_t measure;
    // Place in the performed score in millionths of a quarter, never outside it: finer than a tick, for a
    // cursor that glides.
    int64_t position_uq;
    // The same in ticks, rounded down.
    int64_t ticks;
    // Which time through that measure, from 1.
    uint32_t pass;
    // Index of the first of the notes that were begun last, or that were due last under a clock; before the
    // first ETUDE_NO_NOTE.
    uint32_t behind;
    // Index of the first of the notes that come next; after the last ETUDE_NO_NOTE.
    uint32_t ahead;
    // Length of a quarter as it is played, in microseconds; 0 where there is no tempo: before a second onset
    // was struck, while the clock stands, and in ETUDE_MODE_WAIT.
    uint32_t micros_per_quarter;
    // 1 if the place moves on with time, 0 if it need not be drawn anew before the next event.
    uint32_t moving;
    // 0.
    uint32_t reserved;
} etude_place;

#define ETUDE_PLACE_INIT {sizeof(etude_place), 0, 0, 0, 0, 0, 0, 0, 0, 0}

// Where the player is at the time `now_us` of the take's clock, or at the latest event if that is later. In
// ETUDE_MODE_FOLLOW the place moves on from the note struck last at the player's tempo, as far as the next
// note, and waits there; in ETUDE_MODE_CLOCK it goes with the clock; in ETUDE_MODE_WAIT it is at the notes
// waited for. It may step back where the reading of the last notes is revised.
// [one at a time] [realtime]
etude_status etude_session_place(const etude_session *session,
                                 int64_t now_us,
                                 etude_place *place);

// Copies the indices of the notes to be struck next at `now_us`, in score order and one for each key, into an
// array of `capacity` elements, and tells in `count` how many: fewer than `capacity` if there are no more. They
// are what is left of a chord begun, up to half-way to the notes after it, and then those. None after the
// last. [one at a time] [realtime]
etude_status etude_session_expected(const etude_session *session,
                                    int64_t now_us,
                                    uint32_t *notes,
                                    size_t capacity,
                                    size_t *count);

// As etude_session_place, of the take as this end of an authoritative session judges it.
// [one at a time] [realtime]
etude_status etude_client_place(const etude_client *client, int64_t now_us, etude_place *place);

// As etude_session_expected, of the take as this end of an authoritative session judges it.
// [one at a time] [realtime]
etude_status etude_client_expected(const etude_client *client,
                                   int64_t now_us,
                                   uint32_t *notes,
                                   size_t capacity,
                                   size_t *count);

#ifdef __cplusplus
}
#endif

#endif // ETUDE_H
