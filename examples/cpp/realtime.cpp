// Judges a take while it is played, as an audio application does:
//
//     realtime SCORE PERFORMANCE.mid [SPEED]
//
// One thread stands for the audio callback: block by block it hands the events that fall into the block to a queue that
// neither locks nor allocates. The other thread takes them out, pushes them into the session and prints each verdict. A
// MIDI file plays the part of the keyboard, SPEED times as fast as it was played (20 by default).

#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "etude.hpp"
#include "event_queue.hpp"

// 64 samples at 48 kHz.
static constexpr std::int64_t block_us = 64 * 1000000 / 48000;

static std::vector<std::uint8_t> read_file(const std::string &path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        throw std::runtime_error(path + ": it cannot be opened");
    }
    return std::vector<std::uint8_t>(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

// The audio callback, called once a block. Events carry their own time, to the sample: when they arrive at the session
// makes no difference to a verdict.
class keyboard {
public:
    keyboard(etude::span<const etude_event> take, event_queue &queue) : take_(take), queue_(queue) {}

    // False when the take is over.
    bool process(std::int64_t until_us) noexcept {
        while (next_ < take_.size() && take_[next_].at_us < until_us) {
            if (!queue_.push(take_[next_])) {
                // The other thread is late. Here the event waits for the next block; a program that cannot keep it must
                // say so to its user.
                break;
            }
            next_++;
        }
        return next_ < take_.size();
    }

private:
    etude::span<const etude_event> take_;
    event_queue &queue_;
    std::size_t next_ = 0;
};

// Pushes what waits in the queue and prints the verdicts on it. False when the take has ended.
static bool judge(etude::session &session, const etude::score &score, event_queue &queue) {
    std::array<etude_event, 64> events;
    const std::size_t count = queue.pop(events.data(), events.size());
    session.push(etude::span<const etude_event>(events.data(), count));
    std::array<etude_record, 64> room;
    etude::span<etude_record> records;
    do {
        records = session.poll(room);
        for (const etude_record &record : records) {
            if (record.kind != ETUDE_RECORD_FINAL) {
                const bool named = record.note != ETUDE_NO_NOTE;
                std::printf("%-10s %s\n", named ? score.note_id(record.note).c_str() : "",
                            score.reason(record).c_str());
            }
        }
    } while (records.size() == room.size());
    return count == 0 || events[count - 1].kind != ETUDE_EVENT_END;
}

static void run(const std::string &score_path, const std::string &take_path, double speed) {
    const etude::score score = etude::score::read(read_file(score_path));
    const std::vector<etude_event> take = etude::performance::read(read_file(take_path)).events();
    etude::session session(score);

    event_queue queue;
    std::atomic<bool> stopped{false};
    std::thread audio([&] {
        keyboard keys(take, queue);
        const auto begin = std::chrono::steady_clock::now();
        std::int64_t now_us = take.front().at_us;
        do {
            now_us += block_us;
            const double due_us = static_cast<double>(now_us - take.front().at_us) / speed;
            std::this_thread::sleep_until(begin + std::chrono::microseconds(static_cast<std::int64_t>(due_us)));
        } while (keys.process(now_us) && !stopped);
    });
    try {
        while (judge(session, score, queue)) {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
    } catch (...) {
        stopped = true;
        audio.join();
        throw;
    }
    audio.join();

    const etude_tally total = session.report().total();
    std::printf("\n%u of %u notes, timing %.1f %%, digest %s\n", total.correct, total.expected,
                100 * total.timing_accuracy, session.digest().c_str());
}

int main(int argc, char **argv) {
    const double speed = argc == 4 ? std::atof(argv[3]) : 20;
    if (argc < 3 || argc > 4 || !(speed > 0)) {
        std::fprintf(stderr, "usage: realtime SCORE PERFORMANCE.mid [SPEED]\n");
        return 2;
    }
    if (!etude::fits()) {
        std::fprintf(stderr, "realtime: libetude %s is not the one this was compiled for\n", etude::version());
        return 1;
    }
    try {
        run(argv[1], argv[2], speed);
    } catch (const std::exception &why) {
        std::fprintf(stderr, "realtime: %s\n", why.what());
        return 1;
    }
    return 0;
}
