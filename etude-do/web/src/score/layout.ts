// Where things stand in the engraved pages: note heads, and places between them.

import type { Outline } from "../engine.ts";
import type { Box } from "./drawing.ts";
import type { EngravedPage, Head } from "./svg.ts";

export interface Spot {
  page: number;
  x: number;
  /** Of the system. */
  top: number;
  bottom: number;
}

interface Laid {
  page: number;
  box: Box;
  /** Ticks from the beginning of the measure, and where they stand. */
  points: { tick: number; x: number }[];
}

export class Layout {
  /** By number of a head. */
  readonly heads = new Map<number, { page: number; head: Head }>();
  private readonly measures = new Map<number, Laid>();
  private readonly systems: Map<number, { top: number; bottom: number }>[] = [];
  private written = 0;

  constructor(
    private readonly outline: Outline,
    /** By score note, the number of its head. */
    private readonly numbers: ArrayLike<number>,
    private readonly notesOf: Map<number, number[]>,
  ) {}

  /** Takes in the next page. */
  add(page: EngravedPage, index: number): void {
    const { notes, measures } = this.outline;
    const systems = new Map<number, { top: number; bottom: number }>();
    this.systems[index] = systems;
    const laid = page.measures.map((box): Laid => {
      const system = systems.get(box.system) ?? { top: Infinity, bottom: -Infinity };
      system.top = Math.min(system.top, box.top);
      system.bottom = Math.max(system.bottom, box.bottom);
      systems.set(box.system, system);
      return { page: index, box, points: [] };
    });
    const known = new Array<number>(laid.length).fill(-1);
    for (const head of page.heads) {
      this.heads.set(head.number, { page: index, head });
      const note = this.notesOf.get(head.number)?.[0];
      const measure = note === undefined ? undefined : measures[notes.measure[note] ?? -1];
      if (note === undefined || !measure || notes.grace[note]) {
        continue;
      }
      known[head.measure] = measure.written;
      laid[head.measure]?.points.push({ tick: (notes.onset[note] ?? 0) - measure.onset, x: head.x + page.space * 0.6 });
    }
    laid.forEach((measure, at) => {
      // A measure of rests is the one after its neighbour.
      const told = known[at] ?? -1;
      this.written = told >= 0 ? told : this.written;
      measure.points.sort((a, b) => a.tick - b.tick || a.x - b.x);
      measure.points = measure.points.filter(({ tick }, i, all) => i === 0 || all[i - 1]?.tick !== tick);
      this.measures.set(this.written, measure);
      this.written += 1;
    });
  }

  headOf(note: number): { page: number; head: Head } | undefined {
    return this.heads.get(this.numbers[note] ?? -1);
  }

  measure(written: number): Laid | undefined {
    return this.measures.get(written);
  }

  /** The place `part` of the way from the onset of a note to the next onset. */
  spot(note: number, part: number): Spot | undefined {
    const { notes, measures } = this.outline;
    const measure = measures[notes.measure[note] ?? -1];
    const laid = measure && this.measures.get(measure.written);
    if (!measure || !laid) {
      return undefined;
    }
    const tick = (notes.onset[note] ?? 0) - measure.onset;
    const at = laid.points.findLastIndex((point) => point.tick <= tick);
    const here = laid.points[Math.max(0, at)];
    const next = laid.points[at + 1];
    const system = this.systems[laid.page]?.get(laid.box.system);
    const from = here?.x ?? laid.box.left;
    const to = next?.x ?? laid.box.right;
    return {
      page: laid.page,
      x: from + (to - from) * part,
      top: system?.top ?? laid.box.top,
      bottom: system?.bottom ?? laid.box.bottom,
    };
  }

  /** The written measure at a place of a page. */
  measureAt(page: number, x: number, y: number): number | undefined {
    let nearest: number | undefined;
    let distance = Infinity;
    for (const [written, laid] of this.measures) {
      const { left, right, top, bottom } = laid.box;
      if (laid.page === page && x >= left && x < right) {
        const away = Math.max(top - y, y - bottom, 0);
        if (away < distance) {
          [nearest, distance] = [written, away];
        }
      }
    }
    return distance < 1500 ? nearest : undefined;
  }
}
