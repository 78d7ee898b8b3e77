// Practising on this device alone: choose, play, look back, as often as one likes. Judged by the same engine; nothing is
// sent or kept.

import { useEffect, useState } from "preact/hooks";
import type { Piece } from "../engine.ts";
import { t } from "../i18n/index.ts";
import type { Picture } from "../score/picture.ts";
import { Room } from "../take/room.ts";
import { Desk } from "./Desk.tsx";
import { Live } from "./Live.tsx";
import { type Choice, extended, Options, settings } from "./Options.tsx";
import { PlayBar } from "./PlayBar.tsx";
import { Review } from "./Review.tsx";

export function Practice(props: { piece: Piece; first: Choice; leave?: () => void }) {
  const { piece } = props;
  const [choice, setChoice] = useState(props.first);
  const [room, setRoom] = useState<Room | undefined>(undefined);
  const [picture, setPicture] = useState<Picture | undefined>(undefined);
  const [refused, setRefused] = useState<string | undefined>(undefined);

  useEffect(() => picture?.select(choice.range), [picture, choice.range]);
  useEffect(() => {
    room?.attach(picture);
    return () => room?.attach(undefined);
  }, [room, picture]);
  useEffect(() => () => room?.close(), [room]);
  useEffect(() => {
    if (picture && choice.range) {
      picture.reveal(choice.range.from);
    }
  }, [picture]);

  const begin = (chosen: Choice) => {
    try {
      const next = new Room(piece, settings(chosen));
      next.play();
      setRefused(undefined);
      setRoom(next);
    } catch (error) {
      setRefused(String(error));
    }
  };
  const report = room?.report.value;
  const leave = props.leave && (
    <button class="quiet" onClick={props.leave}>
      {t("play.leave")}
    </button>
  );
  const side = !room ? (
    <div class="panel">
      <Options outline={piece.outline} choice={choice} change={setChoice} />
      {refused && (
        <p class="notice failure" role="alert">
          {refused}
        </p>
      )}
      <div class="actions">
        <button class="primary" onClick={() => begin(choice)}>
          {t("play.ready.go")}
        </button>
        {leave}
      </div>
    </div>
  ) : report ? (
    <>
      <Review
        room={room}
        report={report}
        picture={picture}
        practise={(range) => {
          const next = { ...choice, range, looping: true };
          setChoice(next);
          begin(next);
        }}
      />
      <div class="panel actions">
        <button class="primary" onClick={() => begin(choice)}>
          {t("play.again")}
        </button>
        <button onClick={() => setRoom(undefined)}>{t("settings")}</button>
        {leave}
      </div>
    </>
  ) : (
    <>
      <Live room={room} />
      <div class="panel actions">{leave}</div>
    </>
  );
  return (
    <Desk
      piece={piece}
      picture={setPicture}
      measure={(measure) => !room && setChoice({ ...choice, range: extended(choice.range, measure) })}
      following={!!room && !report}
      side={side}
      below={room && !report ? <PlayBar room={room} /> : undefined}
    />
  );
}
