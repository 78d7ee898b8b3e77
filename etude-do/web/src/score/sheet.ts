// The engraved score: pages by Verovio, and over them what became of each note.

import type { Piece } from "../engine.ts";
import type { Change, Fate, Stroke, Take } from "../take/take.ts";
import type { Drawing } from "./drawing.ts";
import type { Heads } from "./engraved.ts";
import { Engraver } from "./engraver.ts";
import { Layout } from "./layout.ts";
import { again, cross, diamond, dot, ring, slash, spell, svg, tail } from "./marks.ts";
import { type Picture, type PictureEvents, type Tint, WORST_FIRST } from "./picture.ts";
import { build, type EngravedPage } from "./svg.ts";

/** Width of a page beyond which its notes only get larger, in pixels. */
const WIDTH_MAX = 1100;
/** How long the picture stays where the reader scrolled it. */
const PATIENCE_MS = 5000;

interface Shown {
  page: EngravedPage;
  frame: HTMLElement;
  under: SVGElement;
  over: SVGElement;
}

export class Sheet implements Picture {
  private readonly engraver: Engraver;
  private heads: Heads = { numbers: [], steps: [] };
  /** By number of a head, the notes that it stands for: one a pass. */
  private readonly notesOf = new Map<number, number[]>();
  private readonly notesIn = new Map<number, number[]>();
  /** By written measure, its passes in performed order. */
  private readonly passesOf = new Map<number, number[]>();
  /** By written measure, the pass that is shown. */
  private readonly current = new Map<number, number>();
  private layout: Layout;
  private pages: Shown[] = [];
  private factor = 1;
  private width = 0;
  private take: Take | undefined;
  private unsubscribe: (() => void) | undefined;
  private readonly marks = new Map<string, SVGElement>();
  private readonly strokesIn = new Map<number, Set<number>>();
  private readonly placed = new Map<number, number>();
  private shown: "current" | "worst" = "current";
  private tints: Map<number, Tint> | undefined;
  private range: { from: number; to: number } | null = null;
  private readonly pointer: HTMLElement;
  private readonly resized: ResizeObserver;
  private resizing: ReturnType<typeof setTimeout> | undefined;
  private following = true;
  private touched = -Infinity;
  private inSystem = "";
  private lastPlaced: { x: number; y: number } | undefined;

  constructor(
    private readonly host: HTMLElement,
    private readonly piece: Piece,
    musicXml: string,
    private readonly events: PictureEvents,
  ) {
    const { outline } = piece;
    outline.notes.measure.forEach((measure, note) => append(this.notesIn, measure, note));
    outline.measures.forEach(({ written }, measure) => append(this.passesOf, written, measure));
    this.layout = new Layout(outline, [], this.notesOf);
    this.pointer = document.createElement("div");
    this.pointer.className = "cursor";
    this.pointer.hidden = true;
    this.engraver = new Engraver(piece, musicXml, {
      page: (drawing, page, pages, heads) => this.engraved(drawing, page, pages, heads),
      failed: events.failed,
    });
    this.host.addEventListener("click", this.clicked);
    for (const kind of ["wheel", "touchmove", "keydown"] as const) {
      this.host.addEventListener(kind, this.scrolled, { passive: true });
    }
    this.resized = new ResizeObserver(() => {
      clearTimeout(this.resizing);
      this.resizing = setTimeout(() => Math.abs(this.host.clientWidth - this.width) > 24 && this.engrave(), 250);
    });
    this.engrave();
    this.resized.observe(this.host);
  }

  show(take: Take | undefined): void {
    this.unsubscribe?.();
    this.take = take;
    this.unsubscribe = take?.onChange((change) => this.changed(change));
    this.current.clear();
    this.paintAll();
  }

  passes(shown: "current" | "worst"): void {
    if (shown !== this.shown) {
      this.shown = shown;
      this.paintAll();
    }
  }

  cursor(place: { note: number; part: number } | undefined): void {
    const spot = place && this.layout.spot(place.note, place.part);
    const shown = spot && this.pages[spot.page];
    this.pointer.hidden = !shown;
    if (!spot || !shown || !place) {
      this.lastPlaced = undefined;
      return;
    }
    this.enter(this.piece.outline.notes.measure[place.note] ?? 0);
    const { page, frame } = shown;
    const scale = this.pageWidth() / page.width;
    const target = {
      x: frame.offsetLeft + (spot.x + page.shiftX) * scale,
      y: frame.offsetTop + (spot.top + page.shiftY) * scale,
    };
    const last = this.lastPlaced;
    // Within a system the cursor glides; to another it goes at once.
    const glide = last && last.y === target.y && Math.abs(target.x - last.x) < 400 ? 0.35 : 1;
    const x = last && glide < 1 ? last.x + (target.x - last.x) * glide : target.x;
    this.lastPlaced = { x, y: target.y };
    const pad = page.space * scale;
    this.pointer.style.transform = `translate(${x.toFixed(2)}px, ${(target.y - pad).toFixed(2)}px)`;
    const system = `${spot.page}:${spot.top}`;
    if (system !== this.inSystem) {
      this.inSystem = system;
      this.pointer.style.height = `${((spot.bottom - spot.top) * scale + 2 * pad).toFixed(1)}px`;
      if (this.following && performance.now() - this.touched > PATIENCE_MS) {
        this.scrollTo(target.y);
      }
    }
  }

  follow(on: boolean): void {
    this.following = on;
    this.touched = -Infinity;
  }

  tint(tints: Map<number, Tint> | undefined): void {
    this.tints = tints;
    this.pages.forEach((_, page) => this.paintUnder(page));
  }

  select(range: { from: number; to: number } | null | undefined): void {
    this.range = range ?? null;
    this.pages.forEach((_, page) => this.paintUnder(page));
  }

  reveal(measure: number): void {
    const written = this.piece.outline.measures[measure]?.written ?? 0;
    const laid = this.layout.measure(written);
    const shown = laid && this.pages[laid.page];
    if (laid && shown) {
      this.host.scrollIntoView({ block: "nearest" });
      const scale = this.pageWidth() / shown.page.width;
      this.scrollTo(shown.frame.offsetTop + (laid.box.top + shown.page.shiftY) * scale);
    }
  }

  zoom(factor: number): void {
    this.factor = factor;
    this.engrave();
  }

  destroy(): void {
    this.engraver.close();
    this.unsubscribe?.();
    this.resized.disconnect();
    clearTimeout(this.resizing);
    this.host.removeEventListener("click", this.clicked);
    this.host.replaceChildren();
  }

  /** Where each note of the score is drawn; for tests and for those who read by ear. */
  headElement(note: number): SVGGElement | undefined {
    return this.layout.headOf(note)?.head.element;
  }

  private pageWidth(): number {
    return Math.min(this.width, WIDTH_MAX);
  }

  private engrave(): void {
    this.width = this.host.clientWidth;
    const width = this.pageWidth();
    if (width < 80) {
      return;
    }
    const scale = Math.round(Math.min(46, Math.max(33, 20 + width / 32)) * this.factor);
    this.engraver.engrave({ width, height: Math.max(width * 1.2, 900), scale });
  }

  private engraved(drawing: Drawing, number: number, pages: number, heads: Heads): void {
    if (number === 1) {
      this.heads = heads;
      this.notesOf.clear();
      Array.from(heads.numbers).forEach((head, note) => append(this.notesOf, head, note));
      this.layout = new Layout(this.piece.outline, heads.numbers, this.notesOf);
      this.pages = [];
      this.marks.clear();
      this.inSystem = "";
      this.lastPlaced = undefined;
      this.host.replaceChildren(this.pointer);
    }
    const index = number - 1;
    const page = build(drawing, `${this.piece.outline.title ?? ""} ${number}/${pages}`.trim(), `page${number}-`);
    const frame = document.createElement("div");
    frame.className = "page";
    frame.dataset.page = String(index);
    const width = this.pageWidth();
    frame.style.width = `${width}px`;
    frame.style.height = `${(page.height / page.width) * width}px`;
    const under = svg("g", { class: "under" });
    const over = svg("g", { class: "over" });
    page.layer.prepend(under);
    page.layer.append(over);
    frame.append(page.svg);
    this.host.append(frame);
    this.pages[index] = { page, frame, under, over };
    this.layout.add(page, index);
    page.heads.forEach((head) => this.paintHead(head.number));
    this.paintUnder(index);
    if (number === pages) {
      this.host.dataset.pages = String(pages);
      this.paintStrokes();
      this.events.ready();
    }
  }

  private changed(change: Change): void {
    if (change.all) {
      this.paintAll();
      return;
    }
    for (const event of change.strokes) {
      const stroke = this.take?.strokes.get(event);
      if (stroke?.verdict.is === "matched") {
        this.enter(this.piece.outline.notes.measure[stroke.verdict.note] ?? 0);
      }
    }
    const heads = new Set<number>();
    change.notes.forEach((note) => heads.add(this.heads.numbers[note] ?? -1));
    heads.forEach((head) => this.paintHead(head));
    change.strokes.forEach((event) => this.paintStroke(event));
  }

  /** The player is in this measure of the performed order: it is shown in this pass. */
  private enter(measure: number): void {
    const written = this.piece.outline.measures[measure]?.written ?? -1;
    const passes = this.passesOf.get(written);
    if (!passes || passes.length < 2 || this.current.get(written) === measure) {
      return;
    }
    this.current.set(written, measure);
    if (this.shown === "current") {
      this.notesIn.get(measure)?.forEach((note) => this.paintHead(this.heads.numbers[note] ?? -1));
      // A copy: to paint a stroke is to put it into the set anew.
      [...(this.strokesIn.get(written) ?? [])].forEach((event) => this.paintStroke(event));
    }
  }

  private isShown(measure: number): boolean {
    const written = this.piece.outline.measures[measure]?.written ?? -1;
    const shown = this.current.get(written) ?? this.passesOf.get(written)?.[0];
    return this.shown === "worst" || shown === measure;
  }

  private paintAll(): void {
    this.layout.heads.forEach((_, head) => this.paintHead(head));
    this.paintStrokes();
  }

  /** The note that a head shows now. */
  private noteOf(head: number): number | undefined {
    const notes = this.notesOf.get(head) ?? [];
    const { take } = this;
    if (this.shown === "worst" && take) {
      const rank = (note: number) => WORST_FIRST.indexOf(take.fate(note) as (typeof WORST_FIRST)[number]);
      return notes.reduce<number | undefined>((worst, note) => (worst === undefined || rank(note) < rank(worst) ? note : worst), undefined);
    }
    return notes.find((note) => this.isShown(this.piece.outline.notes.measure[note] ?? -1)) ?? notes[0];
  }

  private paintHead(number: number): void {
    const at = this.layout.heads.get(number);
    const note = this.noteOf(number);
    if (!at || note === undefined) {
      return;
    }
    const { head, page } = at;
    const fate: Fate = this.take?.fate(note) ?? "pending";
    head.element.setAttribute("class", fate === "pending" ? "notehead" : `notehead ${fate}`);
    const space = this.pages[page]?.page.space ?? 180;
    const offset = this.take?.offset(note);
    let mark: SVGElement | undefined;
    if (fate === "missed") {
      mark = ring(head.x, head.y, space);
    } else if (fate === "skipped") {
      mark = slash(head.x, head.y, space);
    } else if ((fate === "good" || fate === "early" || fate === "late") && offset !== undefined) {
      mark = tail(head.x, head.y, space, offset, fate);
    }
    this.mark(`h${number}`, page, mark);
  }

  private paintStrokes(): void {
    for (const key of [...this.marks.keys()].filter((key) => key.startsWith("s"))) {
      this.mark(key, 0, undefined);
    }
    this.strokesIn.clear();
    this.placed.clear();
    this.take?.strokes.forEach((_, event) => this.paintStroke(event));
  }

  private paintStroke(event: number): void {
    const stroke = this.take?.strokes.get(event);
    const place = stroke && this.placeOf(stroke);
    const before = this.placed.get(event);
    if (before !== undefined) {
      this.strokesIn.get(before)?.delete(event);
      this.placed.delete(event);
    }
    if (!stroke || !place) {
      this.mark(`s${event}`, 0, undefined);
      return;
    }
    const { notes, measures } = this.piece.outline;
    const measure = notes.measure[place.beside] ?? -1;
    const written = measures[measure]?.written ?? -1;
    this.placed.set(event, written);
    const here = this.strokesIn.get(written) ?? new Set();
    this.strokesIn.set(written, here.add(event));
    this.mark(`s${event}`, place.page, this.isShown(measure) ? place.draw() : undefined);
  }

  /** Where and how a stroke is drawn that is no note of the score. */
  private placeOf(stroke: Stroke): { page: number; beside: number; draw: () => SVGElement } | undefined {
    const { verdict, pitch } = stroke;
    if (verdict.is === "matched") {
      return undefined;
    }
    const beside = verdict.is === "wrong" ? verdict.instead_of : verdict.is === "extra" ? this.besideExtra(stroke) : verdict.of;
    const at = this.layout.headOf(beside);
    if (!at) {
      return undefined;
    }
    const { head, page } = at;
    const space = this.pages[page]?.page.space ?? 180;
    if (verdict.is === "ornament") {
      return { page, beside, draw: () => dot(head.x, head.y, space) };
    }
    if (verdict.is === "repeat") {
      return { page, beside, draw: () => again(head.x, head.y, space) };
    }
    if (pitch === undefined) {
      return undefined; // It is drawn once it is known where it sounded.
    }
    const step = this.heads.steps[head.number] ?? 28;
    const written = spell(pitch, { pitch: this.piece.outline.notes.pitch[beside] ?? pitch, step });
    const y = head.y - ((written.step - step) * space) / 2;
    if (verdict.is === "wrong") {
      return { page, beside, draw: () => cross(head.x, y, space, written.sign) };
    }
    const x = this.xOfExtra(stroke, page) ?? head.x + space * 2;
    return { page, beside, draw: () => diamond(x, y, space, written.sign) };
  }

  /** The note near in the score whose pitch is nearest: an extra note is drawn on its staff. */
  private besideExtra(stroke: Stroke): number {
    const { pitch, measure } = this.piece.outline.notes;
    let [best, cost] = [stroke.near, Infinity];
    const from = Math.max(0, stroke.near - 12);
    for (let note = from; note < Math.min(pitch.length, stroke.near + 8); note++) {
      if (measure[note] !== measure[stroke.near] || !this.layout.headOf(note)) {
        continue;
      }
      const away = Math.abs((pitch[note] ?? 0) - (stroke.pitch ?? 0)) + Math.abs(note - stroke.near) * 0.4;
      if (away < cost) {
        [best, cost] = [note, away];
      }
    }
    return best;
  }

  private xOfExtra(stroke: Stroke, page: number): number | undefined {
    const { at_us } = this.piece.outline.notes;
    const since = (stroke.at_us ?? 0) - (this.take?.strokeOf(stroke.near)?.at_us ?? Number.NaN);
    const here = this.layout.spot(stroke.near, 0);
    const next = at_us.findIndex((time, note) => note > stroke.near && time > (at_us[stroke.near] ?? 0));
    const span = (at_us[next] ?? 0) - (at_us[stroke.near] ?? 0);
    const part = Number.isFinite(since) && span > 0 ? Math.min(0.9, Math.max(0.15, since / span)) : 0.5;
    return here?.page === page ? this.layout.spot(stroke.near, part)?.x : undefined;
  }

  private mark(key: string, page: number, element: SVGElement | undefined): void {
    const before = this.marks.get(key);
    if (element) {
      this.marks.set(key, element);
      if (before) {
        before.replaceWith(element);
      } else {
        this.pages[page]?.over.append(element);
      }
    } else if (before) {
      before.remove();
      this.marks.delete(key);
    }
  }

  /** Tints and chosen measures, under the notes. */
  private paintUnder(index: number): void {
    const shown = this.pages[index];
    if (!shown) {
      return;
    }
    const { measures } = this.piece.outline;
    const rects: SVGElement[] = [];
    const chosen = new Set<number>();
    if (this.range) {
      measures.slice(this.range.from, this.range.to + 1).forEach(({ written }) => chosen.add(written));
    }
    for (const written of this.passesOf.keys()) {
      const laid = this.layout.measure(written);
      if (laid?.page !== index) {
        continue;
      }
      const { left, right, top, bottom } = laid.box;
      const pad = shown.page.space * 1.2;
      const box = { x: left, y: top - pad, width: right - left, height: bottom - top + 2 * pad };
      const tint = this.tints?.get(written);
      if (tint) {
        rects.push(svg("rect", { class: `tint ${tint.tone} level-${tint.level}`, ...box }));
        // Below the staves: above them stand tempo marks and ornaments.
        const told = svg("text", { class: "told", x: (left + right) / 2, y: bottom + pad + shown.page.space * 1.7, "font-size": shown.page.space * 1.5, "text-anchor": "middle" });
        told.textContent = tint.told;
        rects.push(told);
      }
      if (chosen.has(written)) {
        rects.push(svg("rect", { class: tint ? "chosen tinted" : "chosen", ...box }));
      }
    }
    shown.under.replaceChildren(...rects);
  }

  private scrollTo(y: number): void {
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.host.scrollTo({ top: Math.max(0, y - this.host.clientHeight * 0.22), behavior: still ? "auto" : "smooth" });
  }

  private readonly scrolled = (): void => {
    this.touched = performance.now();
  };

  private readonly clicked = (event: MouseEvent): void => {
    const frame = (event.target as Element).closest<HTMLElement>(".page");
    const index = Number(frame?.dataset.page ?? -1);
    const shown = this.pages[index];
    if (!frame || !shown) {
      return;
    }
    const bounds = frame.getBoundingClientRect();
    const scale = shown.page.width / bounds.width;
    const x = (event.clientX - bounds.left) * scale - shown.page.shiftX;
    const y = (event.clientY - bounds.top) * scale - shown.page.shiftY;
    const written = this.layout.measureAt(index, x, y);
    const passes = written === undefined ? undefined : this.passesOf.get(written);
    const measure = (written === undefined ? undefined : this.current.get(written)) ?? passes?.[0];
    if (measure !== undefined) {
      this.events.measure(measure);
    }
  };
}

function append(map: Map<number, number[]>, key: number, value: number): void {
  const values = map.get(key);
  if (values) {
    values.push(value);
  } else {
    map.set(key, [value]);
  }
}
