// What etude.hpp promises, with and without exceptions. Prints the report of a take as JSON; fails with a line for each
// broken promise. Arguments: a score, a performance.

#include "etude.hpp"
#include "etude.hpp"

#include <array>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <type_traits>

bool fits();

static int broken = 0;

#define EXPECT(condition)                                                     \
    do {                                                                      \
        if (!(condition)) {                                                   \
            broken++;                                                         \
            std::fprintf(stderr, "line %d: not so: %s\n", __LINE__, #condition); \
        }                                                                     \
    } while (0)

template <class Handle>
static void only_moves() {
    static_assert(!std::is_copy_constructible<Handle>::value && !std::is_copy_assignable<Handle>::value, "copies");
    static_assert(std::is_nothrow_move_constructible<Handle>::value, "does not move");
    static_assert(std::is_nothrow_move_assignable<Handle>::value, "does not move");
    static_assert(sizeof(Handle) == sizeof(void *), "holds more than the handle");
}

static std::vector<std::uint8_t> bytes_of(const char *path) {
    std::ifstream file(path, std::ios::binary);
    return std::vector<std::uint8_t>(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

// The report of the take. Every function in the form that tells its failure.
static std::string judged(const std::vector<std::uint8_t> &file, const std::vector<std::uint8_t> &take) {
    etude::error why;
    const etude::score score = etude::score::read(file, why);
    EXPECT(!why && score);
    EXPECT(score.info(why).notes > 0 && !score.title(why).empty() && score.digest(why).size() == 64);
    EXPECT(score.note(0, why).staff > 0 && !score.note_id(0, why).empty() && !why);
    EXPECT(score.import_info(why).parts == 1 && score.measure(0, why).pass == 1 && !score.part_name(0, why).empty());
    EXPECT(score.tempo(0, why).micros_per_quarter > 0 && score.measure_number(0, why) == "1" && !why);
    const std::vector<etude_event> events = etude::performance::read(take, why).events(why);
    EXPECT(!why && events.size() > 2);

    EXPECT(score.edge(0, why).kind != 0 && score.unison(0, why) == 0 && !why && etude::set_log(nullptr, nullptr));
    EXPECT(score.mark(UINT32_MAX, why).kind == 0 && why.status() == ETUDE_ERROR_INDEX);

    etude_config kept = etude::config();
    kept.log_events = static_cast<std::uint32_t>(events.size());
    etude::session session = etude::session::create(score, kept, why);
    std::array<etude_record, 7> room;
    std::size_t records = 0;
    for (const etude_event &event : events) {
        EXPECT(session.push(etude::span<const etude_event>(&event, 1), why));
        etude::span<etude_record> polled;
        do {
            polled = session.poll(room, why);
            for (const etude_record &record : polled) {
                EXPECT(record.kind == ETUDE_RECORD_FINAL || !score.reason(record, why).empty());
            }
            records += polled.size();
        } while (polled.size() == room.size());
    }
    EXPECT(records > events.size() / 2 && session.state(why).ended == 1 && session.digest(why).size() == 16);
    const std::vector<std::uint8_t> snapshot = session.snapshot(why);
    EXPECT(!why && etude::session::restore(score, snapshot, 0, why).digest(why) == session.digest(why) && !why);
    std::uint32_t notes[4];
    EXPECT(session.place(0, why).pass > 0 && session.expected(0, notes, why).empty() && !why);
    const etude::report report = session.report(why);
    EXPECT(!why && report.total(why).correct > 0);

    // A client that never gets a socket judges all the same.
    etude::client client = etude::client::create(score, etude::config(), "raii", why);
    EXPECT(client.push(events, 0, why) && client.state(why).undelivered == events.size());
    EXPECT(client.local_report(why).json(why) == report.json(why));
    EXPECT(!client.report(why) && why.status() == ETUDE_ERROR_ABSENT);
    EXPECT(client.connected(0, why) && client.frame(0, why).find("hello") != std::string::npos && client.frame(0, why).empty());
    EXPECT(client.receive("?", 1, 0, why));
    EXPECT(client.place(0, why).moving == 0 && client.expected(0, notes, why).empty() && !why);
    std::vector<etude_output> outputs(events.size() * 4);
    const etude::span<etude_output> told = client.poll(outputs, why);
    EXPECT(told.size() > events.size() / 2 && told[told.size() - 1].kind == ETUDE_OUTPUT_REFUSED);
    EXPECT(told[told.size() - 1].refusal == ETUDE_REFUSAL_MALFORMED && !client.message(why).empty());
    EXPECT(client.disconnected(why));
    return report.json(why);
}

static void failures(const std::vector<std::uint8_t> &file) {
    etude::error why;
    const std::vector<std::uint8_t> half(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(file.size() / 2));
    EXPECT(!etude::score::read(half, why) && why.status() == ETUDE_ERROR_FILE);
    EXPECT(std::string(why.what()).find("line ") != std::string::npos);
    etude::score score = etude::score::read(file, why);
    EXPECT(!why);
    EXPECT(score.note(score.info(why).notes, why).staff == 0 && why.status() == ETUDE_ERROR_INDEX);
    EXPECT(std::string(why.what()) == etude_status_str(ETUDE_ERROR_INDEX));

    // A handle that was moved from is empty, and says so.
    etude::score moved = std::move(score);
    EXPECT(moved && !moved.title(why).empty() && !why);
    EXPECT(etude::score().title(why).empty() && why.status() == ETUDE_ERROR_POINTER);
    EXPECT(!etude::session::create(etude::score(), etude::config(), why) && why.status() == ETUDE_ERROR_POINTER);
    EXPECT(!etude::session().push(etude::span<const etude_event>(), why) && why.status() == ETUDE_ERROR_POINTER);
    moved = etude::score();
    EXPECT(!moved);

#ifndef ETUDE_NO_EXCEPTIONS
    etude_status thrown = ETUDE_OK;
    try {
        etude::score::read(half);
    } catch (const etude::exception &caught) {
        thrown = caught.status();
        EXPECT(std::string(caught.what()).find("line ") != std::string::npos);
    }
    EXPECT(thrown == ETUDE_ERROR_FILE);
    const etude::score again = etude::score::read(file);
    etude::session session(again);
    const etude_event end = {0, ETUDE_EVENT_END, 0, 0, 0, 0, 0, 0, 0};
    session.push(etude::span<const etude_event>(&end, 1));
    EXPECT(session.state().ended == 1 && session.report().total().missed == again.info().notes);
    thrown = ETUDE_OK;
    try {
        session.push(etude::span<const etude_event>(&end, 1));
    } catch (const etude::exception &caught) {
        thrown = caught.status();
    }
    EXPECT(thrown == ETUDE_ERROR_ENDED);
#endif
}

int main(int argc, char **argv) {
    if (argc != 3) {
        return 2;
    }
    only_moves<etude::score>();
    only_moves<etude::performance>();
    only_moves<etude::session>();
    only_moves<etude::report>();
    only_moves<etude::client>();
    EXPECT(fits() && std::string(etude::version()) == etude_version());
    const std::vector<std::uint8_t> score = bytes_of(argv[1]);
    std::printf("%s\n", judged(score, bytes_of(argv[2])).c_str());
    failures(score);
    return broken == 0 ? 0 : 1;
}
