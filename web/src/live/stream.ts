// stream.ts - the live feed from a cursor on, for as long as the page wants it: connects, comes back when the connection
// is lost, and takes Server-Sent Events where WebSocket is blocked.
import { Backoff } from "../base/backoff";
import { KIND_SYNC, type LiveEvent } from "./event";
import { type OpenTransport, type Transport, type TransportName } from "./transport";

export type Phase = "connecting" | "live" | "waiting";

export interface StreamState {
  readonly phase: Phase;
  readonly transport: TransportName | null; // of the connection that is live
}

export interface StreamHandlers {
  sync(recovered: boolean, cursor: string): void;
  event(event: LiveEvent): void;
  state(state: StreamState): void;
}

/** A proxy may accept the connection and pass nothing on: without a first event in this time it is taken for blocked. */
const FIRST_EVENT_MS = 8_000;
const CHECK_MS = 15_000;
/** Timers that stood still for so long mean that the machine slept: whatever was connected is not any more. */
const SLEPT_MS = 90_000;

export class Stream {
  private cursor = "";
  private transport: Transport | null = null;
  private name: TransportName = "WebSocket";
  private isLive = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private checker: ReturnType<typeof setInterval> | undefined;
  private checkedAt = 0;

  constructor(
    private readonly handlers: StreamHandlers,
    private readonly open: OpenTransport,
    private readonly backoff = new Backoff(),
  ) {}

  start(cursor: string): void {
    this.stop();
    this.cursor = cursor;
    this.checkedAt = Date.now();
    this.checker = setInterval(() => this.check(), CHECK_MS);
    this.connect("WebSocket");
  }

  stop(): void {
    clearInterval(this.checker);
    this.drop();
  }

  /** Tries again at once instead of waiting any longer. */
  wake(): void {
    if (this.transport === null && this.timer !== undefined) this.connect("WebSocket");
  }

  /** The connection is thought to be dead although nothing says so. */
  reconnect(): void {
    this.connect("WebSocket");
  }

  /** The network is gone: whatever is connected is closed, and comes back with wake() or in its time. */
  suspend(): void {
    if (this.transport === null) return;
    this.drop();
    this.wait();
  }

  private check(): void {
    const slept = Date.now() - this.checkedAt > SLEPT_MS;
    this.checkedAt = Date.now();
    if (slept) this.reconnect();
  }

  private drop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.transport?.close();
    this.transport = null;
    this.isLive = false;
  }

  private connect(name: TransportName): void {
    this.drop();
    this.name = name;
    this.handlers.state({ phase: "connecting", transport: null });
    this.timer = setTimeout(() => this.lost(), FIRST_EVENT_MS);
    this.transport = this.open(name, this.cursor, {
      event: (event) => this.take(event),
      closed: () => this.lost(),
    });
  }

  private take(event: LiveEvent): void {
    this.cursor = event.cursor;
    if (event.kind !== KIND_SYNC || event.recovered === undefined) {
      this.handlers.event(event);
      return;
    }
    clearTimeout(this.timer);
    this.timer = undefined;
    this.isLive = true;
    this.backoff.reset();
    this.handlers.state({ phase: "live", transport: this.name });
    this.handlers.sync(event.recovered, event.cursor);
  }

  private lost(): void {
    const isBlocked = !this.isLive && this.name === "WebSocket";
    this.drop();
    if (isBlocked) this.connect("Server-Sent Events");
    else this.wait();
  }

  private wait(): void {
    this.handlers.state({ phase: "waiting", transport: null });
    this.timer = setTimeout(() => this.connect("WebSocket"), this.backoff.next());
  }
}
