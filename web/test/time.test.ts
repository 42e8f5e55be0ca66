import { describe, expect, it } from "vitest";
import { Backoff } from "../src/base/backoff";
import { formatCursor, parseCursor } from "../src/base/cursor";
import { grouped } from "../src/base/number";
import { addressOf, routeFrom } from "../src/base/route";
import { relativeTime } from "../src/base/time";

describe("relative time", () => {
  const now = new Date(2026, 10, 24, 12, 0, 0).getTime();
  const ago = (ms: number) => relativeTime(now - ms, now);

  it.each([
    [0, "just now"],
    [9_999, "just now"],
    [59_000, "50 seconds ago"],
    [60_000, "1 minute ago"],
    [3_599_000, "59 minutes ago"],
    [7_200_000, "2 hours ago"],
    [86_400_000, "yesterday"],
    [3 * 86_400_000, "3 days ago"],
    [8 * 86_400_000, "Nov 16"],
    [400 * 86_400_000, "Oct 20, 2025"],
  ])("%i ms ago is %s", (ms, words) => expect(ago(ms)).toBe(words));

  it("is never in the future, whatever the clocks say", () => expect(ago(-90_000)).toBe("just now"));
});

it("numbers are grouped by thousands", () => {
  expect([0, 999, 1000, 12345, 1234567].map(grouped)).toEqual(["0", "999", "1,000", "12,345", "1,234,567"]);
});

describe("backoff", () => {
  it("doubles up to half a minute, half of it by chance, and begins anew after a success", () => {
    const least = new Backoff(() => 0);
    const most = new Backoff(() => 1);
    expect([1, 2, 3, 4, 5, 6, 7, 8].map(() => least.next())).toEqual([250, 500, 1000, 2000, 4000, 8000, 15000, 15000]);
    expect([1, 2, 3, 4, 5, 6, 7, 8].map(() => most.next())).toEqual([500, 1000, 2000, 4000, 8000, 16000, 30000, 30000]);
    least.reset();
    expect(least.next()).toBe(250);
  });
});

describe("a cursor", () => {
  it("is an epoch and a number", () => {
    expect(parseCursor("c80afbe7346454fb-41")).toEqual({ epoch: "c80afbe7346454fb", number: 41 });
    expect(formatCursor({ epoch: "c80afbe7346454fb", number: 0 })).toBe("c80afbe7346454fb-0");
  });

  it.each([null, "", "c80afbe7346454fb", "c80afbe7346454fb-01", "C80AFBE7346454FB-1", "<script>", "c80afbe7346454fb--1"])(
    "is not %s",
    (text) => expect(parseCursor(text)).toBeNull(),
  );
});

describe("an address", () => {
  it("says what is shown, and comes back the same", () => {
    for (const route of [
      { query: "", meow: "", filter: [] },
      { query: "cat & <b>dog</b> +1", meow: "", filter: [] },
      { query: "", meow: "0ujtsYcgvSTl8PAuAdqWYSMnLOv", filter: [] },
      { query: "", meow: "", filter: [{ key: "room", value: "the garden & yard=1" }] },
      { query: "cat", meow: "", filter: [{ key: "tag", value: "b" }, { key: "tag", value: "a" }, { key: "author", value: "tom" }] },
    ])
      expect(routeFrom(new URL(addressOf(route), "http://a").search)).toEqual(route);
  });

  it("with an id that is none shows the feed", () => {
    expect(routeFrom("?meow=javascript:alert(1)")).toEqual({ query: "", meow: "", filter: [] });
  });
});
