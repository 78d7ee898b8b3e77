// The studio: for whoever holds the operator's key. Pieces, sessions with their two links, attempts.

import { useEffect, useRef, useState } from "preact/hooks";
import { bytes, enter, json, leave, operatorKey as key, type Opened, type PieceInfo, Refused, upload } from "../api.ts";
import { Piece } from "../engine.ts";
import { t } from "../i18n/index.ts";
import type { Picture } from "../score/picture.ts";
import { go } from "./App.tsx";
import { Attempts } from "./Attempts.tsx";
import { Desk } from "./Desk.tsx";
import { Failure, Frame } from "./Frame.tsx";
import { Icon } from "./Icon.tsx";
import { Links } from "./Links.tsx";
import { type Choice, extended, Options, settings, WHOLE } from "./Options.tsx";
import { SCORE_FILES } from "./Start.tsx";

export function Studio() {
  const [piece, setPiece] = useState<PieceInfo | undefined>(undefined);
  if (!key.value) {
    return <Door />;
  }
  if (piece) {
    return <NewSession key={piece.piece} info={piece} leave={() => setPiece(undefined)} />;
  }
  return <Library choose={setPiece} />;
}

function Door() {
  const [wrong, setWrong] = useState<string | undefined>(undefined);
  const input = useRef<HTMLInputElement>(null);
  const knock = async (event: Event) => {
    event.preventDefault();
    const tried = input.current?.value.trim() ?? "";
    try {
      await json("/v1/pieces", tried);
      enter(tried);
    } catch (error) {
      setWrong(error instanceof Refused ? (error.status === 401 ? t("studio.wrong") : error.message) : t("failed.network"));
    }
  };
  return (
    <Frame kind="studio" title={t("studio")}>
      <form class="door panel" onSubmit={knock}>
        <label>
          {t("studio.key")}
          <input ref={input} type="password" autocomplete="off" required />
        </label>
        <p class="soft">{t("studio.key.text")}</p>
        {wrong && (
          <p class="notice failure" role="alert">
            {wrong}
          </p>
        )}
        <div class="actions">
          <button class="primary" type="submit">
            {t("studio.enter")}
          </button>
          <button type="button" class="quiet" onClick={() => go("")}>
            {t("home")}
          </button>
        </div>
      </form>
    </Frame>
  );
}

interface Upload {
  name: string;
  share: number;
  piece?: PieceInfo;
  refused?: string;
}

function Library({ choose }: { choose: (piece: PieceInfo) => void }) {
  const [pieces, setPieces] = useState<PieceInfo[]>([]);
  const [uploads, setUploads] = useState<Upload[]>([]);
  const [over, setOver] = useState(false);
  const [failed, setFailed] = useState<string | undefined>(undefined);
  const input = useRef<HTMLInputElement>(null);

  const load = () =>
    json<{ pieces: PieceInfo[] }>("/v1/pieces", key.value).then(
      ({ pieces }) => setPieces(pieces),
      (error) => setFailed(error instanceof Refused ? error.message : t("failed.network")),
    );
  useEffect(() => void load(), []);

  const take = async (files: readonly File[]) => {
    const first = uploads.length;
    setUploads((all) => [...all, ...files.map(({ name }) => ({ name, share: 0 }))]);
    const told = (index: number, part: Partial<Upload>) =>
      setUploads((all) => all.map((one, at) => (at === first + index ? { ...one, ...part } : one)));
    for (const [index, file] of files.entries()) {
      try {
        const piece = await upload(file, key.value, (share) => told(index, { share }));
        told(index, { share: 1, piece });
      } catch (error) {
        told(index, { refused: error instanceof Refused ? error.message : t("failed.network") });
      }
    }
    await load();
  };
  return (
    <Frame
      kind="studio"
      title={t("studio")}
      tools={
        <button class="quiet" onClick={leave}>
          {t("studio.leave")}
        </button>
      }
    >
      <div
        class={over ? "library over" : "library"}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault();
          setOver(false);
          void take(Array.from(event.dataTransfer?.files ?? []));
        }}
      >
        {failed && <Failure reason={failed} />}
        <button class="drop" onClick={() => input.current?.click()}>
          <Icon name="upload" />
          <strong>{t("studio.drop")}</strong>
          <span>{t("studio.drop.text")}</span>
        </button>
        <input
          ref={input}
          type="file"
          multiple
          hidden
          accept={SCORE_FILES}
          aria-label={t("studio.drop")}
          onChange={({ currentTarget }) => void take(Array.from(currentTarget.files ?? []))}
        />
        {uploads.length > 0 && (
          <ul class="uploads" aria-live="polite">
            {uploads.map((one, index) => (
              <li key={index} class={one.refused ? "refused" : ""}>
                <span>{one.name}</span>
                {one.refused ? (
                  <span>
                    {t("studio.refused")}: {one.refused}
                  </span>
                ) : one.piece ? (
                  <Warnings piece={one.piece} />
                ) : (
                  <progress value={one.share} aria-label={`${one.name}: ${t("studio.uploading")}`} />
                )}
              </li>
            ))}
          </ul>
        )}
        <section>
          <h2>{t("studio.pieces")}</h2>
          {pieces.length === 0 && <p class="soft">{t("studio.pieces.none")}</p>}
          <ul class="pieces">
            {pieces.map((piece) => (
              <li key={piece.piece}>
                <div>
                  <strong>{piece.title ?? piece.piece.slice(0, 12)}</strong>
                  <span class="soft">{[piece.composer, t("studio.piece.size", { measures: piece.measures, notes: piece.notes })].filter(Boolean).join(" · ")}</span>
                </div>
                <button class="primary" onClick={() => choose(piece)}>
                  {t("studio.new")}
                </button>
              </li>
            ))}
          </ul>
        </section>
        <Attempts access={key.value} pieces={pieces} />
      </div>
    </Frame>
  );
}

function Warnings({ piece }: { piece: PieceInfo }) {
  const { warnings = [] } = piece;
  if (warnings.length === 0) {
    return <span>{t("studio.uploaded")}</span>;
  }
  return (
    <details>
      <summary>{t("studio.warnings", { n: warnings.length })}</summary>
      <ul>
        {warnings.map(({ measure, reason }, index) => (
          <li key={index}>
            {measure && `${t("measures.one", { from: measure })}: `}
            {reason}
          </li>
        ))}
      </ul>
    </details>
  );
}

function NewSession({ info, leave }: { info: PieceInfo; leave: () => void }) {
  const [piece, setPiece] = useState<Piece | undefined>(undefined);
  const [picture, setPicture] = useState<Picture | undefined>(undefined);
  const [choice, setChoice] = useState<Choice>(WHOLE);
  const [player, setPlayer] = useState("");
  const [opened, setOpened] = useState<Opened | undefined>(undefined);
  const [failed, setFailed] = useState<string | undefined>(undefined);
  const tell = (error: unknown) => setFailed(error instanceof Error ? error.message : String(error));

  useEffect(() => {
    bytes(`/v1/pieces/${info.piece}/file`, key.value).then(Piece.read).then(setPiece, tell);
  }, [info.piece]);
  useEffect(() => picture?.select(choice.range), [picture, choice.range]);

  const create = async (event: Event) => {
    event.preventDefault();
    setFailed(undefined);
    try {
      const body = JSON.stringify({ piece: info.piece, config: settings(choice), ...(player && { player }) });
      setOpened(await json<Opened>("/v1/sessions", key.value, { method: "POST", body }));
    } catch (error) {
      tell(error);
    }
  };
  const side = opened ? (
    <div class="panel">
      <Links opened={opened} />
      <div class="actions">
        <button onClick={() => setOpened(undefined)}>{t("studio.new")}</button>
        <button class="quiet" onClick={leave}>
          {t("studio.pieces")}
        </button>
      </div>
    </div>
  ) : (
    <form class="panel" onSubmit={create}>
      <h2>{t("studio.new")}</h2>
      {piece && <Options outline={piece.outline} choice={choice} change={setChoice} />}
      <label>
        {t("studio.player")}
        <input value={player} maxLength={200} onInput={({ currentTarget }) => setPlayer(currentTarget.value)} />
      </label>
      {failed && (
        <p class="notice failure" role="alert">
          {failed}
        </p>
      )}
      <div class="actions">
        <button class="primary" type="submit">
          {t("studio.create")}
        </button>
        <button type="button" class="quiet" onClick={leave}>
          {t("cancel")}
        </button>
      </div>
    </form>
  );
  return (
    <Frame kind="room" title={info.title ?? t("studio.new")} subtitle={info.composer ?? undefined}>
      {piece ? (
        <Desk
          piece={piece}
          picture={setPicture}
          measure={(measure) => !opened && setChoice({ ...choice, range: extended(choice.range, measure) })}
          side={side}
        />
      ) : failed ? (
        <Failure reason={failed} />
      ) : (
        <p class="loading">{t("loading")}</p>
      )}
    </Frame>
  );
}
