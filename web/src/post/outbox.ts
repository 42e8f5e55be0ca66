// outbox.ts - texts on their way to the server. Each has an Idempotency-Key, so that it may be sent again without ever
// being stored twice, and stands in the browser's storage until it has arrived, so that a reload loses nothing.
import { shallowRef } from "vue";
import { messageOf, RequestError } from "../api";
import { randomKey } from "../base/random";

export interface Outgoing {
  readonly key: string;
  readonly text: string;
  readonly begunAt: number; // milliseconds since 1970
  readonly isSending: boolean;
  readonly problem: string | null; // in words; null while all is well
  readonly isTemporary: boolean; // it may succeed when it is sent again
}

export type Storage = Pick<globalThis.Storage, "getItem" | "setItem" | "removeItem">;

const PLACE = "meower.outbox";
/** The server knows a key for 24 hours. What is older is not sent again by itself: it might be stored twice. */
const KEY_LIFE_MS = 23 * 3_600_000;

export class Outbox {
  readonly items = shallowRef<readonly Outgoing[]>([]); // newest first

  constructor(
    private readonly send: (text: string, key: string) => Promise<string>,
    private readonly arrived: (id: string, sent: Outgoing) => void,
    private readonly storage: Storage,
  ) {
    this.items.value = this.stored();
  }

  post(text: string): void {
    const item: Outgoing = {
      key: randomKey(),
      text,
      begunAt: Date.now(),
      isSending: true,
      problem: null,
      isTemporary: false,
    };
    this.set([item, ...this.items.value]);
    void this.deliver(item);
  }

  retry(key: string): void {
    const item = this.items.value.find((one) => one.key === key);
    if (!item || item.isSending) return;
    const isExpired = Date.now() - item.begunAt > KEY_LIFE_MS;
    const again: Outgoing = {
      ...item,
      key: isExpired ? randomKey() : key,
      begunAt: isExpired ? Date.now() : item.begunAt,
      isSending: true,
      problem: null,
      isTemporary: false,
    };
    this.set(this.items.value.map((one) => (one.key === key ? again : one)));
    void this.deliver(again);
  }

  /** Sends again what may succeed by now: when the connection is back, and after a reload. Oldest first. */
  retryAll(): void {
    for (const item of [...this.items.value].reverse())
      if (item.isTemporary && Date.now() - item.begunAt < KEY_LIFE_MS) this.retry(item.key);
  }

  /** Takes it out. Returns its text, to be edited. */
  undo(key: string): string {
    const item = this.items.value.find((one) => one.key === key);
    this.set(this.items.value.filter((one) => one.key !== key));
    return item?.text ?? "";
  }

  /** Whether this text is being sent just now: its event may come before the answer does. */
  isSending(text: string): boolean {
    return this.items.value.some((item) => item.isSending && item.text === text);
  }

  private async deliver(item: Outgoing): Promise<void> {
    try {
      const id = await this.send(item.text, item.key);
      this.arrived(id, item);
      this.set(this.items.value.filter((one) => one.key !== item.key));
    } catch (error) {
      const failed: Outgoing = {
        ...item,
        isSending: false,
        problem: messageOf(error),
        isTemporary: !(error instanceof RequestError) || error.isTemporary,
      };
      this.set(this.items.value.map((one) => (one.key === item.key ? failed : one)));
    }
  }

  private set(items: readonly Outgoing[]): void {
    this.items.value = items;
    try {
      if (items.length === 0) this.storage.removeItem(PLACE);
      else this.storage.setItem(PLACE, JSON.stringify(items));
    } catch {
      // A full or forbidden storage: the texts are in memory still.
    }
  }

  private stored(): Outgoing[] {
    try {
      const items = JSON.parse(this.storage.getItem(PLACE) ?? "[]") as Outgoing[];
      return items
        .filter((item) => typeof item?.key === "string" && typeof item.text === "string")
        .map((item) => ({
          key: item.key,
          text: item.text,
          begunAt: Number(item.begunAt) || 0,
          isSending: false,
          problem: item.problem ?? "It was interrupted.",
          isTemporary: item.problem ? item.isTemporary === true : true,
        }));
    } catch {
      return [];
    }
  }
}
