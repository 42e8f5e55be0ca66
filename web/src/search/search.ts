// search.ts - one search after another while somebody types: only the last one counts.
import { shallowRef } from "vue";
import { messageOf, searchMeows, type Page } from "../api";
import type { Meow } from "../base/meow";

export const DEBOUNCE_MS = 120;
const TAKE = 50;
/** How often at most a search is repeated because meows came that it may find. */
const REPEAT_MS = 2_500;

export type Ask = (query: string, skip: number, take: number, signal: AbortSignal) => Promise<Page>;

/** Whether a new meow can matter to a search: some word begins like one of the query's. Words of a query are found with
 * typos, but never in the first letter. */
export function mayMatch(query: string, text: string): boolean {
  const fold = (words: string) => words.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const beginnings = (words: string) => (fold(words).match(/[\p{L}\p{N}]+|\p{S}/gu) ?? []).map((word) => [...word][0]!);
  const wanted = new Set(beginnings(query));
  return beginnings(text).some((letter) => wanted.has(letter));
}

export class Search {
  readonly query = shallowRef(""); // "": there is no search
  readonly results = shallowRef<readonly Meow[]>([]);
  readonly resultsOf = shallowRef(""); // what the results were found for
  readonly isRunning = shallowRef(false);
  readonly isFallback = shallowRef(false);
  readonly hasMore = shallowRef(false);
  readonly problem = shallowRef<string | null>(null);
  private running: AbortController | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private repeatTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly ask: Ask = searchMeows) {}

  /** Somebody types. */
  type(text: string): void {
    const query = text.trim();
    if (query === this.query.value) return;
    this.cancel();
    this.query.value = query;
    if (query === "") this.clear();
    else {
      this.isRunning.value = true;
      this.timer = setTimeout(() => void this.run(), DEBOUNCE_MS);
    }
  }

  /** Searches at once: for Enter, an address, and "try again". */
  submit(text: string): void {
    this.cancel();
    this.query.value = text.trim();
    if (this.query.value === "") this.clear();
    else void this.run();
  }

  /** A meow came: repeats the search soon when it may find it. */
  notice(meow: Meow): void {
    if (this.query.value === "" || this.repeatTimer !== undefined || !mayMatch(this.query.value, meow.text)) return;
    this.repeatTimer = setTimeout(() => {
      this.repeatTimer = undefined;
      if (!this.isRunning.value && this.results.value.length <= TAKE) void this.run();
    }, REPEAT_MS);
  }

  remove(ids: ReadonlySet<string>): void {
    if (this.results.value.some((meow) => ids.has(meow.id)))
      this.results.value = this.results.value.filter((meow) => !ids.has(meow.id));
  }

  async more(): Promise<void> {
    if (this.isRunning.value || !this.hasMore.value) return;
    await this.run(this.results.value.length);
  }

  private clear(): void {
    this.results.value = [];
    this.resultsOf.value = "";
    this.isFallback.value = this.hasMore.value = false;
    this.problem.value = null;
  }

  private cancel(): void {
    clearTimeout(this.timer);
    clearTimeout(this.repeatTimer);
    this.repeatTimer = undefined;
    this.running?.abort();
    this.running = null;
    this.isRunning.value = false;
  }

  private async run(skip = 0): Promise<void> {
    const controller = new AbortController();
    const query = this.query.value;
    this.running = controller;
    this.isRunning.value = true;
    try {
      const page = await this.ask(query, skip, TAKE, controller.signal);
      if (this.running !== controller) return;
      const before = skip > 0 ? this.results.value : [];
      const known = new Set(before.map((meow) => meow.id));
      this.results.value = [...before, ...page.meows.filter((meow) => !known.has(meow.id))];
      this.resultsOf.value = query;
      this.isFallback.value = page.isFallback;
      this.hasMore.value = page.meows.length === TAKE;
      this.problem.value = null;
    } catch (error) {
      if (this.running !== controller) return;
      this.problem.value = messageOf(error);
    }
    this.running = null;
    this.isRunning.value = false;
  }
}
