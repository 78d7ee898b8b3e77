// Verovio, off the main thread: five megabytes of it are loaded only where a score is engraved that was not before.

import type { VerovioToolkit } from "verovio/esm";
import { keep, kept } from "./engraved.ts";

export type Ask = { ask: number; text?: string; width: number; height: number; scale: number };
export type Answer =
  | { ask: number; page: number; pages: number; svg: string }
  | { ask: number; failed: string };

/** Verovio's own style: the page has one, and its policy allows no other even where it is only parsed. */
const STYLE = /<style[^>]*>[^<]*<\/style>/g;

let toolkit: Promise<VerovioToolkit> | undefined;
let text = "";
/** The text that Verovio has read. */
let read: string | undefined;
let latest = 0;

async function load(): Promise<VerovioToolkit> {
  const [{ default: createModule }, { VerovioToolkit }] = await Promise.all([
    import("verovio/wasm"),
    import("verovio/esm"),
  ]);
  return new VerovioToolkit(await createModule());
}

self.onmessage = async ({ data }: MessageEvent<Ask>) => {
  const { ask } = data;
  latest = ask;
  text = data.text ?? text;
  const answer = (told: Answer) => self.postMessage(told);
  const tell = (pages: string[]) => pages.forEach((svg, at) => answer({ ask, page: at + 1, pages: pages.length, svg }));
  try {
    const options = optionsFor(data);
    const before = await kept(text, options);
    if (before) {
      tell(before);
      return;
    }
    const verovio = await (toolkit ??= load());
    if (ask !== latest) {
      return;
    }
    verovio.setOptions(options);
    if (read === text) {
      verovio.redoLayout();
    } else if (verovio.loadData(text)) {
      read = text;
    } else {
      throw new Error("the score cannot be engraved");
    }
    const pages: string[] = [];
    const count = verovio.getPageCount();
    for (let page = 1; page <= count; page++) {
      const svg = verovio.renderToSVG(page).replace(STYLE, "");
      pages.push(svg);
      answer({ ask, page, pages: count, svg });
      // Lets a newer question in: its answers make these useless.
      await new Promise((resolve) => setTimeout(resolve));
      if (ask !== latest) {
        return;
      }
    }
    await keep(text, options, pages);
  } catch (error) {
    answer({ ask, failed: error instanceof Error ? error.message : String(error) });
  }
};

function optionsFor({ width, height, scale }: Ask) {
  return {
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
  } as const;
}
