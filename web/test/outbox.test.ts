import { beforeEach, describe, expect, it, vi } from "vitest";
import { RequestError } from "../src/api";
import { Outbox, type Outgoing } from "../src/post/outbox";

class Memory {
  private readonly places = new Map<string, string>();
  getItem = (place: string) => this.places.get(place) ?? null;
  setItem = (place: string, value: string) => void this.places.set(place, value);
  removeItem = (place: string) => void this.places.delete(place);
}

let storage: Memory;
let sent: { text: string; key: string; answer: (id: string) => void; fail: (error: Error) => void }[];
let arrived: [string, Outgoing][];

function open(): Outbox {
  const send = (text: string, key: string) =>
    new Promise<string>((answer, fail) => sent.push({ text, key, answer, fail }));
  return new Outbox(send, (id, item) => arrived.push([id, item]), storage);
}

const settled = () => vi.waitFor(() => Promise.resolve());

beforeEach(() => {
  storage = new Memory();
  sent = [];
  arrived = [];
});

describe("the outbox", () => {
  it("shows a text at once, and hands it over when it is answered", async () => {
    const outbox = open();
    outbox.post("hello");
    expect(outbox.items.value).toMatchObject([{ text: "hello", isSending: true, problem: null }]);
    expect(outbox.isSending("hello")).toBe(true);
    sent[0]!.answer("the-id");
    await settled();
    expect(arrived).toMatchObject([["the-id", { text: "hello" }]]);
    expect(outbox.items.value).toEqual([]);
    expect(storage.getItem("meower.outbox")).toBeNull();
  });

  it("keeps a text that failed, and sends it again with the same key", async () => {
    const outbox = open();
    outbox.post("hello");
    sent[0]!.fail(new RequestError("The server cannot be reached.", 0));
    await settled();
    expect(outbox.items.value).toMatchObject([{ isSending: false, problem: "The server cannot be reached.", isTemporary: true }]);
    outbox.retryAll();
    expect(sent[1]!.key).toBe(sent[0]!.key);
    expect(outbox.items.value).toMatchObject([{ isSending: true, problem: null }]);
  });

  it("does not send by itself again what was refused", async () => {
    const outbox = open();
    outbox.post("hello");
    sent[0]!.fail(new RequestError("The server refused it.", 400));
    await settled();
    outbox.retryAll();
    expect(sent.length).toBe(1);
    outbox.retry(outbox.items.value[0]!.key);
    expect(sent.length).toBe(2);
  });

  it("gives the text back when it is undone", async () => {
    const outbox = open();
    outbox.post("hello");
    sent[0]!.fail(new RequestError("no", 0));
    await settled();
    expect(outbox.undo(outbox.items.value[0]!.key)).toBe("hello");
    expect(outbox.items.value).toEqual([]);
  });

  it("survives a reload: the same text with the same key", () => {
    open().post("hello");
    const after = open();
    expect(after.items.value).toMatchObject([{ text: "hello", isSending: false, isTemporary: true }]);
    after.retryAll();
    expect(sent[1]).toMatchObject({ text: "hello", key: sent[0]!.key });
  });

  it("takes a new key when the server has forgotten the old one, and then only when it is told to", () => {
    vi.useFakeTimers();
    open().post("hello");
    vi.setSystemTime(Date.now() + 24 * 3_600_000);
    const after = open();
    after.retryAll();
    expect(sent.length).toBe(1);
    after.retry(after.items.value[0]!.key);
    expect(sent[1]!.key).not.toBe(sent[0]!.key);
    vi.useRealTimers();
  });

  it("begins empty when the storage has rubbish", () => {
    storage.setItem("meower.outbox", '[{"key":1},null,');
    expect(open().items.value).toEqual([]);
  });
});
