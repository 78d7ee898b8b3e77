import { t } from "../i18n/index.ts";

/** What the colours and shapes mean. */
export function Legend() {
  return (
    <details class="legend">
      <summary>{t("legend")}</summary>
      <ul>
        {(["perfect", "early", "late", "missed", "wrong", "extra", "ornament", "again", "skipped"] as const).map((sign) => (
          <li key={sign}>
            <Sign sign={sign} /> {t(`legend.${sign}`)}
          </li>
        ))}
      </ul>
    </details>
  );
}

export type SignName = "perfect" | "good" | "early" | "late" | "missed" | "wrong" | "extra" | "ornament" | "again" | "skipped";

export function Sign({ sign }: { sign: SignName }) {
  const head = <ellipse class="head" cx="20" cy="12" rx="6" ry="4.4" transform="rotate(-20 20 12)" />;
  return (
    <svg class={`sign ${sign}`} viewBox="0 0 40 24" width="40" height="24" aria-hidden="true">
      {sign === "early" && <path class="tail" d="M17 8.5L2 12L17 15.5Z" />}
      {sign === "late" && <path class="tail" d="M23 8.5L38 12L23 15.5Z" />}
      {sign === "wrong" && <path class="cross" d="M15 7l10 10M25 7L15 17" />}
      {sign === "extra" && <path class="diamond" d="M20 5l7 7l-7 7l-7-7z" />}
      {sign !== "wrong" && sign !== "extra" && head}
      {sign === "missed" && <ellipse class="ring" cx="20" cy="12" rx="11" ry="9" />}
      {sign === "skipped" && <path class="slash" d="M12 20L28 4" />}
      {sign === "ornament" && <circle class="dot" cx="30" cy="5" r="2.2" />}
      {sign === "again" && <circle class="again" cx="32" cy="12" r="3.4" />}
    </svg>
  );
}
