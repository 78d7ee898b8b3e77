// Light, dark, or as the device is set.

import { signal } from "@preact/signals";

export type Theme = "auto" | "light" | "dark";

const KEPT = "etude:theme";

export const theme = signal<Theme>(initial());

export function choose(chosen: Theme): void {
  theme.value = chosen;
  document.documentElement.dataset.theme = chosen;
  try {
    localStorage.setItem(KEPT, chosen);
  } catch {
    // Then it is chosen anew next time.
  }
}

function initial(): Theme {
  let kept: string | null = null;
  try {
    kept = localStorage.getItem(KEPT);
  } catch {
    // As if nothing had been chosen.
  }
  const found = kept === "light" || kept === "dark" ? kept : "auto";
  document.documentElement.dataset.theme = found;
  return found;
}
