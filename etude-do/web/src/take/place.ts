// Where the player is, between the notes: a place on the score's timeline that moves on at the player's own tempo and
// waits at the next note to come.

import type { Notes } from "../engine.ts";

/** Weight of a new tempo reading. */
const WEIGHT = 0.3;
/** Tempo readings outside of these, as parts of the written tempo, are hesitations and slips. */
const SLOWEST = 0.2;
const FASTEST = 4;

export class Place {
  /** The player's tempo of late as a part of the written: 0.8 is slower than marked. */
  ratio = 1;
  private note = -1;
  private scoreUs = 0;
  private eventUs: number | undefined;
  private arrivedUs = 0;
  private untilUs = 0;

  constructor(private readonly notes: Notes) {}

  /** A note was matched; `eventUs` is the take's own time of it, `nowUs` the page's. */
  reach(note: number, eventUs: number | undefined, nowUs: number): void {
    const scoreUs = this.notes.at_us[note] ?? 0;
    const elapsed = (eventUs ?? nowUs) - (this.eventUs ?? this.arrivedUs);
    const written = scoreUs - this.scoreUs;
    if (this.note >= 0 && written > 0 && elapsed > 0) {
      const ratio = written / elapsed;
      if (ratio > SLOWEST && ratio < FASTEST) {
        // Long steps tell more of a tempo than short ones.
        const weight = Math.min(0.6, WEIGHT * (written / 400_000));
        this.ratio += (ratio - this.ratio) * weight;
      }
    }
    if (this.note >= 0 && written === 0 && note !== this.note) {
      return; // Another note of the chord.
    }
    this.note = note;
    this.scoreUs = scoreUs;
    this.eventUs = eventUs;
    this.arrivedUs = nowUs;
    this.untilUs = this.nextOnset(note);
  }

  leave(): void {
    this.note = -1;
  }

  /** The note reached last, and how far the way to the next onset is gone, 0 to 1. */
  at(nowUs: number): { note: number; part: number } | undefined {
    if (this.note < 0) {
      return undefined;
    }
    const span = this.untilUs - this.scoreUs;
    const gone = (nowUs - this.arrivedUs) * this.ratio;
    return { note: this.note, part: span > 0 ? Math.min(1, Math.max(0, gone / span)) : 0 };
  }

  private nextOnset(note: number): number {
    const { onset, at_us } = this.notes;
    for (let next = note + 1; next < onset.length; next++) {
      if (onset[next] !== onset[note]) {
        return at_us[next] ?? 0;
      }
    }
    return at_us[note] ?? 0;
  }
}
