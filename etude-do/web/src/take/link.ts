// A WebSocket to a session that comes back by itself, with growing and random pauses.

export type LinkState = "connecting" | "live" | "lost" | "ended" | "refused";

const PROTOCOL = "etude.v1";
const CLOSE_SUPERSEDED = 4001;
const CLOSE_REFUSED = 4002;
const PAUSE_MS = 400;
const PAUSE_MS_MAX = 15_000;
/** A socket on which nothing comes for so long after a ping is dead, however alive it looks. */
const PING_MS = 20_000;
const PONG_MS = 10_000;

export interface LinkEvents {
  opened(): void;
  frame(text: string): void;
  closed(): void;
  /** It will not be opened again. */
  over(superseded: boolean): void;
  roundTrip(ms: number): void;
}

export class Link {
  private socket: WebSocket | undefined;
  private failures = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private ping: ReturnType<typeof setInterval> | undefined;
  private pinged = 0;
  private over = false;

  constructor(
    private readonly url: string,
    private readonly token: string,
    private readonly events: LinkEvents,
  ) {
    addEventListener("online", this.now);
    document.addEventListener("visibilitychange", this.now);
    this.open();
  }

  send(frame: string): void {
    if (this.socket?.readyState === WebSocket.OPEN) {
      this.socket.send(frame);
    }
  }

  /** The connection has proved itself: the next pause is short again. */
  proven(): void {
    this.failures = 0;
  }

  /** Drops the connection and opens another, after a pause. */
  reopen(): void {
    this.drop();
    this.later();
  }

  close(): void {
    this.over = true;
    this.drop();
    clearTimeout(this.timer);
    removeEventListener("online", this.now);
    document.removeEventListener("visibilitychange", this.now);
  }

  private readonly now = (): void => {
    if (!this.over && !this.socket && document.visibilityState === "visible") {
      clearTimeout(this.timer);
      this.open();
    }
  };

  private open(): void {
    const socket = new WebSocket(this.url, [PROTOCOL, this.token]);
    this.socket = socket;
    const current = () => socket === this.socket;
    socket.onopen = () => {
      if (current()) {
        this.ping = setInterval(() => this.check(), PING_MS);
        this.check();
        this.events.opened();
      }
    };
    socket.onmessage = ({ data }) => {
      if (!current() || typeof data !== "string") {
        return;
      }
      if (data === "pong") {
        this.events.roundTrip(performance.now() - this.pinged);
        this.pinged = 0;
      } else {
        this.events.frame(data);
      }
    };
    socket.onclose = ({ code }) => {
      if (!current()) {
        return;
      }
      this.drop();
      if (code === CLOSE_SUPERSEDED || code === CLOSE_REFUSED) {
        this.close();
        this.events.over(code === CLOSE_SUPERSEDED);
      } else {
        this.later();
      }
    };
  }

  private check(): void {
    if (this.pinged && performance.now() - this.pinged > PONG_MS) {
      this.reopen();
    } else if (!this.pinged) {
      this.pinged = performance.now();
      this.send("ping");
    }
  }

  private drop(): void {
    const { socket } = this;
    this.socket = undefined;
    this.pinged = 0;
    clearInterval(this.ping);
    if (socket) {
      socket.onclose = null;
      socket.close();
      this.events.closed();
    }
  }

  private later(): void {
    if (this.over) {
      return;
    }
    const longest = Math.min(PAUSE_MS_MAX, PAUSE_MS * 2 ** this.failures);
    this.failures += 1;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.open(), longest * (0.5 + Math.random() / 2));
  }
}
