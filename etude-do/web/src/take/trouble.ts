// Where a take went wrong: by measure, and the passages worth practising first.

import type { Outline } from "../engine.ts";
import { change, percent } from "../i18n/index.ts";
import type { Report } from "../protocol.ts";
import type { Tint } from "../score/picture.ts";

type Tally = Report["measures"][number]["tally"];

/** What a fault costs beside a note that was not played. */
const WRONG = 0.7;
const EXTRA = 0.4;
const OFF_TIME = 0.35;
/** A measure below this share of its notes is not worth a mention. */
const WORTH = 0.08;
/** Better or worse by less than this share of a measure's notes is no difference. */
const DIFFERS = 0.05;
const PASSAGES_MAX = 5;
/** Passages no further apart than this are practised together. */
const GAP = 1;
const LENGTH_MAX = 8;

/** What went wrong, in notes. */
export function cost(tally: Tally): number {
  return tally.missed + WRONG * tally.wrong + EXTRA * tally.extra + OFF_TIME * (tally.early + tally.late);
}

/**
 * The last measure of the performed order in which something was played. What comes after it was not begun: it counts
 * as not played, but is no trouble.
 */
function reached(report: Report): number {
  return report.measures.findLastIndex(({ tally }) => tally.correct + tally.wrong + tally.extra > 0);
}

/** The measure in which the player stopped; nothing if it is the last. */
export function stoppedIn(report: Report): number | undefined {
  const last = reached(report);
  return last >= 0 && report.measures.slice(last + 1).some(({ tally }) => tally.expected > 0) ? last : undefined;
}

/** By written measure, the share that went wrong, 0 to 1, over all its passes. */
function shares(outline: Outline, report: Report): Map<number, number> {
  const sums = new Map<number, { cost: number; notes: number }>();
  report.measures.slice(0, reached(report) + 1).forEach(({ tally }, index) => {
    const written = outline.measures[index]?.written ?? -1;
    const sum = sums.get(written) ?? { cost: 0, notes: 0 };
    sums.set(written, { cost: sum.cost + cost(tally), notes: sum.notes + tally.expected });
  });
  return new Map([...sums].map(([written, sum]) => [written, sum.notes > 0 ? Math.min(1, sum.cost / sum.notes) : 0]));
}

/** Written measures tinted by how much went wrong. */
export function heat(outline: Outline, report: Report): Map<number, Tint> {
  const wrong = [...shares(outline, report)].filter(([, share]) => share > 0);
  return new Map(wrong.map(([written, share]) => [written, { tone: "worse", level: level(share), told: percent(1 - share) }]));
}

/** Written measures that went better or worse than in an attempt before. */
export function changes(outline: Outline, report: Report, before: Report): Map<number, Tint> {
  const then = shares(outline, before);
  const both = [...shares(outline, report)].filter(([written]) => then.has(written));
  const found = both.map(([written, share]) => [written, (then.get(written) ?? 0) - share] as const);
  return new Map(
    found
      .filter(([, better]) => Math.abs(better) >= DIFFERS)
      .map(([written, better]) => [written, { tone: better > 0 ? "better" : "worse", level: level(Math.abs(better)), told: change(better) }]),
  );
}

function level(share: number): number {
  return Math.min(4, Math.ceil(share * 8));
}

/** Measures of the performed order that belong together, and what went wrong in them. */
export interface Passage {
  from: number;
  to: number;
  tally: Pick<Tally, "missed" | "wrong" | "extra" | "early" | "late">;
  cost: number;
}

export function passages(report: Report): Passage[] {
  const found: Passage[] = [];
  report.measures.slice(0, reached(report) + 1).forEach(({ tally }, index) => {
    const weight = cost(tally);
    if (weight === 0 || weight / Math.max(1, tally.expected) < WORTH) {
      return;
    }
    const last = found.at(-1);
    if (last && index - last.to <= GAP + 1 && index - last.from < LENGTH_MAX) {
      last.to = index;
      last.cost += weight;
      for (const fault of ["missed", "wrong", "extra", "early", "late"] as const) {
        last.tally[fault] += tally[fault];
      }
    } else {
      const { missed, wrong, extra, early, late } = tally;
      found.push({ from: index, to: index, tally: { missed, wrong, extra, early, late }, cost: weight });
    }
  });
  return found.sort((a, b) => b.cost - a.cost).slice(0, PASSAGES_MAX);
}
