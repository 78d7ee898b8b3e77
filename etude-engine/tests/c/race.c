// Does what the header forbids: two threads have the library write into one buffer. That ThreadSanitizer tells of it
// shows that it watches the library's own code. Argument: a score.

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "etude.h"

static uint8_t bytes[1 << 20];
static etude_score *score;
static char title[128];

static void *run(void *argument) {
    (void)argument;
    for (int i = 0; i < 1000; i++) {
        if (etude_score_title(score, title, sizeof title, NULL) != ETUDE_OK) {
            exit(1);
        }
    }
    return NULL;
}

int main(int argc, char **argv) {
    FILE *stream = argc > 1 ? fopen(argv[1], "rb") : NULL;
    if (stream == NULL) {
        return 2;
    }
    size_t size = fread(bytes, 1, sizeof bytes, stream);
    fclose(stream);
    pthread_t threads[2];
    if (etude_score_new(bytes, size, &score, NULL, 0) != ETUDE_OK) {
        return 1;
    }
    for (int i = 0; i < 2; i++) {
        if (pthread_create(&threads[i], NULL, run, NULL) != 0) {
            return 1;
        }
    }
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
    }
    etude_score_free(score);
    return 0;
}
