// Judges a performance against a score, offline:
//
//     assess SCORE PERFORMANCE.mid [--clock] [--json]
//
// SCORE is MusicXML, .mxl or a MIDI file. Prints a line for each verdict, then the report; with --json the
// report alone, as JSON. README.md beside this file tells how to build it.

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "etude.h"

// Events pushed and records polled at a time.
#define BATCH 64

static void fail(const char *what, const char *why) {
    fprintf(stderr, "assess: %s: %s\n", what, why);
    exit(EXIT_FAILURE);
}

static void check(etude_status status, const char *what) {
    if (status != ETUDE_OK) {
        fail(what, etude_status_str(status));
    }
}

static void *allocate(size_t size) {
    void *memory = malloc(size);
    if (memory == NULL) {
        fail("memory", "there is not enough");
    }
    return memory;
}

// Lets a text function of the library fill a new string: asks for the length first, then for the text.
#define TEXT(string, function, ...)                                           \
    do {                                                                      \
        size_t length_;                                                       \
        check(function(__VA_ARGS__, NULL, 0, &length_), #function);           \
        (string) = (char *)allocate(length_ + 1);                             \
        check(function(__VA_ARGS__, (string), length_ + 1, NULL), #function); \
    } while (0)

// The bytes of a file. The caller frees them.
static uint8_t *read_file(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        fail(path, "it cannot be opened");
    }
    size_t capacity = 1 << 16;
    uint8_t *bytes = (uint8_t *)allocate(capacity);
    *size = 0;
    for (;;) {
        *size += fread(bytes + *size, 1, capacity - *size, file);
        if (*size < capacity) {
            break;
        }
        capacity *= 2;
        bytes = (uint8_t *)realloc(bytes, capacity);
        if (bytes == NULL) {
            fail("memory", "there is not enough");
        }
    }
    if (ferror(file)) {
        fail(path, "it cannot be read");
    }
    fclose(file);
    return bytes;
}

static etude_score *read_score(const char *path) {
    size_t size;
    uint8_t *bytes = read_file(path, &size);
    etude_score *score;
    char detail[512];
    if (etude_score_new(bytes, size, &score, detail, sizeof detail) != ETUDE_OK) {
        fail(path, detail);
    }
    free(bytes);
    return score;
}

// The events of a MIDI file. The caller frees them.
static etude_event *read_performance(const char *path, size_t *count) {
    size_t size;
    uint8_t *bytes = read_file(path, &size);
    etude_performance *performance;
    char detail[512];
    if (etude_performance_new(bytes, size, &performance, detail, sizeof detail) != ETUDE_OK) {
        fail(path, detail);
    }
    free(bytes);
    check(etude_performance_count(performance, count), path);
    etude_event *events = (etude_event *)allocate(*count * sizeof *events);
    check(etude_performance_events(performance, 0, events, *count, count), path);
    etude_performance_free(performance);
    return events;
}

static void print_score(const etude_score *score) {
    etude_score_info info = ETUDE_SCORE_INFO_INIT;
    check(etude_score_describe(score, &info), "score");
    char *title, *composer;
    TEXT(title, etude_score_title, score);
    TEXT(composer, etude_score_composer, score);
    printf("%s, %s: %" PRIu32 " notes in %" PRIu32 " measures\n", title[0] ? title : "untitled",
           composer[0] ? composer : "composer unknown", info.notes, info.measures);
    free(title);
    free(composer);
    for (uint32_t i = 0; i < info.warnings; i++) {
        char *warning;
        TEXT(warning, etude_score_warning, score, i);
        printf("note: %s\n", warning);
        free(warning);
    }
}

static const char *name_of(const etude_record *record) {
    static const char *const kinds[] = {"?", "played", "missed", "skipped", "jump", "stay", "final", "pause"};
    static const char *const verdicts[] = {"?", "matched", "wrong", "extra", "ornament", "repeat"};
    static const char *const grades[] = {"?", "perfect", "good", "early", "late"};
    if (record->kind != ETUDE_RECORD_PLAYED) {
        return kinds[record->kind <= ETUDE_RECORD_FINAL ? record->kind : 0];
    }
    if (record->verdict != ETUDE_VERDICT_MATCHED) {
        return verdicts[record->verdict <= ETUDE_VERDICT_REPEAT ? record->verdict : 0];
    }
    return grades[record->grade <= ETUDE_GRADE_LATE ? record->grade : 0];
}

// One line: when it was played, what it was, the score note it names, the reason.
static void print_record(const etude_record *record, const etude_score *score, const etude_event *events) {
    if (record->kind == ETUDE_RECORD_FINAL) {
        return;
    }
    if (record->event == ETUDE_NO_EVENT) {
        printf("%10s  ", "");
    } else {
        printf("%9.3fs  ", (double)events[record->event].at_us / 1e6);
    }
    char *id = NULL, *reason;
    if (record->note != ETUDE_NO_NOTE) {
        TEXT(id, etude_score_note_id, score, record->note);
    }
    TEXT(reason, etude_record_reason, record, score);
    printf("%-8s  %-12s  %s\n", name_of(record), id != NULL ? id : "", reason);
    free(id);
    free(reason);
}

// Plays the events into the session and, unless quiet, prints each record as soon as it is there.
static void play(etude_session *session, const etude_event *events, size_t count, const etude_score *score,
                 int quiet) {
    for (size_t first = 0; first < count; first += BATCH) {
        size_t batch = count - first < BATCH ? count - first : BATCH;
        char detail[256];
        if (etude_session_push(session, events + first, batch, detail, sizeof detail) != ETUDE_OK) {
            fail("session", detail);
        }
        etude_record records[BATCH];
        size_t polled;
        do {
            check(etude_session_poll(session, records, BATCH, &polled), "session");
            for (size_t i = 0; i < polled && !quiet; i++) {
                print_record(&records[i], score, events);
            }
        } while (polled == BATCH);
    }
}

static void print_report(const etude_report *report, const etude_session *session) {
    etude_tally total = ETUDE_TALLY_INIT;
    check(etude_report_total(report, &total), "report");
    char *digest;
    TEXT(digest, etude_session_digest, session);
    printf("\n%" PRIu32 " expected: %" PRIu32 " correct, %" PRIu32 " missed; %" PRIu32 " skipped\n",
           total.expected, total.correct, total.missed, total.skipped);
    printf("timing: %" PRIu32 " perfect, %" PRIu32 " good, %" PRIu32 " early, %" PRIu32 " late\n",
           total.perfect, total.good, total.early, total.late);
    printf("besides: %" PRIu32 " wrong, %" PRIu32 " extra, %" PRIu32 " ornaments, %" PRIu32 " repeats\n",
           total.wrong, total.extra, total.ornaments, total.repeats);
    printf("notes %.1f %%, timing %.1f %%, together %.1f %%\n", 100 * total.note_accuracy,
           100 * total.timing_accuracy, 100 * total.combined);
    printf("digest %s, engine %s\n", digest, etude_version());
    free(digest);
}

static void print_json(const etude_report *report) {
    char *json;
    TEXT(json, etude_report_json, report);
    printf("%s\n", json);
    free(json);
}

int main(int argc, char **argv) {
    const char *files[2];
    int given = 0, json = 0, help = 0;
    etude_config config = ETUDE_CONFIG_INIT;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0) {
            json = 1;
        } else if (strcmp(argv[i], "--clock") == 0) {
            config.mode = ETUDE_MODE_CLOCK;
        } else if (argv[i][0] != '-' && given < 2) {
            files[given++] = argv[i];
        } else {
            help = 1;
        }
    }
    if (help || given < 2) {
        fprintf(stderr, "usage: assess SCORE PERFORMANCE.mid [--clock] [--json]\n");
        return 2;
    }
    check(etude_abi_check(ETUDE_ABI), "libetude");

    etude_score *score = read_score(files[0]);
    size_t count;
    etude_event *events = read_performance(files[1], &count);
    if (!json) {
        print_score(score);
    }

    etude_session *session;
    char detail[256];
    if (etude_session_new(score, &config, &session, detail, sizeof detail) != ETUDE_OK) {
        fail("session", detail);
    }
    play(session, events, count, score, json);

    etude_report *report;
    check(etude_report_new(session, &report), "report");
    if (json) {
        print_json(report);
    } else {
        print_report(report, session);
    }

    etude_report_free(report);
    etude_session_free(session);
    etude_score_free(score);
    free(events);
    return EXIT_SUCCESS;
}
