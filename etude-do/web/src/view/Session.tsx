// A session by its link: played or watched while it goes on, looked back on when it is over.

import { useEffect, useState } from "preact/hooks";
import { type Access, json, type Opened, operatorKey, Refused, session } from "../api.ts";
import { Piece } from "../engine.ts";
import { t } from "../i18n/index.ts";
import type { Picture } from "../score/picture.ts";
import type { Report } from "../protocol.ts";
import { Room } from "../take/room.ts";
import { Spool } from "../take/spool.ts";
import { Desk } from "./Desk.tsx";
import { Failure, Frame, LocalPill } from "./Frame.tsx";
import { Live } from "./Live.tsx";
import { Links } from "./Links.tsx";
import { type Choice, settings, WHOLE } from "./Options.tsx";
import { PlayBar } from "./PlayBar.tsx";
import { Practice } from "./Practice.tsx";
import type { Attempt } from "./Attempts.tsx";
import type { Earlier } from "./History.tsx";
import { Review } from "./Review.tsx";

export function Session({ access }: { access: Access }) {
  const [room, setRoom] = useState<Room | undefined>(undefined);
  const [picture, setPicture] = useState<Picture | undefined>(undefined);
  const [practice, setPractice] = useState<Choice | undefined>(undefined);
  const [opened, setOpened] = useState<Opened | undefined>(undefined);
  const [failed, setFailed] = useState<string | undefined>(undefined);
  const [attempt, setAttempt] = useState(0);
  const [earlier, setEarlier] = useState<Earlier[]>([]);
  const [elsewhere, setElsewhere] = useState(false);

  useEffect(() => {
    let opened: Room | undefined;
    let gone = false;
    const open = async () => {
      const [status, file] = await Promise.all([session.status(access), session.piece(access), Piece.ready()]);
      const piece = await Piece.read(file);
      if (gone) {
        return;
      }
      opened = new Room(piece, status.config);
      // A take that has ended is only looked back on, with a player's link too; one that was begun elsewhere goes on there.
      const other = access.role === "player" && !status.ended && status.events > 0 && !Spool.holds(access.session);
      setElsewhere(other);
      if (access.role === "player" && !status.ended && !other) {
        opened.play(access);
      } else {
        opened.watch(access);
      }
      setRoom(opened);
    };
    open().catch((error) => setFailed(error instanceof Refused ? error.message : error instanceof TypeError ? t("failed.network") : String(error)));
    return () => {
      gone = true;
      opened?.close();
    };
  }, [access.token, attempt]);
  useEffect(() => {
    room?.attach(picture);
    return () => room?.attach(undefined);
  }, [room, picture]);

  // Who comes from the studio also sees how the piece went before.
  const over = room?.report.value !== undefined;
  useEffect(() => {
    if (over && operatorKey.value) {
      history(access).then(setEarlier, () => {});
    }
  }, [over]);

  if (failed) {
    return (
      <Frame kind="room">
        <Failure
          reason={failed}
          again={() => {
            setFailed(undefined);
            setAttempt(attempt + 1);
          }}
        />
      </Frame>
    );
  }
  if (!room) {
    return (
      <Frame kind="room">
        <p class="loading" role="status">
          {t("loading")}
        </p>
      </Frame>
    );
  }
  const { title, composer } = room.piece.outline;
  const report = room.report.value;
  // Who holds the operator's key opens another session, that counts; a player practises on this device.
  const practise = (range: Choice["range"], looping = true) => {
    const { mode, hands, tempo_percent } = room.config;
    const choice = { ...WHOLE, mode, hands, tempo_percent, range, looping };
    if (operatorKey.value) {
      again(access, choice).then(setOpened, (error) => setFailed(error instanceof Refused ? error.message : t("failed.network")));
    } else {
      setPractice(choice);
    }
  };
  if (practice) {
    return (
      <Frame kind="room" title={title ?? undefined} subtitle={composer ?? undefined} status={<LocalPill />}>
        <Practice piece={room.piece} first={practice} leave={() => setPractice(undefined)} />
      </Frame>
    );
  }
  return (
    <Frame kind="room" title={title ?? undefined} subtitle={composer ?? undefined} status={<Status room={room} />}>
      <Desk
        piece={room.piece}
        picture={setPicture}
        following={!report}
        side={
          opened ? (
            <div class="panel">
              <Links opened={opened} />
              <div class="actions">
                <button onClick={() => setOpened(undefined)}>{t("review.title")}</button>
              </div>
            </div>
          ) : report ? (
            <Review room={room} report={report} picture={picture} earlier={earlier} practise={practise} again={() => practise(room.config.range ?? null, room.config.looping)} />
          ) : (
            <>
              {elsewhere && (
                <p class="notice" role="status">
                  {t("state.elsewhere")}
                </p>
              )}
              <Live room={room} />
            </>
          )
        }
        below={room.performer && !report ? <PlayBar room={room} /> : undefined}
      />
    </Frame>
  );
}

/** A session with the piece and player of another. */
async function again(access: Access, choice: Choice): Promise<Opened> {
  const { piece, player } = await session.status(access);
  const body = JSON.stringify({ piece, config: settings(choice), ...(player && { player }) });
  return json<Opened>("/v1/sessions", operatorKey.value, { method: "POST", body });
}

async function history(access: Access): Promise<Earlier[]> {
  const key = operatorKey.value;
  const { piece } = await session.status(access);
  const { attempts } = await json<{ attempts: Attempt[] }>(`/v1/attempts?piece=${piece}`, key);
  return attempts
    .filter(({ ended, session }) => ended && session !== access.session)
    .map(({ session, last_ms, player, total }) => ({
      id: session,
      ended_ms: last_ms,
      player,
      combined: total.combined,
      report: async () => (await json<{ report: Report }>(`/v1/attempts/${session}`, key)).report,
    }))
    .reverse();
}

/** How the connection stands. */
function Status({ room }: { room: Room }) {
  const state = room.report.value && room.state.value !== "lost" ? "ended" : room.state.value;
  const { value: presence } = room.presence;
  const { value: trip } = room.trip;
  return (
    <>
      <span class={`pill ${state}`} role="status" title={room.why.value ?? (trip === undefined ? undefined : t("state.trip", { ms: Math.round(trip) }))}>
        {t(`state.${state}`)}
        {state === "over" && room.why.value ? `: ${room.why.value}` : ""}
      </span>
      {room.waiting.value > 40 && <span class="pill lost">{t("state.waiting", { n: room.waiting.value })}</span>}
      {trip !== undefined && state === "live" && <span class="soft trip">{t("state.trip", { ms: Math.round(trip) })}</span>}
      {presence && state === "live" && <span class="soft presence">{presence.player ? t("state.player") : t("state.noplayer")}</span>}
    </>
  );
}
