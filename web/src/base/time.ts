// time.ts - how long ago, in words, and a clock that all of the page shares.
import { onScopeDispose, shallowRef, type InjectionKey, type ShallowRef } from "vue";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const ENGLISH: [size: number, unit: string][] = [[DAY, "day"], [HOUR, "hour"], [MINUTE, "minute"], [1_000, "second"]];

/** "5 minutes ago". Not by Intl: its tables take longer to load than the rest of the page. */
function ago(age: number): string {
  const [size, unit] = ENGLISH.find(([smallest]) => age >= smallest) ?? ENGLISH[3]!;
  const count = Math.floor(age / size);
  return `${count} ${unit}${count === 1 ? "" : "s"} ago`;
}

/** "just now", "5 minutes ago", "yesterday", "Nov 3". A clock that is behind the server's never says "in 3 seconds". */
export function relativeTime(at: number, now: number): string {
  const age = Math.max(0, now - at);
  if (age < 10_000) return "just now";
  if (age < MINUTE) return ago(Math.floor(age / 10_000) * 10_000);
  if (age >= DAY && age < 2 * DAY) return "yesterday";
  if (age < 7 * DAY) return ago(age);
  const isThisYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  return new Date(at).toLocaleDateString("en", { month: "short", day: "numeric", year: isThisYear ? undefined : "numeric" });
}

/** "Tuesday, November 24, 2026 at 10:31:28 AM". */
export function exactTime(at: number): string {
  return Number.isFinite(at) ? new Date(at).toLocaleString("en", { dateStyle: "full", timeStyle: "medium" }) : "";
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
