// Looking back on a take: what to practise first, then everything else there is to know.

import { useEffect, useMemo, useState } from "preact/hooks";
import uPlot from "uplot";
import { percent, t } from "../i18n/index.ts";
import { dynamicName, jumpWords, strokeWords, unplayedWords } from "../i18n/words.ts";
import type { Report } from "../protocol.ts";
import type { Picture } from "../score/picture.ts";
import { csv, download } from "../take/export.ts";
import type { Room } from "../take/room.ts";
import { changes, heat, passages, type Passage, stoppedIn } from "../take/trouble.ts";
import { axis, Chart } from "./Chart.tsx";
import { type Earlier, History } from "./History.tsx";
import { Icon } from "./Icon.tsx";
import { Sign } from "./Legend.tsx";
import { signOf } from "./Live.tsx";
import { Meter } from "./Meter.tsx";
import { measureLabel, measuresLabel } from "./Options.tsx";

export function Review(props: {
  room: Room;
  report: Report;
  picture: Picture | undefined;
  practise?: ((range: { from: number; to: number }) => void) | undefined;
  /** Plays the whole piece again. */
  again?: () => void;
  earlier?: Earlier[];
}) {
  const { room, report, picture } = props;
  const { outline } = room.piece;
  const [tinted, setTinted] = useState(true);
  const [before, setBefore] = useState<Report | undefined>(undefined);
  useEffect(() => {
    picture?.tint(!tinted ? undefined : before ? changes(outline, report, before) : heat(outline, report));
    return () => picture?.tint(undefined);
  }, [picture, tinted, report, before]);
  const { total } = report;
  const offTime = total.early + total.late;
  const stopped = stoppedIn(report);
  const flawless = total.correct === total.expected && offTime + total.wrong + total.extra === 0;
  return (
    <div class="review">
      <section class="verdict">
        <Ring share={total.combined} />
        <div>
          <h2>{t("review.title")}</h2>
          <p>{flawless ? t("review.perfect") : t(offTime > 0 ? "review.sentence" : "review.sentence.ontime", { correct: total.correct, expected: total.expected, offtime: offTime })}</p>
          {stopped !== undefined && <p>{t("review.stopped", { measure: measureLabel(outline, stopped) })}</p>}
          {!room.official.value && <p class="soft">{t("review.unofficial")}</p>}
        </div>
        <dl class="figures">
          <Row name={t("review.notes")} value={percent(total.note_accuracy)} />
          <Row name={t("review.timing")} value={percent(total.timing_accuracy)} />
          <Row name={t("figure.missed")} value={total.missed} />
          <Row name={t("figure.wrong")} value={total.wrong} />
          <Row name={t("figure.extra")} value={total.extra} />
        </dl>
      </section>
      <Trouble {...props} />
      {props.again && (
        <div class="again">
          <button class="primary" onClick={props.again}>
            <Icon name="piano" /> {t("again.session")}
          </button>
        </div>
      )}
      <label class="check">
        <input type="checkbox" checked={tinted} onChange={({ currentTarget }) => setTinted(currentTarget.checked)} />
        {t("heat")}
      </label>
      <Timing report={report} />
      <TempoCurve room={room} report={report} />
      <Hands report={report} />
      {props.earlier && props.earlier.length > 0 && <History outline={outline} report={report} earlier={props.earlier} before={before} compare={setBefore} />}
      <NoteByNote room={room} />
      <section>
        <h2>{t("review.export")}</h2>
        <div class="actions">
          <button onClick={() => print()}>
            <Icon name="print" /> {t("review.print")}
          </button>
          <button onClick={() => download("etude.csv", "text/csv", csv(room.take))}>
            <Icon name="download" /> {t("review.csv")}
          </button>
          <button onClick={() => download("etude.json", "application/json", JSON.stringify(report, null, 2))}>
            <Icon name="download" /> {t("review.json")}
          </button>
        </div>
      </section>
    </div>
  );
}

function Ring({ share }: { share: number }) {
  const round = 2 * Math.PI * 42;
  return (
    <svg class="ring-figure" viewBox="0 0 100 100" role="img" aria-label={`${percent(share)} ${t("review.overall")}`}>
      <circle cx="50" cy="50" r="42" class="track" />
      <circle cx="50" cy="50" r="42" class="value" stroke-dasharray={`${round * share} ${round}`} transform="rotate(-90 50 50)" />
      <text x="50" y="53">{percent(share)}</text>
      <text x="50" y="68" class="small">{t("review.overall")}</text>
    </svg>
  );
}

function Row(props: { name: string; value: string | number }) {
  return (
    <div class="figure">
      <dt>{props.name}</dt>
      <dd>{props.value}</dd>
    </div>
  );
}

function Trouble({ room, report, picture, practise }: Parameters<typeof Review>[0]) {
  const found = useMemo(() => passages(report), [report]);
  const { outline } = room.piece;
  const label = ({ from, to }: Passage) =>
    from === to ? t("measures.one", { from: measureLabel(outline, from) }) : t("measures.many", measuresLabel(outline, from, to));
  return (
    <section class="trouble">
      <h2>{t("review.trouble")}</h2>
      {found.length === 0 && <p>{t("review.trouble.none")}</p>}
      <ol>
        {found.map((passage) => {
          const { tally, from, to } = passage;
          const faults = (["missed", "wrong", "extra", "late", "early"] as const).filter((fault) => tally[fault] > 0);
          const names = { from: measureLabel(outline, from), to: measureLabel(outline, to) };
          return (
            <li key={from}>
              <button class="place" title={t("review.trouble.show")} onClick={() => picture?.reveal(from)}>
                <strong>{label(passage)}</strong>
                <span>{faults.map((fault) => t(`count.${fault}`, { n: tally[fault] })).join(", ")}</span>
              </button>
              {practise && (
                <button class="go" aria-label={t("review.trouble.go.long", names)} onClick={() => practise({ from, to })}>
                  <Icon name="loop" /> {t("review.trouble.go")}
                </button>
              )}
            </li>
          );
        })}
      </ol>
    </section>
  );
}

/** uPlot's types have its own path builders optional; they are there. */
const bars = uPlot.paths.bars as uPlot.Series.BarsPathBuilderFactory;
const BIN_MS = 25;
const FIRST_MS = -300;

function Timing({ report }: { report: Report }) {
  const { timing } = report;
  const data = useMemo<uPlot.AlignedData>(
    () => [timing.histogram.map((_, bin) => FIRST_MS + (bin + 0.5) * BIN_MS), timing.histogram],
    [report],
  );
  if (report.total.correct === 0) {
    return null;
  }
  const ms = Math.round(Math.abs(timing.median_us) / 1000);
  const lean = ms < 5 ? t("review.timing.even") : t(timing.median_us < 0 ? "review.timing.early" : "review.timing.late", { ms });
  return (
    <section>
      <h2>{t("review.timing.title")}</h2>
      <p>
        {lean} {t("review.timing.spread", { ms: Math.max(1, Math.ceil(timing.spread_us / 1000)) })}
      </p>
      <Chart
        label={t("review.timing.axis")}
        height={150}
        data={data}
        options={(colours) => ({
          scales: { x: { time: false, range: [FIRST_MS, -FIRST_MS] } },
          axes: [
            { ...axis(colours), values: (_, ticks) => ticks.map((tick) => (tick > 0 ? `+${tick}` : String(tick))) },
            { ...axis(colours), show: false },
          ],
          series: [
            {},
            {
              paths: bars({
                size: [0.86, 40],
                disp: {
                  fill: { unit: 3, values: () => timing.histogram.map((_, bin) => shade(FIRST_MS + (bin + 0.5) * BIN_MS, colours)) },
                },
              }),
              fill: colours.perfect,
              points: { show: false },
            },
          ],
        })}
      />
      <p class="soft caption">{t("review.timing.axis")} (ms)</p>
    </section>
  );
}

function shade(ms: number, colours: { early: string; late: string; perfect: string }): string {
  return Math.abs(ms) <= 75 ? colours.perfect : ms < 0 ? colours.early : colours.late;
}

function TempoCurve({ room, report }: { room: Room; report: Report }) {
  const { outline } = room.piece;
  const data = useMemo<uPlot.AlignedData>(() => {
    const marked = outline.measures.map(({ onset }) => {
      const change = outline.tempo.findLast(({ at }) => at <= onset) ?? outline.tempo[0];
      return 60_000_000 / (change?.micros_per_quarter ?? 500_000);
    });
    return [outline.measures.map((_, measure) => measure), report.measures.map(({ quarters_per_minute }) => quarters_per_minute ?? null), marked];
  }, [report]);
  const { tempo } = report.profile;
  if (!tempo) {
    return null;
  }
  return (
    <section>
      <h2>{t("review.tempo.title")}</h2>
      <p>{t("review.tempo.text", { percent: Math.round(tempo.percent), spread: Math.round(tempo.spread_percent) })}</p>
      <Chart
        label={t("review.tempo.axis")}
        height={170}
        data={data}
        options={(colours) => ({
          scales: { x: { time: false } },
          axes: [
            { ...axis(colours), values: (_, ticks) => ticks.map((tick) => outline.measures[tick]?.number ?? "") },
            { ...axis(colours), size: 40 },
          ],
          series: [
            {},
            { stroke: colours.accent, width: 2, spanGaps: true, points: { show: false } },
            { stroke: colours.soft, width: 1.5, dash: [5, 5], points: { show: false } },
          ],
        })}
      />
      <p class="soft caption">
        <span class="swatch solid" /> {t("review.tempo.played")} <span class="swatch dashed" /> {t("review.tempo.marked")}
      </p>
    </section>
  );
}

function Hands({ report }: { report: Report }) {
  const { asynchrony, hands } = report.profile;
  const loud = hands.filter(({ dynamics }) => dynamics);
  return (
    <section class="hands">
      {report.hands.length > 1 && (
        <>
          <h2>{t("review.hands.title")}</h2>
          {report.hands.map(({ hand, tally }) => (
            <div key={hand} class="hand">
              <span>{t(`hand.${hand}`)}</span>
              <Meter share={tally.note_accuracy} label={`${t(`hand.${hand}`)}, ${t("review.notes")}`} name={t("review.notes")} />
              <Meter share={tally.timing_accuracy} label={`${t(`hand.${hand}`)}, ${t("review.timing")}`} name={t("review.timing")} />
            </div>
          ))}
          {asynchrony && Math.abs(asynchrony.median_us) >= 5000 && (
            <p>
              {t("review.hands.together", {
                ms: Math.round(Math.abs(asynchrony.median_us) / 1000),
                way: t(asynchrony.median_us > 0 ? "review.hands.after" : "review.hands.before"),
              })}
            </p>
          )}
        </>
      )}
      {loud.length > 0 && (
        <>
          <h2>{t("review.dynamics.title")}</h2>
          {loud.map(({ hand, dynamics }) =>
            dynamics ? <p key={hand}>{dynamicsWords(t(`hand.${hand}`), dynamics)}</p> : null,
          )}
        </>
      )}
    </section>
  );
}

function dynamicsWords(hand: string, dynamics: { median: number; low: number; high: number }): string {
  const [median, low, high] = [dynamics.median, dynamics.low, dynamics.high].map(dynamicName);
  return low === high ? t("review.dynamics.even", { hand, median: median ?? "" }) : t("review.dynamics.text", { hand, median: median ?? "", low: low ?? "", high: high ?? "" });
}

/** Every verdict in words, measure by measure: for those who read by ear, and for looking things up. */
function NoteByNote({ room }: { room: Room }) {
  const { take } = room;
  const [open, setOpen] = useState(false);
  const [all, setAll] = useState(false);
  const rows = useMemo(() => {
    if (!open) {
      return [];
    }
    const { measure } = take.outline.notes;
    const lines: { measure: number; event: number; sign: Parameters<typeof Sign>[0]["sign"]; words: string; jump?: string | undefined }[] = [];
    take.strokes.forEach((stroke) => {
      const { verdict } = stroke;
      const note = verdict.is === "matched" ? verdict.note : verdict.is === "wrong" ? verdict.instead_of : verdict.is === "extra" ? stroke.near : verdict.of;
      lines.push({ measure: measure[note] ?? 0, event: stroke.event, sign: signOf(stroke), words: strokeWords(take, stroke), jump: jumpWords(take, stroke.event) });
    });
    take.outline.notes.pitch.forEach((_, note) => {
      const fate = take.fate(note);
      if (fate === "missed" || fate === "skipped") {
        lines.push({ measure: measure[note] ?? 0, event: Infinity, sign: fate, words: unplayedWords(take, note) });
      }
    });
    const shown = all ? lines : lines.filter(({ sign, jump }) => (sign !== "perfect" && sign !== "ornament") || jump);
    return shown.sort((a, b) => a.measure - b.measure || a.event - b.event);
  }, [open, all, room.version.value]);
  return (
    <details class="list" onToggle={({ currentTarget }) => setOpen((currentTarget as HTMLDetailsElement).open)}>
      <summary>{t("review.list.title")}</summary>
      <label class="check">
        <input type="checkbox" checked={all} onChange={({ currentTarget }) => setAll(currentTarget.checked)} />
        {t("review.list.all")}
      </label>
      <ul>
        {rows.map((row, index) => (
          <li key={index}>
            {row.jump && <em>{row.jump}</em>}
            <Sign sign={row.sign} /> <span>{row.words}</span>
          </li>
        ))}
      </ul>
    </details>
  );
}
