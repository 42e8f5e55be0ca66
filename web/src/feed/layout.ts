// layout.ts - where each row of a long list is, so that only those in sight have to be in the page. Heights are what was
// measured; rows not seen yet count with the average.

export const FIRST_GUESS_PX = 92;

export class Layout {
  private readonly heights = new Map<string, number>();
  private measuredSum = 0;
  private lastGuess = FIRST_GUESS_PX;
  private tops = new Float64Array(1); // of row i; the last entry is the end of the list
  private ids: readonly string[] = [];

  setRows(ids: readonly string[]): void {
    this.ids = ids;
    if (this.heights.size > 2 * ids.length + 1_000) this.forgetStrangers();
    this.rebuild();
  }

  /** Notes heights as they were measured. Returns whether anything moved by it. */
  measure(heights: Iterable<readonly [id: string, height: number]>): boolean {
    let hasChanged = false;
    for (const [id, height] of heights) {
      const before = this.heights.get(id);
      if (height <= 0 || (before !== undefined && Math.abs(before - height) < 0.5)) continue;
      this.heights.set(id, height);
      this.measuredSum += height - (before ?? 0);
      hasChanged = true;
    }
    if (hasChanged) this.rebuild();
    return hasChanged;
  }

  /** The width has changed: every height is a guess again. */
  forget(): void {
    const guess = this.guess;
    this.heights.clear();
    this.measuredSum = 0;
    this.lastGuess = guess;
    this.rebuild();
  }

  get total(): number {
    return this.tops[this.ids.length]!;
  }

  top(index: number): number {
    return this.tops[Math.min(index, this.ids.length)]!;
  }

  /** The row at a distance from the beginning of the list; the nearest one when it is outside. */
  rowAt(y: number): number {
    let low = 0;
    let high = this.ids.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.tops[middle]! <= y) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  get rows(): readonly string[] {
    return this.ids;
  }

  indexOf(id: string): number {
    return this.ids.indexOf(id);
  }

  /** Rows that are in sight between two distances, and `margin` more pixels on both sides: [first, last). */
  range(from: number, to: number, margin: number): [number, number] {
    if (this.ids.length === 0) return [0, 0];
    return [this.rowAt(from - margin), this.rowAt(to + margin) + 1];
  }

  private forgetStrangers(): void {
    const ids = new Set(this.ids);
    for (const [id, height] of this.heights) {
      if (ids.has(id)) continue;
      this.heights.delete(id);
      this.measuredSum -= height;
    }
  }

  private get guess(): number {
    return this.heights.size === 0 ? this.lastGuess : this.measuredSum / this.heights.size;
  }

  private rebuild(): void {
    const guess = this.guess;
    const tops = new Float64Array(this.ids.length + 1);
    let at = 0;
    for (let i = 0; i < this.ids.length; i++) {
      tops[i] = at;
      at += this.heights.get(this.ids[i]!) ?? guess;
    }
    tops[this.ids.length] = at;
    this.tops = tops;
  }
}
