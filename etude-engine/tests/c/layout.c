// The layout of the structs as this compiler makes it, held against the list that Rust made. Compiles or does not.

#include "etude.h"

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define HOLDS(condition) typedef char JOIN(holds_, __LINE__)[(condition) ? 1 : -1];

#define STRUCT(type, size, alignment)            \
    struct JOIN(aligned_, type) {                \
        char first;                              \
        type second;                             \
    };                                           \
    HOLDS(sizeof(type) == (size) && offsetof(struct JOIN(aligned_, type), second) == (alignment))
#define FIELD(type, field, offset) HOLDS(offsetof(type, field) == (offset))

#include "layout.def"

int layout_holds;
