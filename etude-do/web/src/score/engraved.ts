// What was engraved on this device, so that a piece that is opened again need not be: engraving takes seconds.

import type { Drawing } from "./drawing.ts";

const KEPT = "etude-engraved";
/** Pieces, each in the sizes it was shown in: some hundred kilobytes an entry. */
const ENTRIES_MAX = 40;

export interface Size {
  width: number;
  height: number;
  scale: number;
}

/** Which head of the pages is which note. */
export interface Heads {
  /** By score note, the number of its head. */
  numbers: ArrayLike<number>;
  /** By number of a head, its diatonic step as written. */
  steps: ArrayLike<number>;
}

export interface Engraved extends Heads {
  pages: Drawing[];
}

/** What this very build engraved before. */
export async function kept(musicXml: string, size: Size): Promise<Engraved | undefined> {
  try {
    const found = await (await caches.open(KEPT)).match(await name(musicXml, size));
    return found?.body ? ((await new Response(found.body.pipeThrough(new DecompressionStream("gzip"))).json()) as Engraved) : undefined;
  } catch {
    return undefined; // There is no cache, as in a private window: it is engraved.
  }
}

export async function keep(musicXml: string, size: Size, engraved: Engraved): Promise<void> {
  try {
    const cache = await caches.open(KEPT);
    const { numbers, steps, pages } = engraved;
    const text = JSON.stringify({ numbers: Array.from(numbers), steps: Array.from(steps), pages });
    await cache.put(await name(musicXml, size), new Response(new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"))));
    const entries = await cache.keys();
    await Promise.all(entries.slice(0, Math.max(0, entries.length - ENTRIES_MAX)).map((entry) => cache.delete(entry)));
  } catch {
    // There is no cache, or no room in it.
  }
}

/** An address that stands for the text, its size, and what engraves it: the name of a built file holds a hash. */
async function name(musicXml: string, { width, height, scale }: Size): Promise<string> {
  const told = new TextEncoder().encode(JSON.stringify([import.meta.url, width, height, scale, musicXml]));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", told));
  return `/engraved/${Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
