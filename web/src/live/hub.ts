// hub.ts - in the tab that leads: the one connection of this browser, and what the tabs are told from it.
import { formatCursor, parseCursor, type Position } from "../base/cursor";
import type { LiveEvent } from "./event";
import type { Stream, StreamHandlers, StreamState } from "./stream";

/** What the hub tells. `tab` is whom it concerns; null: all of them. */
export type HubMessage =
  | { type: "hello" } // a new hub: whoever follows says where it is
  | { type: "replay"; tab: string; events: LiveEvent[] } // what it lacks; from here on it gets all
  | { type: "resync"; tab: string | null } // read the list again, then join
  | { type: "events"; events: LiveEvent[] }
  | { type: "state"; state: StreamState };

export type MakeStream = (handlers: StreamHandlers) => Pick<Stream, "start" | "stop" | "wake" | "reconnect" | "suspend">;

const KEPT_MAX = 2_000; // events kept for tabs that join
const GATHER_MS = 60; // in which the tabs that had another hub before say where they are

export class Hub {
  private readonly stream;
  private readonly joining = new Map<string, string>(); // tab and cursor, until the stream is in step
  private kept: { number: number; event: LiveEvent }[] = [];
  private base: Position | null = null; // what is kept follows this; null: the stream is not in step
  private hasStarted = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  state: StreamState = { phase: "connecting", transport: null };

  constructor(
    private readonly tell: (message: HubMessage) => void,
    makeStream: MakeStream,
  ) {
    this.stream = makeStream({
      sync: (recovered, cursor) => this.synced(recovered, cursor),
      event: (event) => this.take(event),
      state: (state) => {
        this.state = state;
        this.tell({ type: "state", state });
      },
    });
  }

  /** Asks where everybody is. The stream begins with the first who says it, at the oldest position then known. */
  start(): void {
    this.tell({ type: "hello" });
  }

  stop(): void {
    clearTimeout(this.timer);
    this.stream.stop();
  }

  wake(): void {
    this.stream.wake();
  }

  reconnect(): void {
    if (this.hasStarted) this.stream.reconnect();
  }

  suspend(): void {
    this.stream.suspend();
  }

  join(tab: string, cursor: string): void {
    if (this.base !== null) {
      this.answer(tab, cursor);
      return;
    }
    this.joining.set(tab, cursor);
    if (!this.hasStarted && this.timer === undefined) this.timer = setTimeout(() => this.begin(), GATHER_MS);
  }

  private begin(): void {
    const positions = [...this.joining.values()].map(parseCursor).filter((position) => position !== null);
    const epoch = positions[0]?.epoch;
    const numbers = positions.filter((position) => position.epoch === epoch).map((position) => position.number);
    this.hasStarted = true;
    this.stream.start(epoch === undefined ? "" : formatCursor({ epoch, number: Math.min(...numbers) }));
  }

  private synced(recovered: boolean, cursor: string): void {
    const isFirst = this.base === null;
    if (!recovered || isFirst) {
      this.kept = [];
      this.base = parseCursor(cursor);
    }
    if (!recovered && !isFirst) this.tell({ type: "resync", tab: null });
    for (const [tab, at] of this.joining) this.answer(tab, at);
    this.joining.clear();
  }

  private answer(tab: string, cursor: string): void {
    const at = parseCursor(cursor);
    const isKnown = at !== null && at.epoch === this.base?.epoch && at.number >= this.base.number;
    if (!isKnown) {
      this.tell({ type: "resync", tab });
      return;
    }
    const events = this.kept.filter(({ number }) => number > at.number).map(({ event }) => event);
    this.tell({ type: "replay", tab, events });
    this.tell({ type: "state", state: this.state });
  }

  private take(event: LiveEvent): void {
    const position = parseCursor(event.cursor);
    if (position === null) return;
    this.kept.push({ number: position.number, event });
    if (this.kept.length > KEPT_MAX) {
      const dropped = this.kept.splice(0, KEPT_MAX / 2);
      this.base = { epoch: position.epoch, number: dropped[dropped.length - 1]!.number };
    }
    this.tell({ type: "events", events: [event] });
  }
}
