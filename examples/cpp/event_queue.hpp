// A queue from one thread to one other that neither locks nor allocates: what an audio callback may use.

#ifndef EVENT_QUEUE_HPP
#define EVENT_QUEUE_HPP

#include <array>
#include <atomic>
#include <cstddef>

#include "etude.h"

class event_queue {
public:
    // For the writing thread alone. False if there is no room; nothing is lost then that was in it before.
    bool push(const etude_event &event) noexcept {
        const std::size_t written = written_.load(std::memory_order_relaxed);
        if (written - read_.load(std::memory_order_acquire) == room) {
            return false;
        }
        events_[written % room] = event;
        written_.store(written + 1, std::memory_order_release);
        return true;
    }

    // For the reading thread alone. How many events it has copied to `events`.
    std::size_t pop(etude_event *events, std::size_t capacity) noexcept {
        const std::size_t read = read_.load(std::memory_order_relaxed);
        std::size_t count = written_.load(std::memory_order_acquire) - read;
        if (count > capacity) {
            count = capacity;
        }
        for (std::size_t i = 0; i < count; i++) {
            events[i] = events_[(read + i) % room];
        }
        read_.store(read + count, std::memory_order_release);
        return count;
    }

private:
    // A power of two, so that the counters may wrap. More keys than any pianist strikes in ten seconds.
    static constexpr std::size_t room = 1024;

    std::array<etude_event, room> events_{};
    // On cache lines of their own: the threads would slow each other down.
    alignas(64) std::atomic<std::size_t> written_{0};
    alignas(64) std::atomic<std::size_t> read_{0};
};

#endif
