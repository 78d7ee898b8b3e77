// What there is to count while a take goes on.

import type { Take } from "./take.ts";

export interface Counts {
  played: number;
  onTime: number;
  missed: number;
  wrong: number;
  extra: number;
}

export function count(take: Take): Counts {
  const counts: Counts = { played: 0, onTime: 0, missed: 0, wrong: 0, extra: 0 };
  for (let note = 0; note < take.outline.notes.pitch.length; note++) {
    switch (take.fate(note)) {
      case "perfect":
      case "good":
        counts.played += 1;
        counts.onTime += 1;
        break;
      case "early":
      case "late":
        counts.played += 1;
        break;
      case "missed":
        counts.missed += 1;
        break;
    }
  }
  take.strokes.forEach(({ verdict }) => {
    if (verdict.is === "wrong" || verdict.is === "extra") {
      counts[verdict.is] += 1;
    }
  });
  return counts;
}
