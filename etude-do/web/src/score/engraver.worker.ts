// Verovio, off the main thread: seven megabytes of it are loaded only where a score is engraved that was not before.

import type { VerovioToolkit } from "verovio/esm";
import type { Size } from "./engraved.ts";

export type Ask = Size & { ask: number; text?: string };
export type Answer =
  | { ask: number; page: number; pages: number; svg: string }
  | { ask: number; failed: string };

/** Verovio's own style: the page has one, and its policy allows no other even where it is only parsed. */
const STYLE = /<style[^>]*>[^<]*<\/style>/g;

let toolkit: Promise<VerovioToolkit> | undefined;
let latest = 0;

async function load(): Promise<VerovioToolkit> {
  const [{ default: createModule }, { VerovioToolkit }] = await Promise.all([
    import("verovio/wasm"),
    import("verovio/esm"),
  ]);
  return new VerovioToolkit(await createModule());
}

self.onmessage = async ({ data }: MessageEvent<Ask>) => {
  const { ask, text, width, height, scale } = data;
  latest = ask;
  const answer = (told: Answer) => self.postMessage(told);
  try {
    const verovio = await (toolkit ??= load());
    verovio.setOptions({
      adjustPageHeight: true,
      breaks: "auto",
      footer: "none",
      header: "none",
      mnumInterval: 0,
      pageHeight: Math.round((height * 100) / scale),
      pageMarginBottom: 30,
      pageMarginLeft: 90,
      pageMarginRight: 60,
      pageMarginTop: 60,
      pageWidth: Math.round((width * 100) / scale),
      scale,
      spacingStaff: 10,
      spacingSystem: 8,
      svgViewBox: true,
    });
    if (text !== undefined && !verovio.loadData(text)) {
      throw new Error("the score cannot be engraved");
    }
    if (text === undefined) {
      verovio.redoLayout();
    }
    const pages = verovio.getPageCount();
    for (let page = 1; page <= pages; page++) {
      answer({ ask, page, pages, svg: verovio.renderToSVG(page).replace(STYLE, "") });
      // Lets a newer question in: its answers make these useless.
      await new Promise((resolve) => setTimeout(resolve));
      if (ask !== latest) {
        return;
      }
    }
  } catch (error) {
    answer({ ask, failed: error instanceof Error ? error.message : String(error) });
  }
};
