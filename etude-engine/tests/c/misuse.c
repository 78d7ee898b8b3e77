// What a C program can do wrong, and what the header promises then. Prints each broken promise and fails.
// Compiled as C and as C++. Arguments: a score, a performance.

#include "etude.h"
#include "etude.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int broken = 0;

#define EXPECT(condition)                                              \
    do {                                                               \
        if (!(condition)) {                                            \
            broken++;                                                  \
            printf("line %d: not so: %s\n", __LINE__, #condition);     \
        }                                                              \
    } while (0)

// Room that nobody may write to, and whether nobody did.
static uint64_t untouched[16];
static void reset(void) { memset(untouched, 0x55, sizeof untouched); }
static int is_untouched(void) {
    for (size_t i = 0; i < 16; i++) {
        if (untouched[i] != 0x5555555555555555u) {
            return 0;
        }
    }
    return 1;
}
#define OUT(type) ((type *)(void *)untouched)
#define FAILS(status, call)                                            \
    do {                                                               \
        reset();                                                       \
        EXPECT((call) == (status));                                    \
        EXPECT(is_untouched());                                        \
    } while (0)
#define MISALIGNED(type) ((type *)(void *)((char *)untouched + 1))

static uint8_t *file(const char *path, size_t *size) {
    static uint8_t room[2][1 << 20];
    static int used = 0;
    FILE *stream = fopen(path, "rb");
    if (stream == NULL) {
        printf("%s cannot be opened\n", path);
        exit(2);
    }
    uint8_t *bytes = room[used++];
    *size = fread(bytes, 1, sizeof room[0], stream);
    fclose(stream);
    return bytes;
}

static void versions(void) {
    char macros[32];
    snprintf(macros, sizeof macros, "%d.%d.%d", ETUDE_VERSION_MAJOR, ETUDE_VERSION_MINOR, ETUDE_VERSION_PATCH);
    EXPECT(strcmp(etude_version(), macros) == 0);
    EXPECT(etude_abi() == ETUDE_ABI);
    EXPECT(etude_abi_check(ETUDE_ABI) == ETUDE_OK);
    EXPECT(etude_abi_check(ETUDE_ABI + 1) == ETUDE_ERROR_ABI);
    EXPECT(strcmp(etude_status_str(ETUDE_OK), "success") == 0);
    EXPECT(strcmp(etude_status_str(-1), etude_status_str(INT32_MAX)) == 0);
}

static void texts(const etude_score *score) {
    size_t length = 0;
    EXPECT(etude_score_digest(score, NULL, 0, &length) == ETUDE_OK && length == 64);
    char digest[65];
    length = 0;
    EXPECT(etude_score_digest(score, digest, 65, &length) == ETUDE_OK && length == 64 && strlen(digest) == 64);
    EXPECT(etude_score_digest(score, digest, 65, NULL) == ETUDE_OK);
    FAILS(ETUDE_ERROR_BUFFER, etude_score_digest(score, OUT(char), 64, OUT(size_t) + 12));
    FAILS(ETUDE_ERROR_BUFFER, etude_score_digest(score, OUT(char), 0, NULL));
    FAILS(ETUDE_ERROR_POINTER, etude_score_digest(score, NULL, 65, OUT(size_t)));
    FAILS(ETUDE_ERROR_POINTER, etude_score_digest(score, NULL, 0, NULL));
    FAILS(ETUDE_ERROR_POINTER, etude_score_digest(score, OUT(char), 65, MISALIGNED(size_t)));
    FAILS(ETUDE_ERROR_POINTER, etude_score_digest(NULL, OUT(char), 65, NULL));
    FAILS(ETUDE_ERROR_POINTER, etude_score_title(NULL, OUT(char), 65, NULL));
    FAILS(ETUDE_ERROR_POINTER, etude_score_composer(NULL, OUT(char), 65, NULL));
    FAILS(ETUDE_ERROR_POINTER, etude_score_warning(NULL, 0, OUT(char), 65, NULL));
    FAILS(ETUDE_ERROR_INDEX, etude_score_warning(score, UINT32_MAX, OUT(char), 65, NULL));
    FAILS(ETUDE_ERROR_INDEX, etude_score_note_id(score, ETUDE_NO_NOTE, OUT(char), 65, NULL));
    FAILS(ETUDE_ERROR_POINTER, etude_score_note_id(NULL, 0, OUT(char), 65, NULL));
    FAILS(ETUDE_ERROR_INDEX, etude_score_measure_number(score, UINT32_MAX, OUT(char), 65, NULL));
    FAILS(ETUDE_ERROR_POINTER, etude_score_measure_number(NULL, 0, OUT(char), 65, NULL));
}

static void scores(const uint8_t *bytes, size_t size, const etude_score *score) {
    char detail[512];
    FAILS(ETUDE_ERROR_POINTER, etude_score_new(NULL, size, OUT(etude_score *), NULL, 0));
    FAILS(ETUDE_ERROR_POINTER, etude_score_new(bytes, size, NULL, NULL, 0));
    FAILS(ETUDE_ERROR_POINTER, etude_score_new(bytes, size, MISALIGNED(etude_score *), NULL, 0));
    FAILS(ETUDE_ERROR_ARGUMENT, etude_score_new(bytes, SIZE_MAX, OUT(etude_score *), NULL, 0));
    FAILS(ETUDE_ERROR_FORMAT, etude_score_new(NULL, 0, OUT(etude_score *), NULL, 0));
    FAILS(ETUDE_ERROR_FORMAT, etude_score_new((const uint8_t *)"hello", 5, OUT(etude_score *), detail, sizeof detail));
    EXPECT(strstr(detail, "MusicXML") != NULL);
    // Half of a file: the place is told, and a small buffer holds as much as fits.
    FAILS(ETUDE_ERROR_FILE, etude_score_new(bytes, size / 2, OUT(etude_score *), detail, sizeof detail));
    EXPECT(strstr(detail, "line ") != NULL);
    char small[4] = {'x', 'x', 'x', 'x'};
    FAILS(ETUDE_ERROR_FILE, etude_score_new(bytes, size / 2, OUT(etude_score *), small, 3));
    EXPECT(strlen(small) == 2 && strncmp(small, detail, 2) == 0 && small[3] == 'x');
    FAILS(ETUDE_ERROR_FILE, etude_score_new(bytes, size / 2, OUT(etude_score *), small + 3, 0));
    EXPECT(small[3] == 'x');

    etude_score_info info = ETUDE_SCORE_INFO_INIT;
    EXPECT(etude_score_describe(score, &info) == ETUDE_OK && info.notes > 0 && info.measures > 0);
    EXPECT(info.struct_size == sizeof info);
    FAILS(ETUDE_ERROR_STRUCT_SIZE, etude_score_describe(score, OUT(etude_score_info)));
    FAILS(ETUDE_ERROR_POINTER, etude_score_describe(score, NULL));
    FAILS(ETUDE_ERROR_POINTER, etude_score_describe(NULL, OUT(etude_score_info)));
    FAILS(ETUDE_ERROR_POINTER, etude_score_describe(score, MISALIGNED(etude_score_info)));

    etude_note note = ETUDE_NOTE_INIT;
    EXPECT(etude_score_note(score, info.notes - 1, &note) == ETUDE_OK && note.measure < info.measures);
    note.pitch = 200;
    EXPECT(etude_score_note(score, info.notes, &note) == ETUDE_ERROR_INDEX && note.pitch == 200);
    FAILS(ETUDE_ERROR_POINTER, etude_score_note(NULL, 0, OUT(etude_note)));
    FAILS(ETUDE_ERROR_POINTER, etude_score_note(score, 0, NULL));

    // A program built with a newer header: what the library does not know becomes zero.
    struct {
        etude_note note;
        uint64_t newer;
    } grown = {ETUDE_NOTE_INIT, 7};
    grown.note.struct_size = sizeof grown;
    EXPECT(etude_score_note(score, 0, &grown.note) == ETUDE_OK && grown.newer == 0 && grown.note.staff > 0);
    etude_score_free(NULL);
}

static void imports(const uint8_t *bytes, size_t size, const uint8_t *take, size_t take_size) {
    etude_import_options options = ETUDE_IMPORT_OPTIONS_INIT;
    etude_score *score = NULL;
    char detail[512], text[128];
    EXPECT(etude_score_import(bytes, size, &options, &score, NULL, 0) == ETUDE_OK);
    etude_import_info info = ETUDE_IMPORT_INFO_INIT;
    EXPECT(etude_score_import_info(score, &info) == ETUDE_OK && info.parts == 1 && info.tempo_changes > 0);
    EXPECT(info.hands_by == ETUDE_HANDS_BY_STAVES && info.right_percent == 100 && info.left_percent == 100);
    etude_score_info all = ETUDE_SCORE_INFO_INIT;
    EXPECT(etude_score_describe(score, &all) == ETUDE_OK && info.right_notes + info.left_notes == all.notes);
    etude_part part = ETUDE_PART_INIT;
    EXPECT(etude_score_part(score, 0, &part) == ETUDE_OK && part.taken == 1 && part.staves == 2 && part.notes > 0);
    EXPECT(etude_score_part_name(score, 0, text, sizeof text, NULL) == ETUDE_OK && strlen(text) > 0);
    etude_measure measure = ETUDE_MEASURE_INIT, next = ETUDE_MEASURE_INIT;
    EXPECT(etude_score_measure(score, 0, &measure) == ETUDE_OK && measure.pass == 1 && measure.written == 0);
    EXPECT(etude_score_measure(score, 1, &next) == ETUDE_OK);
    EXPECT(next.onset_ticks == measure.onset_ticks + measure.duration_ticks && measure.duration_ticks > 0);
    EXPECT(etude_score_measure(score, all.measures - 1, &next) == ETUDE_OK && next.pass == 2);
    etude_tempo tempo = ETUDE_TEMPO_INIT;
    EXPECT(etude_score_tempo(score, 0, &tempo) == ETUDE_OK && tempo.micros_per_quarter > 0);
    etude_freedom freedom = ETUDE_FREEDOM_INIT;
    uint32_t free_notes = 0;
    for (uint32_t note = 0; note < all.notes; note++) {
        etude_note one = ETUDE_NOTE_INIT;
        EXPECT(etude_score_freedom(score, note, &freedom) == ETUDE_OK && etude_score_note(score, note, &one) == ETUDE_OK);
        const uint64_t keys = one.pitch < 64 ? freedom.ornament_keys_low : freedom.ornament_keys_high;
        if (freedom.ornament_keys_low != 0 || freedom.ornament_keys_high != 0) {
            free_notes++;
            EXPECT((keys >> (one.pitch % 64) & 1) == 1 && freedom.ornament_until_ticks > one.onset_ticks);
        }
    }
    EXPECT(free_notes > 0);
    FAILS(ETUDE_ERROR_INDEX, etude_score_part_name(score, 1, OUT(char), 65, NULL));
    FAILS(ETUDE_ERROR_INDEX, etude_score_warning_measure(score, UINT32_MAX, OUT(char), 65, NULL));
    FAILS(ETUDE_ERROR_INDEX, etude_score_warning_reason(score, UINT32_MAX, OUT(char), 65, NULL));
    part.staves = 99;
    EXPECT(etude_score_part(score, 1, &part) == ETUDE_ERROR_INDEX && part.staves == 99);
    EXPECT(etude_score_measure(score, all.measures, &measure) == ETUDE_ERROR_INDEX);
    EXPECT(etude_score_tempo(score, info.tempo_changes, &tempo) == ETUDE_ERROR_INDEX);
    EXPECT(etude_score_freedom(score, all.notes, &freedom) == ETUDE_ERROR_INDEX);
    FAILS(ETUDE_ERROR_STRUCT_SIZE, etude_score_import_info(score, OUT(etude_import_info)));
    FAILS(ETUDE_ERROR_POINTER, etude_score_import_info(NULL, OUT(etude_import_info)));
    FAILS(ETUDE_ERROR_POINTER, etude_score_part(NULL, 0, OUT(etude_part)));
    FAILS(ETUDE_ERROR_POINTER, etude_score_part_name(NULL, 0, OUT(char), 65, NULL));
    FAILS(ETUDE_ERROR_POINTER, etude_score_measure(score, 0, NULL));
    FAILS(ETUDE_ERROR_POINTER, etude_score_tempo(score, 0, MISALIGNED(etude_tempo)));
    FAILS(ETUDE_ERROR_POINTER, etude_score_freedom(NULL, 0, OUT(etude_freedom)));
    FAILS(ETUDE_ERROR_POINTER, etude_score_warning_measure(NULL, 0, OUT(char), 65, NULL));
    FAILS(ETUDE_ERROR_POINTER, etude_score_warning_reason(NULL, 0, OUT(char), 65, NULL));
    etude_score_free(score);

    options.file_bytes = size - 1;
    FAILS(ETUDE_ERROR_LIMIT, etude_score_import(bytes, size, &options, OUT(etude_score *), detail, sizeof detail));
    EXPECT(strstr(detail, "limit") != NULL);
    options.file_bytes = 0;
    options.memory_bytes = 1 << 16;
    FAILS(ETUDE_ERROR_LIMIT, etude_score_import(bytes, size, &options, OUT(etude_score *), NULL, 0));
    options.memory_bytes = 0;
    options.parts = -3;
    FAILS(ETUDE_ERROR_ARGUMENT, etude_score_import(bytes, size, &options, OUT(etude_score *), NULL, 0));
    options.parts = ETUDE_PARTS_ALL;
    options.reserved = 1;
    FAILS(ETUDE_ERROR_ARGUMENT, etude_score_import(bytes, size, &options, OUT(etude_score *), NULL, 0));
    options.struct_size = 0;
    FAILS(ETUDE_ERROR_STRUCT_SIZE, etude_score_import(bytes, size, &options, OUT(etude_score *), NULL, 0));
    FAILS(ETUDE_ERROR_POINTER, etude_score_import(bytes, size, NULL, NULL, NULL, 0));

    // A recording has no parts, and its one track says nothing of hands.
    EXPECT(etude_score_import(take, take_size, NULL, &score, NULL, 0) == ETUDE_OK);
    EXPECT(etude_score_import_info(score, &info) == ETUDE_OK && info.parts == 0);
    EXPECT(info.hands_by == ETUDE_HANDS_BY_SPLIT && info.right_percent < 100 && info.left_percent < 100);
    EXPECT(etude_score_warning_reason(score, 0, text, 0, NULL) == ETUDE_ERROR_BUFFER);
    EXPECT(etude_score_warning_measure(score, 0, text, sizeof text, NULL) == ETUDE_OK && strlen(text) == 0);
    etude_score_free(score);
}

static void performances(const uint8_t *bytes, size_t size, const etude_performance *performance) {
    char detail[512];
    FAILS(ETUDE_ERROR_FORMAT, etude_performance_new((const uint8_t *)"<a/>", 4, OUT(etude_performance *), NULL, 0));
    FAILS(ETUDE_ERROR_FILE, etude_performance_new(bytes, 20, OUT(etude_performance *), detail, sizeof detail));
    FAILS(ETUDE_ERROR_POINTER, etude_performance_new(NULL, size, OUT(etude_performance *), NULL, 0));
    FAILS(ETUDE_ERROR_POINTER, etude_performance_new(bytes, size, NULL, NULL, 0));
    FAILS(ETUDE_ERROR_POINTER, etude_performance_count(NULL, OUT(size_t)));
    FAILS(ETUDE_ERROR_POINTER, etude_performance_count(performance, NULL));
    FAILS(ETUDE_ERROR_POINTER, etude_performance_events(NULL, 0, OUT(etude_event), 1, OUT(size_t) + 12));
    FAILS(ETUDE_ERROR_POINTER, etude_performance_events(performance, 0, NULL, 1, OUT(size_t)));
    FAILS(ETUDE_ERROR_POINTER, etude_performance_events(performance, 0, OUT(etude_event), 1, NULL));
    FAILS(ETUDE_ERROR_ARGUMENT,
          etude_performance_events(performance, 0, OUT(etude_event), SIZE_MAX / 4, OUT(size_t) + 12));
    size_t all, count = 9;
    EXPECT(etude_performance_count(performance, &all) == ETUDE_OK && all > 1);
    etude_event last;
    EXPECT(etude_performance_events(performance, all - 1, &last, 1, &count) == ETUDE_OK && count == 1);
    EXPECT(last.kind == ETUDE_EVENT_END);
    EXPECT(etude_performance_events(performance, SIZE_MAX, &last, 1, &count) == ETUDE_OK && count == 0);
    EXPECT(etude_performance_events(performance, 0, NULL, 0, &count) == ETUDE_OK && count == 0);
    etude_performance_free(NULL);
}

static void configs(const etude_score *score) {
    char detail[512];
    etude_config config = ETUDE_CONFIG_INIT;
    FAILS(ETUDE_ERROR_POINTER, etude_session_new(NULL, &config, OUT(etude_session *), NULL, 0));
    FAILS(ETUDE_ERROR_POINTER, etude_session_new(score, &config, NULL, NULL, 0));
    FAILS(ETUDE_ERROR_POINTER, etude_session_new(score, MISALIGNED(etude_config), OUT(etude_session *), NULL, 0));
    config.struct_size = 0;
    FAILS(ETUDE_ERROR_STRUCT_SIZE, etude_session_new(score, &config, OUT(etude_session *), detail, sizeof detail));
    EXPECT(strstr(detail, "_INIT") != NULL);
    config.struct_size = 0xCDCDCDCDu;
    FAILS(ETUDE_ERROR_STRUCT_SIZE, etude_session_new(score, &config, OUT(etude_session *), NULL, 0));
    config.struct_size = sizeof config;
    config.mode = 17;
    FAILS(ETUDE_ERROR_CONFIG, etude_session_new(score, &config, OUT(etude_session *), detail, sizeof detail));
    EXPECT(strstr(detail, "17") != NULL);
    config.mode = ETUDE_MODE_FOLLOW;
    config.reserved = 1;
    FAILS(ETUDE_ERROR_CONFIG, etude_session_new(score, &config, OUT(etude_session *), NULL, 0));
    config.reserved = 0;
    config.tempo_percent = 65536 + 100;
    FAILS(ETUDE_ERROR_CONFIG, etude_session_new(score, &config, OUT(etude_session *), NULL, 0));
    config.tempo_percent = 100;
    config.perfect_us = config.good_us + 1;
    FAILS(ETUDE_ERROR_CONFIG, etude_session_new(score, &config, OUT(etude_session *), detail, sizeof detail));
    EXPECT(strstr(detail, "perfect_us") != NULL);

    const etude_config fresh = ETUDE_CONFIG_INIT;
    config = fresh;
    config.hands = 3;
    FAILS(ETUDE_ERROR_CONFIG, etude_session_new(score, &config, OUT(etude_session *), detail, sizeof detail));
    EXPECT(strstr(detail, "ETUDE_PLAY_") != NULL);
    config.hands = ETUDE_PLAY_LEFT;
    config.looping = 2;
    FAILS(ETUDE_ERROR_CONFIG, etude_session_new(score, &config, OUT(etude_session *), detail, sizeof detail));
    EXPECT(strstr(detail, "looping") != NULL);
    config.looping = 0;
    config.reserved = 1;
    FAILS(ETUDE_ERROR_CONFIG, etude_session_new(score, &config, OUT(etude_session *), NULL, 0));
    config.reserved = 0;
    config.log_events = ETUDE_SESSION_EVENTS_MAX + 1;
    FAILS(ETUDE_ERROR_CONFIG, etude_session_new(score, &config, OUT(etude_session *), detail, sizeof detail));
    EXPECT(strstr(detail, "log_events") != NULL);
    config.log_events = 0;
    config.note_percent = 256 + 60;
    FAILS(ETUDE_ERROR_CONFIG, etude_session_new(score, &config, OUT(etude_session *), detail, sizeof detail));
    EXPECT(strstr(detail, "note_percent") != NULL);
    config.note_percent = 60;
    config.first_measure = 9;
    config.last_measure = 8;
    FAILS(ETUDE_ERROR_CONFIG, etude_session_new(score, &config, OUT(etude_session *), detail, sizeof detail));
    EXPECT(strstr(detail, "back to 8") != NULL);
    config.last_measure = 100000;
    FAILS(ETUDE_ERROR_CONFIG, etude_session_new(score, &config, OUT(etude_session *), detail, sizeof detail));
    EXPECT(strstr(detail, "100000") != NULL);
    config.first_measure = 100000;
    config.last_measure = ETUDE_LAST_MEASURE;
    FAILS(ETUDE_ERROR_CONFIG, etude_session_new(score, &config, OUT(etude_session *), detail, sizeof detail));
    EXPECT(strstr(detail, "100000") != NULL);

    // Measures by their printed number, and a range to the end of the score.
    uint32_t measure = 0;
    EXPECT(etude_score_find_measure(score, "5", 1, 1, &measure) == ETUDE_OK);
    char number[8];
    EXPECT(etude_score_measure_number(score, measure, number, sizeof number, NULL) == ETUDE_OK);
    EXPECT(strcmp(number, "5") == 0);
    FAILS(ETUDE_ERROR_INDEX, etude_score_find_measure(score, "5", 1, 9, OUT(uint32_t)));
    FAILS(ETUDE_ERROR_INDEX, etude_score_find_measure(score, "5", 1, UINT32_MAX, OUT(uint32_t)));
    FAILS(ETUDE_ERROR_INDEX, etude_score_find_measure(score, "\xff", 1, 1, OUT(uint32_t)));
    FAILS(ETUDE_ERROR_INDEX, etude_score_find_measure(score, NULL, 0, 1, OUT(uint32_t)));
    FAILS(ETUDE_ERROR_POINTER, etude_score_find_measure(score, NULL, 1, 1, OUT(uint32_t)));
    FAILS(ETUDE_ERROR_POINTER, etude_score_find_measure(score, "5", 1, 1, NULL));
    config.first_measure = measure;
    etude_session *part = NULL;
    EXPECT(etude_session_new(score, &config, &part, NULL, 0) == ETUDE_OK);
    etude_session_free(part);

    // An older header: what it lacks has its default, whatever stands behind it.
    config.struct_size = 40;
    config.hands = 3;
    EXPECT(etude_session_new(score, &config, &part, NULL, 0) == ETUDE_OK);
    etude_session_free(part);

    // A newer header: unknown fields are let through at their default, zero, and refused in use.
    struct {
        etude_config config;
        uint64_t newer;
    } grown = {ETUDE_CONFIG_INIT, 0};
    grown.config.struct_size = sizeof grown;
    etude_session *session = NULL;
    EXPECT(etude_session_new(score, &grown.config, &session, NULL, 0) == ETUDE_OK);
    etude_session_free(session);
    grown.newer = 1;
    FAILS(ETUDE_ERROR_STRUCT_SIZE, etude_session_new(score, &grown.config, OUT(etude_session *), NULL, 0));
}

static void sessions(const etude_score *score) {
    char detail[512];
    etude_session *session = NULL;
    EXPECT(etude_session_new(score, NULL, &session, NULL, 0) == ETUDE_OK);
    etude_event events[3];
    memset(events, 0, sizeof events);
    events[0].kind = ETUDE_EVENT_NOTE_ON;
    events[0].pitch = 60;
    events[1].kind = ETUDE_EVENT_NOTE_ON;
    events[1].pitch = 128;
    events[2].kind = ETUDE_EVENT_END;
    etude_session_state state = ETUDE_SESSION_STATE_INIT;

    // A batch is taken whole or not at all, and the bad event is named.
    EXPECT(etude_session_push(session, events, 3, detail, sizeof detail) == ETUDE_ERROR_EVENT);
    EXPECT(strstr(detail, "event 1") != NULL && strstr(detail, "128") != NULL);
    EXPECT(etude_session_describe(session, &state) == ETUDE_OK && state.events == 0 && state.waiting == 0);
    events[1].pitch = 60;
    events[1].velocity = 255;
    EXPECT(etude_session_push(session, events, 3, NULL, 0) == ETUDE_ERROR_EVENT);
    events[1].velocity = 0;
    events[1].reserved = 1;
    EXPECT(etude_session_push(session, events, 3, NULL, 0) == ETUDE_ERROR_EVENT);
    events[1].reserved = 0;
    events[1].at_us = INT64_MIN;
    EXPECT(etude_session_push(session, events, 3, NULL, 0) == ETUDE_ERROR_EVENT);
    events[1].at_us = 0;
    events[1].kind = 0;
    EXPECT(etude_session_push(session, events, 3, NULL, 0) == ETUDE_ERROR_EVENT);
    events[1].kind = ETUDE_EVENT_END;
    EXPECT(etude_session_push(session, events, 3, NULL, 0) == ETUDE_ERROR_ENDED);
    events[1].kind = ETUDE_EVENT_TICK;
    EXPECT(etude_session_push(session, NULL, 1, NULL, 0) == ETUDE_ERROR_POINTER);
    EXPECT(etude_session_push(NULL, events, 1, NULL, 0) == ETUDE_ERROR_POINTER);
    EXPECT(etude_session_push(session, MISALIGNED(etude_event), 1, NULL, 0) == ETUDE_ERROR_POINTER);
    EXPECT(etude_session_push(session, events, SIZE_MAX, NULL, 0) == ETUDE_ERROR_ARGUMENT);
    EXPECT(etude_session_push(session, NULL, 0, NULL, 0) == ETUDE_OK);
    EXPECT(etude_session_describe(session, &state) == ETUDE_OK && state.events == 0 && state.ended == 0);

    EXPECT(etude_session_push(session, events, 3, NULL, 0) == ETUDE_OK);
    EXPECT(etude_session_describe(session, &state) == ETUDE_OK && state.events == 3 && state.ended == 1);
    EXPECT(etude_session_push(session, events, 1, NULL, 0) == ETUDE_ERROR_ENDED);
    EXPECT(etude_session_push(session, NULL, 0, NULL, 0) == ETUDE_OK);

    FAILS(ETUDE_ERROR_POINTER, etude_session_poll(NULL, OUT(etude_record), 1, OUT(size_t) + 12));
    FAILS(ETUDE_ERROR_POINTER, etude_session_poll(session, NULL, 1, OUT(size_t)));
    FAILS(ETUDE_ERROR_POINTER, etude_session_poll(session, OUT(etude_record), 1, NULL));
    FAILS(ETUDE_ERROR_STRUCT_SIZE, etude_session_describe(session, OUT(etude_session_state)));
    FAILS(ETUDE_ERROR_POINTER, etude_session_describe(NULL, OUT(etude_session_state)));
    FAILS(ETUDE_ERROR_BUFFER, etude_session_digest(session, OUT(char), 16, NULL));
    FAILS(ETUDE_ERROR_POINTER, etude_session_digest(NULL, OUT(char), 17, NULL));

    // A failed poll loses nothing.
    uint64_t waiting = state.waiting, polled = 0;
    EXPECT(waiting > 0);
    etude_record record;
    size_t count;
    do {
        EXPECT(etude_session_poll(session, &record, 1, &count) == ETUDE_OK);
        polled += count;
    } while (count == 1);
    EXPECT(polled >= waiting);

    char reason[256];
    record.kind = 99;
    FAILS(ETUDE_ERROR_ARGUMENT, etude_record_reason(&record, score, OUT(char), 100, NULL));
    record.kind = ETUDE_RECORD_MISSED;
    record.note = ETUDE_NO_NOTE;
    FAILS(ETUDE_ERROR_INDEX, etude_record_reason(&record, score, OUT(char), 100, NULL));
    FAILS(ETUDE_ERROR_POINTER, etude_record_reason(NULL, score, OUT(char), 100, NULL));
    FAILS(ETUDE_ERROR_POINTER, etude_record_reason(&record, NULL, OUT(char), 100, NULL));
    record.note = 0;
    EXPECT(etude_record_reason(&record, score, reason, sizeof reason, NULL) == ETUDE_OK && reason[0] != '\0');
    record.kind = ETUDE_RECORD_PLAYED;
    record.verdict = ETUDE_VERDICT_NONE;
    FAILS(ETUDE_ERROR_ARGUMENT, etude_record_reason(&record, score, OUT(char), 100, NULL));
    record.verdict = ETUDE_VERDICT_MATCHED;
    record.grade = ETUDE_GRADE_NONE;
    FAILS(ETUDE_ERROR_ARGUMENT, etude_record_reason(&record, score, OUT(char), 100, NULL));
    record.grade = ETUDE_GRADE_LATE;
    record.offset_us = INT64_MIN;
    FAILS(ETUDE_ERROR_ARGUMENT, etude_record_reason(&record, score, OUT(char), 100, NULL));
    record.offset_us = 0;
    record.pitch = ETUDE_NO_PITCH;
    EXPECT(etude_record_reason(&record, score, reason, sizeof reason, NULL) == ETUDE_OK);
    record.kind = ETUDE_RECORD_SKIPPED;
    record.from = 0;
    record.to = ETUDE_NO_NOTE;
    FAILS(ETUDE_ERROR_INDEX, etude_record_reason(&record, score, OUT(char), 100, NULL));

    etude_report *report = NULL;
    FAILS(ETUDE_ERROR_POINTER, etude_report_new(NULL, OUT(etude_report *)));
    FAILS(ETUDE_ERROR_POINTER, etude_report_new(session, NULL));
    EXPECT(etude_report_new(session, &report) == ETUDE_OK);
    etude_session_free(session);
    etude_tally total = ETUDE_TALLY_INIT;
    EXPECT(etude_report_total(report, &total) == ETUDE_OK && total.expected == total.correct + total.missed);
    FAILS(ETUDE_ERROR_STRUCT_SIZE, etude_report_total(report, OUT(etude_tally)));
    FAILS(ETUDE_ERROR_POINTER, etude_report_total(NULL, OUT(etude_tally)));
    FAILS(ETUDE_ERROR_POINTER, etude_report_total(report, NULL));
    FAILS(ETUDE_ERROR_BUFFER, etude_report_json(report, OUT(char), 100, NULL));
    FAILS(ETUDE_ERROR_POINTER, etude_report_json(NULL, OUT(char), 100, NULL));
    etude_report_free(report);
    etude_report_free(NULL);
    etude_session_free(NULL);
}

static void places(const etude_score *score) {
    etude_session *session = NULL;
    etude_client *client = NULL;
    etude_place place = ETUDE_PLACE_INIT;
    uint32_t notes[8];
    size_t count = 0;
    EXPECT(etude_session_new(score, NULL, &session, NULL, 0) == ETUDE_OK);
    EXPECT(etude_client_new(score, NULL, NULL, 0, &client, NULL, 0) == ETUDE_OK);
    EXPECT(etude_session_place(session, INT64_MIN, &place) == ETUDE_OK);
    EXPECT(place.behind == ETUDE_NO_NOTE && place.ahead == 0 && place.pass == 1 && place.moving == 0);
    EXPECT(etude_session_expected(session, INT64_MAX, notes, 8, &count) == ETUDE_OK && count > 0 && notes[0] == 0);
    EXPECT(etude_session_expected(session, 0, NULL, 0, &count) == ETUDE_OK && count == 0);
    EXPECT(etude_client_place(client, INT64_MAX, &place) == ETUDE_OK && place.ahead == 0);
    EXPECT(etude_client_expected(client, 0, notes, 1, &count) == ETUDE_OK && count == 1);
    FAILS(ETUDE_ERROR_POINTER, etude_session_place(NULL, 0, OUT(etude_place)));
    FAILS(ETUDE_ERROR_POINTER, etude_session_place(session, 0, NULL));
    FAILS(ETUDE_ERROR_POINTER, etude_session_place(session, 0, MISALIGNED(etude_place)));
    FAILS(ETUDE_ERROR_STRUCT_SIZE, etude_session_place(session, 0, OUT(etude_place)));
    FAILS(ETUDE_ERROR_POINTER, etude_session_expected(NULL, 0, OUT(uint32_t), 1, OUT(size_t) + 2));
    FAILS(ETUDE_ERROR_POINTER, etude_session_expected(session, 0, NULL, 1, OUT(size_t)));
    FAILS(ETUDE_ERROR_POINTER, etude_session_expected(session, 0, OUT(uint32_t), 1, NULL));
    FAILS(ETUDE_ERROR_ARGUMENT, etude_session_expected(session, 0, OUT(uint32_t), SIZE_MAX, OUT(size_t) + 2));
    FAILS(ETUDE_ERROR_POINTER, etude_client_place(NULL, 0, OUT(etude_place)));
    FAILS(ETUDE_ERROR_STRUCT_SIZE, etude_client_place(client, 0, OUT(etude_place)));
    FAILS(ETUDE_ERROR_POINTER, etude_client_expected(NULL, 0, OUT(uint32_t), 1, OUT(size_t) + 2));
    FAILS(ETUDE_ERROR_POINTER, etude_client_expected(client, 0, OUT(uint32_t), 1, NULL));
    etude_client_free(client);
    etude_session_free(session);
}

static void snapshots(const etude_score *score, const uint8_t *other_bytes, size_t other_size) {
    char detail[256], digest[17], again[17];
    static uint8_t bytes[1024];
    size_t length = 0, count = 0;
    etude_record records[8];
    etude_session *session = NULL, *restored = NULL;
    etude_config config = ETUDE_CONFIG_INIT;
    EXPECT(etude_session_new(score, NULL, &session, NULL, 0) == ETUDE_OK);
    FAILS(ETUDE_ERROR_ABSENT, etude_session_snapshot(session, OUT(uint8_t), 64, OUT(size_t) + 9));
    etude_session_free(session);

    config.log_events = 2;
    EXPECT(etude_session_new(score, &config, &session, NULL, 0) == ETUDE_OK);
    etude_event event;
    memset(&event, 0, sizeof event);
    event.kind = ETUDE_EVENT_NOTE_ON;
    event.pitch = 74;
    EXPECT(etude_session_push(session, &event, 1, NULL, 0) == ETUDE_OK);
    EXPECT(etude_session_poll(session, records, 8, &count) == ETUDE_OK && count > 0);
    EXPECT(etude_session_digest(session, digest, sizeof digest, NULL) == ETUDE_OK);
    FAILS(ETUDE_ERROR_POINTER, etude_session_snapshot(NULL, OUT(uint8_t), 8, OUT(size_t) + 2));
    FAILS(ETUDE_ERROR_POINTER, etude_session_snapshot(session, NULL, 8, OUT(size_t)));
    FAILS(ETUDE_ERROR_POINTER, etude_session_snapshot(session, OUT(uint8_t), 8, NULL));
    FAILS(ETUDE_ERROR_BUFFER, etude_session_snapshot(session, OUT(uint8_t), 8, OUT(size_t) + 2));
    EXPECT(etude_session_snapshot(session, NULL, 0, &length) == ETUDE_OK && length > 8 && length < sizeof bytes);
    EXPECT(etude_session_snapshot(session, bytes, length, &length) == ETUDE_OK);

    // What was restored stands where that stood, and tells its records again.
    EXPECT(etude_session_restore(score, bytes, length, 1, &restored, NULL, 0) == ETUDE_OK);
    EXPECT(etude_session_digest(restored, again, sizeof again, NULL) == ETUDE_OK && strcmp(digest, again) == 0);
    size_t told = 0;
    EXPECT(etude_session_poll(restored, records, 8, &told) == ETUDE_OK && told == count);
    EXPECT(records[0].pitch == 74);
    // A log that is full refuses the snapshot and never an event.
    EXPECT(etude_session_push(restored, &event, 1, NULL, 0) == ETUDE_OK);
    FAILS(ETUDE_ERROR_LIMIT, etude_session_snapshot(restored, OUT(uint8_t), 64, OUT(size_t) + 9));
    etude_session_free(restored);

    etude_score *other = NULL;
    EXPECT(etude_score_new(other_bytes, other_size, &other, NULL, 0) == ETUDE_OK);
    FAILS(ETUDE_ERROR_ARGUMENT,
          etude_session_restore(other, bytes, length, 0, OUT(etude_session *), detail, sizeof detail));
    EXPECT(strstr(detail, "another score") != NULL);
    etude_score_free(other);
    FAILS(ETUDE_ERROR_POINTER, etude_session_restore(NULL, bytes, length, 0, OUT(etude_session *), NULL, 0));
    FAILS(ETUDE_ERROR_POINTER, etude_session_restore(score, NULL, length, 0, OUT(etude_session *), NULL, 0));
    FAILS(ETUDE_ERROR_POINTER, etude_session_restore(score, bytes, length, 0, NULL, NULL, 0));
    FAILS(ETUDE_ERROR_CONFIG, etude_session_restore(score, bytes, length, UINT32_MAX, OUT(etude_session *), NULL, 0));
    FAILS(ETUDE_ERROR_FORMAT, etude_session_restore(score, NULL, 0, 0, OUT(etude_session *), NULL, 0));
    FAILS(ETUDE_ERROR_FORMAT, etude_session_restore(score, other_bytes, other_size, 0, OUT(etude_session *), NULL, 0));
    for (size_t i = 0; i < length; i++) {
        FAILS(i < 10 ? ETUDE_ERROR_FORMAT : ETUDE_ERROR_FILE,
              etude_session_restore(score, bytes, i, 0, OUT(etude_session *), NULL, 0));
        bytes[i] = (uint8_t)(bytes[i] ^ 0x20u);
        FAILS(i < 11 ? ETUDE_ERROR_FORMAT : ETUDE_ERROR_FILE,
              etude_session_restore(score, bytes, length, 0, OUT(etude_session *), NULL, 0));
        bytes[i] = (uint8_t)(bytes[i] ^ 0x20u);
    }
    etude_session_free(session);
}

static void notation(const etude_score *score) {
    etude_mark mark = ETUDE_MARK_INIT;
    etude_edge edge = ETUDE_EDGE_INIT;
    uint32_t first = 0, edges = 0;
    while (etude_score_edge(score, edges, &edge) == ETUDE_OK) {
        EXPECT(edge.kind >= ETUDE_EDGE_REPEAT_SKIPPED && edge.kind <= ETUDE_EDGE_JUMP_EARLY);
        EXPECT(edge.struct_size == sizeof edge);
        edges++;
    }
    EXPECT(edges > 0 && etude_score_edge(score, edges, &edge) == ETUDE_ERROR_INDEX);
    EXPECT(etude_score_unison(score, 0, &first) == ETUDE_OK && first == 0);
    EXPECT(etude_score_mark(score, UINT32_MAX, &mark) == ETUDE_ERROR_INDEX);
    FAILS(ETUDE_ERROR_POINTER, etude_score_mark(NULL, 0, OUT(etude_mark)));
    FAILS(ETUDE_ERROR_STRUCT_SIZE, etude_score_mark(score, 0, OUT(etude_mark)));
    FAILS(ETUDE_ERROR_POINTER, etude_score_mark(score, 0, NULL));
    FAILS(ETUDE_ERROR_POINTER, etude_score_edge(NULL, 0, OUT(etude_edge)));
    FAILS(ETUDE_ERROR_STRUCT_SIZE, etude_score_edge(score, 0, OUT(etude_edge)));
    FAILS(ETUDE_ERROR_POINTER, etude_score_unison(NULL, 0, OUT(uint32_t)));
    FAILS(ETUDE_ERROR_POINTER, etude_score_unison(score, 0, NULL));
    FAILS(ETUDE_ERROR_INDEX, etude_score_unison(score, UINT32_MAX, OUT(uint32_t)));
}

static int heard = 0;
static void hear(void *context, etude_log_level level, const char *message) {
    EXPECT(context == &heard && level == ETUDE_LOG_WARNING && message[0] != '\0');
    heard++;
}

static void logs(const uint8_t *performance, size_t size) {
    etude_score *recording = NULL;
    EXPECT(etude_log_set(hear, &heard) == ETUDE_OK);
    // A recording is a poor score, which is a warning.
    EXPECT(etude_score_new(performance, size, &recording, NULL, 0) == ETUDE_OK);
    etude_score_free(recording);
    int told = heard;
    EXPECT(told > 0);
    EXPECT(etude_log_set(NULL, NULL) == ETUDE_OK);
    EXPECT(etude_score_new(performance, size, &recording, NULL, 0) == ETUDE_OK && heard == told);
    etude_score_free(recording);
}

static void clients(const etude_score *score) {
    char detail[512], frame[ETUDE_FRAME_BYTES_MAX + 1];
    etude_client *client = NULL;
    FAILS(ETUDE_ERROR_POINTER, etude_client_new(NULL, NULL, "x", 1, OUT(etude_client *), NULL, 0));
    FAILS(ETUDE_ERROR_POINTER, etude_client_new(score, NULL, NULL, 1, OUT(etude_client *), NULL, 0));
    FAILS(ETUDE_ERROR_POINTER, etude_client_new(score, NULL, "x", 1, NULL, NULL, 0));
    FAILS(ETUDE_ERROR_ARGUMENT, etude_client_new(score, NULL, "\xff", 1, OUT(etude_client *), detail, sizeof detail));
    EXPECT(strcmp(detail, "name is not UTF-8") == 0);
    FAILS(ETUDE_ERROR_ARGUMENT, etude_client_new(score, NULL, "x", SIZE_MAX, OUT(etude_client *), NULL, 0));
    etude_config config = ETUDE_CONFIG_INIT;
    config.tempo_percent = 9;
    FAILS(ETUDE_ERROR_CONFIG, etude_client_new(score, &config, "x", 1, OUT(etude_client *), NULL, 0));
    EXPECT(etude_client_new(score, NULL, NULL, 0, &client, NULL, 0) == ETUDE_OK);

    // Without a connection nothing leaves, and nothing needs to be done.
    size_t length = 9;
    etude_client_state state = ETUDE_CLIENT_STATE_INIT;
    EXPECT(etude_client_frame(client, 0, frame, sizeof frame, &length) == ETUDE_OK && length == 0);
    EXPECT(etude_client_describe(client, &state) == ETUDE_OK && state.wake_us == ETUDE_NEVER && state.events == 0);
    EXPECT(etude_client_receive(client, "{}", 2, 0, NULL, 0) == ETUDE_OK);
    FAILS(ETUDE_ERROR_ABSENT, etude_client_report(client, OUT(etude_report *)));

    // A frame stays until it is taken.
    EXPECT(etude_client_connected(client, 7) == ETUDE_OK);
    EXPECT(etude_client_describe(client, &state) == ETUDE_OK && state.wake_us <= 7);
    EXPECT(etude_client_frame(client, 7, NULL, 0, &length) == ETUDE_OK && length > 20);
    FAILS(ETUDE_ERROR_BUFFER, etude_client_frame(client, 7, OUT(char), length, NULL));
    EXPECT(etude_client_describe(client, &state) == ETUDE_OK && state.wake_us <= 7);
    EXPECT(etude_client_frame(client, 7, frame, sizeof frame, &length) == ETUDE_OK && strlen(frame) == length);
    EXPECT(strstr(frame, "hello") != NULL);
    EXPECT(etude_client_frame(client, 7, frame, sizeof frame, &length) == ETUDE_OK && length == 0);
    EXPECT(etude_client_describe(client, &state) == ETUDE_OK && state.wake_us == 7 + 10000000);

    // Ten seconds without a word, and it gives up.
    etude_output output;
    EXPECT(etude_client_frame(client, 7 + 10000000, frame, sizeof frame, &length) == ETUDE_OK && length == 0);
    EXPECT(etude_client_poll(client, &output, 1, &length) == ETUDE_OK && length == 1);
    EXPECT(output.kind == ETUDE_OUTPUT_STALLED);
    EXPECT(etude_client_poll(client, &output, 1, &length) == ETUDE_OK && length == 0);

    // What the session says makes no sense, or is no text.
    EXPECT(etude_client_connected(client, 0) == ETUDE_OK);
    EXPECT(etude_client_receive(client, "\xff", 1, 0, detail, sizeof detail) == ETUDE_ERROR_ARGUMENT);
    EXPECT(etude_client_receive(client, "{\"type\":\"cheese\"}", 17, 0, NULL, 0) == ETUDE_OK);
    EXPECT(etude_client_poll(client, &output, 1, &length) == ETUDE_OK && length == 1);
    EXPECT(output.kind == ETUDE_OUTPUT_REFUSED && output.refusal == ETUDE_REFUSAL_MALFORMED);
    EXPECT(etude_client_message(client, detail, sizeof detail, NULL) == ETUDE_OK && detail[0] != '\0');
    EXPECT(etude_client_disconnected(client) == ETUDE_OK);

    etude_event events[2];
    memset(events, 0, sizeof events);
    events[0].kind = ETUDE_EVENT_NOTE_ON;
    events[0].pitch = 128;
    events[1].kind = ETUDE_EVENT_END;
    EXPECT(etude_client_push(client, events, 2, 0, detail, sizeof detail) == ETUDE_ERROR_EVENT);
    EXPECT(strstr(detail, "event 0") != NULL);
    events[0].pitch = 60;
    FAILS(ETUDE_ERROR_POINTER, etude_client_push(client, NULL, 1, 0, NULL, 0));
    FAILS(ETUDE_ERROR_POINTER, etude_client_push(NULL, events, 1, 0, NULL, 0));
    FAILS(ETUDE_ERROR_ARGUMENT, etude_client_push(client, events, SIZE_MAX, 0, NULL, 0));
    EXPECT(etude_client_push(client, events, 2, INT64_MAX, NULL, 0) == ETUDE_OK);
    EXPECT(etude_client_push(client, events, 1, 0, NULL, 0) == ETUDE_ERROR_ENDED);
    EXPECT(etude_client_describe(client, &state) == ETUDE_OK && state.ended == 1 && state.undelivered == 2);
    FAILS(ETUDE_ERROR_POINTER, etude_client_poll(client, NULL, 1, OUT(size_t)));
    FAILS(ETUDE_ERROR_POINTER, etude_client_poll(client, OUT(etude_output), 1, NULL));
    FAILS(ETUDE_ERROR_POINTER, etude_client_poll(NULL, OUT(etude_output), 1, OUT(size_t) + 12));
    FAILS(ETUDE_ERROR_POINTER, etude_client_connected(NULL, 0));
    FAILS(ETUDE_ERROR_POINTER, etude_client_disconnected(NULL));
    FAILS(ETUDE_ERROR_POINTER, etude_client_receive(NULL, "{}", 2, 0, NULL, 0));
    FAILS(ETUDE_ERROR_POINTER, etude_client_receive(client, NULL, 2, 0, NULL, 0));
    FAILS(ETUDE_ERROR_POINTER, etude_client_frame(NULL, 0, OUT(char), 65, NULL));
    FAILS(ETUDE_ERROR_POINTER, etude_client_message(NULL, OUT(char), 65, NULL));
    FAILS(ETUDE_ERROR_POINTER, etude_client_describe(client, NULL));
    FAILS(ETUDE_ERROR_STRUCT_SIZE, etude_client_describe(client, OUT(etude_client_state)));
    FAILS(ETUDE_ERROR_POINTER, etude_client_report(client, NULL));
    FAILS(ETUDE_ERROR_POINTER, etude_client_local_report(NULL, OUT(etude_report *)));
    etude_report *report = NULL;
    etude_tally total = ETUDE_TALLY_INIT;
    EXPECT(etude_client_local_report(client, &report) == ETUDE_OK && etude_report_total(report, &total) == ETUDE_OK);
    EXPECT(total.missed > 0);
    etude_report_free(report);
    etude_client_free(client);
    etude_client_free(NULL);
}

// Times and tempi that no host should send.
static void hostile(const etude_score *score) {
    static const int64_t half_a_year_us = (int64_t)1 << 44;
    const int64_t extremes[] = {-half_a_year_us, half_a_year_us, 0, -half_a_year_us, -1, half_a_year_us};
    for (etude_mode mode = ETUDE_MODE_FOLLOW; mode <= ETUDE_MODE_WAIT; mode++) {
        etude_config config = ETUDE_CONFIG_INIT;
        config.mode = mode;
        etude_session *session = NULL;
        EXPECT(etude_session_new(score, &config, &session, NULL, 0) == ETUDE_OK);
        for (size_t i = 0; i < 36; i++) {
            etude_event events[3];
            memset(events, 0, sizeof events);
            events[0].kind = ETUDE_EVENT_TRANSPORT;
            events[0].playing = i % 4 != 3;
            events[0].position_uq = extremes[i / 6];
            events[0].micros_per_quarter = i % 2 ? UINT32_MAX : 0;
            events[1].kind = ETUDE_EVENT_NOTE_ON;
            events[1].pitch = (uint8_t)(60 + i % 12);
            events[2].kind = ETUDE_EVENT_TICK;
            events[0].at_us = events[1].at_us = events[2].at_us = extremes[i % 6];
            EXPECT(etude_session_push(session, events, 3, NULL, 0) == ETUDE_OK);
        }
        etude_event end;
        memset(&end, 0, sizeof end);
        end.kind = ETUDE_EVENT_END;
        EXPECT(etude_session_push(session, &end, 1, NULL, 0) == ETUDE_OK);
        etude_report *report = NULL;
        EXPECT(etude_report_new(session, &report) == ETUDE_OK);
        etude_report_free(report);
        etude_session_free(session);
    }
}

int main(int argc, char **argv) {
    if (argc != 3) {
        return 2;
    }
    size_t score_size, performance_size;
    uint8_t *score_bytes = file(argv[1], &score_size);
    uint8_t *performance_bytes = file(argv[2], &performance_size);
    etude_score *score = NULL;
    etude_performance *performance = NULL;
    EXPECT(etude_score_new(score_bytes, score_size, &score, NULL, 0) == ETUDE_OK);
    EXPECT(etude_performance_new(performance_bytes, performance_size, &performance, NULL, 0) == ETUDE_OK);

    versions();
    texts(score);
    scores(score_bytes, score_size, score);
    imports(score_bytes, score_size, performance_bytes, performance_size);
    performances(performance_bytes, performance_size, performance);
    configs(score);
    sessions(score);
    places(score);
    snapshots(score, performance_bytes, performance_size);
    notation(score);
    logs(performance_bytes, performance_size);
    clients(score);
    hostile(score);

    // A score may go before its sessions.
    etude_session *session = NULL;
    EXPECT(etude_session_new(score, NULL, &session, NULL, 0) == ETUDE_OK);
    etude_score_free(score);
    etude_event end;
    memset(&end, 0, sizeof end);
    end.kind = ETUDE_EVENT_END;
    EXPECT(etude_session_push(session, &end, 1, NULL, 0) == ETUDE_OK);
    etude_session_free(session);
    etude_performance_free(performance);
    return broken == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
