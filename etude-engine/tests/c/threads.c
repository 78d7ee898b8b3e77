// Calls the functions that the header says are [thread-safe] from several threads at once, all with the same handles, and
// makes and uses handles of its own in each. A witness of data races watches. Arguments: a score, a performance.

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "etude.h"

#define THREADS 4
#define ROUNDS 3

static uint8_t bytes[2][1 << 20];
static size_t sizes[2];
static etude_score *score;
static etude_performance *performance;
static etude_report *report;

static size_t file(const char *path, uint8_t *room) {
    FILE *stream = fopen(path, "rb");
    if (stream == NULL) {
        exit(2);
    }
    size_t size = fread(room, 1, sizeof bytes[0], stream);
    fclose(stream);
    return size;
}

// All functions that take a text buffer.
static etude_status texts(void) {
    char text[128];
    etude_status failed = 0;
    failed |= etude_score_title(score, text, sizeof text, NULL);
    failed |= etude_score_composer(score, text, sizeof text, NULL);
    failed |= etude_score_digest(score, text, sizeof text, NULL);
    failed |= etude_score_note_id(score, 0, text, sizeof text, NULL);
    failed |= etude_score_measure_number(score, 0, text, sizeof text, NULL);
    failed |= etude_score_part_name(score, 0, text, sizeof text, NULL);
    if (etude_score_warning(score, 9999, text, sizeof text, NULL) != ETUDE_ERROR_INDEX ||
        etude_score_warning_measure(score, 9999, text, sizeof text, NULL) != ETUDE_ERROR_INDEX ||
        etude_score_warning_reason(score, 9999, text, sizeof text, NULL) != ETUDE_ERROR_INDEX) {
        failed = 1;
    }
    size_t length;
    failed |= etude_report_json(report, NULL, 0, &length);
    etude_record record;
    memset(&record, 0, sizeof record);
    record.kind = ETUDE_RECORD_MISSED;
    failed |= etude_record_reason(&record, score, text, sizeof text, NULL);
    return failed;
}

static etude_status structs(void) {
    etude_score_info info = ETUDE_SCORE_INFO_INIT;
    etude_import_info found = ETUDE_IMPORT_INFO_INIT;
    etude_note note = ETUDE_NOTE_INIT;
    etude_part part = ETUDE_PART_INIT;
    etude_measure measure = ETUDE_MEASURE_INIT;
    etude_tempo tempo = ETUDE_TEMPO_INIT;
    etude_freedom freedom = ETUDE_FREEDOM_INIT;
    etude_mark mark = ETUDE_MARK_INIT;
    etude_edge edge = ETUDE_EDGE_INIT;
    etude_tally tally = ETUDE_TALLY_INIT;
    uint32_t index;
    size_t count;
    etude_event events[8];
    etude_status failed = 0;
    failed |= etude_score_describe(score, &info) | etude_score_import_info(score, &found);
    failed |= etude_score_note(score, 1, &note) | etude_score_part(score, 0, &part);
    failed |= etude_score_measure(score, 0, &measure) | etude_score_tempo(score, 0, &tempo);
    failed |= etude_score_freedom(score, 0, &freedom) | etude_score_edge(score, 0, &edge);
    failed |= etude_score_find_measure(score, "1", 1, 1, &index) | etude_score_unison(score, 1, &index);
    failed |= etude_report_total(report, &tally) | etude_performance_count(performance, &count);
    failed |= etude_performance_events(performance, 0, events, 8, &count);
    if (etude_score_mark(score, UINT32_MAX, &mark) != ETUDE_ERROR_INDEX || etude_version()[0] == '\0' ||
        etude_abi_check(etude_abi()) != ETUDE_OK || etude_status_str(3)[0] == '\0') {
        failed = 1;
    }
    return failed;
}

// Makes handles out of the shared ones and uses them.
static etude_status handles(void) {
    etude_config config = ETUDE_CONFIG_INIT;
    config.log_events = 64;
    etude_session *session, *again;
    etude_client *client;
    etude_event events[32];
    etude_record records[64];
    uint8_t snapshot[4096];
    size_t count, length;
    etude_status failed = 0;
    if (etude_session_new(score, &config, &session, NULL, 0) != ETUDE_OK ||
        etude_client_new(score, NULL, "threads", 7, &client, NULL, 0) != ETUDE_OK) {
        return 1;
    }
    failed |= etude_performance_events(performance, 0, events, 32, &count);
    failed |= etude_session_push(session, events, count, NULL, 0);
    failed |= etude_session_poll(session, records, 64, &length);
    failed |= etude_client_push(client, events, count, 0, NULL, 0);
    failed |= etude_session_snapshot(session, snapshot, sizeof snapshot, &length);
    if (etude_session_restore(score, snapshot, length, 0, &again, NULL, 0) == ETUDE_OK) {
        etude_session_free(again);
    } else {
        failed = 1;
    }
    etude_client_free(client);
    etude_session_free(session);
    return failed;
}

static void *run(void *failed) {
    etude_score *own;
    etude_performance *take;
    for (int i = 0; i < ROUNDS; i++) {
        *(etude_status *)failed |= texts() | structs() | handles();
    }
    if (etude_score_new(bytes[0], sizes[0], &own, NULL, 0) != ETUDE_OK ||
        etude_performance_new(bytes[1], sizes[1], &take, NULL, 0) != ETUDE_OK) {
        *(etude_status *)failed = 1;
        return NULL;
    }
    etude_performance_free(take);
    etude_score_free(own);
    return NULL;
}

int main(int argc, char **argv) {
    if (argc != 3) {
        return 2;
    }
    sizes[0] = file(argv[1], bytes[0]);
    sizes[1] = file(argv[2], bytes[1]);
    etude_session *session;
    if (etude_score_new(bytes[0], sizes[0], &score, NULL, 0) != ETUDE_OK ||
        etude_performance_new(bytes[1], sizes[1], &performance, NULL, 0) != ETUDE_OK ||
        etude_session_new(score, NULL, &session, NULL, 0) != ETUDE_OK ||
        etude_report_new(session, &report) != ETUDE_OK) {
        return 2;
    }
    pthread_t threads[THREADS];
    etude_status failed[THREADS] = {0};
    for (int i = 0; i < THREADS; i++) {
        if (pthread_create(&threads[i], NULL, run, &failed[i]) != 0) {
            return 2;
        }
    }
    int all = 0;
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        all |= failed[i];
    }
    etude_report_free(report);
    etude_session_free(session);
    etude_performance_free(performance);
    etude_score_free(score);
    return all == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
