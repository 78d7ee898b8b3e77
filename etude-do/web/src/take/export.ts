// A take as a file.

import type { Take } from "./take.ts";

const COLUMNS = ["measure", "pass", "note", "pitch", "hand", "verdict", "offset_ms", "velocity"];

/** One row a score note, then one a note that is not of the score. */
export function csv(take: Take): string {
  const { notes } = take.outline;
  const rows = notes.pitch.map((pitch, note) => {
    const offset = take.offset(note);
    return [
      take.measureOf(note)?.number ?? "",
      notes.pass[note] ?? "",
      notes.id[note] ?? "",
      pitch,
      notes.hand[note] === 1 ? "left" : "right",
      take.fate(note),
      offset === undefined ? "" : Math.round(offset / 1000),
      take.strokeOf(note)?.velocity ?? "",
    ];
  });
  const others = [...take.strokes.values()].filter(({ verdict }) => verdict.is !== "matched");
  const more = others.map(({ verdict, pitch, velocity, near }) => [take.measureOf(near)?.number ?? "", "", "", pitch ?? "", "", verdict.is, "", velocity ?? ""]);
  return [COLUMNS, ...rows, ...more].map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
}

export function download(name: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}

/** Quoted where it must be; a spreadsheet must not take what a score file says for a formula. */
function cell(value: string | number): string {
  const text = typeof value === "string" && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
