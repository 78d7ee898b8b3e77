// A piece over its attempts, and one of them beside this one.

import { useMemo } from "preact/hooks";
import type { Outline } from "../engine.ts";
import { date, percent, t } from "../i18n/index.ts";
import type { Report } from "../protocol.ts";
import { changes } from "../take/trouble.ts";
import { Meter } from "./Meter.tsx";

export interface Earlier {
  id: string;
  ended_ms: number;
  player: string | null;
  combined: number;
  report: () => Promise<Report>;
}

export function History(props: {
  outline: Outline;
  report: Report;
  earlier: Earlier[];
  /** The attempt that this one is compared with. */
  before: Report | undefined;
  compare: (before: Report | undefined) => void;
}) {
  const { earlier, report, before } = props;
  return (
    <section class="history">
      <h2>{t("review.history.title")}</h2>
      <ol>
        {earlier.map((attempt) => (
          <li key={attempt.id}>
            <span>
              {date(attempt.ended_ms)}
              {attempt.player && <small class="soft"> {attempt.player}</small>}
            </span>
            <Meter share={attempt.combined} label={date(attempt.ended_ms)} />
          </li>
        ))}
        <li>
          <strong>{t("review.history.now")}</strong>
          <Meter share={report.total.combined} label={t("review.history.now")} />
        </li>
      </ol>
      <label>
        {t("review.history.compare")}
        <select
          onChange={({ currentTarget }) => {
            props.compare(undefined);
            void earlier.find(({ id }) => id === currentTarget.value)?.report().then(props.compare);
          }}
        >
          <option value="">{t("review.history.nothing")}</option>
          {earlier.map((attempt) => (
            <option key={attempt.id} value={attempt.id}>
              {date(attempt.ended_ms)}
            </option>
          ))}
        </select>
      </label>
      {before && <Comparison {...props} before={before} />}
    </section>
  );
}

function Comparison({ outline, report, before }: { outline: Outline; report: Report; before: Report }) {
  const [better, worse] = useMemo(() => {
    const found = changes(outline, report, before);
    const numbers = new Map(outline.measures.map(({ written, number }) => [written, number]));
    const list = (wanted: string) => [...found].flatMap(([written, { tone }]) => (tone === wanted ? [numbers.get(written) ?? ""] : []));
    return [list("better"), list("worse")];
  }, [report, before]);
  const { total } = report;
  const rows = [
    [t("review.overall"), percent(before.total.combined), percent(total.combined)],
    [t("review.notes"), percent(before.total.note_accuracy), percent(total.note_accuracy)],
    [t("review.timing"), percent(before.total.timing_accuracy), percent(total.timing_accuracy)],
    [t("figure.missed"), before.total.missed, total.missed],
    [t("figure.wrong"), before.total.wrong, total.wrong],
    [t("figure.extra"), before.total.extra, total.extra],
  ];
  return (
    <>
      <table class="comparison">
        <thead>
          <tr>
            <td />
            <th scope="col">{t("review.compare.then")}</th>
            <th scope="col">{t("review.compare.now")}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(([name, then, now]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{then}</td>
              <td>{now}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p>
        {better && better.length > 0 && t("review.compare.better", { list: better.join(", ") })}{" "}
        {worse && worse.length > 0 && t("review.compare.worse", { list: worse.join(", ") })}{" "}
        {(better?.length ?? 0) + (worse?.length ?? 0) === 0 ? t("review.compare.same") : <span class="soft">{t("review.compare.score")}</span>}
      </p>
    </>
  );
}
