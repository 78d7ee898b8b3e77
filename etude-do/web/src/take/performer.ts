// A take played on this page: judged at once by the engine here, kept until the session has it, and kept over a reload.

import { nowMicros, type Output, type Piece, type Player } from "../engine.ts";
import type { Config, Event, Record as VerdictRecord, Report } from "../protocol.ts";
import { t } from "../i18n/index.ts";
import { Link } from "./link.ts";
import type { Take } from "./take.ts";
import { Spool } from "./spool.ts";

/** While nobody plays, the session is told so this often, and so often at most: missed notes are then announced. */
const TICK_MS = 1000;
const TICKS_MAX = 20;

export interface PerformerEvents {
  state(state: "connecting" | "live" | "lost" | "over", why?: string): void;
  roundTrip(ms: number): void;
  /** Events that the session does not have yet. */
  waiting(events: number): void;
  judged(): void;
  report(report: Report, official: boolean): void;
  mismatch(): void;
}

/** Where the take goes. Without it is judged here alone, and nothing is kept. */
export interface Destination {
  session: string;
  url: string;
  token: string;
}

export class Performer {
  private readonly player: Player;
  private readonly spool: Spool | undefined;
  private readonly link: Link | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly ticking: ReturnType<typeof setInterval>;
  private lastMs = performance.now();
  private ticks = 0;
  private refusal: string | undefined;
  /** What the session said, should it differ from what was judged here. */
  private official: VerdictRecord[] = [];
  private differs = false;
  private reported = false;

  constructor(
    piece: Piece,
    private readonly take: Take,
    config: Config,
    destination: Destination | undefined,
    private readonly events: PerformerEvents,
  ) {
    this.player = piece.player("etude-page", config);
    if (destination) {
      this.spool = new Spool(destination.session);
      this.spool.events().forEach((event) => this.judge(event));
      this.run();
      this.link = new Link(destination.url, destination.token, {
        opened: () => {
          this.player.connected(nowMicros());
          this.run();
        },
        frame: (text) => {
          this.player.receive(text, nowMicros());
          this.run();
        },
        closed: () => {
          this.player.disconnected();
          events.state("lost");
        },
        over: (superseded) => events.state("over", superseded ? t("state.superseded") : this.refusal),
        roundTrip: events.roundTrip,
      });
      events.state("connecting");
    }
    this.ticking = setInterval(() => this.tick(), TICK_MS);
  }

  get ended(): boolean {
    return this.take.ended;
  }

  get begun(): boolean {
    return this.take.events > 0;
  }

  noteOn(pitch: number, velocity: number, timeMs = performance.now()): void {
    this.ticks = 0;
    this.push({ type: "note_on", pitch, velocity, at_us: this.time(timeMs) } as Event);
  }

  noteOff(pitch: number, timeMs = performance.now()): void {
    this.push({ type: "note_off", pitch, at_us: this.time(timeMs) } as Event);
  }

  pedal(value: number, timeMs = performance.now()): void {
    this.push({ type: "pedal", value, at_us: this.time(timeMs) } as Event);
  }

  end(): void {
    this.push({ type: "end", at_us: this.time(performance.now()) } as Event);
  }

  close(): void {
    clearTimeout(this.timer);
    clearInterval(this.ticking);
    this.spool?.flush();
    this.link?.close();
  }

  private tick(): void {
    if (this.begun && !this.ended && performance.now() - this.lastMs > TICK_MS && this.ticks < TICKS_MAX) {
      this.ticks += 1;
      this.push({ type: "tick", at_us: this.time(performance.now()) } as Event);
    }
  }

  private push(event: Event): void {
    if (this.ended) {
      return;
    }
    this.lastMs = performance.now();
    this.spool?.add(event);
    this.judge(event);
    this.run();
  }

  private judge(event: Event): void {
    const number = this.player.push(event, nowMicros());
    this.take.hear(number, event);
  }

  /** Everything that is to leave and to be told. */
  private run(): void {
    const now = nowMicros();
    for (let frame = this.player.frame(now); frame !== undefined; frame = this.player.frame(now)) {
      this.link?.send(frame);
    }
    let judged = false;
    for (let output = this.player.output(); output; output = this.player.output()) {
      judged = this.told(output) || judged;
    }
    this.take.flush();
    if (judged) {
      this.events.judged();
    }
    if (this.ended && !this.link && !this.reported) {
      this.reported = true;
      this.events.report(this.player.report(), false);
    }
    this.events.waiting(this.link ? this.player.waiting() : 0);
    clearTimeout(this.timer);
    const due = this.player.timeout();
    if (due !== undefined && this.link) {
      this.timer = setTimeout(() => this.run(), Math.max(1, (due - nowMicros()) / 1000));
    }
  }

  private told(output: Output): boolean {
    switch (output.type) {
      case "local":
        if (!this.differs) {
          this.take.fold(output.record);
        }
        return true;
      case "official":
        this.official.push(output.record);
        if (this.differs) {
          this.take.fold(output.record);
        }
        return this.differs;
      case "rejudged":
        this.official = [];
        this.followSession();
        return true;
      case "digest_mismatch":
        this.events.mismatch();
        this.followSession();
        return true;
      case "live":
        this.link?.proven();
        this.events.state("live");
        return false;
      case "report":
        this.spool?.discard();
        this.events.report(output.report, true);
        return false;
      case "refused":
        this.refusal = output.message;
        if (!output.recoverable) {
          this.link?.close();
          this.events.state("over", output.message);
        }
        return false;
      case "stalled":
        this.link?.reopen();
        return false;
      case "acked":
        return false;
    }
  }

  /** From now on the picture is what the session says. */
  private followSession(): void {
    this.differs = true;
    this.take.forget();
    this.official.forEach((record) => this.take.fold(record));
  }

  /** The take's own time of a moment of this page, which goes on over a reload. */
  private time(ms: number): number {
    const since = this.spool ? performance.timeOrigin - this.spool.origin : 0;
    return Math.round((since + ms) * 1000);
  }
}
