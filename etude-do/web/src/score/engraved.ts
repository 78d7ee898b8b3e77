// What was engraved on this device, so that a piece that is opened again need not be: engraving takes seconds.

const KEPT = "etude-engraved";
/** Pieces, each in the sizes it was shown in: some hundred kilobytes an entry. */
const ENTRIES_MAX = 40;

/** Pages engraved before of this text with these options, by this very build. */
export async function kept(text: string, options: object): Promise<string[] | undefined> {
  try {
    const found = await (await caches.open(KEPT)).match(await name(text, options));
    return found?.body ? ((await new Response(found.body.pipeThrough(new DecompressionStream("gzip"))).json()) as string[]) : undefined;
  } catch {
    return undefined; // There is no cache, as in a private window: it is engraved.
  }
}

export async function keep(text: string, options: object, pages: string[]): Promise<void> {
  try {
    const cache = await caches.open(KEPT);
    const body = new Blob([JSON.stringify(pages)]).stream().pipeThrough(new CompressionStream("gzip"));
    await cache.put(await name(text, options), new Response(body));
    const entries = await cache.keys();
    await Promise.all(entries.slice(0, Math.max(0, entries.length - ENTRIES_MAX)).map((entry) => cache.delete(entry)));
  } catch {
    // There is no cache, or no room in it.
  }
}

/** An address that stands for the text, how it is engraved, and what engraves it: a built file's name holds a hash. */
async function name(text: string, options: object): Promise<string> {
  const told = new TextEncoder().encode(JSON.stringify([import.meta.url, options, text]));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", told));
  return `/engraved/${Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
