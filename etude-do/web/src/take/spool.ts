// The events of a take, kept in the browser's storage until its report has come, so that a reload loses nothing.

import type { Event } from "../protocol.ts";

const CHUNK = 64;
const PREFIX = "etude:take:";

export class Spool {
  /** The take's zero, in milliseconds since 1970. */
  readonly origin: number;
  private readonly kept: Event[] = [];
  private chunk = 0;
  private open: Event[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly session: string) {
    const origin = Number(read(`${this.key}:origin`) ?? Number.NaN);
    this.origin = Number.isFinite(origin) ? origin : performance.timeOrigin;
    for (let text = read(this.keyOf(0)); text !== null; text = read(this.keyOf(++this.chunk))) {
      this.kept.push(...(JSON.parse(text) as Event[]));
    }
    addEventListener("pagehide", () => this.flush());
  }

  /** Whether a take of this session was begun here. */
  static holds(session: string): boolean {
    return read(`${PREFIX}${session}:0`) !== null;
  }

  events(): readonly Event[] {
    return this.kept;
  }

  add(event: Event): void {
    this.open.push(event);
    if (this.open.length >= CHUNK) {
      this.flush();
    } else {
      this.timer ??= setTimeout(() => this.flush(), 200);
    }
  }

  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.open.length === 0) {
      return;
    }
    try {
      localStorage.setItem(`${this.key}:origin`, String(this.origin));
      localStorage.setItem(this.keyOf(this.chunk), JSON.stringify(this.open));
      this.chunk += 1;
      this.open = [];
    } catch {
      // Storage is full or forbidden: the take goes on, only a reload would lose what is not delivered.
    }
  }

  /** The session has the whole take. */
  discard(): void {
    this.flush();
    for (let chunk = 0; chunk < this.chunk; chunk++) {
      localStorage.removeItem(this.keyOf(chunk));
    }
    localStorage.removeItem(`${this.key}:origin`);
    this.chunk = 0;
  }

  private get key(): string {
    return `${PREFIX}${this.session}`;
  }

  private keyOf(chunk: number): string {
    return `${this.key}:${chunk}`;
  }
}

function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}
