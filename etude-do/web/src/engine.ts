// The engine as wasm: the same that judges in the service.

import wasm from "../wasm/etude_web_engine_bg.wasm?url";
import start, { Piece as WasmPiece, Player as WasmPlayer } from "../wasm/etude_web_engine.js";
import type { Config, Event, Record as VerdictRecord, Report } from "./protocol.ts";

/** What a piece holds, one entry a note or a measure, in performed order. Times in microseconds or ticks. */
export interface Outline {
  engine: string;
  digest: string;
  title: string | null;
  composer: string | null;
  ticks_per_quarter: number;
  measures: Measure[];
  notes: Notes;
  tempo: { at: number; micros_per_quarter: number }[];
  edges: { from: number; to: number | null; kind: string }[];
  warnings: Warning[];
}

export interface Measure {
  number: string;
  pass: number;
  written: number;
  onset: number;
  duration: number;
  at_us: number;
}

/** Columns: the n-th entry of each is the n-th note's. */
export interface Notes {
  id: string[];
  pass: number[];
  onset: number[];
  duration: number[];
  at_us: number[];
  pitch: number[];
  measure: number[];
  /** 0 right, 1 left. */
  hand: number[];
  staff: number[];
  grace: number[];
  /** The note that stands for all that one stroke plays. */
  unison: number[];
}

export interface Warning {
  measure: string | null;
  reason: string;
}

export type Output =
  | { type: "local" | "official"; record: VerdictRecord }
  | { type: "acked"; through: number }
  | { type: "live"; missing: number }
  | { type: "rejudged" }
  | { type: "digest_mismatch"; events: number; local: string; official: string }
  | { type: "report"; report: Report }
  | { type: "refused"; code: string; message: string; recoverable: boolean }
  | { type: "stalled" };

let started: Promise<unknown> | undefined;

/** A piece, read from its file by the engine. */
export class Piece {
  readonly outline: Outline;

  private constructor(private readonly wasm: WasmPiece) {
    this.outline = JSON.parse(wasm.outline());
  }

  /** The engine is there; asked for early, it is fetched beside the file. */
  static async ready(): Promise<void> {
    await (started ??= start({ module_or_path: wasm }));
  }

  /** Throws what is wrong with the file, in words. */
  static async read(file: Uint8Array): Promise<Piece> {
    await Piece.ready();
    return new Piece(new WasmPiece(file));
  }

  /** The MusicXML text; none of a MIDI file. */
  musicXml(): string | undefined {
    return this.wasm.musicXml();
  }

  /** By score note, the number of the `<note>` that draws it. */
  heads(numbered: string): Uint32Array {
    return this.wasm.heads(numbered);
  }

  player(name: string, config: Partial<Config>): Player {
    return new Player(this.wasm.player(name, JSON.stringify(config)));
  }
}

/** The player's end of a session. Times are the page's monotonic clock in microseconds. */
export class Player {
  constructor(private readonly wasm: WasmPlayer) {}

  push(event: Event, now: number): number {
    return this.wasm.push(JSON.stringify(event), now);
  }
  connected(now: number): void {
    this.wasm.connected(now);
  }
  disconnected(): void {
    this.wasm.disconnected();
  }
  receive(frame: string, now: number): void {
    this.wasm.receive(frame, now);
  }
  frame(now: number): string | undefined {
    return this.wasm.frame(now);
  }
  output(): Output | undefined {
    const text = this.wasm.output();
    return text === undefined ? undefined : JSON.parse(text);
  }
  timeout(): number | undefined {
    return this.wasm.timeout();
  }
  waiting(): number {
    return this.wasm.waiting();
  }
  report(): Report {
    return JSON.parse(this.wasm.report());
  }
  digest(): string {
    return this.wasm.digest();
  }
}

/** The page's monotonic clock, in microseconds. */
export function nowMicros(): number {
  return Math.round(performance.now() * 1000);
}
