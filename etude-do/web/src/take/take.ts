// A take as its verdict stream tells it: the fold of records (and, where they are known, events) into what became of
// each score note and of each key struck.

import type { Measure, Notes, Outline } from "../engine.ts";
import type { Config, Event, Record as VerdictRecord, Way } from "../protocol.ts";

export type Verdict = Extract<VerdictRecord, { type: "played" }>["verdict"];
export type Grade = Extract<Verdict, { is: "matched" }>["grade"];

/** What became of a score note. */
export type Fate = "out" | "pending" | Grade | "missed" | "skipped";

/** A key that was struck. */
export interface Stroke {
  event: number;
  verdict: Verdict;
  /** Known once the event is. */
  pitch: number | undefined;
  at_us: number | undefined;
  velocity: number | undefined;
  /** Score note that the player had reached when it was struck. */
  near: number;
}

export interface Jump {
  event: number;
  from: number;
  to: number;
  way: Way;
}

/** What a listener is told after a batch of records. */
export interface Change {
  /** Score notes whose fate changed. */
  notes: Set<number>;
  /** Strokes that came or changed. */
  strokes: Set<number>;
  /** Everything is to be drawn anew. */
  all: boolean;
}

/** One thing told about a note. The last one that stands decides. */
type Told = { by: number; grade: Grade; offset_us: number } | { by: "missed" } | { by: "skipped" };

export class Take {
  readonly strokes = new Map<number, Stroke>();
  readonly jumps = new Map<number, Jump>();
  readonly pauses = new Map<number, number>();
  /** Records and events folded so far. */
  records = 0;
  events = 0;
  final = 0;
  /** Score note matched last, -1 before the first. */
  position = -1;
  ended = false;
  private readonly told: Told[][];
  private readonly unisons = new Map<number, number[]>();
  private readonly expected: Uint8Array;
  private readonly heard = new Map<number, Extract<Event, { type: "note_on" }>>();
  private readonly listeners = new Set<(change: Change) => void>();
  private change: Change = fresh();

  constructor(
    readonly outline: Outline,
    readonly config: Config,
  ) {
    const { notes } = outline;
    this.told = notes.pitch.map(() => []);
    this.expected = Uint8Array.from(notes.pitch, (_, note) => Number(isExpected(notes, config, note)));
    notes.unison.forEach((first, note) => {
      const group = this.unisons.get(first);
      if (group) {
        group.push(note);
      } else {
        this.unisons.set(first, [note]);
      }
    });
  }

  /** Begins again: the same take is to be told from its beginning. */
  forget(): void {
    this.told.forEach((told) => (told.length = 0));
    this.strokes.clear();
    this.jumps.clear();
    this.pauses.clear();
    this.records = 0;
    this.final = 0;
    this.position = -1;
    this.change.all = true;
  }

  onChange(listener: (change: Change) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Tells the listeners what changed since the last time. */
  flush(): void {
    const { change } = this;
    if (!change.all && change.notes.size === 0 && change.strokes.size === 0) {
      return;
    }
    this.change = fresh();
    this.listeners.forEach((listener) => listener(change));
  }

  /** Takes an event of the log, in order; `number` is its place. One known already is passed over. */
  hear(number: number, event: Event): void {
    if (number < this.events) {
      return;
    }
    this.events = number + 1;
    if (event.type === "end") {
      this.ended = true;
      this.change.all = true;
    }
    if (event.type === "note_on") {
      const noteOn = event as Extract<Event, { type: "note_on" }>;
      this.heard.set(number, noteOn);
      const stroke = this.strokes.get(number);
      if (stroke) {
        Object.assign(stroke, known(noteOn));
        this.change.strokes.add(number);
      }
    }
  }

  /** Takes the next record of the verdict stream. */
  fold(record: VerdictRecord): void {
    this.records += 1;
    switch (record.type) {
      case "played":
        this.played(record.event, record.verdict);
        break;
      case "missed":
        this.tell(record.note, { by: "missed" });
        break;
      case "skipped":
        for (let note = record.from; note < record.to; note++) {
          const fate = this.fate(note);
          if (fate === "pending" || fate === "missed") {
            this.tell(note, { by: "skipped" });
          }
        }
        break;
      case "jump":
        this.jumps.set(record.event, record);
        this.pauses.delete(record.event);
        this.position = record.to;
        this.change.strokes.add(record.event);
        break;
      case "stay":
        this.jumps.delete(record.event);
        this.change.strokes.add(record.event);
        break;
      case "hesitation":
        this.pauses.set(record.event, record.pause_us);
        this.change.strokes.add(record.event);
        break;
      case "final":
        this.final = Math.max(this.final, record.through);
        break;
    }
  }

  fate(note: number): Fate {
    if (!this.expected[note]) {
      return "out";
    }
    const last = this.told[note]?.at(-1);
    if (!last) {
      return "pending";
    }
    return last.by === "missed" || last.by === "skipped" ? last.by : last.grade;
  }

  /** Played minus expected time of a played note. */
  offset(note: number): number | undefined {
    const last = this.told[note]?.at(-1);
    return last && typeof last.by === "number" && "offset_us" in last ? last.offset_us : undefined;
  }

  /** The stroke that played a note. */
  strokeOf(note: number): Stroke | undefined {
    const last = this.told[note]?.at(-1);
    return last && typeof last.by === "number" ? this.strokes.get(last.by) : undefined;
  }

  isExpected(note: number): boolean {
    return this.expected[note] === 1;
  }

  measureOf(note: number): Measure | undefined {
    return this.outline.measures[this.outline.notes.measure[note] ?? -1];
  }

  private played(event: number, verdict: Verdict): void {
    const earlier = this.strokes.get(event);
    if (earlier?.verdict.is === "matched") {
      for (const note of this.unison(earlier.verdict.note)) {
        const told = this.told[note];
        const at = told?.findLastIndex((entry) => entry.by === event) ?? -1;
        if (told && at >= 0) {
          told.splice(at, 1);
          this.change.notes.add(note);
        }
      }
    }
    if (verdict.is === "matched") {
      const { grade, offset_us } = verdict;
      for (const note of this.unison(verdict.note)) {
        if (this.expected[note]) {
          this.tell(note, { by: event, grade, offset_us });
        }
      }
      this.position = verdict.note;
    }
    const heard = this.heard.get(event);
    this.strokes.set(event, {
      event,
      verdict,
      near: earlier?.near ?? (this.position < 0 ? Math.max(0, this.expected.indexOf(1)) : this.position),
      pitch: undefined,
      at_us: undefined,
      velocity: undefined,
      ...(heard && known(heard)),
    });
    this.change.strokes.add(event);
  }

  private tell(note: number, told: Told): void {
    const all = this.told[note];
    if (!all) {
      return;
    }
    if (typeof told.by === "number") {
      // A match takes back that the note was missed; a stroke says one thing about a note.
      const kept = all.filter((entry) => typeof entry.by === "number" && entry.by !== told.by);
      all.splice(0, all.length, ...kept);
    }
    all.push(told);
    this.change.notes.add(note);
  }

  private unison(note: number): number[] {
    return this.unisons.get(this.outline.notes.unison[note] ?? note) ?? [note];
  }
}

function fresh(): Change {
  return { notes: new Set(), strokes: new Set(), all: false };
}

function known(event: Extract<Event, { type: "note_on" }>): Pick<Stroke, "pitch" | "at_us" | "velocity"> {
  return { pitch: event.pitch, at_us: event.at_us, velocity: event.velocity };
}

/** Whether the settings have a note played. */
export function isExpected(notes: Notes, config: Pick<Config, "hands" | "range">, note: number): boolean {
  const hand = notes.hand[note] === 1 ? "left" : "right";
  const measure = notes.measure[note] ?? -1;
  const inHands = config.hands === "both" || config.hands === hand;
  const inRange = !config.range || (measure >= config.range.from && measure <= config.range.to);
  return inHands && inRange;
}
