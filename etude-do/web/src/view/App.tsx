// Which page is shown: a session by its link, the studio, or the start.

import { signal } from "@preact/signals";
import { accessOf } from "../api.ts";
import { language } from "../i18n/index.ts";
import { Session } from "./Session.tsx";
import { Start } from "./Start.tsx";
import { Studio } from "./Studio.tsx";
import { Trial } from "./Trial.tsx";

export const address = signal(location.hash);
addEventListener("hashchange", () => (address.value = location.hash));

/** A file to be tried without a service. */
export const trial = signal<File | undefined>(undefined);

export function go(hash: string): void {
  trial.value = undefined;
  location.hash = hash;
}

export function App() {
  void language.value; // All texts are drawn anew in another language.
  if (trial.value) {
    return <Trial key={trial.value.name} file={trial.value} />;
  }
  const access = accessOf(address.value);
  if (access) {
    return <Session key={access.token} access={access} />;
  }
  if (address.value === "#studio") {
    return <Studio />;
  }
  return <Start broken={/^#(player|viewer)/.test(address.value)} />;
}
