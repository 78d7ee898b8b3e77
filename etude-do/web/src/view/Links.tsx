// The two links of a session, to be copied, opened, or taken with a telephone's camera.

import { useState } from "preact/hooks";
import { encode } from "uqr";
import type { Opened } from "../api.ts";
import { t } from "../i18n/index.ts";
import { Icon } from "./Icon.tsx";

export function Links({ opened }: { opened: Opened }) {
  const days = Math.max(1, Math.round((opened.expires - Date.now() / 1000) / 86_400));
  return (
    <section class="links">
      <h2>{t("studio.links")}</h2>
      <p class="soft">{t("studio.links.text", { days })}</p>
      <Link kind="player" path={opened.link} />
      <Link kind="viewer" path={opened.viewer.link} />
    </section>
  );
}

function Link({ kind, path }: { kind: "player" | "viewer"; path: string }) {
  const [copied, setCopied] = useState(false);
  const url = new URL(path, location.href).href;
  return (
    <div class="link">
      <Code text={url} />
      <div>
        <h3>{t(`studio.link.${kind}`)}</h3>
        <p class="soft">{t(`studio.link.${kind}.text`)}</p>
        <input readOnly value={url} aria-label={t(`studio.link.${kind}`)} onFocus={({ currentTarget }) => currentTarget.select()} />
        <div class="actions">
          <button
            onClick={() =>
              void navigator.clipboard.writeText(url).then(() => {
                setCopied(true);
                setTimeout(() => setCopied(false), 2000);
              })
            }
          >
            <Icon name="copy" /> <span aria-live="polite">{copied ? t("studio.copied") : t("studio.copy")}</span>
          </button>
          <a class="button" href={url}>
            <Icon name="open" /> {t("studio.open")}
          </a>
        </div>
      </div>
    </div>
  );
}

function Code({ text }: { text: string }) {
  const { data, size } = encode(text, { ecc: "L", border: 2 });
  const path = data.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : []))).join("");
  return (
    <svg class="code" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={t("studio.qr")}>
      <rect width={size} height={size} fill="#fff" />
      <path d={path} fill="#000" shape-rendering="crispEdges" />
    </svg>
  );
}
