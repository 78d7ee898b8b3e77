// The pages of a piece: as they were kept on this device, else by Verovio.

import type { Piece } from "../engine.ts";
import { type Drawing, read } from "./drawing.ts";
import { type Heads, keep, kept, type Size } from "./engraved.ts";
import type { Answer, Ask } from "./engraver.worker.ts";
import { number } from "./numbering.ts";

export interface EngraverEvents {
  /** A page, in order; with the first one begins another engraving. */
  page(drawing: Drawing, page: number, pages: number, heads: Heads): void;
  failed(reason: string): void;
}

export class Engraver {
  private worker: Worker | undefined;
  private numbered: (Heads & { text: string }) | undefined;
  private ask = 0;

  constructor(
    private readonly piece: Piece,
    private readonly musicXml: string,
    private readonly events: EngraverEvents,
  ) {}

  /** What was asked for before is not answered any more. */
  engrave(size: Size): void {
    const ask = ++this.ask;
    this.fetch(ask, size).catch((error) => this.events.failed(String(error)));
  }

  close(): void {
    this.ask = -1;
    this.worker?.terminate();
  }

  private async fetch(ask: number, size: Size): Promise<void> {
    const before = await kept(this.musicXml, size);
    if (ask !== this.ask) {
      return;
    }
    if (!before) {
      this.start(ask, size);
      return;
    }
    for (const [at, drawing] of before.pages.entries()) {
      this.events.page(drawing, at + 1, before.pages.length, before);
      // The first is seen before the others are made.
      await new Promise((resolve) => setTimeout(resolve));
      if (ask !== this.ask) {
        return;
      }
    }
  }

  private start(ask: number, size: Size): void {
    const first = !this.numbered;
    if (!this.numbered) {
      const { text, steps } = number(this.musicXml);
      this.numbered = { text, steps, numbers: this.piece.heads(text) };
    }
    const heads = this.numbered;
    this.worker ??= new Worker(new URL("./engraver.worker.ts", import.meta.url), { type: "module" });
    this.worker.onerror = () => this.events.failed("the engraver did not start");
    const pages: Drawing[] = [];
    this.worker.onmessage = ({ data }: MessageEvent<Answer>) => {
      if (data.ask !== this.ask) {
        return;
      }
      if ("failed" in data) {
        this.events.failed(data.failed);
        return;
      }
      const drawing = read(data.svg);
      pages.push(drawing);
      this.events.page(drawing, data.page, data.pages, heads);
      if (data.page === data.pages) {
        void keep(this.musicXml, size, { numbers: heads.numbers, steps: heads.steps, pages });
      }
    };
    const told: Ask = { ask, ...size, ...(first ? { text: heads.text } : {}) };
    this.worker.postMessage(told);
  }
}
