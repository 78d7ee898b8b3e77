// How a take is to be judged: timing, hands, tempo, measures.

import type { Outline } from "../engine.ts";
import { t } from "../i18n/index.ts";
import { passName } from "../i18n/words.ts";
import type { Config } from "../protocol.ts";

export type Choice = Pick<Config, "mode" | "hands" | "tempo_percent" | "looping" | "range">;

export const WHOLE: Choice = { mode: "follow", hands: "both", tempo_percent: 100, looping: false, range: null };

/** The settings a session is judged by, what is not chosen as the engine has it. */
export function settings(choice: Choice): Config {
  return {
    ...choice,
    windows: { perfect_us: 75_000, good_us: 150_000, match_us: 300_000 },
    scoring: { good_percent: 50, match_percent: 25, note_percent: 60 },
  };
}

export function measureLabel(outline: Outline, measure: number): string {
  const { number, pass } = outline.measures[measure] ?? { number: "?", pass: 1 };
  const again = outline.measures.some((other) => other.number === number && other.pass > 1);
  return again ? `${number} (${passName(pass)})` : number;
}

/** Both ends of a range; which time it is said once where it is the same. */
export function measuresLabel(outline: Outline, from: number, to: number): { from: string; to: string } {
  const [first, last] = [outline.measures[from], outline.measures[to]];
  const once = first && last && first.pass === last.pass && measureLabel(outline, from) !== first.number && measureLabel(outline, to) !== last.number;
  return { from: once ? first.number : measureLabel(outline, from), to: measureLabel(outline, to) };
}

/** The range after a measure was clicked: the first click begins it, the second ends it. */
export function extended(range: Choice["range"], measure: number): Choice["range"] {
  if (range && range.from === range.to && measure !== range.from) {
    return { from: Math.min(range.from, measure), to: Math.max(range.from, measure) };
  }
  return range && range.from === range.to && measure === range.from ? null : { from: measure, to: measure };
}

export function Options(props: { outline: Outline; choice: Choice; change: (choice: Choice) => void }) {
  const { outline, choice, change } = props;
  const set = (part: Partial<Choice>) => change({ ...choice, ...part });
  const { range } = choice;
  const last = outline.measures.length - 1;
  const options = outline.measures.map((_, measure) => (
    <option key={measure} value={measure}>
      {measureLabel(outline, measure)}
    </option>
  ));
  return (
    <div class="options">
      <fieldset class="cards">
        <legend>{t("options.mode")}</legend>
        {(["follow", "clock", "wait"] as const).map((mode) => (
          <label key={mode} class="card">
            <input type="radio" name="mode" checked={choice.mode === mode} onChange={() => set({ mode })} />
            <span>
              <strong>{t(`options.mode.${mode}`)}</strong>
              <small>{t(`options.mode.${mode}.text`)}</small>
            </span>
          </label>
        ))}
      </fieldset>
      <div class="row">
        <label>
          {t("options.hands")}
          <select value={choice.hands} onChange={({ currentTarget }) => set({ hands: currentTarget.value as Choice["hands"] })}>
            {(["both", "right", "left"] as const).map((hands) => (
              <option key={hands} value={hands}>
                {t(`options.hands.${hands}`)}
              </option>
            ))}
          </select>
        </label>
        <label>
          {t("options.tempo")}: {choice.tempo_percent} %
          <input
            type="range"
            min="30"
            max="150"
            step="5"
            value={choice.tempo_percent}
            onInput={({ currentTarget }) => set({ tempo_percent: Number(currentTarget.value) })}
          />
        </label>
      </div>
      <fieldset class="row">
        <legend>{t("options.range")}</legend>
        <label>
          {t("options.range.from")}
          <select
            value={range?.from ?? 0}
            onChange={({ currentTarget }) => {
              const from = Number(currentTarget.value);
              set({ range: whole({ from, to: Math.max(from, range?.to ?? last) }, last) });
            }}
          >
            {options}
          </select>
        </label>
        <label>
          {t("options.range.to")}
          <select
            value={range?.to ?? last}
            onChange={({ currentTarget }) => {
              const to = Number(currentTarget.value);
              set({ range: whole({ from: Math.min(to, range?.from ?? 0), to }, last) });
            }}
          >
            {options}
          </select>
        </label>
        {range && (
          <button class="quiet" onClick={() => set({ range: null })}>
            {t("options.range.all")}
          </button>
        )}
        <p class="soft hint">{t("options.range.hint")}</p>
      </fieldset>
      <label class="check">
        <input type="checkbox" checked={choice.looping} onChange={({ currentTarget }) => set({ looping: currentTarget.checked })} />
        {t("options.loop")}
      </label>
    </div>
  );
}

function whole(range: { from: number; to: number }, last: number): Choice["range"] {
  return range.from === 0 && range.to === last ? null : range;
}
