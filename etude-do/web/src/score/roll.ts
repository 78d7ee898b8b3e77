// A piece without notation as a piano roll: time to the right, keys upward, drawn anew each frame that changes anything.

import type { Outline } from "../engine.ts";
import { pitchName } from "../i18n/words.ts";
import type { Take } from "../take/take.ts";
import type { Picture, PictureEvents, Tint } from "./picture.ts";

const BLACK = new Set([1, 3, 6, 8, 10]);
/** Pixels of a second at zoom 1. */
const SECOND = 110;
/** Pixels above the keys, for the measures' numbers. */
const HEADER = 24;

export class Roll implements Picture {
  private readonly canvas = document.createElement("canvas");
  private readonly spacer = document.createElement("div");
  private readonly low: number;
  private readonly high: number;
  private readonly end: number;
  private take: Take | undefined;
  private unsubscribe: (() => void) | undefined;
  private factor = 1;
  private cursorUs: number | undefined;
  private following = true;
  private tints: Map<number, Tint> | undefined;
  private range: { from: number; to: number } | null = null;
  private due = 0;
  private readonly resized: ResizeObserver;

  constructor(
    private readonly host: HTMLElement,
    private readonly outline: Outline,
    private readonly events: PictureEvents,
  ) {
    const { pitch } = outline.notes;
    this.low = Math.max(0, pitch.reduce((a, b) => Math.min(a, b), 127) - 3);
    this.high = Math.min(127, pitch.reduce((a, b) => Math.max(a, b), 0) + 3);
    const last = outline.measures.at(-1);
    this.end = Math.max(outline.notes.at_us.at(-1) ?? 0, last?.at_us ?? 0) + 3_000_000;
    this.canvas.className = "roll";
    this.canvas.setAttribute("role", "img");
    this.canvas.setAttribute("aria-label", outline.title ?? "");
    this.spacer.className = "roll-length";
    host.replaceChildren(this.canvas, this.spacer);
    host.classList.add("is-roll");
    host.addEventListener("scroll", this.draw, { passive: true });
    host.addEventListener("click", this.clicked);
    this.resized = new ResizeObserver(this.draw);
    this.resized.observe(host);
    this.zoom(1);
    queueMicrotask(() => events.ready());
  }

  show(take: Take | undefined): void {
    this.unsubscribe?.();
    this.take = take;
    this.unsubscribe = take?.onChange(this.draw);
    this.draw();
  }

  passes(): void {}

  cursor(place: { note: number; part: number } | undefined): void {
    const { at_us } = this.outline.notes;
    const here = place && at_us[place.note];
    if (!place || here === undefined) {
      this.cursorUs = undefined;
      return;
    }
    const next = at_us.find((time, note) => note > place.note && time > here) ?? here;
    const us = here + (next - here) * place.part;
    if (us !== this.cursorUs) {
      this.cursorUs = us;
      const x = this.x(us);
      if (this.following && Math.abs(x - this.host.scrollLeft - this.host.clientWidth * 0.35) > this.host.clientWidth * 0.3) {
        this.host.scrollTo({ left: x - this.host.clientWidth * 0.2, behavior: "smooth" });
      }
      this.draw();
    }
  }

  follow(on: boolean): void {
    this.following = on;
  }

  tint(tints: Map<number, Tint> | undefined): void {
    this.tints = tints;
    this.draw();
  }

  select(range: { from: number; to: number } | null | undefined): void {
    this.range = range ?? null;
    this.draw();
  }

  reveal(measure: number): void {
    this.host.scrollIntoView({ block: "nearest" });
    this.host.scrollTo({ left: this.x(this.outline.measures[measure]?.at_us ?? 0) - 60, behavior: "smooth" });
  }

  zoom(factor: number): void {
    this.factor = factor;
    this.spacer.style.width = `${this.x(this.end)}px`;
    this.draw();
  }

  destroy(): void {
    this.unsubscribe?.();
    this.resized.disconnect();
    cancelAnimationFrame(this.due);
    this.host.removeEventListener("scroll", this.draw);
    this.host.removeEventListener("click", this.clicked);
    this.host.classList.remove("is-roll");
    this.host.replaceChildren();
  }

  private x(us: number): number {
    return 40 + (us / 1_000_000) * SECOND * this.factor;
  }

  private readonly draw = (): void => {
    cancelAnimationFrame(this.due);
    this.due = requestAnimationFrame(() => this.paint());
  };

  private paint(): void {
    const { canvas, host, outline, take } = this;
    const { notes, measures } = outline;
    const [width, height] = [host.clientWidth, host.clientHeight];
    const ratio = devicePixelRatio;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
      canvas.style.width = `${width}px`;
      canvas.style.height = `${height}px`;
    }
    const g = canvas.getContext("2d");
    if (!g) {
      return;
    }
    const style = getComputedStyle(host);
    const colour = (name: string) => style.getPropertyValue(`--${name}`);
    g.setTransform(ratio, 0, 0, ratio, 0, 0);
    g.clearRect(0, 0, width, height);
    const left = host.scrollLeft;
    const row = (height - HEADER - 4) / (this.high - this.low + 1);
    const y = (pitch: number) => HEADER + (this.high - pitch) * row;
    for (let pitch = this.low; pitch <= this.high; pitch++) {
      if (BLACK.has(pitch % 12)) {
        g.fillStyle = colour("line-soft");
        g.fillRect(0, y(pitch), width, row);
      }
    }
    g.font = "12px system-ui, sans-serif";
    measures.forEach((measure, index) => {
      const from = this.x(measure.at_us) - left;
      const to = this.x(measures[index + 1]?.at_us ?? this.end) - left;
      if (to < 0 || from > width) {
        return;
      }
      const tint = this.tints?.get(measure.written);
      if (tint) {
        g.fillStyle = colour(tint.tone === "worse" ? `heat-${tint.level}` : "perfect");
        // Strong where it is read, faint under the notes, which have colours of their own.
        g.globalAlpha = tint.tone === "worse" ? 1 : 0.15 * tint.level;
        g.fillRect(from, 0, to - from, HEADER);
        g.globalAlpha *= 0.3;
        g.fillRect(from, HEADER, to - from, height);
        g.globalAlpha = 1;
      }
      if (this.range && index >= this.range.from && index <= this.range.to) {
        g.fillStyle = colour("chosen");
        g.fillRect(from, 0, to - from, height);
      }
      g.fillStyle = colour("line");
      g.fillRect(from, 0, 1, height);
      g.fillStyle = colour(tint ? "ink" : "ink-soft");
      g.fillText(tint ? `${measure.number}  ${tint.told}` : measure.number, from + 5, 16);
    });
    for (let note = 0; note < notes.pitch.length; note++) {
      const from = this.x(notes.at_us[note] ?? 0) - left;
      const length = ((notes.duration[note] ?? 0) / outline.ticks_per_quarter) * this.quarterUs(note);
      const to = from + Math.max(6, (length / 1_000_000) * SECOND * this.factor - 2);
      if (to < 0 || from > width) {
        continue;
      }
      const fate = take?.fate(note) ?? "pending";
      const top = y(notes.pitch[note] ?? 0) + 1;
      const tall = Math.max(3, row - 2);
      if (fate === "missed" || fate === "skipped") {
        g.strokeStyle = colour(fate);
        g.lineWidth = 1.5;
        g.setLineDash(fate === "missed" ? [4, 3] : []);
        g.strokeRect(from + 1, top + 1, to - from - 2, tall - 2);
        g.setLineDash([]);
      } else {
        g.fillStyle = colour(fate === "out" ? "line" : fate === "pending" ? "pending" : fate);
        g.beginPath();
        g.roundRect(from, top, to - from, tall, 3);
        g.fill();
      }
      const offset = take?.offset(note);
      if (offset !== undefined && (fate === "early" || fate === "late" || fate === "good")) {
        const tip = from + (offset / 1_000_000) * SECOND * this.factor;
        g.beginPath();
        g.moveTo(from, top);
        g.lineTo(tip, top + tall / 2);
        g.lineTo(from, top + tall);
        g.fill();
      }
    }
    take?.strokes.forEach((stroke) => {
      if (stroke.pitch === undefined || (stroke.verdict.is !== "wrong" && stroke.verdict.is !== "extra")) {
        return;
      }
      const beside = stroke.verdict.is === "wrong" ? stroke.verdict.instead_of : stroke.near;
      const late = stroke.verdict.is === "extra" ? (stroke.at_us ?? 0) - (take.strokeOf(stroke.near)?.at_us ?? stroke.at_us ?? 0) : 0;
      const x = this.x((notes.at_us[beside] ?? 0) + Math.min(late, 1_500_000)) - left + 5;
      const middle = y(stroke.pitch) + row / 2;
      const r = Math.max(4, Math.min(8, row * 0.7));
      g.strokeStyle = colour(stroke.verdict.is);
      g.lineWidth = 2.2;
      g.beginPath();
      if (stroke.verdict.is === "wrong") {
        g.moveTo(x - r, middle - r);
        g.lineTo(x + r, middle + r);
        g.moveTo(x - r, middle + r);
        g.lineTo(x + r, middle - r);
      } else {
        g.moveTo(x - r, middle);
        g.lineTo(x, middle - r);
        g.lineTo(x + r, middle);
        g.lineTo(x, middle + r);
        g.closePath();
      }
      g.stroke();
    });
    g.fillStyle = colour("ink-soft");
    for (let c = Math.ceil(this.low / 12) * 12; c <= this.high; c += 12) {
      g.fillText(pitchName(c), 4, y(c) + row / 2 + 4);
      g.fillRect(0, y(c) + row, width, 0.5);
    }
    if (this.cursorUs !== undefined) {
      g.fillStyle = colour("accent");
      g.fillRect(this.x(this.cursorUs) - left - 1, 0, 3, height);
    }
  }

  private quarterUs(note: number): number {
    const onset = this.outline.notes.onset[note] ?? 0;
    const change = this.outline.tempo.findLast(({ at }) => at <= onset) ?? this.outline.tempo[0];
    return change?.micros_per_quarter ?? 500_000;
  }

  private readonly clicked = (event: MouseEvent): void => {
    const x = event.clientX - this.host.getBoundingClientRect().left + this.host.scrollLeft;
    const measure = this.outline.measures.findLastIndex(({ at_us }) => this.x(at_us) <= x);
    if (measure >= 0) {
      this.events.measure(measure);
    }
  };
}
