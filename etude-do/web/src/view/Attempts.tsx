// Takes that have come to their end, the latest first.

import { useEffect, useState } from "preact/hooks";
import { json, type PieceInfo, Refused } from "../api.ts";
import { date, percent, t } from "../i18n/index.ts";
import { go } from "./App.tsx";

export interface Attempt {
  session: string;
  piece: string;
  player: string | null;
  last_ms: number;
  ended: boolean;
  total: { combined: number };
}

export function Attempts({ access, pieces }: { access: string; pieces: PieceInfo[] }) {
  const [attempts, setAttempts] = useState<Attempt[]>([]);
  const [failed, setFailed] = useState<string | undefined>(undefined);
  // A link of one's own to look back on it, as long as its session has not been deleted.
  const open = async (session: string) => {
    try {
      const body = JSON.stringify({ role: "viewer" });
      const { token } = await json<{ token: string }>(`/v1/sessions/${session}/tokens`, access, { method: "POST", body });
      go(token);
    } catch (error) {
      setFailed(error instanceof Refused ? error.message : t("failed.network"));
    }
  };
  useEffect(() => {
    json<{ attempts: Attempt[] }>("/v1/attempts", access).then(({ attempts }) => setAttempts(attempts), () => {});
  }, [access]);
  const titles = new Map(pieces.map(({ piece, title }) => [piece, title ?? piece.slice(0, 12)]));
  return (
    <section>
      <h2>{t("studio.attempts")}</h2>
      {failed && (
        <p class="notice failure" role="alert">
          {failed}
        </p>
      )}
      {attempts.length === 0 ? (
        <p class="soft">{t("studio.attempts.none")}</p>
      ) : (
        <table>
          <thead>
            <tr>
              <th>{t("studio.date")}</th>
              <th>{t("studio.piece")}</th>
              <th>{t("studio.who")}</th>
              <th>{t("studio.result")}</th>
              <th>
                <span class="unseen">{t("review.title")}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {attempts.map((attempt) => (
              <tr key={attempt.session}>
                <td>{date(attempt.last_ms)}</td>
                <td>{titles.get(attempt.piece) ?? attempt.piece.slice(0, 12)}</td>
                <td>{attempt.player ?? "–"}</td>
                <td>{percent(attempt.total.combined)}</td>
                <td>
                  <button class="quiet" onClick={() => void open(attempt.session)}>
                    {t("review.title")}
                  </button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
