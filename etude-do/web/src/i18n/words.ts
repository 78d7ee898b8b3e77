// What became of a note, in a musician's words.

import type { Take, Stroke } from "../take/take.ts";
import { language, t } from "./index.ts";

const SHARP: { [language: string]: readonly string[] } = {
  en: ["C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B"],
  de: ["C", "Cis", "D", "Dis", "E", "F", "Fis", "G", "Gis", "A", "Ais", "H"],
};

/** A key's name, middle C being C4. */
export function pitchName(pitch: number): string {
  return `${SHARP[language.value]?.[pitch % 12] ?? ""}${Math.floor(pitch / 12) - 1}`;
}

/** The dynamic that a velocity of MIDI stands for, as most instruments and notation programs have it. */
export function dynamicName(velocity: number): string {
  const marks = ["ppp", "pp", "p", "mp", "mf", "f", "ff", "fff"];
  return marks[Math.min(7, Math.max(0, Math.floor((velocity - 4) / 16)))] ?? "";
}

/** Which time a repeated measure is played. */
export function passName(pass: number): string {
  return pass === 1 || pass === 2 || pass === 3 ? t(`pass.${pass}`) : t("pass", { n: pass });
}

export function measureName(take: Take, note: number): string {
  return take.measureOf(note)?.number ?? "?";
}

/** What a stroke was. */
export function strokeWords(take: Take, { verdict, pitch, near }: Stroke): string {
  const { pitch: pitches } = take.outline.notes;
  const about = (note: number) => ({ note: pitchName(pitches[note] ?? 0), measure: measureName(take, note) });
  const played = pitch === undefined ? undefined : pitchName(pitch);
  switch (verdict.is) {
    case "matched": {
      const ms = Math.round(verdict.offset_us / 1000);
      const key = verdict.grade === "perfect" ? "perfect" : ms < 0 ? "early" : "late";
      return t(`verdict.${key}`, { ...about(verdict.note), ms: Math.abs(ms) });
    }
    case "wrong":
      return played === undefined
        ? t("verdict.wrong.unknown", about(verdict.instead_of))
        : t("verdict.wrong", { ...about(verdict.instead_of), played });
    case "extra":
      return played === undefined
        ? t("verdict.extra.unknown", about(near))
        : t("verdict.extra", { ...about(near), played });
    case "ornament":
      return t("verdict.ornament", about(verdict.of));
    case "repeat":
      return t("verdict.repeat", about(verdict.of));
  }
}

/** What a score note is that no stroke played. */
export function unplayedWords(take: Take, note: number): string {
  const about = { note: pitchName(take.outline.notes.pitch[note] ?? 0), measure: measureName(take, note) };
  return take.fate(note) === "skipped" ? t("verdict.skipped", about) : t("verdict.missed", about);
}

export function jumpWords(take: Take, event: number): string | undefined {
  const jump = take.jumps.get(event);
  if (jump) {
    return t(`jump.${jump.way}`, { measure: measureName(take, jump.to) });
  }
  const pause = take.pauses.get(event);
  if (pause !== undefined) {
    const stroke = take.strokes.get(event);
    return t("verdict.pause", { s: (pause / 1_000_000).toFixed(1), measure: measureName(take, stroke?.near ?? 0) });
  }
  return undefined;
}
