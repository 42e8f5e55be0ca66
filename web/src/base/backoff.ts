// backoff.ts - how long to wait before trying again: twice as long each time, and never at the same moment as others.

const FIRST_MS = 500;
const LONGEST_MS = 30_000;

/** Half of the time is fixed and half is chance ("equal jitter": AWS Architecture Blog, Exponential Backoff And
 * Jitter), so that a thousand pages do not come back at once when a server does. */
export class Backoff {
  private failures = 0;

  constructor(private readonly random: () => number = Math.random) {}

  next(): number {
    const full = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.failures);
    this.failures = Math.min(this.failures + 1, 16);
    return full / 2 + (this.random() * full) / 2;
  }

  reset(): void {
    this.failures = 0;
  }
}
