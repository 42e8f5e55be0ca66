import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Backoff } from "../src/base/backoff";
import { KIND_CREATED, KIND_SYNC, parseEvent, type LiveEvent } from "../src/live/event";
import { LiveFeed, type LiveEnvironment } from "../src/live/live_feed";
import { Stream, type StreamHandlers, type StreamState } from "../src/live/stream";
import type { Sink, TransportName } from "../src/live/transport";

const EPOCH = "c80afbe7346454fb";
const at = (n: number, epoch = EPOCH) => `${epoch}-${n}`;
const created = (n: number, epoch = EPOCH): LiveEvent => ({ kind: KIND_CREATED, cursor: at(n, epoch), id: `id${n}` });

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe("an event", () => {
  it.each(["", "null", "[]", '{"kind":"1","cursor":"x"}', '{"kind":1}', "<html>"])("is not %s", (text) =>
    expect(parseEvent(text)).toBeNull(),
  );
});

// ---- one connection

describe("the stream", () => {
  let opened: { name: TransportName; cursor: string; sink: Sink; isClosed: boolean }[];
  let states: StreamState[];
  let synced: boolean[];
  let events: string[];
  let stream: Stream;

  const last = () => opened[opened.length - 1]!;
  const sync = (recovered: boolean, n: number) =>
    last().sink.event({ kind: KIND_SYNC, cursor: at(n), recovered });

  beforeEach(() => {
    opened = [];
    states = [];
    synced = [];
    events = [];
    stream = new Stream(
      {
        sync: (recovered) => synced.push(recovered),
        event: ({ cursor }) => events.push(cursor),
        state: (state) => states.push(state),
      },
      (name, cursor, sink) => {
        const one = { name, cursor, sink, isClosed: false };
        opened.push(one);
        return { close: () => (one.isClosed = true) };
      },
      new Backoff(() => 1),
    );
    stream.start(at(5));
  });
  afterEach(() => stream.stop());

  it("comes back behind the last event it had", async () => {
    sync(true, 5);
    last().sink.event(created(6));
    last().sink.closed();
    expect(states[states.length - 1]!.phase).toBe("waiting");
    await vi.advanceTimersByTimeAsync(500);
    expect(last()).toMatchObject({ name: "WebSocket", cursor: at(6) });
  });

  it("comes back behind what did not pass the filter, and is not out of step by it", async () => {
    sync(true, 5);
    last().sink.event({ kind: KIND_SYNC, cursor: at(9) });
    expect([synced, events]).toEqual([[true], [at(9)]]);
    last().sink.closed();
    await vi.advanceTimersByTimeAsync(500);
    expect(last().cursor).toBe(at(9));
  });

  it("takes Server-Sent Events where WebSocket is refused, at once", () => {
    last().sink.closed();
    expect(last()).toMatchObject({ name: "Server-Sent Events", cursor: at(5) });
    sync(true, 5);
    expect(states[states.length - 1]).toEqual({ phase: "live", transport: "Server-Sent Events" });
  });

  it("takes them also where a WebSocket opens and says nothing", async () => {
    await vi.advanceTimersByTimeAsync(8_000);
    expect(opened[0]!.isClosed).toBe(true);
    expect(last().name).toBe("Server-Sent Events");
  });

  it("waits longer and longer while nothing answers", async () => {
    const tries: number[] = [];
    const begun = Date.now();
    for (let i = 0; i < 4; i++) {
      last().sink.closed(); // WebSocket
      last().sink.closed(); // Server-Sent Events
      const before = opened.length;
      while (opened.length === before) await vi.advanceTimersByTimeAsync(50);
      tries.push(Date.now() - begun);
    }
    expect(tries).toEqual([500, 1500, 3500, 7500]);
  });

  it("does not wait any longer when the network is said to be back", async () => {
    sync(true, 5);
    stream.suspend();
    expect(last().isClosed).toBe(true);
    stream.wake();
    expect(opened.length).toBe(2);
  });

  it("connects anew after the machine slept", async () => {
    sync(true, 5);
    vi.setSystemTime(Date.now() + 3_600_000);
    await vi.advanceTimersByTimeAsync(15_000);
    expect(opened.length).toBe(2);
    expect(opened[0]!.isClosed).toBe(true);
  });

  it("is silent once it was stopped", async () => {
    stream.stop();
    await vi.advanceTimersByTimeAsync(120_000);
    expect(opened.length).toBe(1);
  });
});

// ---- tabs

/** Tabs of one browser: locks, a channel, and a server with a log of events. */
class Browser {
  private readonly waiting: (() => void)[] = [];
  private holder: { reject: (error: Error) => void } | null = null;
  readonly channels = new Set<Channel>();
  readonly streams: FakeStream[] = [];

  readonly locks = {
    request: (_name: string, options: LockOptions, held: () => Promise<void>) =>
      new Promise<void>((resolve, reject) => {
        const take = () => {
          const mine = { reject };
          this.holder = mine;
          void held().then(() => {
            if (this.holder !== mine) return;
            this.holder = null;
            resolve();
            this.waiting.shift()?.();
          });
        };
        options.signal?.addEventListener("abort", () => reject(new Error("aborted")));
        if (options.steal) {
          this.holder?.reject(new Error("stolen"));
          take();
        } else if (this.holder) this.waiting.push(take);
        else take();
      }),
  } as unknown as LockManager;

  environment(isHidden = () => false): LiveEnvironment {
    const channel = new Channel(this);
    const makeStream = (handlers: StreamHandlers) => {
      const stream = new FakeStream(handlers);
      this.streams.push(stream);
      return stream;
    };
    return { name: "test", channel, locks: this.locks, isHidden, makeStream };
  }
}

class Channel {
  onmessage: ((message: MessageEvent) => void) | null = null;
  isFrozen = false;

  constructor(private readonly browser: Browser) {
    browser.channels.add(this);
  }

  postMessage(message: unknown): void {
    if (!this.browser.channels.has(this)) throw new Error("the channel is closed"); // as a browser's does
    if (this.isFrozen) return;
    const data = structuredClone(message);
    for (const other of this.browser.channels)
      if (other !== this) queueMicrotask(() => !other.isFrozen && other.onmessage?.({ data } as MessageEvent));
  }

  close(): void {
    this.browser.channels.delete(this);
  }
}

class FakeStream {
  startedAt: string | null = null;
  isStopped = false;
  constructor(readonly handlers: StreamHandlers) {}
  start(cursor: string) {
    this.startedAt = cursor;
  }
  stop() {
    this.isStopped = true;
  }
  wake() {}
  reconnect() {}
  suspend() {}
  goLive(recovered = true, cursor = this.startedAt!) {
    this.handlers.state({ phase: "live", transport: "WebSocket" });
    this.handlers.sync(recovered, cursor);
  }
}

class Tab {
  readonly got: string[] = [];
  loads = 0;
  readonly feed: LiveFeed;
  readonly channel: Channel;

  constructor(browser: Browser, public head: string, isHidden = () => false) {
    const environment = browser.environment(isHidden);
    this.channel = environment.channel as Channel;
    this.feed = new LiveFeed(
      {
        load: async () => {
          this.loads++;
          return this.head;
        },
        events: (events) => this.got.push(...events.map((event) => event.cursor.split("-")[1]!)),
        state: () => {},
      },
      environment,
    );
    this.feed.start();
  }
}

const soon = () => vi.advanceTimersByTimeAsync(100);

describe("tabs", () => {
  let browser: Browser;
  const stream = () => browser.streams[browser.streams.length - 1]!;

  beforeEach(() => {
    browser = new Browser();
  });

  it("share one connection, and each gets every event once", async () => {
    const one = new Tab(browser, at(5));
    const other = new Tab(browser, at(5));
    await soon();
    stream().goLive();
    await soon();
    stream().handlers.event(created(6));
    stream().handlers.event(created(7));
    await soon();
    expect(browser.streams.length).toBe(1);
    expect(one.got).toEqual(["6", "7"]);
    expect(other.got).toEqual(["6", "7"]);
  });

  it("that come later get what they lack, and what their list has already is not told again", async () => {
    new Tab(browser, at(5));
    await soon();
    stream().goLive();
    for (const n of [6, 7, 8]) stream().handlers.event(created(n));
    await soon();
    const late = new Tab(browser, at(7));
    await soon();
    const ahead = new Tab(browser, at(9));
    await soon();
    stream().handlers.event(created(9));
    stream().handlers.event(created(10));
    await soon();
    expect(late.got).toEqual(["8", "9", "10"]);
    expect(ahead.got).toEqual(["10"]);
    expect(browser.streams.length).toBe(1);
  });

  it("go on without a gap when the one that led is closed: the next begins where the one furthest behind is", async () => {
    const leader = new Tab(browser, at(5));
    const behind = new Tab(browser, at(5));
    const next = new Tab(browser, at(5));
    await soon();
    stream().goLive();
    await soon();
    stream().handlers.event(created(6));
    await soon();
    behind.channel.isFrozen = true; // misses the next one
    stream().handlers.event(created(7));
    await soon();
    behind.channel.isFrozen = false;
    leader.feed.stop();
    await soon();
    await soon();
    expect(browser.streams.length).toBe(2);
    expect(browser.streams[0]!.isStopped).toBe(true);
    expect(stream().startedAt).toBe(at(6));
    stream().goLive();
    await soon();
    stream().handlers.event(created(7));
    stream().handlers.event(created(8));
    await soon();
    expect(behind.got).toEqual(["6", "7", "8"]);
    expect(next.got).toEqual(["6", "7", "8"]);
  });

  it("read the list again when the server cannot go on from their position", async () => {
    const tab = new Tab(browser, at(5));
    await soon();
    stream().goLive();
    await soon();
    expect(tab.loads).toBe(1);
    tab.head = at(2, "0000000000000001");
    stream().handlers.sync(false, at(2, "0000000000000001"));
    await soon();
    stream().handlers.event(created(3, "0000000000000001"));
    await soon();
    expect(tab.loads).toBe(2);
    expect(tab.got).toEqual(["3"]);
  });

  it("do not ask again and again when list and connection never agree", async () => {
    const tab = new Tab(browser, at(5));
    await soon();
    stream().goLive(false, at(9, "00000000000000ff"));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(tab.loads).toBeGreaterThan(3);
    expect(tab.loads).toBeLessThan(12);
  });

  it("do not leave the lead to one that is frozen", async () => {
    const frozen = new Tab(browser, at(5));
    const awake = new Tab(browser, at(5));
    await soon();
    stream().goLive();
    frozen.channel.isFrozen = true;
    await vi.advanceTimersByTimeAsync(7_000);
    await soon();
    expect(browser.streams.length).toBe(2);
    stream().goLive();
    await soon();
    stream().handlers.event(created(6));
    await soon();
    expect(awake.got).toEqual(["6"]);
    expect(browser.streams[0]!.isStopped).toBe(true);
  });

  it("that were stopped say nothing and take no lead, also when somebody looks at them", async () => {
    const leader = new Tab(browser, at(5));
    const stopped = new Tab(browser, at(5));
    await soon();
    stopped.feed.stop();
    leader.channel.isFrozen = true;
    stopped.feed.wake();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(browser.streams.length).toBe(1);
  });

  it("take the lead from one that is hidden and has no connection, and leave it to one that has", async () => {
    new Tab(browser, at(5), () => true);
    new Tab(browser, at(5));
    await soon();
    stream().goLive();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(browser.streams.length).toBe(1);
    stream().handlers.state({ phase: "waiting", transport: null });
    await vi.advanceTimersByTimeAsync(7_000);
    expect(browser.streams.length).toBe(2);
    expect(browser.streams[0]!.isStopped).toBe(true);
  });

  it("have a connection of their own each where there is nothing to share it by", async () => {
    const environment = browser.environment();
    const got: string[] = [];
    const feed = new LiveFeed(
      { load: async () => at(5), events: (events) => got.push(...events.map((event) => event.cursor)), state: () => {} },
      { ...environment, channel: null, locks: null },
    );
    feed.start();
    await soon();
    stream().goLive();
    stream().handlers.event(created(6));
    expect(got).toEqual([at(6)]);
  });

  it("try again, later and later, while the list cannot be read", async () => {
    let loads = 0;
    const feed = new LiveFeed(
      { load: () => (loads++, Promise.reject(new Error("down"))), events: () => {}, state: () => {} },
      { ...browser.environment(), channel: null, locks: null },
    );
    feed.start();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(loads).toBeGreaterThan(3);
    expect(loads).toBeLessThan(10);
    feed.stop();
  });
});
