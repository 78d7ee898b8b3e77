// Etude for C++11 and later: owning handles, views and errors over etude.h, and nothing else. Header-only.
//
// - Every handle is a class that can be moved and not copied, and frees itself. A default-constructed or
//   moved-from one is empty: its functions fail with ETUDE_ERROR_POINTER.
// - Every function that can fail is there twice: with an etude::error & as its last argument it tells the
//   failure there and gives an empty result; without it throws etude::exception. The second form is left
//   out with ETUDE_NO_EXCEPTIONS, and where the compiler has exceptions turned off.
// - Arrays are etude::span: std::span where there is one (C++20), a class like it before.
// - What functions mean, and from which threads they may be called, is told in etude.h under the same
//   names: etude::session::push is etude_session_push. The functions that take an etude::error are as
//   realtime as those, except where they give a std::string or std::vector.

#ifndef ETUDE_HPP
#define ETUDE_HPP

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "etude.h"

#if !defined(ETUDE_NO_EXCEPTIONS) && !defined(__cpp_exceptions) && !defined(__EXCEPTIONS) && !defined(_CPPUNWIND)
#define ETUDE_NO_EXCEPTIONS
#endif

#ifndef ETUDE_NO_EXCEPTIONS
#include <stdexcept>
#endif

#if defined(__has_include)
#if __has_include(<span>) && ((defined(_MSVC_LANG) && _MSVC_LANG >= 202002L) || __cplusplus >= 202002L)
#define ETUDE_STD_SPAN
#include <span>
#endif
#endif

namespace etude {

// Views -------------------------------------------------------------------------------------------

#ifdef ETUDE_STD_SPAN

template <class T>
using span = std::span<T>;

#else

// Elements that are someone else's.
template <class T>
class span {
public:
    using element_type = T;
    using value_type = typename std::remove_cv<T>::type;

    constexpr span() noexcept : data_(nullptr), size_(0) {}
    constexpr span(T *data, std::size_t size) noexcept : data_(data), size_(size) {}
    template <std::size_t N>
    constexpr span(T (&array)[N]) noexcept : data_(array), size_(N) {}
    // From whatever has data() and size(): vector, array, string, another span.
    template <class Container, class = typename std::enable_if<std::is_convertible<
                                   decltype(std::declval<Container &>().data()), T *>::value>::type>
    constexpr span(Container &container) noexcept : data_(container.data()), size_(container.size()) {}
    template <class Container, class = typename std::enable_if<std::is_convertible<
                                   decltype(std::declval<const Container &>().data()), T *>::value>::type>
    constexpr span(const Container &container) noexcept : data_(container.data()), size_(container.size()) {}

    constexpr T *data() const noexcept { return data_; }
    constexpr std::size_t size() const noexcept { return size_; }
    constexpr bool empty() const noexcept { return size_ == 0; }
    constexpr T &operator[](std::size_t index) const { return data_[index]; }
    constexpr T *begin() const noexcept { return data_; }
    constexpr T *end() const noexcept { return data_ + size_; }
    constexpr span first(std::size_t count) const { return span(data_, count); }
    constexpr span subspan(std::size_t offset) const { return span(data_ + offset, size_ - offset); }

private:
    T *data_;
    std::size_t size_;
};

#endif

// Errors ------------------------------------------------------------------------------------------

// What became of a call. Allocates nothing.
class error {
public:
    error() noexcept : status_(ETUDE_OK) { detail_[0] = '\0'; }

    // Whether the call failed.
    explicit operator bool() const noexcept { return status_ != ETUDE_OK; }
    // ETUDE_OK or one of ETUDE_ERROR_*.
    etude_status status() const noexcept { return status_; }
    // A sentence for a person: what was wrong, and where, if the function tells that; cut to 255 bytes.
    const char *what() const noexcept { return detail_[0] != '\0' ? detail_ : etude_status_str(status_); }

    // For the functions of this header: `call` is given room for the detail.
    template <class Call>
    bool take(Call &&call) {
        detail_[0] = '\0';
        status_ = call(detail_, sizeof detail_);
        return status_ == ETUDE_OK;
    }

private:
    etude_status status_;
    char detail_[256];
};

#ifndef ETUDE_NO_EXCEPTIONS

// A call failed.
class exception : public std::runtime_error {
public:
    explicit exception(const error &why) : std::runtime_error(why.what()), status_(why.status()) {}
    // One of ETUDE_ERROR_*.
    etude_status status() const noexcept { return status_; }

private:
    etude_status status_;
};

#endif

// What the functions below are made of; not for others.
namespace detail {

template <class Handle, void (*Free)(Handle *)>
struct deleter {
    void operator()(Handle *handle) const noexcept { Free(handle); }
};

template <class Handle, void (*Free)(Handle *)>
using owner = std::unique_ptr<Handle, deleter<Handle, Free>>;

// A call without a detail.
template <class Call>
bool plain(error &why, Call call) {
    return why.take([&](char *, std::size_t) { return call(); });
}

// A call that gives a struct by its pointer.
template <class Value, class Call>
Value value(error &why, Value initial, Call call) {
    plain(why, [&] { return call(&initial); });
    return initial;
}

// A call that gives a text: asked for its length first.
template <class Call>
std::string text(error &why, Call call) {
    std::string text;
    std::size_t length = 0;
    if (plain(why, [&] { return call(static_cast<char *>(nullptr), std::size_t(0), &length); })) {
        text.resize(length + 1);
        plain(why, [&] { return call(&text[0], text.size(), &length); });
        text.resize(why ? 0 : length);
    }
    return text;
}

#ifndef ETUDE_NO_EXCEPTIONS

// The result of a call, or an exception.
template <class Call>
auto or_throw(Call call) -> decltype(call(std::declval<error &>())) {
    error why;
    auto &&result = call(why);
    if (why) {
        throw exception(why);
    }
    return std::forward<decltype(result)>(result);
}

#endif

}  // namespace detail

// Version -----------------------------------------------------------------------------------------

// The version of the library in use.
inline const char *version() noexcept { return etude_version(); }

// Whether this program and the library in use fit together.
inline bool fits() noexcept { return etude_abi_check(ETUDE_ABI) == ETUDE_OK; }

// Log ---------------------------------------------------------------------------------------------

// Sets the function that messages are given to; NULL for none. Whether it was set: not while one is being told.
inline bool set_log(etude_log_function log, void *context) noexcept {
    return etude_log_set(log, context) == ETUDE_OK;
}

// Score -------------------------------------------------------------------------------------------

inline etude_import_options import_options() { return ETUDE_IMPORT_OPTIONS_INIT; }

class score {
public:
    score() noexcept = default;

    // From the bytes of a file: MusicXML, .mxl or MIDI.
    static score read(span<const std::uint8_t> file, const etude_import_options &options, error &why) {
        etude_score *handle = nullptr;
        why.take([&](char *detail, std::size_t size) {
            return etude_score_import(file.data(), file.size(), &options, &handle, detail, size);
        });
        return score(handle);
    }
    static score read(span<const std::uint8_t> file, error &why) { return read(file, import_options(), why); }

    etude_score_info info(error &why) const {
        const etude_score_info blank = ETUDE_SCORE_INFO_INIT;
        return detail::value(why, blank, [&](etude_score_info *to) { return etude_score_describe(get(), to); });
    }
    etude_import_info import_info(error &why) const {
        const etude_import_info blank = ETUDE_IMPORT_INFO_INIT;
        return detail::value(why, blank,
                             [&](etude_import_info *to) { return etude_score_import_info(get(), to); });
    }
    std::string title(error &why) const { return text(etude_score_title, why); }
    std::string composer(error &why) const { return text(etude_score_composer, why); }
    std::string digest(error &why) const { return text(etude_score_digest, why); }
    etude_note note(std::uint32_t index, error &why) const {
        const etude_note blank = ETUDE_NOTE_INIT;
        return at(etude_score_note, blank, index, why);
    }
    std::string note_id(std::uint32_t index, error &why) const { return text(etude_score_note_id, index, why); }
    etude_freedom freedom(std::uint32_t note, error &why) const {
        const etude_freedom blank = ETUDE_FREEDOM_INIT;
        return at(etude_score_freedom, blank, note, why);
    }
    etude_measure measure(std::uint32_t index, error &why) const {
        const etude_measure blank = ETUDE_MEASURE_INIT;
        return at(etude_score_measure, blank, index, why);
    }
    std::string measure_number(std::uint32_t index, error &why) const {
        return text(etude_score_measure_number, index, why);
    }
    // The index of the measure with this printed number, the `pass`th time through.
    std::uint32_t find_measure(const std::string &number, std::uint32_t pass, error &why) const {
        return detail::value(why, std::uint32_t(0), [&](std::uint32_t *to) {
            return etude_score_find_measure(get(), number.data(), number.size(), pass, to);
        });
    }
    // In score::mark and score::edge an index beyond the last is ETUDE_ERROR_INDEX.
    etude_mark mark(std::uint32_t index, error &why) const {
        const etude_mark blank = ETUDE_MARK_INIT;
        return at(etude_score_mark, blank, index, why);
    }
    etude_edge edge(std::uint32_t index, error &why) const {
        const etude_edge blank = ETUDE_EDGE_INIT;
        return at(etude_score_edge, blank, index, why);
    }
    // The note that stands for this one and all in unison with it.
    std::uint32_t unison(std::uint32_t note, error &why) const {
        return detail::value(why, note, [&](std::uint32_t *to) { return etude_score_unison(get(), note, to); });
    }
    etude_tempo tempo(std::uint32_t index, error &why) const {
        const etude_tempo blank = ETUDE_TEMPO_INIT;
        return at(etude_score_tempo, blank, index, why);
    }
    etude_part part(std::uint32_t index, error &why) const {
        const etude_part blank = ETUDE_PART_INIT;
        return at(etude_score_part, blank, index, why);
    }
    std::string part_name(std::uint32_t index, error &why) const {
        return text(etude_score_part_name, index, why);
    }
    std::string warning(std::uint32_t index, error &why) const { return text(etude_score_warning, index, why); }
    std::string warning_measure(std::uint32_t index, error &why) const {
        return text(etude_score_warning_measure, index, why);
    }
    std::string warning_reason(std::uint32_t index, error &why) const {
        return text(etude_score_warning_reason, index, why);
    }
    // The reason of a record of a session with this score, for a person.
    std::string reason(const etude_record &record, error &why) const {
        return detail::text(why, [&](char *buffer, std::size_t size, std::size_t *length) {
            return etude_record_reason(&record, get(), buffer, size, length);
        });
    }

#ifndef ETUDE_NO_EXCEPTIONS
    static score read(span<const std::uint8_t> file, const etude_import_options &options = import_options()) {
        return detail::or_throw([&](error &why) { return read(file, options, why); });
    }
    etude_score_info info() const {
        return detail::or_throw([&](error &why) { return info(why); });
    }
    etude_import_info import_info() const {
        return detail::or_throw([&](error &why) { return import_info(why); });
    }
    std::string title() const {
        return detail::or_throw([&](error &why) { return title(why); });
    }
    std::string composer() const {
        return detail::or_throw([&](error &why) { return composer(why); });
    }
    std::string digest() const {
        return detail::or_throw([&](error &why) { return digest(why); });
    }
    etude_note note(std::uint32_t index) const {
        return detail::or_throw([&](error &why) { return note(index, why); });
    }
    std::string note_id(std::uint32_t index) const {
        return detail::or_throw([&](error &why) { return note_id(index, why); });
    }
    etude_freedom freedom(std::uint32_t note) const {
        return detail::or_throw([&](error &why) { return freedom(note, why); });
    }
    etude_measure measure(std::uint32_t index) const {
        return detail::or_throw([&](error &why) { return measure(index, why); });
    }
    std::string measure_number(std::uint32_t index) const {
        return detail::or_throw([&](error &why) { return measure_number(index, why); });
    }
    std::uint32_t find_measure(const std::string &number, std::uint32_t pass = 1) const {
        return detail::or_throw([&](error &why) { return find_measure(number, pass, why); });
    }
    etude_mark mark(std::uint32_t index) const {
        return detail::or_throw([&](error &why) { return mark(index, why); });
    }
    etude_edge edge(std::uint32_t index) const {
        return detail::or_throw([&](error &why) { return edge(index, why); });
    }
    std::uint32_t unison(std::uint32_t note) const {
        return detail::or_throw([&](error &why) { return unison(note, why); });
    }
    etude_tempo tempo(std::uint32_t index) const {
        return detail::or_throw([&](error &why) { return tempo(index, why); });
    }
    etude_part part(std::uint32_t index) const {
        return detail::or_throw([&](error &why) { return part(index, why); });
    }
    std::string part_name(std::uint32_t index) const {
        return detail::or_throw([&](error &why) { return part_name(index, why); });
    }
    std::string warning(std::uint32_t index) const {
        return detail::or_throw([&](error &why) { return warning(index, why); });
    }
    std::string warning_measure(std::uint32_t index) const {
        return detail::or_throw([&](error &why) { return warning_measure(index, why); });
    }
    std::string warning_reason(std::uint32_t index) const {
        return detail::or_throw([&](error &why) { return warning_reason(index, why); });
    }
    std::string reason(const etude_record &record) const {
        return detail::or_throw([&](error &why) { return reason(record, why); });
    }
#endif

    // The handle, for the functions of etude.h; NULL if empty.
    etude_score *get() const noexcept { return handle_.get(); }
    explicit operator bool() const noexcept { return handle_ != nullptr; }

private:
    explicit score(etude_score *handle) noexcept : handle_(handle) {}

    template <class Function>
    std::string text(Function function, error &why) const {
        return detail::text(why, [&](char *buffer, std::size_t size, std::size_t *length) {
            return function(get(), buffer, size, length);
        });
    }
    template <class Function>
    std::string text(Function function, std::uint32_t index, error &why) const {
        return detail::text(why, [&](char *buffer, std::size_t size, std::size_t *length) {
            return function(get(), index, buffer, size, length);
        });
    }
    template <class Function, class Value>
    Value at(Function function, Value blank, std::uint32_t index, error &why) const {
        return detail::value(why, blank, [&](Value *to) { return function(get(), index, to); });
    }

    detail::owner<etude_score, etude_score_free> handle_;
};

// Performance -------------------------------------------------------------------------------------

class performance {
public:
    performance() noexcept = default;

    // From the bytes of a MIDI file.
    static performance read(span<const std::uint8_t> file, error &why) {
        etude_performance *handle = nullptr;
        why.take([&](char *detail, std::size_t size) {
            return etude_performance_new(file.data(), file.size(), &handle, detail, size);
        });
        return performance(handle);
    }

    std::size_t count(error &why) const {
        return detail::value(why, std::size_t(0),
                             [&](std::size_t *to) { return etude_performance_count(get(), to); });
    }
    // Copies events from number `first` on; the part of `room` that was filled.
    span<etude_event> events(std::size_t first, span<etude_event> room, error &why) const {
        const std::size_t count = detail::value(why, std::size_t(0), [&](std::size_t *to) {
            return etude_performance_events(get(), first, room.data(), room.size(), to);
        });
        return room.first(count);
    }
    // All events.
    std::vector<etude_event> events(error &why) const {
        std::vector<etude_event> all(count(why));
        if (!why) {
            events(0, all, why);
        }
        return all;
    }

#ifndef ETUDE_NO_EXCEPTIONS
    static performance read(span<const std::uint8_t> file) {
        return detail::or_throw([&](error &why) { return read(file, why); });
    }
    std::size_t count() const {
        return detail::or_throw([&](error &why) { return count(why); });
    }
    std::vector<etude_event> events() const {
        return detail::or_throw([&](error &why) { return events(why); });
    }
#endif

    etude_performance *get() const noexcept { return handle_.get(); }
    explicit operator bool() const noexcept { return handle_ != nullptr; }

private:
    explicit performance(etude_performance *handle) noexcept : handle_(handle) {}

    detail::owner<etude_performance, etude_performance_free> handle_;
};

// Report ------------------------------------------------------------------------------------------

class report {
public:
    report() noexcept = default;

    etude_tally total(error &why) const {
        const etude_tally blank = ETUDE_TALLY_INIT;
        return detail::value(why, blank, [&](etude_tally *to) { return etude_report_total(get(), to); });
    }
    std::string json(error &why) const {
        return detail::text(why, [&](char *buffer, std::size_t size, std::size_t *length) {
            return etude_report_json(get(), buffer, size, length);
        });
    }

#ifndef ETUDE_NO_EXCEPTIONS
    etude_tally total() const {
        return detail::or_throw([&](error &why) { return total(why); });
    }
    std::string json() const {
        return detail::or_throw([&](error &why) { return json(why); });
    }
#endif

    etude_report *get() const noexcept { return handle_.get(); }
    explicit operator bool() const noexcept { return handle_ != nullptr; }

private:
    friend class session;
    friend class client;
    explicit report(etude_report *handle) noexcept : handle_(handle) {}

    detail::owner<etude_report, etude_report_free> handle_;
};

// Session -----------------------------------------------------------------------------------------

inline etude_config config() { return ETUDE_CONFIG_INIT; }

class session {
public:
    session() noexcept = default;

    static session create(const score &of, const etude_config &config, error &why) {
        etude_session *handle = nullptr;
        why.take([&](char *detail, std::size_t size) {
            return etude_session_new(of.get(), &config, &handle, detail, size);
        });
        return session(handle);
    }

    // One that stands where that of a snapshot stood.
    static session restore(const score &of, span<const std::uint8_t> snapshot, std::uint32_t log_events, error &why) {
        etude_session *handle = nullptr;
        why.take([&](char *detail, std::size_t size) {
            return etude_session_restore(of.get(), snapshot.data(), snapshot.size(), log_events, &handle, detail, size);
        });
        return session(handle);
    }
    // The take so far; only of a session with log_events in its config.
    std::vector<std::uint8_t> snapshot(error &why) const {
        std::vector<std::uint8_t> bytes;
        std::size_t length = 0;
        if (detail::plain(why, [&] { return etude_session_snapshot(get(), nullptr, 0, &length); })) {
            bytes.resize(length);
            detail::plain(why, [&] { return etude_session_snapshot(get(), bytes.data(), bytes.size(), &length); });
            bytes.resize(why ? 0 : length);
        }
        return bytes;
    }

    // Takes all events or none; whether it took them.
    bool push(span<const etude_event> events, error &why) {
        return why.take([&](char *detail, std::size_t size) {
            return etude_session_push(get(), events.data(), events.size(), detail, size);
        });
    }
    // Moves the next records into `room`; the part that was filled. Poll until it is not all of `room`.
    span<etude_record> poll(span<etude_record> room, error &why) {
        const std::size_t count = detail::value(why, std::size_t(0), [&](std::size_t *to) {
            return etude_session_poll(get(), room.data(), room.size(), to);
        });
        return room.first(count);
    }
    // Where the player is at a time of the take's clock, for drawing a cursor.
    etude_place place(std::int64_t now_us, error &why) const {
        const etude_place blank = ETUDE_PLACE_INIT;
        return detail::value(why, blank,
                             [&](etude_place *to) { return etude_session_place(get(), now_us, to); });
    }
    // Copies the notes to be struck next into `room`; the part that was filled.
    span<std::uint32_t> expected(std::int64_t now_us, span<std::uint32_t> room, error &why) const {
        const std::size_t count = detail::value(why, std::size_t(0), [&](std::size_t *to) {
            return etude_session_expected(get(), now_us, room.data(), room.size(), to);
        });
        return room.first(count);
    }
    etude_session_state state(error &why) const {
        const etude_session_state blank = ETUDE_SESSION_STATE_INIT;
        return detail::value(why, blank,
                             [&](etude_session_state *to) { return etude_session_describe(get(), to); });
    }
    std::string digest(error &why) const {
        return detail::text(why, [&](char *buffer, std::size_t size, std::size_t *length) {
            return etude_session_digest(get(), buffer, size, length);
        });
    }
    etude::report report(error &why) const {
        etude_report *handle = nullptr;
        detail::plain(why, [&] { return etude_report_new(get(), &handle); });
        return etude::report(handle);
    }

#ifndef ETUDE_NO_EXCEPTIONS
    explicit session(const score &of, const etude_config &config = etude::config())
        : session(detail::or_throw([&](error &why) { return create(of, config, why); })) {}
    static session restore(const score &of, span<const std::uint8_t> snapshot, std::uint32_t log_events = 0) {
        return detail::or_throw([&](error &why) { return restore(of, snapshot, log_events, why); });
    }
    std::vector<std::uint8_t> snapshot() const {
        return detail::or_throw([&](error &why) { return snapshot(why); });
    }
    void push(span<const etude_event> events) {
        detail::or_throw([&](error &why) { return push(events, why); });
    }
    span<etude_record> poll(span<etude_record> room) {
        return detail::or_throw([&](error &why) { return poll(room, why); });
    }
    etude_place place(std::int64_t now_us) const {
        return detail::or_throw([&](error &why) { return place(now_us, why); });
    }
    span<std::uint32_t> expected(std::int64_t now_us, span<std::uint32_t> room) const {
        return detail::or_throw([&](error &why) { return expected(now_us, room, why); });
    }
    etude_session_state state() const {
        return detail::or_throw([&](error &why) { return state(why); });
    }
    std::string digest() const {
        return detail::or_throw([&](error &why) { return digest(why); });
    }
    etude::report report() const {
        return detail::or_throw([&](error &why) { return report(why); });
    }
#endif

    etude_session *get() const noexcept { return handle_.get(); }
    explicit operator bool() const noexcept { return handle_ != nullptr; }

private:
    explicit session(etude_session *handle) noexcept : handle_(handle) {}

    detail::owner<etude_session, etude_session_free> handle_;
};

// Client ------------------------------------------------------------------------------------------

class client {
public:
    client() noexcept = default;

    static client create(const score &of, const etude_config &config, const std::string &name, error &why) {
        etude_client *handle = nullptr;
        why.take([&](char *detail, std::size_t size) {
            return etude_client_new(of.get(), &config, name.data(), name.size(), &handle, detail, size);
        });
        return client(handle);
    }

    bool connected(std::int64_t now_us, error &why) {
        return detail::plain(why, [&] { return etude_client_connected(get(), now_us); });
    }
    bool disconnected(error &why) {
        return detail::plain(why, [&] { return etude_client_disconnected(get()); });
    }
    // Takes all events or none; whether it took them.
    bool push(span<const etude_event> events, std::int64_t now_us, error &why) {
        return why.take([&](char *detail, std::size_t size) {
            return etude_client_push(get(), events.data(), events.size(), now_us, detail, size);
        });
    }
    // Takes a text frame from the socket.
    bool receive(const char *frame, std::size_t length, std::int64_t now_us, error &why) {
        return why.take([&](char *detail, std::size_t size) {
            return etude_client_receive(get(), frame, length, now_us, detail, size);
        });
    }
    // The next frame to send; empty if there is none now.
    std::string frame(std::int64_t now_us, error &why) {
        return detail::text(why, [&](char *buffer, std::size_t size, std::size_t *length) {
            return etude_client_frame(get(), now_us, buffer, size, length);
        });
    }
    // Moves the next outputs into `room`; the part that was filled. Poll until it is not all of `room`.
    span<etude_output> poll(span<etude_output> room, error &why) {
        const std::size_t count = detail::value(why, std::size_t(0), [&](std::size_t *to) {
            return etude_client_poll(get(), room.data(), room.size(), to);
        });
        return room.first(count);
    }
    // Where the player is at a time of the take's clock, for drawing a cursor.
    etude_place place(std::int64_t now_us, error &why) const {
        const etude_place blank = ETUDE_PLACE_INIT;
        return detail::value(why, blank,
                             [&](etude_place *to) { return etude_client_place(get(), now_us, to); });
    }
    // Copies the notes to be struck next into `room`; the part that was filled.
    span<std::uint32_t> expected(std::int64_t now_us, span<std::uint32_t> room, error &why) const {
        const std::size_t count = detail::value(why, std::size_t(0), [&](std::size_t *to) {
            return etude_client_expected(get(), now_us, room.data(), room.size(), to);
        });
        return room.first(count);
    }
    etude_client_state state(error &why) const {
        const etude_client_state blank = ETUDE_CLIENT_STATE_INIT;
        return detail::value(why, blank,
                             [&](etude_client_state *to) { return etude_client_describe(get(), to); });
    }
    // What the session said with its last refusal.
    std::string message(error &why) const {
        return detail::text(why, [&](char *buffer, std::size_t size, std::size_t *length) {
            return etude_client_message(get(), buffer, size, length);
        });
    }
    // The result as the session reckoned it; ETUDE_ERROR_ABSENT until it has come.
    etude::report report(error &why) const {
        etude_report *handle = nullptr;
        detail::plain(why, [&] { return etude_client_report(get(), &handle); });
        return etude::report(handle);
    }
    // The result so far as this end reckons it.
    etude::report local_report(error &why) const {
        etude_report *handle = nullptr;
        detail::plain(why, [&] { return etude_client_local_report(get(), &handle); });
        return etude::report(handle);
    }

#ifndef ETUDE_NO_EXCEPTIONS
    client(const score &of, const etude_config &config, const std::string &name)
        : client(detail::or_throw([&](error &why) { return create(of, config, name, why); })) {}
    void connected(std::int64_t now_us) {
        detail::or_throw([&](error &why) { return connected(now_us, why); });
    }
    void disconnected() {
        detail::or_throw([&](error &why) { return disconnected(why); });
    }
    void push(span<const etude_event> events, std::int64_t now_us) {
        detail::or_throw([&](error &why) { return push(events, now_us, why); });
    }
    void receive(const char *frame, std::size_t length, std::int64_t now_us) {
        detail::or_throw([&](error &why) { return receive(frame, length, now_us, why); });
    }
    std::string frame(std::int64_t now_us) {
        return detail::or_throw([&](error &why) { return frame(now_us, why); });
    }
    span<etude_output> poll(span<etude_output> room) {
        return detail::or_throw([&](error &why) { return poll(room, why); });
    }
    etude_place place(std::int64_t now_us) const {
        return detail::or_throw([&](error &why) { return place(now_us, why); });
    }
    span<std::uint32_t> expected(std::int64_t now_us, span<std::uint32_t> room) const {
        return detail::or_throw([&](error &why) { return expected(now_us, room, why); });
    }
    etude_client_state state() const {
        return detail::or_throw([&](error &why) { return state(why); });
    }
    std::string message() const {
        return detail::or_throw([&](error &why) { return message(why); });
    }
    etude::report report() const {
        return detail::or_throw([&](error &why) { return report(why); });
    }
    etude::report local_report() const {
        return detail::or_throw([&](error &why) { return local_report(why); });
    }
#endif

    etude_client *get() const noexcept { return handle_.get(); }
    explicit operator bool() const noexcept { return handle_ != nullptr; }

private:
    explicit client(etude_client *handle) noexcept : handle_(handle) {}

    detail::owner<etude_client, etude_client_free> handle_;
};

}  // namespace etude

#endif  // ETUDE_HPP
