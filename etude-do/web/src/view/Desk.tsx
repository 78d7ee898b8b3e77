// A score with something beside it: the score takes the room there is, the side is a column, or a sheet below on small
// screens.

import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Piece } from "../engine.ts";
import { t } from "../i18n/index.ts";
import type { Picture } from "../score/picture.ts";
import { Roll } from "../score/roll.ts";
import { Sheet } from "../score/sheet.ts";
import { Icon } from "./Icon.tsx";
import { Legend } from "./Legend.tsx";

const ZOOM = [0.6, 0.7, 0.8, 0.9, 1, 1.15, 1.3, 1.5, 1.75, 2];

declare global {
  interface Window {
    /** The picture that is shown, for tests. */
    etudePicture?: Picture;
  }
}

export function Desk(props: {
  piece: Piece;
  picture: (picture: Picture | undefined) => void;
  measure?: (measure: number) => void;
  side: ComponentChildren;
  below?: ComponentChildren;
  following?: boolean;
}) {
  const { piece } = props;
  const host = useRef<HTMLDivElement>(null);
  const picture = useRef<Picture | undefined>(undefined);
  const clicked = useRef(props.measure);
  clicked.current = props.measure;
  const [zoom, setZoom] = useState(ZOOM.indexOf(1));
  const [note, setNote] = useState<string | undefined>(t("engraving"));
  const [follow, setFollow] = useState(true);

  useEffect(() => {
    const element = host.current;
    if (!element) {
      return;
    }
    const measure = (at: number) => clicked.current?.(at);
    const shown = (next: Picture) => {
      picture.current = next;
      window.etudePicture = next;
      props.picture(next);
    };
    const roll = (why?: string) => {
      picture.current?.destroy();
      setNote(why);
      shown(new Roll(element, piece.outline, { ready: () => {}, measure, failed: setNote }));
    };
    const musicXml = piece.musicXml();
    if (musicXml === undefined) {
      roll();
    } else {
      try {
        const ready = () => setNote(undefined);
        shown(new Sheet(element, piece, musicXml, { ready, measure, failed: () => roll(t("failed.engrave")) }));
      } catch {
        roll(t("failed.engrave"));
      }
    }
    return () => {
      props.picture(undefined);
      picture.current?.destroy();
      picture.current = undefined;
    };
  }, [piece]);

  const zoomTo = (next: number) => {
    const index = Math.min(ZOOM.length - 1, Math.max(0, next));
    setZoom(index);
    picture.current?.zoom(ZOOM[index] ?? 1);
  };
  return (
    <div class={props.following ? "desk" : "desk still"}>
      <section class="stage" aria-label={piece.outline.title ?? t("review.score")}>
        <div class="stage-tools">
          <Legend />
          {props.following && (
            <button
              class="icon"
              aria-pressed={follow}
              aria-label={t("follow")}
              title={t("follow")}
              onClick={() => {
                picture.current?.follow(!follow);
                setFollow(!follow);
              }}
            >
              <Icon name="follow" />
            </button>
          )}
          <button class="icon" aria-label={t("zoom.out")} title={t("zoom.out")} onClick={() => zoomTo(zoom - 1)}>
            <Icon name="minus" />
          </button>
          <button class="icon" aria-label={t("zoom.in")} title={t("zoom.in")} onClick={() => zoomTo(zoom + 1)}>
            <Icon name="plus" />
          </button>
        </div>
        <div class="sheet" ref={host} tabIndex={0} role="group" aria-label={t("review.score")} />
        {note && (
          <p class="stage-note" role="status">
            {note}
          </p>
        )}
        {props.below}
      </section>
      <aside class="side" tabIndex={0} aria-label={t("review")}>
        {props.side}
      </aside>
    </div>
  );
}
