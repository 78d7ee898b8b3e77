// The service's HTTP interface.

import { signal } from "@preact/signals";
import type { Config, Report } from "./protocol.ts";
import type { Warning } from "./engine.ts";

/** What a session link says. The token never leaves the fragment of the address but in a header. */
export interface Access {
  token: string;
  role: "player" | "viewer";
  session: string;
}

export interface SessionStatus {
  session: string;
  piece: string;
  config: Config;
  player: string | null;
  created_ms: number;
  events: number;
  ended: boolean;
}

export interface PieceInfo {
  piece: string;
  title: string | null;
  composer: string | null;
  measures: number;
  notes: number;
  warnings?: Warning[];
}

export interface Opened {
  session: string;
  token: string;
  link: string;
  expires: number;
  viewer: { token: string; link: string; expires: number };
}

const KEPT = "etude:key";

/** The operator's key, in this tab alone. */
export const operatorKey = signal(sessionStorage.getItem(KEPT) ?? "");

export function enter(key: string): void {
  operatorKey.value = key;
  sessionStorage.setItem(KEPT, key);
}

export function leave(): void {
  operatorKey.value = "";
  sessionStorage.removeItem(KEPT);
}

/** A refusal of the service, in its own words. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** Reads a link's fragment: `player.<tenant>.<session>.<expiry>.<mac>`, or the same for a viewer. */
export function accessOf(fragment: string): Access | undefined {
  const token = decodeURIComponent(fragment.replace(/^#/, ""));
  const [role, , session] = token.split(".");
  if ((role !== "player" && role !== "viewer") || !session || !/^[0-9a-f]{32}$/.test(session)) {
    return undefined;
  }
  return { token, role, session };
}

export async function ask(path: string, key: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.set("Authorization", `Bearer ${key}`);
  const response = await fetch(path, { ...init, headers });
  if (!response.ok) {
    const told = await response.json().catch(() => undefined);
    const { code = String(response.status), message = response.statusText } = told?.error ?? {};
    throw new Refused(response.status, code, message);
  }
  return response;
}

export async function json<T>(path: string, key: string, init?: RequestInit): Promise<T> {
  return (await ask(path, key, init)).json() as Promise<T>;
}

export async function bytes(path: string, key: string): Promise<Uint8Array> {
  return new Uint8Array(await (await ask(path, key)).arrayBuffer());
}

export const session = {
  status: ({ session, token }: Access) => json<SessionStatus>(`/v1/sessions/${session}`, token),
  piece: ({ session, token }: Access) => bytes(`/v1/sessions/${session}/piece`, token),
  report: ({ session, token }: Access) => json<Report>(`/v1/sessions/${session}/report`, token),
  /** Who plays and who watches may have the same token: the one does not take the other's place. */
  socket: ({ session }: Access, role: Access["role"]) => `${location.origin.replace(/^http/, "ws")}/v1/sessions/${session}/socket${role === "viewer" ? "?role=viewer" : ""}`,
};

/** Uploads a file, telling how much of it has gone. */
export function upload(file: File, key: string, progress: (share: number) => void): Promise<PieceInfo> {
  // `fetch` does not tell how far an upload is.
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", "/v1/pieces");
    request.setRequestHeader("Authorization", `Bearer ${key}`);
    request.responseType = "json";
    request.upload.onprogress = ({ loaded, total }) => progress(total > 0 ? loaded / total : 0);
    request.onerror = () => reject(new TypeError("network"));
    request.onload = () => {
      if (request.status < 300) {
        resolve(request.response as PieceInfo);
      } else {
        const { code = String(request.status), message = request.statusText } = request.response?.error ?? {};
        reject(new Refused(request.status, code, message));
      }
    };
    request.send(file);
  });
}
