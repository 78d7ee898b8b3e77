// A take and all that takes part in it: who plays or watches, how the connection stands, and the picture it is shown in.

import { type Signal, signal } from "@preact/signals";
import type { Access } from "../api.ts";
import { session } from "../api.ts";
import { nowMicros, type Piece } from "../engine.ts";
import type { Config, Report } from "../protocol.ts";
import type { Picture } from "../score/picture.ts";
import { Performer } from "./performer.ts";
import { Place } from "./place.ts";
import { type Change, Take } from "./take.ts";
import { Viewer } from "./viewer.ts";

export type RoomState = "local" | "connecting" | "live" | "lost" | "over";

/** The figures are counted anew no more often than this. */
const COUNT_MS = 200;

export class Room {
  readonly take: Take;
  readonly place: Place;
  readonly state = signal<RoomState>("local");
  readonly why = signal<string | undefined>(undefined);
  readonly trip = signal<number | undefined>(undefined);
  readonly waiting = signal(0);
  readonly presence = signal<{ player: boolean; viewers: number } | undefined>(undefined);
  readonly report: Signal<Report | undefined> = signal(undefined);
  /** Whether the report is the session's. */
  readonly official = signal(false);
  readonly mismatch = signal(false);
  /** Grows when what is shown in figures and words may have changed. */
  readonly version = signal(0);
  performer: Performer | undefined;
  private viewer: Viewer | undefined;
  private picture: Picture | undefined;
  private frame = 0;
  private counting: ReturnType<typeof setTimeout> | undefined;
  private reached = -1;

  constructor(
    readonly piece: Piece,
    readonly config: Config,
  ) {
    this.take = new Take(piece.outline, config);
    this.place = new Place(piece.outline.notes);
    this.take.onChange((change) => this.changed(change));
  }

  /** Reads along in a session. */
  watch(access: Access): void {
    this.viewer = new Viewer(session.socket(access, "viewer"), access.token, this.take, {
      state: this.stateChanged,
      roundTrip: (ms) => (this.trip.value = ms),
      presence: (player, viewers) => (this.presence.value = { player, viewers }),
      judged: () => {},
      report: (report) => this.reported(report, true),
    });
  }

  /** Plays into a session, or without one on this device alone. */
  play(access?: Access): void {
    const destination = access && { session: access.session, url: session.socket(access, "player"), token: access.token };
    this.performer = new Performer(this.piece, this.take, this.config, destination, {
      state: this.stateChanged,
      roundTrip: (ms) => (this.trip.value = ms),
      waiting: (events) => (this.waiting.value = events),
      judged: () => {},
      report: (report, official) => this.reported(report, official),
      mismatch: () => (this.mismatch.value = true),
    });
  }

  attach(picture: Picture | undefined): void {
    cancelAnimationFrame(this.frame);
    this.picture = picture;
    if (!picture) {
      return;
    }
    picture.show(this.take);
    picture.passes(this.report.value ? "worst" : "current");
    picture.select(this.config.range);
    const draw = () => {
      picture.cursor(this.take.ended ? undefined : this.place.at(nowMicros()));
      this.frame = requestAnimationFrame(draw);
    };
    draw();
  }

  close(): void {
    cancelAnimationFrame(this.frame);
    clearTimeout(this.counting);
    this.picture?.show(undefined);
    this.picture?.cursor(undefined);
    this.picture?.tint(undefined);
    this.viewer?.close();
    this.performer?.close();
  }

  private readonly stateChanged = (state: RoomState, why?: string): void => {
    this.state.value = state;
    this.why.value = why;
  };

  private reported(report: Report, official: boolean): void {
    this.official.value = official;
    this.report.value = report;
    this.picture?.passes("worst");
    this.version.value += 1;
  }

  private changed(change: Change): void {
    if (change.all) {
      this.reached = -1;
      this.place.leave();
    }
    const events = change.all ? [...this.take.strokes.keys()].slice(-32) : [...change.strokes];
    for (const event of events.sort((a, b) => a - b)) {
      const stroke = this.take.strokes.get(event);
      if (event <= this.reached || stroke?.verdict.is !== "matched") {
        continue;
      }
      if (this.take.jumps.has(event)) {
        this.place.leave();
      }
      this.place.reach(stroke.verdict.note, stroke.at_us, nowMicros());
      this.reached = event;
    }
    this.counting ??= setTimeout(() => {
      this.counting = undefined;
      this.version.value += 1;
    }, COUNT_MS);
  }
}
