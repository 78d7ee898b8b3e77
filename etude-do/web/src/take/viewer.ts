// A viewer's end of a session: takes what was heard and judged, from wherever it left off, and keeps up.

import type { Report, ServerMessage } from "../protocol.ts";
import { Link } from "./link.ts";
import type { Take } from "./take.ts";

/** The session shows a bounded amount for each hello; this much before that is used up, another is said. */
const HELLO_AFTER = 1024;

export interface ViewerEvents {
  state(state: "connecting" | "live" | "lost" | "over", why?: string): void;
  roundTrip(ms: number): void;
  presence(player: boolean, viewers: number): void;
  /** Something was judged live, at this time of the page's clock. */
  judged(): void;
  report(report: Report): void;
}

export class Viewer {
  private readonly link: Link;
  private attempt = 0;
  private greeted = false;
  private judgedBy: string | undefined;
  /** Records and events at the last hello. */
  private asked = 0;
  /** How many records there will be when the last hello is answered; no end of it once it is. */
  private until = Infinity;
  private refusal: string | undefined;

  constructor(
    url: string,
    token: string,
    private readonly take: Take,
    private readonly events: ViewerEvents,
  ) {
    this.link = new Link(url, token, {
      opened: () => this.hello(),
      frame: (text) => this.receive(JSON.parse(text) as ServerMessage),
      closed: () => events.state("lost"),
      over: () => events.state("over", this.refusal),
      roundTrip: events.roundTrip,
    });
    events.state("connecting");
  }

  close(): void {
    this.link.close();
  }

  private hello(): void {
    const { take } = this;
    this.attempt += 1;
    this.greeted = false;
    this.asked = take.records + take.events;
    this.link.send(
      JSON.stringify({
        type: "hello",
        protocol: 1,
        attempt: this.attempt,
        client: "etude-page",
        engine: "",
        score: take.outline.digest,
        records: take.records,
        heard: take.events,
        ...(this.judgedBy !== undefined && { judged_by: this.judgedBy }),
      }),
    );
  }

  private receive(message: ServerMessage): void {
    const { take } = this;
    switch (message.type) {
      case "welcome":
        if (message.attempt !== this.attempt) {
          return;
        }
        this.greeted = true;
        this.link.proven();
        if (this.judgedBy !== undefined && this.judgedBy !== message.engine) {
          take.forget();
        }
        this.judgedBy = message.engine;
        this.until = message.records;
        break;
      case "heard":
        if (this.greeted) {
          message.events.forEach((event, index) => take.hear(message.first + index, event));
        }
        break;
      case "verdicts":
        if (this.greeted) {
          this.judged(message);
        }
        break;
      case "presence":
        this.events.presence(message.player, message.viewers);
        break;
      case "report":
        this.events.report(message.report as Report);
        break;
      case "error":
        this.refusal = message.message;
        break;
    }
  }

  private judged({ first, records, digest }: Extract<ServerMessage, { type: "verdicts" }>): void {
    const { take } = this;
    if (first > take.records) {
      this.link.reopen(); // Something was lost.
      return;
    }
    records.slice(take.records - first).forEach((record) => take.fold(record));
    take.flush();
    if (digest === undefined || digest === null) {
      // More records of the same events follow, unless this answer has come to its end.
      if (take.records >= this.until) {
        this.hello();
      }
      return;
    }
    this.until = Infinity;
    this.events.state("live");
    this.events.judged();
    if (take.records + take.events - this.asked >= HELLO_AFTER) {
      this.hello();
    }
  }
}
