// What every page has: its name, what it is about, and how it looks.

import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { choose as chooseLanguage, type Language, language, LANGUAGES, t } from "../i18n/index.ts";
import { choose as chooseTheme, theme, type Theme } from "../theme.ts";
import { go } from "./App.tsx";
import { Icon } from "./Icon.tsx";

export function Frame(props: {
  title?: string | undefined;
  subtitle?: string | undefined;
  status?: ComponentChildren;
  tools?: ComponentChildren;
  children: ComponentChildren;
  kind: string;
}) {
  useEffect(() => {
    document.title = props.title ? `${props.title} – Etude` : "Etude";
  }, [props.title]);
  return (
    <div class={`frame ${props.kind}`}>
      <a class="skip" href="#main" onClick={skip}>
        {t("skip")}
      </a>
      <header class="top">
        <a class="brand" href="/" title={t("home")} onClick={home}>
          <img src="/icon.svg" alt="" width="28" height="28" />
          <span>Etude</span>
        </a>
        <div class="heading">
          {props.title && <h1>{props.title}</h1>}
          {props.subtitle && <p>{props.subtitle}</p>}
        </div>
        {props.status && <div class="status">{props.status}</div>}
        <div class="tools">
          {props.tools}
          <Settings />
        </div>
      </header>
      <main id="main" tabIndex={-1}>
        {props.children}
      </main>
    </div>
  );
}

/** The fragment of the address is the link's token: neither the way home nor a skip may go through it. */
function home(event: Event): void {
  event.preventDefault();
  go("");
}

function skip(event: Event): void {
  event.preventDefault();
  document.getElementById("main")?.focus();
}

function Settings() {
  const [open, setOpen] = useState(false);
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!open) {
      return;
    }
    const close = (event: Event) => {
      const escape = event instanceof KeyboardEvent && event.key === "Escape";
      if (escape || (event.type === "pointerdown" && !ref.current?.contains(event.target as Node))) {
        setOpen(false);
      }
    };
    addEventListener("pointerdown", close);
    addEventListener("keydown", close);
    return () => {
      removeEventListener("pointerdown", close);
      removeEventListener("keydown", close);
    };
  }, [open]);
  return (
    <div class="settings" ref={ref}>
      <button class="icon" aria-expanded={open} aria-label={t("settings")} title={t("settings")} onClick={() => setOpen(!open)}>
        <Icon name="settings" />
      </button>
      {open && (
        <div class="menu">
          <label>
            {t("theme")}
            <select value={theme.value} onChange={({ currentTarget }) => chooseTheme(currentTarget.value as Theme)}>
              <option value="auto">{t("theme.auto")}</option>
              <option value="light">{t("theme.light")}</option>
              <option value="dark">{t("theme.dark")}</option>
            </select>
          </label>
          <label>
            {t("language")}
            <select value={language.value} onChange={({ currentTarget }) => chooseLanguage(currentTarget.value as Language)}>
              {Object.entries(LANGUAGES).map(([tag, name]) => (
                <option key={tag} value={tag} lang={tag}>
                  {name}
                </option>
              ))}
            </select>
          </label>
        </div>
      )}
    </div>
  );
}

export function Failure(props: { reason: string; again?: () => void }) {
  return (
    <div class="notice failure" role="alert">
      <h2>{t("failed.title")}</h2>
      <p>{props.reason}</p>
      {props.again && <button onClick={props.again}>{t("again")}</button>}
    </div>
  );
}

/** What is played stays here. */
export function LocalPill() {
  return (
    <span class="pill local">
      <span class="wide">{t("state.local")}</span>
      <span class="narrow">{t("state.local.short")}</span>
    </span>
  );
}
