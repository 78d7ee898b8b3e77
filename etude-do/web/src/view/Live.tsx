// What goes on, in figures and words, while somebody plays.

import { useSignalEffect } from "@preact/signals";
import { useRef, useState } from "preact/hooks";
import { percent, t } from "../i18n/index.ts";
import { jumpWords, strokeWords } from "../i18n/words.ts";
import { count } from "../take/counts.ts";
import type { Room } from "../take/room.ts";
import type { Stroke } from "../take/take.ts";
import { Sign, type SignName } from "./Legend.tsx";

const LINES = 9;
/** A screen reader is told no more often than this. */
const SPOKEN_MS = 2500;

export function Live({ room }: { room: Room }) {
  void room.version.value;
  const counts = count(room.take);
  const judged = counts.played + counts.missed;
  return (
    <div class="live">
      {room.mismatch.value && (
        <p class="notice" role="alert">
          {t("mismatch")}
        </p>
      )}
      <dl class="figures">
        <Figure name={t("figure.right")} value={judged ? percent(counts.played / judged) : "–"} main />
        <Figure name={t("figure.ontime")} value={counts.played ? percent(counts.onTime / counts.played) : "–"} main />
        <Figure name={t("figure.wrong")} value={counts.wrong} />
        <Figure name={t("figure.missed")} value={counts.missed} />
        <Figure name={t("figure.extra")} value={counts.extra} />
      </dl>
      <Tempo room={room} />
      <Log room={room} />
    </div>
  );
}

export function Figure(props: { name: string; value: string | number; main?: boolean }) {
  return (
    <div class={props.main ? "figure main" : "figure"}>
      <dt>{props.name}</dt>
      <dd>{props.value}</dd>
    </div>
  );
}

function Tempo({ room }: { room: Room }) {
  void room.version.value;
  const { outline } = room.piece;
  const onset = outline.notes.onset[Math.max(0, room.take.position)] ?? 0;
  const change = outline.tempo.findLast(({ at }) => at <= onset) ?? outline.tempo[0];
  const marked = 60_000_000 / (change?.micros_per_quarter ?? 500_000);
  if (room.take.position < 0 || room.config.mode === "wait") {
    return null;
  }
  const share = room.place.ratio;
  return (
    <div class="tempo">
      <p>
        <span class="unseen">{t("figure.tempo")}</span>
        <strong>♩ = {Math.round(marked * share)}</strong>
        <span class="soft">{t("tempo.of", { percent: Math.round(share * 100), marked: Math.round(marked) })}</span>
      </p>
      <svg viewBox="0 0 200 14" class="gauge" aria-hidden="true">
        <path d="M0 7H200" class="line" />
        <path d="M100 1V13" class="mark" />
        <circle cx={Math.min(194, Math.max(6, 100 + (share - 1) * 160))} cy="7" r="5" />
      </svg>
    </div>
  );
}

function Log({ room }: { room: Room }) {
  void room.version.value;
  const { take } = room;
  const strokes = [...take.strokes.values()].slice(-LINES).reverse();
  return (
    <section class="log">
      <h2>{t("log")}</h2>
      {strokes.length === 0 ? (
        <p class="soft">{t("log.empty")}</p>
      ) : (
        <ol>
          {strokes.map((stroke) => {
            const jump = jumpWords(take, stroke.event);
            return (
              <li key={stroke.event}>
                {jump && <em>{jump}</em>}
                <Sign sign={signOf(stroke)} /> <span>{strokeWords(take, stroke)}</span>
              </li>
            );
          })}
        </ol>
      )}
      <Spoken room={room} />
    </section>
  );
}

/** The latest thing worth saying, for those who listen to the page. */
function Spoken({ room }: { room: Room }) {
  const [words, setWords] = useState("");
  const spoken = useRef({ event: -1, at: 0 });
  useSignalEffect(() => {
    void room.version.value;
    const last = [...room.take.strokes.values()].slice(-16).reverse();
    const notable = last.find((stroke) => stroke.event > spoken.current.event && signOf(stroke) !== "perfect");
    if (notable && performance.now() - spoken.current.at > SPOKEN_MS) {
      spoken.current = { event: notable.event, at: performance.now() };
      setWords(strokeWords(room.take, notable));
    }
  });
  return (
    <p class="unseen" aria-live="polite">
      {words}
    </p>
  );
}

export function signOf({ verdict }: Stroke): SignName {
  switch (verdict.is) {
    case "matched":
      return verdict.grade === "good" ? "perfect" : verdict.grade;
    case "repeat":
      return "again";
    default:
      return verdict.is;
  }
}
