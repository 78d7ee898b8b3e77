// Plays a recorded take into an authoritative session of the Etude service, over libwebsockets:
//
//     session SCORE PERFORMANCE HOST PORT PATH [--drop]
//
// HOST, PORT and PATH are those of the session's socket, as docs/PROTOCOL.md tells how to open one; its token is read
// from the environment variable ETUDE_TOKEN, so that no list of processes shows it. The connection is plain, as on one
// machine; across a network use LCCSCF_USE_SSL. With --drop the connection is broken once in the middle, as networks do.
// Prints what the session rules, and then its report.
//
// All that knows of Etude is in `attend`: the loop that etude.h describes. The rest is libwebsockets.

#include <errno.h>
#include <libwebsockets.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "etude.h"

// Events that are played at once, and how often.
#define BATCH 16
#define BATCH_US 5000
// Wait this long before another connection, and twice as long after each that fails.
#define BACK_OFF_US 100000
#define BACK_OFF_US_MAX 10000000
// A frame from the session that is longer is not one.
#define RECEIVED_MAX ((size_t)16 << 20)

struct player {
    // First, so that a timer leads back to the player.
    lws_sorted_usec_list_t timer;
    struct lws_context *context;
    struct lws *socket;
    const char *host, *path;
    char protocols[1024];
    int port;
    int open, refused, done, drop;
    int64_t back_off_us, connect_at_us, play_at_us;

    etude_score *score;
    etude_client *client;
    etude_event *events;
    size_t count, played;

    // A frame that is being received.
    char *received;
    size_t received_size;
    // Room for one to be sent, after what libwebsockets puts before it.
    unsigned char frame[LWS_PRE + ETUDE_FRAME_BYTES_MAX + 1];
};

static void fail(const char *what, const char *why) {
    fprintf(stderr, "session: %s: %s\n", what, why);
    exit(EXIT_FAILURE);
}

static void check(etude_status status, const char *what) {
    if (status != ETUDE_OK) {
        fail(what, etude_status_str(status));
    }
}

static int64_t now_us(void) { return (int64_t)lws_now_usecs(); }

static void print_report(const struct player *player) {
    etude_report *report;
    etude_tally total = ETUDE_TALLY_INIT;
    check(etude_client_report(player->client, &report), "report");
    check(etude_report_total(report, &total), "report");
    printf("%u expected: %u correct, %u missed; %u wrong, %u extra\n", (unsigned)total.expected,
           (unsigned)total.correct, (unsigned)total.missed, (unsigned)total.wrong, (unsigned)total.extra);
    size_t length;
    check(etude_report_json(report, NULL, 0, &length), "report");
    char *json = malloc(length + 1);
    if (json == NULL) {
        fail("report", "out of memory");
    }
    check(etude_report_json(report, json, length + 1, NULL), "report");
    printf("%s\n", json);
    free(json);
    etude_report_free(report);
}

static void tell(struct player *player, const etude_output *output) {
    char text[256];
    switch (output->kind) {
        case ETUDE_OUTPUT_OFFICIAL:
            if (output->record.kind != ETUDE_RECORD_FINAL) {
                check(etude_record_reason(&output->record, player->score, text, sizeof text, NULL), "reason");
                printf("%s\n", text);
            }
            break;
        case ETUDE_OUTPUT_LIVE:
            printf("connected; %u events to send again\n", (unsigned)output->events);
            player->back_off_us = BACK_OFF_US;
            break;
        case ETUDE_OUTPUT_DIGEST_MISMATCH:
            fail("digest", "this end and the session judge differently");
            break;
        case ETUDE_OUTPUT_REPORT:
            print_report(player);
            player->done = 1;
            break;
        case ETUDE_OUTPUT_REFUSED:
            (void)etude_client_message(player->client, text, sizeof text, NULL);
            fprintf(stderr, "session: refused: %s\n", text);
            player->refused = 1;
            if (!output->recoverable) {
                exit(EXIT_FAILURE);
            }
            break;
        case ETUDE_OUTPUT_STALLED:
            player->refused = 1;
            break;
        default:
            // The verdicts of this end, and what is on disk: of interest to a program with a picture to draw.
            break;
    }
}

// After anything that happened: hears what the client has to say, and sees to it that this is called again in time. That
// frames wait is asked of the client when the socket has room for one.
static void attend(struct player *player) {
    etude_output outputs[32];
    size_t count;
    do {
        check(etude_client_poll(player->client, outputs, 32, &count), "poll");
        for (size_t i = 0; i < count; i++) {
            tell(player, &outputs[i]);
        }
    } while (count == 32);

    etude_client_state state = ETUDE_CLIENT_STATE_INIT;
    check(etude_client_describe(player->client, &state), "client");
    if (player->open && (player->refused || state.wake_us <= now_us())) {
        lws_callback_on_writable(player->socket);
    }
    int64_t next = player->open ? state.wake_us : player->connect_at_us;
    if (player->played < player->count && player->play_at_us < next) {
        next = player->play_at_us;
    }
    if (next != ETUDE_NEVER && !player->done) {
        // What is due at once may be due at INT64_MIN.
        int64_t now = now_us();
        int64_t wait = next < now + 1000 ? 1000 : next - now;
        lws_sul_cancel(&player->timer);
        lws_sul_schedule(player->context, 0, &player->timer, player->timer.cb, wait);
    }
}

static void connect_again(struct player *player) {
    struct lws_client_connect_info info;
    memset(&info, 0, sizeof info);
    info.context = player->context;
    info.address = info.host = info.origin = player->host;
    info.port = player->port;
    info.path = player->path;
    info.protocol = player->protocols;
    info.local_protocol_name = "etude.v1";
    info.opaque_user_data = player;
    // Until this attempt has failed there is no other.
    player->connect_at_us = ETUDE_NEVER;
    player->refused = 0;
    player->socket = NULL;
    info.pwsi = &player->socket;
    if (lws_client_connect_via_info(&info) == NULL && player->connect_at_us == ETUDE_NEVER) {
        player->connect_at_us = now_us() + player->back_off_us;
    }
}

static void on_timer(lws_sorted_usec_list_t *timer) {
    struct player *player = (struct player *)timer;
    int64_t now = now_us();
    if (!player->open && player->connect_at_us <= now) {
        connect_again(player);
    }
    if (player->played < player->count && player->play_at_us <= now) {
        size_t batch = player->count - player->played < BATCH ? player->count - player->played : BATCH;
        char detail[256];
        if (etude_client_push(player->client, &player->events[player->played], batch, now, detail, sizeof detail) !=
            ETUDE_OK) {
            fail("push", detail);
        }
        player->played += batch;
        player->play_at_us = now + BATCH_US;
        if (player->drop && player->open && player->played > player->count / 2) {
            player->drop = 0;
            player->refused = 1;
        }
    }
    attend(player);
}

static void lost(struct player *player) {
    if (player->done) {
        return;
    }
    check(etude_client_disconnected(player->client), "client");
    player->open = 0;
    player->socket = NULL;
    player->received_size = 0;
    player->connect_at_us = now_us() + player->back_off_us;
    player->back_off_us = 2 * player->back_off_us < BACK_OFF_US_MAX ? 2 * player->back_off_us : BACK_OFF_US_MAX;
    attend(player);
}

static void receive(struct player *player, struct lws *socket, const void *bytes, size_t size) {
    if (player->received_size + size > RECEIVED_MAX) {
        fail("receive", "the frame is too long");
    }
    char *grown = realloc(player->received, player->received_size + size + 1);
    if (grown == NULL) {
        fail("receive", "out of memory");
    }
    player->received = grown;
    memcpy(grown + player->received_size, bytes, size);
    player->received_size += size;
    if (lws_remaining_packet_payload(socket) > 0 || !lws_is_final_fragment(socket)) {
        return;
    }
    char detail[256];
    if (etude_client_receive(player->client, player->received, player->received_size, now_us(), detail,
                             sizeof detail) != ETUDE_OK) {
        fail("receive", detail);
    }
    player->received_size = 0;
    attend(player);
}

// Sends one frame, if one waits. -1 closes the socket.
static int transmit(struct player *player, struct lws *socket) {
    if (player->refused || player->done) {
        return -1;
    }
    size_t length;
    check(etude_client_frame(player->client, now_us(), (char *)player->frame + LWS_PRE,
                             sizeof player->frame - LWS_PRE, &length),
          "frame");
    if (length > 0 && lws_write(socket, player->frame + LWS_PRE, length, LWS_WRITE_TEXT) < (int)length) {
        return -1;
    }
    attend(player);
    return 0;
}

static int on_socket(struct lws *socket, enum lws_callback_reasons reason, void *user, void *bytes, size_t size) {
    (void)user;
    struct player *player = lws_get_opaque_user_data(socket);
    switch (reason) {
        case LWS_CALLBACK_CLIENT_ESTABLISHED:
            player->open = 1;
            check(etude_client_connected(player->client, now_us()), "client");
            attend(player);
            break;
        case LWS_CALLBACK_CLIENT_RECEIVE:
            receive(player, socket, bytes, size);
            break;
        case LWS_CALLBACK_CLIENT_WRITEABLE:
            return transmit(player, socket);
        case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
            fprintf(stderr, "session: no connection: %s\n", bytes != NULL ? (const char *)bytes : "unknown");
            lost(player);
            break;
        case LWS_CALLBACK_CLIENT_CLOSED:
            lost(player);
            break;
        default:
            break;
    }
    return 0;
}

static uint8_t *read_file(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        fail(path, strerror(errno));
    }
    const size_t capacity = (size_t)64 << 20;
    uint8_t *bytes = malloc(capacity);
    if (bytes == NULL) {
        fail(path, "out of memory");
    }
    *size = fread(bytes, 1, capacity, file);
    fclose(file);
    return bytes;
}

static void open_take(struct player *player, const char *score, const char *performance) {
    char detail[512];
    size_t size;
    uint8_t *bytes = read_file(score, &size);
    if (etude_score_new(bytes, size, &player->score, detail, sizeof detail) != ETUDE_OK) {
        fail(score, detail);
    }
    free(bytes);
    bytes = read_file(performance, &size);
    etude_performance *take;
    if (etude_performance_new(bytes, size, &take, detail, sizeof detail) != ETUDE_OK) {
        fail(performance, detail);
    }
    free(bytes);
    check(etude_performance_count(take, &player->count), performance);
    player->events = calloc(player->count, sizeof *player->events);
    if (player->events == NULL) {
        fail(performance, "out of memory");
    }
    check(etude_performance_events(take, 0, player->events, player->count, &player->count), performance);
    etude_performance_free(take);
    static const char name[] = "etude example session.c";
    if (etude_client_new(player->score, NULL, name, sizeof name - 1, &player->client, detail, sizeof detail) !=
        ETUDE_OK) {
        fail("client", detail);
    }
}

int main(int argc, char **argv) {
    const char *token = getenv("ETUDE_TOKEN");
    if (argc < 6 || token == NULL) {
        fprintf(stderr, "usage: ETUDE_TOKEN=... session SCORE PERFORMANCE HOST PORT PATH [--drop]\n");
        return 2;
    }
    check(etude_abi_check(ETUDE_ABI), "libetude");
    struct player *player = calloc(1, sizeof *player);
    if (player == NULL) {
        fail("session", "out of memory");
    }
    open_take(player, argv[1], argv[2]);
    player->host = argv[3];
    player->port = atoi(argv[4]);
    player->path = argv[5];
    player->drop = argc > 6 && strcmp(argv[6], "--drop") == 0;
    player->back_off_us = BACK_OFF_US;
    player->timer.cb = on_timer;
    snprintf(player->protocols, sizeof player->protocols, "etude.v1,%s", token);

    static const struct lws_protocols protocols[] = {
        {.name = "etude.v1", .callback = on_socket, .rx_buffer_size = 65536},
        {.name = NULL},
    };
    struct lws_context_creation_info info;
    memset(&info, 0, sizeof info);
    info.port = CONTEXT_PORT_NO_LISTEN;
    info.protocols = protocols;
    lws_set_log_level(LLL_ERR, NULL);
    player->context = lws_create_context(&info);
    if (player->context == NULL) {
        fail("libwebsockets", "no context");
    }
    on_timer(&player->timer);
    while (!player->done) {
        if (lws_service(player->context, 0) < 0) {
            fail("libwebsockets", "it stopped");
        }
    }
    lws_context_destroy(player->context);
    free(player->received);
    free(player->events);
    etude_client_free(player->client);
    etude_score_free(player->score);
    free(player);
    return 0;
}
