// live_feed.ts - the feed as this tab gets it: every change after the list it has read, exactly once and in order. The
// tabs of a browser that have the same filter share one connection: one leads (it holds a Web Lock) and has the hub; a
// BroadcastChannel carries what it tells. Where there are no locks (plain HTTP in a local network) every tab has a hub of its own.
import { Backoff } from "../base/backoff";
import { formatCursor, parseCursor, type Position } from "../base/cursor";
import { addLabels, type Filter } from "../base/labels";
import { randomKey } from "../base/random";
import type { LiveEvent } from "./event";
import { Hub, type HubMessage, type MakeStream } from "./hub";
import { Stream, type StreamState } from "./stream";
import { transportFor } from "./transport";

type TabMessage =
  | { type: "join"; tab: string; cursor: string }
  | { type: "ping" }
  | { type: "pong"; isHidden: boolean; isLive: boolean };

type Message = HubMessage | TabMessage;

export interface LiveHandlers {
  /** Reads the list anew; returns the cursor that it reflects. Rejects when that failed: it is called again. */
  load(): Promise<string | null>;
  events(events: LiveEvent[]): void;
  state(state: StreamState, isLeader: boolean): void;
}

/** What a browser lends; tests lend something else. */
export interface LiveEnvironment {
  name: string; // of the lock, for tabs that share a connection
  channel: Pick<BroadcastChannel, "postMessage" | "close" | "onmessage"> | null;
  locks: Pick<LockManager, "request"> | null;
  isHidden(): boolean;
  makeStream: MakeStream;
}

export function browserEnvironment(filter: Filter): LiveEnvironment {
  const canShare = "BroadcastChannel" in globalThis && "locks" in navigator;
  const name = `meower-live?${addLabels(new URLSearchParams(), filter)}`;
  return {
    name,
    channel: canShare ? new BroadcastChannel(name) : null,
    locks: canShare ? navigator.locks : null,
    isHidden: () => document.hidden,
    makeStream: (handlers) => new Stream(handlers, transportFor(filter)),
  };
}

const WATCH_MS = 5_000;
const PONG_MS = 1_500;

export class LiveFeed {
  private readonly tab = randomKey();
  private readonly backoff = new Backoff();
  private readonly giveUp = new AbortController();
  private position: Position | null = null;
  private phase: "loading" | "joining" | "joined" = "loading";
  private hub: Hub | null = null;
  private releaseLock: (() => void) | null = null;
  private loads = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private watcher: ReturnType<typeof setInterval> | undefined;
  private pongTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly handlers: LiveHandlers,
    private readonly environment: LiveEnvironment,
  ) {}

  get cursor(): string | null {
    return this.position && formatCursor(this.position);
  }

  start(): void {
    const { channel } = this.environment;
    if (channel) {
      channel.onmessage = (message) => this.hear(message.data as Message);
      this.watcher = setInterval(() => this.watch(), WATCH_MS);
      void this.queue(false);
    } else {
      this.lead();
    }
    void this.load();
  }

  /** The page goes away. */
  stop(): void {
    clearTimeout(this.timer);
    clearInterval(this.watcher);
    clearTimeout(this.pongTimer);
    this.loads++;
    this.giveUp.abort();
    this.resign();
    this.environment.channel?.close();
  }

  /** The network is there again, or the page is seen again: no more waiting. */
  wake(): void {
    this.hub?.wake();
    this.watch();
  }

  suspend(): void {
    this.hub?.suspend();
  }

  reconnect(): void {
    this.hub?.reconnect();
  }

  // ---- who leads

  private async queue(steal: boolean): Promise<void> {
    const { locks } = this.environment;
    const held = () =>
      new Promise<void>((resolve) => {
        this.releaseLock = resolve;
        this.lead();
      });
    try {
      await locks!.request(this.environment.name, steal ? { steal: true } : { signal: this.giveUp.signal }, held);
    } catch {
      // Aborted by stop(), or stolen by a tab that is awake: then this one follows, and waits for its turn.
      this.resign();
      if (!this.giveUp.signal.aborted) void this.queue(false);
    }
  }

  private lead(): void {
    this.hub = new Hub((message) => this.tell(message), this.environment.makeStream);
    this.hub.start();
  }

  private resign(): void {
    this.hub?.stop();
    this.hub = null;
    this.releaseLock?.();
    this.releaseLock = null;
  }

  /** A leader that is frozen, or hidden and therefore slow to come back, gives way to a tab that is looked at. */
  private watch(): void {
    if (this.giveUp.signal.aborted) return; // a page that comes back from the browser's memory is seen before it begins anew
    if (this.hub || !this.environment.channel || this.environment.isHidden() || this.pongTimer !== undefined) return;
    this.send({ type: "ping" });
    this.pongTimer = setTimeout(() => {
      this.pongTimer = undefined;
      if (!this.hub) void this.queue(true);
    }, PONG_MS);
  }

  // ---- what is said

  private send(message: Message): void {
    this.environment.channel?.postMessage(message);
  }

  private tell(message: HubMessage): void {
    this.send(message);
    this.follow(message);
  }

  private hear(message: Message): void {
    if (message.type === "join") this.hub?.join(message.tab, message.cursor);
    else if (message.type === "ping") this.answerPing();
    else if (message.type === "pong") this.hearPong(message.isHidden && !message.isLive);
    else if (!this.hub) this.follow(message);
  }

  private answerPing(): void {
    if (!this.hub) return;
    this.send({ type: "pong", isHidden: this.environment.isHidden(), isLive: this.hub.state.phase === "live" });
  }

  private hearPong(isLate: boolean): void {
    if (this.pongTimer === undefined || isLate) return;
    clearTimeout(this.pongTimer);
    this.pongTimer = undefined;
  }

  private follow(message: HubMessage): void {
    if (message.type === "state") this.handlers.state(message.state, this.hub !== null);
    else if (message.type === "hello") this.join();
    else if (message.type === "events" && this.phase === "joined") this.deliver(message.events);
    else if (message.type === "replay" && message.tab === this.tab && this.phase === "joining") {
      this.phase = "joined";
      this.backoff.reset();
      this.deliver(message.events);
    } else if (message.type === "resync" && (message.tab === null || message.tab === this.tab)) this.loadAnew();
  }

  // ---- where this tab is

  /** Tells the hub. Without a position there is a load under way, which ends here. */
  private join(): void {
    if (this.position === null || this.phase === "loading") return;
    const cursor = formatCursor(this.position);
    this.phase = "joining";
    if (this.hub) this.hub.join(this.tab, cursor);
    else this.send({ type: "join", tab: this.tab, cursor });
  }

  /** At once, but not for ever: a list and a connection that do not agree are asked more and more seldom. */
  private loadAnew(): void {
    if (this.phase === "joined") {
      void this.load();
      return;
    }
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.load(), this.backoff.next());
  }

  private async load(): Promise<void> {
    const load = ++this.loads;
    clearTimeout(this.timer);
    this.phase = "loading";
    try {
      const cursor = await this.handlers.load();
      if (load !== this.loads) return;
      this.position = parseCursor(cursor);
      if (this.position === null) throw new Error("the list came without a cursor");
      this.phase = "joining";
      this.join();
    } catch {
      if (load === this.loads) this.timer = setTimeout(() => void this.load(), this.backoff.next());
    }
  }

  private deliver(events: LiveEvent[]): void {
    const fresh: LiveEvent[] = [];
    for (const event of events) {
      const at = parseCursor(event.cursor);
      if (!at || at.epoch !== this.position?.epoch || at.number <= this.position.number) continue;
      this.position = at;
      fresh.push(event);
    }
    if (fresh.length > 0) this.handlers.events(fresh);
  }
}
