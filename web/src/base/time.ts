// time.ts - how long ago, in words, and a clock that all of the page shares.
import { onScopeDispose, shallowRef, type InjectionKey, type ShallowRef } from "vue";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const inWords = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const dayOfYear = new Intl.DateTimeFormat("en", { month: "short", day: "numeric" });
const dayAndYear = new Intl.DateTimeFormat("en", { year: "numeric", month: "short", day: "numeric" });
const exact = new Intl.DateTimeFormat("en", { dateStyle: "full", timeStyle: "medium" });

/** "just now", "5 minutes ago", "yesterday", "Nov 3". A clock that is behind the server's never says "in 3 seconds". */
export function relativeTime(at: number, now: number): string {
  const age = Math.max(0, now - at);
  if (age < 10_000) return "just now";
  if (age < MINUTE) return inWords.format(-Math.floor(age / 10_000) * 10, "second");
  if (age < HOUR) return inWords.format(-Math.floor(age / MINUTE), "minute");
  if (age < DAY) return inWords.format(-Math.floor(age / HOUR), "hour");
  if (age < 7 * DAY) return inWords.format(-Math.floor(age / DAY), "day");
  const isThisYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  return (isThisYear ? dayOfYear : dayAndYear).format(at);
}

/** "Tuesday, November 24, 2026 at 10:31:28 AM". */
export function exactTime(at: number): string {
  return Number.isFinite(at) ? exact.format(at) : "";
}

/** The time, every `step_ms`; it stands still while the page is hidden, and is right as soon as it is seen again. */
export function useClock(step_ms: number): ShallowRef<number> {
  const now = shallowRef(Date.now());
  const tick = () => {
    if (!document.hidden) now.value = Date.now();
  };
  const timer = setInterval(tick, step_ms);
  document.addEventListener("visibilitychange", tick);
  onScopeDispose(() => {
    clearInterval(timer);
    document.removeEventListener("visibilitychange", tick);
  });
  return now;
}

/** The page's clock, for the rows. */
export const nowKey: InjectionKey<ShallowRef<number>> = Symbol("now");
