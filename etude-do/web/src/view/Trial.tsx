// A score from the reader's own device, practised without a service.

import { useEffect, useState } from "preact/hooks";
import { Piece } from "../engine.ts";
import { t } from "../i18n/index.ts";
import { Failure, Frame, LocalPill } from "./Frame.tsx";
import { WHOLE } from "./Options.tsx";
import { Practice } from "./Practice.tsx";

export function Trial({ file }: { file: File }) {
  const [piece, setPiece] = useState<Piece | undefined>(undefined);
  const [failed, setFailed] = useState<string | undefined>(undefined);
  useEffect(() => {
    file
      .arrayBuffer()
      .then((buffer) => Piece.read(new Uint8Array(buffer)))
      .then(setPiece, (error) => setFailed(String(error)));
  }, [file]);
  const { title, composer } = piece?.outline ?? {};
  return (
    <Frame kind="room" title={title ?? file.name} subtitle={composer ?? undefined} status={<LocalPill />}>
      {failed ? <Failure reason={failed} /> : piece ? <Practice piece={piece} first={WHOLE} /> : <p class="loading">{t("loading")}</p>}
    </Frame>
  );
}
