// The words of the page in the reader's language.

import { signal } from "@preact/signals";
import { de } from "./de.ts";
import { en, type Words } from "./en.ts";

export const LANGUAGES = { en: "English", de: "Deutsch" } as const;
export type Language = keyof typeof LANGUAGES;

const CATALOGUES: { [language in Language]: Words } = { en, de };
const KEPT = "etude:language";

export const language = signal<Language>(initial());

export function choose(chosen: Language): void {
  language.value = chosen;
  document.documentElement.lang = chosen;
  try {
    localStorage.setItem(KEPT, chosen);
  } catch {
    // Then it is chosen anew next time.
  }
}

/** A text of the catalogue, its `{names}` filled in. */
export function t(key: keyof Words, values: { [name: string]: string | number } = {}): string {
  return CATALOGUES[language.value][key].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** In whole percent; only all is a hundred. */
export function percent(share: number): string {
  return new Intl.NumberFormat(language.value, { style: "percent", maximumFractionDigits: 0 }).format(Math.floor(share * 100 + 1e-9) / 100);
}

/** By how much a share has changed, with its sign. */
export function change(share: number): string {
  return new Intl.NumberFormat(language.value, { style: "percent", maximumFractionDigits: 0, signDisplay: "exceptZero" }).format(share);
}

export function date(ms: number): string {
  return new Intl.DateTimeFormat(language.value, { dateStyle: "medium", timeStyle: "short" }).format(ms);
}

function initial(): Language {
  let kept: string | null = null;
  try {
    kept = localStorage.getItem(KEPT);
  } catch {
    // As if nothing had been chosen.
  }
  const wished = [kept, ...navigator.languages].map((tag) => tag?.slice(0, 2));
  const found = wished.find((tag): tag is Language => tag === "en" || tag === "de") ?? "en";
  document.documentElement.lang = found;
  return found;
}
