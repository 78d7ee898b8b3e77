// Judges what is played on a MIDI keyboard, while it is played, over the ALSA sequencer:
//
//     live SCORE [PORT]
//
// Opens a port "etude:in". PORT is a keyboard's, as `aconnect -i` lists it ("20:0", or a part of its name), and is
// connected; without it, connect one with `aconnect`. A virtual keyboard (vmpk, or `aplaymidi`) does as well as a real one.
// Prints each verdict as it falls. Ctrl-C ends the take and prints the result.

#include <alsa/asoundlib.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "etude.h"

// With nobody playing, the session is told of the time this often, so that it can tell of missed notes.
#define TICK_MS 250

static volatile sig_atomic_t over = 0;

static void stop(int signal) {
    (void)signal;
    over = 1;
}

static void fail(const char *what, const char *why) {
    fprintf(stderr, "live: %s: %s\n", what, why);
    exit(EXIT_FAILURE);
}

static void check(etude_status status, const char *what) {
    if (status != ETUDE_OK) {
        fail(what, etude_status_str(status));
    }
}

static void check_alsa(int result, const char *what) {
    if (result < 0) {
        fail(what, snd_strerror(result));
    }
}

static etude_score *read_score(const char *path) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        fail(path, strerror(errno));
    }
    // A score beyond this size is refused by the library too.
    const size_t capacity = (size_t)64 << 20;
    uint8_t *bytes = malloc(capacity);
    if (bytes == NULL) {
        fail("memory", "there is not enough");
    }
    size_t size = fread(bytes, 1, capacity, file);
    fclose(file);
    etude_score *score;
    char detail[512];
    if (etude_score_new(bytes, size, &score, detail, sizeof detail) != ETUDE_OK) {
        fail(path, detail);
    }
    free(bytes);
    return score;
}

// A sequencer client with one port, whose events are stamped by the queue `clock`, which runs from now on.
static snd_seq_t *open_port(const char *keyboard, int *clock) {
    snd_seq_t *sequencer;
    check_alsa(snd_seq_open(&sequencer, "default", SND_SEQ_OPEN_DUPLEX, SND_SEQ_NONBLOCK), "the ALSA sequencer");
    check_alsa(snd_seq_set_client_name(sequencer, "etude"), "name");
    int queue = snd_seq_alloc_queue(sequencer);
    check_alsa(queue, "queue");
    *clock = queue;

    snd_seq_port_info_t *port;
    snd_seq_port_info_alloca(&port);
    snd_seq_port_info_set_name(port, "in");
    snd_seq_port_info_set_capability(port, SND_SEQ_PORT_CAP_WRITE | SND_SEQ_PORT_CAP_SUBS_WRITE);
    snd_seq_port_info_set_type(port, SND_SEQ_PORT_TYPE_MIDI_GENERIC | SND_SEQ_PORT_TYPE_APPLICATION);
    snd_seq_port_info_set_timestamping(port, 1);
    snd_seq_port_info_set_timestamp_real(port, 1);
    snd_seq_port_info_set_timestamp_queue(port, queue);
    check_alsa(snd_seq_create_port(sequencer, port), "port");
    check_alsa(snd_seq_start_queue(sequencer, queue, NULL), "queue");
    check_alsa(snd_seq_drain_output(sequencer), "queue");

    if (keyboard != NULL) {
        snd_seq_addr_t from;
        check_alsa(snd_seq_parse_address(sequencer, &from, keyboard), keyboard);
        check_alsa(snd_seq_connect_from(sequencer, snd_seq_port_info_get_port(port), from.client, from.port),
                   keyboard);
    }
    return sequencer;
}

static int64_t now_us(snd_seq_t *sequencer, int clock) {
    snd_seq_queue_status_t *status;
    snd_seq_queue_status_alloca(&status);
    check_alsa(snd_seq_get_queue_status(sequencer, clock, status), "queue");
    const snd_seq_real_time_t *time = snd_seq_queue_status_get_real_time(status);
    return (int64_t)time->tv_sec * 1000000 + time->tv_nsec / 1000;
}

// What the sequencer's event is for the session; 0 if nothing.
static int translate(const snd_seq_event_t *from, etude_event *to) {
    memset(to, 0, sizeof *to);
    to->at_us = (int64_t)from->time.time.tv_sec * 1000000 + from->time.time.tv_nsec / 1000;
    switch (from->type) {
        case SND_SEQ_EVENT_NOTEON:
            // In MIDI a note-on of velocity 0 is a note-off.
            to->kind = from->data.note.velocity > 0 ? ETUDE_EVENT_NOTE_ON : ETUDE_EVENT_NOTE_OFF;
            to->pitch = from->data.note.note;
            to->velocity = from->data.note.velocity;
            return 1;
        case SND_SEQ_EVENT_NOTEOFF:
            to->kind = ETUDE_EVENT_NOTE_OFF;
            to->pitch = from->data.note.note;
            return 1;
        case SND_SEQ_EVENT_CONTROLLER:
            if (from->data.control.param != MIDI_CTL_SUSTAIN) {
                return 0;
            }
            to->kind = ETUDE_EVENT_PEDAL;
            to->pedal = (uint8_t)(from->data.control.value & 127);
            return 1;
        default:
            return 0;
    }
}

static void judge(etude_session *session, const etude_score *score, const etude_event *event) {
    char detail[256];
    if (etude_session_push(session, event, 1, detail, sizeof detail) != ETUDE_OK) {
        fail("session", detail);
    }
    etude_record records[64];
    size_t count;
    do {
        check(etude_session_poll(session, records, 64, &count), "session");
        for (size_t i = 0; i < count; i++) {
            char reason[256], id[256] = "";
            if (records[i].kind == ETUDE_RECORD_FINAL) {
                continue;
            }
            check(etude_record_reason(&records[i], score, reason, sizeof reason, NULL), "reason");
            if (records[i].note != ETUDE_NO_NOTE) {
                (void)etude_score_note_id(score, records[i].note, id, sizeof id, NULL);
            }
            printf("%-12s %s\n", id, reason);
        }
    } while (count == 64);
    fflush(stdout);
}

static void play(snd_seq_t *sequencer, int clock, etude_session *session, const etude_score *score) {
    struct pollfd sockets[8];
    const int count = snd_seq_poll_descriptors(sequencer, sockets, 8, POLLIN);
    etude_event event;
    while (!over) {
        if (poll(sockets, (nfds_t)count, TICK_MS) == 0) {
            memset(&event, 0, sizeof event);
            event.kind = ETUDE_EVENT_TICK;
            event.at_us = now_us(sequencer, clock);
            judge(session, score, &event);
        }
        snd_seq_event_t *heard;
        while (snd_seq_event_input(sequencer, &heard) >= 0) {
            if (heard->type == SND_SEQ_EVENT_PORT_UNSUBSCRIBED) {
                over = 1;
            } else if (translate(heard, &event)) {
                judge(session, score, &event);
            }
        }
    }
    memset(&event, 0, sizeof event);
    event.kind = ETUDE_EVENT_END;
    event.at_us = now_us(sequencer, clock);
    judge(session, score, &event);
}

int main(int argc, char **argv) {
    if (argc < 2 || argc > 3) {
        fprintf(stderr, "usage: live SCORE [PORT]\n");
        return 2;
    }
    check(etude_abi_check(ETUDE_ABI), "libetude");
    etude_score *score = read_score(argv[1]);
    etude_session *session;
    check(etude_session_new(score, NULL, &session, NULL, 0), "session");
    signal(SIGINT, stop);
    signal(SIGTERM, stop);

    int clock;
    snd_seq_t *sequencer = open_port(argc == 3 ? argv[2] : NULL, &clock);
    printf("etude:in is port %d:0; play, and end with Ctrl-C\n", snd_seq_client_id(sequencer));
    fflush(stdout);
    play(sequencer, clock, session, score);
    snd_seq_close(sequencer);

    etude_report *report;
    etude_tally total = ETUDE_TALLY_INIT;
    check(etude_report_new(session, &report), "report");
    check(etude_report_total(report, &total), "report");
    printf("\n%" PRIu32 " of %" PRIu32 " notes, timing %.1f %%; %" PRIu32 " wrong, %" PRIu32 " extra\n",
           total.correct, total.expected, 100 * total.timing_accuracy, total.wrong, total.extra);
    etude_report_free(report);
    etude_session_free(session);
    etude_score_free(score);
    return EXIT_SUCCESS;
}
