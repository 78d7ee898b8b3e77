// What every picture of a piece can do, be it engraved or a piano roll.

import type { Place } from "../take/place.ts";
import type { Take } from "../take/take.ts";

export interface Picture {
  /** Shows a take from now on, and what it tells while it goes on. */
  show(take: Take | undefined): void;
  /** Which pass of a repeated measure is shown: the one the player is in, or the one that went worst. */
  passes(shown: "current" | "worst"): void;
  /** Moves the cursor; called once a frame. */
  cursor(place: ReturnType<Place["at"]>): void;
  /** Whether the picture scrolls with the cursor. */
  follow(on: boolean): void;
  /** Tints written measures; nothing without. */
  tint(tints: Map<number, Tint> | undefined): void;
  /** Marks measures of the performed order as chosen. */
  select(range: { from: number; to: number } | null | undefined): void;
  /** Brings a measure of the performed order into view. */
  reveal(measure: number): void;
  zoom(factor: number): void;
  destroy(): void;
}

/** How a measure is tinted, and what is written below it: nothing is told by colour alone. */
export interface Tint {
  tone: "worse" | "better";
  /** 1 to 4. */
  level: number;
  told: string;
}

export interface PictureEvents {
  /** The picture can be seen. */
  ready(): void;
  /** A measure was clicked: its place in the performed order. */
  measure(measure: number): void;
  failed(reason: string): void;
}

/** What the player should be shown first of what became of a note that was played in several passes. */
export const WORST_FIRST = ["missed", "late", "early", "good", "perfect", "skipped", "pending", "out"] as const;
