import { describe, expect, it } from "vitest";
import { FIRST_GUESS_PX, Layout } from "../src/feed/layout";

const ids = (count: number) => Array.from({ length: count }, (_, i) => `row${i}`);

describe("the layout of a long list", () => {
  it("guesses heights until they are measured, then takes the average for the others", () => {
    const layout = new Layout();
    layout.setRows(ids(4));
    expect(layout.total).toBe(4 * FIRST_GUESS_PX);
    layout.measure([["row0", 50], ["row1", 150]]);
    expect(layout.total).toBe(50 + 150 + 100 + 100);
    expect([0, 1, 2, 3, 4].map((i) => layout.top(i))).toEqual([0, 50, 200, 300, 400]);
  });

  it("finds the row at a place, the nearest one outside", () => {
    const layout = new Layout();
    layout.setRows(ids(3));
    layout.measure([["row0", 10], ["row1", 20], ["row2", 30]]);
    expect([-5, 0, 9, 10, 29, 30, 59, 900].map((y) => layout.rowAt(y))).toEqual([0, 0, 0, 1, 1, 2, 2, 2]);
  });

  it("keeps what was measured when rows come and go", () => {
    const layout = new Layout();
    layout.setRows(["a", "b"]);
    layout.measure([["a", 40], ["b", 60]]);
    layout.setRows(["new", "b"]);
    expect(layout.top(1)).toBe(50);
    expect(layout.total).toBe(110);
  });

  it("has only the rows in sight of ten thousand", () => {
    const layout = new Layout();
    layout.setRows(ids(10_000));
    const [from, to] = layout.range(5_000 * FIRST_GUESS_PX, 5_010 * FIRST_GUESS_PX, 2 * FIRST_GUESS_PX);
    expect([from, to]).toEqual([4_998, 5_013]);
  });

  it("says whether a measurement moved anything", () => {
    const layout = new Layout();
    layout.setRows(["a"]);
    expect(layout.measure([["a", 40]])).toBe(true);
    expect(layout.measure([["a", 40.2]])).toBe(false);
    expect(layout.measure([["a", 0]])).toBe(false);
  });

  it("is empty without rows", () => {
    expect(new Layout().range(0, 500, 100)).toEqual([0, 0]);
  });
});
