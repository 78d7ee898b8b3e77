// The start: where a link leads on, where a score can be tried, and the way to the studio.

import { useRef, useState } from "preact/hooks";
import { t } from "../i18n/index.ts";
import { go, trial } from "./App.tsx";
import { Failure, Frame } from "./Frame.tsx";
import { Icon } from "./Icon.tsx";

/** The piece that the page brings along. */
const MENUET = "/menuet.musicxml";
export const SCORE_FILES = ".musicxml,.mxl,.xml,.mid,.midi";

export function Start({ broken }: { broken: boolean }) {
  const input = useRef<HTMLInputElement>(null);
  const [failed, setFailed] = useState(false);
  const menuet = () =>
    fetch(MENUET)
      .then((answer) => (answer.ok ? answer.blob() : Promise.reject(answer.status)))
      .then((file) => (trial.value = new File([file], "Menuet")))
      .catch(() => setFailed(true));
  return (
    <Frame kind="start">
      <div class="hero">
        {broken && <Failure reason={t("failed.link")} />}
        <Flourish />
        <h2>{t("welcome.title")}</h2>
        <p class="lead">{t("welcome.text")}</p>
        <p class="soft">{t("welcome.link")}</p>
        <div class="doors">
          <section>
            <h3>{t("welcome.try")}</h3>
            <p>{t("welcome.try.text")}</p>
            <div class="actions">
              <button class="primary" onClick={() => void menuet()}>
                <Icon name="piano" /> {t("welcome.menuet")}
              </button>
              <button onClick={() => input.current?.click()}>
                <Icon name="upload" /> {t("choose.file")}
              </button>
            </div>
            {failed && <p role="alert">{t("failed.network")}</p>}
            <input
              ref={input}
              type="file"
              accept={SCORE_FILES}
              hidden
              aria-label={t("choose.file")}
              onChange={({ currentTarget }) => (trial.value = currentTarget.files?.[0])}
            />
          </section>
          <section>
            <h3>{t("welcome.studio")}</h3>
            <p>{t("welcome.studio.text")}</p>
            <button onClick={() => go("studio")}>{t("studio.enter")}</button>
          </section>
        </div>
      </div>
    </Frame>
  );
}

/** Five lines and a phrase in the colours of its verdicts. */
function Flourish() {
  const notes = [
    ["perfect", 60, 62], ["perfect", 110, 52], ["good", 160, 42], ["perfect", 210, 57], ["late", 268, 37], ["perfect", 320, 47], ["missed", 372, 27], ["perfect", 424, 42],
  ] as const;
  return (
    <svg class="flourish" viewBox="0 0 480 104" aria-hidden="true">
      {[32, 42, 52, 62, 72].map((y) => (
        <path key={y} class="line" d={`M10 ${y}H470`} />
      ))}
      {notes.map(([fate, x, y]) => (
        <g key={x} class={`demo ${fate}`}>
          <path class="stem" d={y > 50 ? `M${x + 6} ${y}V${y - 33}` : `M${x - 6} ${y}V${y + 33}`} />
          {fate === "late" && <path class="tail" d={`M${x + 4} ${y - 4}L${x + 30} ${y}L${x + 4} ${y + 4}Z`} />}
          <ellipse class="head" cx={x} cy={y} rx="7" ry="5" transform={`rotate(-20 ${x} ${y})`} />
          {fate === "missed" && <ellipse class="ring" cx={x} cy={y} rx="12" ry="10" />}
        </g>
      ))}
    </svg>
  );
}
