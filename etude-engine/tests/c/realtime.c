// Plays a take through the realtime functions, between two marks that a witness of system calls can see. Arguments: a
// score, a performance.

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "etude.h"

static uint8_t bytes[2][1 << 20];
static etude_event events[1 << 16];

static size_t file(const char *path, uint8_t *room) {
    FILE *stream = fopen(path, "rb");
    if (stream == NULL) {
        exit(2);
    }
    size_t size = fread(room, 1, sizeof bytes[0], stream);
    fclose(stream);
    return size;
}

static void mark(const char *what) {
    // The witness reads it; whether it was written is of no interest here.
    ssize_t written = write(STDOUT_FILENO, what, 8);
    (void)written;
}

int main(int argc, char **argv) {
    etude_score *score;
    etude_performance *performance;
    etude_session *session;
    etude_report *report;
    size_t count;
    if (argc != 3 || etude_score_new(bytes[0], file(argv[1], bytes[0]), &score, NULL, 0) != ETUDE_OK ||
        etude_performance_new(bytes[1], file(argv[2], bytes[1]), &performance, NULL, 0) != ETUDE_OK ||
        etude_session_new(score, NULL, &session, NULL, 0) != ETUDE_OK ||
        etude_report_new(session, &report) != ETUDE_OK) {
        return 2;
    }

    etude_status failed = 0;
    size_t records = 0;
    mark("<begin>\n");
    failed |= etude_performance_count(performance, &count);
    failed |= etude_performance_events(performance, 0, events, 1 << 16, &count);
    for (size_t i = 0; i < count; i++) {
        etude_record room[16];
        size_t polled;
        failed |= etude_session_push(session, &events[i], 1, NULL, 0);
        do {
            failed |= etude_session_poll(session, room, 16, &polled);
            records += polled;
        } while (polled == 16);
        etude_session_state state = ETUDE_SESSION_STATE_INIT;
        etude_note note = ETUDE_NOTE_INIT;
        failed |= etude_session_describe(session, &state);
        failed |= etude_score_note(score, (uint32_t)(i % 8), &note);
        // One that fails.
        if (etude_score_note(score, ETUDE_NO_NOTE, &note) != ETUDE_ERROR_INDEX) {
            failed = 1;
        }
    }
    etude_tally tally = ETUDE_TALLY_INIT;
    failed |= etude_report_total(report, &tally);
    mark("< end >\n");

    etude_report_free(report);
    etude_session_free(session);
    etude_performance_free(performance);
    etude_score_free(score);
    return failed == 0 && count > 100 && records > count / 2 ? 0 : 1;
}
