import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Page } from "../src/api";
import type { Meow } from "../src/base/meow";
import { DEBOUNCE_MS, mayMatch, Search } from "../src/search/search";

interface Asked {
  query: string;
  skip: number;
  signal: AbortSignal;
  answer: (page: Partial<Page>) => void;
  fail: (error: Error) => void;
}

let asked: Asked[];
let search: Search;
const meow = (id: string, text = id): Meow => ({ id, text, createdAt: 0, segments: [] });

beforeEach(() => {
  vi.useFakeTimers();
  asked = [];
  search = new Search(
    (query, skip, _take, signal) =>
      new Promise((resolve, fail) => {
        const answer = (page: Partial<Page>) => resolve({ meows: [], cursor: null, isFallback: false, ...page });
        asked.push({ query, skip, signal, answer, fail });
      }),
  );
});
afterEach(() => vi.useRealTimers());

const settle = () => vi.advanceTimersByTimeAsync(0);

describe("search while one types", () => {
  it("waits until the typing pauses, and asks once", async () => {
    for (const text of ["c", "ca", "cat"]) {
      search.type(text);
      await vi.advanceTimersByTimeAsync(DEBOUNCE_MS - 1);
    }
    expect(asked).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(asked.map((one) => one.query)).toEqual(["cat"]);
  });

  it("cancels what is under way, and never shows its answer", async () => {
    search.submit("cat");
    search.submit("dog");
    expect(asked[0]!.signal.aborted).toBe(true);
    asked[1]!.answer({ meows: [meow("dog")] });
    asked[0]!.answer({ meows: [meow("cat")] });
    await settle();
    expect(search.results.value.map((one) => one.id)).toEqual(["dog"]);
    expect(search.resultsOf.value).toBe("dog");
  });

  it("keeps what was found on the page until there is something better", async () => {
    search.submit("cat");
    asked[0]!.answer({ meows: [meow("cat")] });
    await settle();
    search.type("cats");
    expect(search.results.value.length).toBe(1);
    expect(search.resultsOf.value).toBe("cat");
  });

  it("says when only the newest meows were searched", async () => {
    search.submit("cat");
    asked[0]!.answer({ isFallback: true });
    await settle();
    expect(search.isFallback.value).toBe(true);
  });

  it("says what went wrong, and forgets it with the next answer", async () => {
    search.submit("cat");
    asked[0]!.fail(new Error("The server is busy."));
    await settle();
    expect(search.problem.value).toBe("The server is busy.");
    search.submit("cat");
    asked[1]!.answer({});
    await settle();
    expect(search.problem.value).toBeNull();
  });

  it("shows more, each meow once", async () => {
    search.submit("cat");
    asked[0]!.answer({ meows: Array.from({ length: 50 }, (_, i) => meow(`m${i}`)) });
    await settle();
    void search.more();
    expect(asked[1]!.skip).toBe(50);
    asked[1]!.answer({ meows: [meow("m49"), meow("m50")] });
    await settle();
    expect(search.results.value.length).toBe(51);
    expect(search.hasMore.value).toBe(false);
  });

  it("is repeated when a meow comes that it may find, and not for others", async () => {
    search.submit("cat");
    asked[0]!.answer({});
    await settle();
    search.notice(meow("1", "dogs only"));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(asked.length).toBe(1);
    search.notice(meow("2", "a Cta"));
    search.notice(meow("3", "cats"));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(asked.length).toBe(2);
  });

  it("ends with an empty field", async () => {
    search.submit("cat");
    asked[0]!.answer({ meows: [meow("cat")] });
    await settle();
    search.type("  ");
    expect(search.results.value).toEqual([]);
    expect(search.query.value).toBe("");
  });
});

it("a word can only be found by one that begins like it, whatever its case and accents", () => {
  expect(mayMatch("Éclair", "the eclipse")).toBe(true);
  expect(mayMatch("🐱", "look: 🐱!")).toBe(true);
  expect(mayMatch("cat", "the dog")).toBe(false);
});
