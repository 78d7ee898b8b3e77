// Drives the score page in headless Chromium for the tests in etude-do/tests/service/page.rs: one command a line on
// standard input, one answer a line on standard output.
//
//   node drive.mjs PACKAGES CHROMIUM

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";

const [packages, executablePath] = process.argv.slice(2);
const require = createRequire(join(packages, "package.json"));
const { chromium } = require("playwright-core");
const axe = await readFile(require.resolve("axe-core/axe.min.js"), "utf8");

/** Nothing may take longer; says nothing about speed. */
const PATIENCE_MS = 60_000;

const browser = await chromium.launch({
  executablePath,
  args: [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
  ],
});
const pages = new Map();

/** A MIDI instrument that the tests strike. */
function virtualPiano() {
  const input = { id: "virtual", name: "Virtual piano", state: "connected", onmidimessage: null };
  navigator.requestMIDIAccess = async () => ({ inputs: new Map([[input.id, input]]), onstatechange: null });
  window.strike = (data, timeStamp) => input.onmidimessage?.({ data: Uint8Array.from(data), timeStamp });
}

/** What the page has done that it must not. */
function watch() {
  window.faults = [];
  window.alert = (text) => window.faults.push(`alert: ${text}`);
  document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
    window.faults.push(`${violatedDirective}: ${blockedURI}`),
  );
}

const first = (name, selector) => pages.get(name).page.locator(selector).first();

const commands = {
  /** Opens an address in a page of that name, of a context of its own. */
  async open({ name, url, width = 1366, height = 860, theme = "light", language = "en" }) {
    const context = await browser.newContext({
      viewport: { width, height },
      colorScheme: theme,
      locale: language,
      reducedMotion: "reduce",
    });
    context.setDefaultTimeout(PATIENCE_MS);
    const page = await context.newPage();
    const told = { page, faults: [], requests: [] };
    pages.set(name, told);
    page.on("pageerror", (error) => told.faults.push(`error: ${error.message}`));
    page.on("request", (request) => told.requests.push(request.url()));
    await page.addInitScript(virtualPiano);
    await page.addInitScript(watch);
    await page.goto(url);
  },
  async close({ name }) {
    await pages.get(name).page.context().close();
    pages.delete(name);
  },
  /** Waits until a selector can be seen. */
  async wait({ name, selector }) {
    await first(name, selector).waitFor();
  },
  async click({ name, selector }) {
    await first(name, selector).click();
  },
  async fill({ name, selector, text }) {
    await first(name, selector).fill(text);
  },
  async upload({ name, selector, files }) {
    const given = files.map(({ file, text }) => ({ name: file, mimeType: "application/xml", buffer: Buffer.from(text) }));
    await first(name, selector).setInputFiles(given);
  },
  count: ({ name, selector }) => pages.get(name).page.locator(selector).count(),
  /** What was fetched since it was asked last. */
  requests: ({ name }) => pages.get(name).requests.splice(0),
  text: ({ name, selector }) => first(name, selector).textContent(),
  value: ({ name, selector }) => first(name, selector).inputValue(),
  /** By score note, how its head is painted ("" for not yet, null where it has none), and how many signs there are. */
  painted: ({ name, notes }) =>
    pages.get(name).page.evaluate((notes) => {
      const heads = [];
      for (let note = 0; note < notes; note++) {
        const head = window.etudePicture?.headElement?.(note);
        heads.push(head ? (head.getAttribute("class") ?? "").replace("notehead", "").trim() : null);
      }
      const count = (selector) => document.querySelectorAll(`.over ${selector}`).length;
      return { heads, wrong: count(".wrong"), extra: count(".extra") };
    }, notes),
  /** The fill that the first head of each kind really has. */
  colours: ({ name }) =>
    pages.get(name).page.evaluate(() => {
      const found = {};
      for (const head of document.querySelectorAll(".notehead")) {
        found[head.getAttribute("class")] ??= getComputedStyle(head).fill;
      }
      return found;
    }),
  /** Strikes keys at these milliseconds from now; when each was struck, by the page's clock. */
  strike: ({ name, keys }) =>
    pages.get(name).page.evaluate(async (keys) => {
      const begun = performance.now();
      const struck = [];
      for (const { ms, data } of keys) {
        await new Promise((resolve) => setTimeout(resolve, Math.max(0, begun + ms - performance.now())));
        const at = performance.now();
        window.strike(data, at);
        struck.push(at);
      }
      return struck;
    }, keys),
  async faults({ name }) {
    const { page, faults, requests } = pages.get(name);
    const inPage = await page.evaluate(() => window.faults);
    const here = new URL(page.url()).origin;
    const outside = requests.filter((url) => !url.startsWith(here) && !url.startsWith("blob:"));
    return [...faults, ...inPage, ...outside.map((url) => `request: ${url}`)];
  },
  /** What axe finds against WCAG A and AA. */
  async axe({ name }) {
    const { page } = pages.get(name);
    await page.evaluate(`${axe}; void 0`);
    return page.evaluate(async () => {
      const { violations } = await window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] });
      return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join("; ")}`);
    });
  },
  /** A picture of the window, or of all there is as it would be printed. */
  async shot({ name, path, printed = false }) {
    const { page } = pages.get(name);
    await page.emulateMedia({ media: printed ? "print" : "screen" });
    await page.screenshot({ path, type: "jpeg", quality: 80, fullPage: printed });
  },
  async choose({ name, selector, index }) {
    await first(name, selector).selectOption({ index });
  },
  async reveal({ name, selector }) {
    await first(name, selector).evaluate((element) => element.scrollIntoView({ block: "center" }));
  },
  /** Frames over so many milliseconds: how many, and the times between them. */
  frames: ({ name, ms }) =>
    pages.get(name).page.evaluate(
      (ms) =>
        new Promise((resolve) => {
          const times = [];
          const draw = (now) => {
            times.push(now);
            if (now - times[0] < ms) {
              requestAnimationFrame(draw);
              return;
            }
            const gaps = times.slice(1).map((time, index) => time - times[index]);
            gaps.sort((a, b) => a - b);
            const at = (share) => Math.round(gaps[Math.floor((gaps.length - 1) * share)] * 10) / 10;
            const seconds = (times.at(-1) - times[0]) / 1000;
            resolve({ a_second: Math.round((gaps.length / seconds) * 10) / 10, median_ms: at(0.5), p95_ms: at(0.95), longest_ms: at(1) });
          };
          requestAnimationFrame(draw);
        }),
      ms,
    ),
  /** Opens the page anew, once what was engraved on it is kept. */
  async reload({ name }) {
    const { page } = pages.get(name);
    await page.waitForFunction(async () => (await (await caches.open("etude-engraved")).keys()).length > 0);
    await page.reload();
  },
  /** How long until the score can be seen, the page's files being kept already, and what was engraved if wished. */
  async load({ name, engraved }) {
    const { page } = pages.get(name);
    await page.evaluate(() => navigator.serviceWorker.ready);
    await page.waitForFunction(async () => (await (await caches.open("etude-engraved")).keys()).length > 0);
    if (!engraved) {
      await page.evaluate(() => caches.delete("etude-engraved"));
    }
    await page.addInitScript(() => {
      window.seen = {};
      const frame = () => {
        const pages = document.querySelectorAll(".page").length;
        if (pages > 0) {
          window.seen.first_page_ms ??= Math.round(performance.now());
        }
        if (document.querySelector(".sheet[data-pages]")) {
          Object.assign(window.seen, { all_pages_ms: Math.round(performance.now()), pages });
        } else {
          requestAnimationFrame(frame);
        }
      };
      requestAnimationFrame(frame);
    });
    await page.reload();
    await page.waitForFunction(() => window.seen.pages > 0);
    return page.evaluate(() => window.seen);
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    const command = JSON.parse(line);
    answer = { ok: (await commands[command.do](command)) ?? null };
  } catch (error) {
    answer = { failed: String(error?.message ?? error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
await browser.close();
