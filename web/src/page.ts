// page.ts - what the page knows and does: the timeline with what arrives live, posting, searching, and the address.
import { computed, nextTick, shallowRef, watch, type InjectionKey } from "vue";
import { fetchHead, fetchMeow, fetchMeows, messageOf, postMeow, RequestError, searchMeows, type Page as MeowPage } from "./api";
import { parseCursor } from "./base/cursor";
import { isSame, passes, textOf, type Filter } from "./base/labels";
import { meowFrom, timeOfId, type Meow, type RawMeow } from "./base/meow";
import { addressOf, routeFrom, type Route } from "./base/route";
import { Timeline } from "./feed/timeline";
import { scrollToTop } from "./feed/top";
import { KIND_CREATED, KIND_DELETED, KIND_SYNC, type LiveEvent } from "./live/event";
import { browserEnvironment, LiveFeed, type LiveHandlers } from "./live/live_feed";
import type { StreamState } from "./live/stream";
import { Outbox, type Outgoing } from "./post/outbox";
import { Search } from "./search/search";
import { Vitals } from "./status/vitals";

const TAKE = 50; // as index.html has it: the first page is asked for before this script is there
const TAKE_OLDER = 100;
/** Events are shown in batches, at most this often: a hundred a second must not cost a hundred renderings. */
const BATCH_MS = 120;
/** A batch of more comes in without being pointed out one by one. */
const FRESH_MAX = 8;
const PROBE_MS = 15_000;
/** The connection is dead when the server is ahead of it for so long, and nothing comes. */
const BEHIND_MS = 4_000;
/** The same where there is a filter: what does not pass it moves the cursor on every 10 s only. */
const BEHIND_FILTERED_MS = 25_000;
const TOP_PX = 100;

export function createPage() {
  const timeline = new Timeline();
  const search = new Search(
    (query, skip, take, signal) => searchMeows({ query, filter: filter.value, skip, take, signal }),
    () => parseCursor(live.cursor),
    isReading,
  );
  const vitals = new Vitals();
  const outbox = new Outbox(postMeow, arrived, localStorage);
  const route = shallowRef<Route>(routeFrom(location.search));
  const filter = shallowRef<Filter>(route.value.filter); // of the feed, also while a single meow is shown
  const single = shallowRef<Meow | null>(null);
  const singleProblem = shallowRef<string | null>(null);
  const isLoadingOlder = shallowRef(false);
  const olderProblem = shallowRef<string | null>(null);
  const loadProblem = shallowRef<string | null>(null);
  const fresh = shallowRef<ReadonlySet<string>>(new Set());
  const stream = shallowRef<StreamState>({ phase: "connecting", transport: null });
  const isLeader = shallowRef(false);
  const unseen = shallowRef(0);
  const notice = shallowRef("");
  const isFeed = computed(() => !route.value.query && !route.value.meow);
  const waitingCount = computed(() => timeline.waiting.value.length);

  // ---- what arrives

  let queue: LiveEvent[] = [];
  let deferred: Meow[] = []; // may be our own posts, whose answers are still on their way
  let flushedAt = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const handlers: LiveHandlers = {
    load: loadNewest,
    events(events) {
      for (const event of events) queue.push(event);
      vitals.noteEvents(events.filter((event) => event.kind !== KIND_SYNC).length);
      if (timer === undefined) timer = setTimeout(flush, Math.max(0, flushedAt + BATCH_MS - Date.now()));
    },
    state(state, leads) {
      const wasLive = stream.value.phase === "live";
      stream.value = state;
      isLeader.value = leads;
      if (state.phase !== "live" || wasLive) return;
      outbox.retryAll();
      if (search.problem.value !== null) search.repeat();
    },
  };
  let live = new LiveFeed(handlers, browserEnvironment(filter.value));

  /** Somebody reads further down, or goes through the feed by keyboard: nothing may move. */
  function isReading(): boolean {
    return window.scrollY > TOP_PX || document.activeElement?.closest("[role=feed]") != null;
  }

  function isHeld(): boolean {
    return isReading() || waitingCount.value > 0 || timeline.isOverflowing.value;
  }

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    flushedAt = Date.now();
    const created = deferred;
    const deleted = new Set<string>();
    deferred = [];
    for (const event of queue) {
      if (event.kind === KIND_CREATED) created.push(meowFrom(event as RawMeow));
      else if (event.kind === KIND_DELETED && event.id) deleted.add(event.id);
    }
    queue = [];
    take(created.filter((meow) => !deleted.has(meow.id)));
    if (deleted.size > 0) forget(deleted);
    vitals.notePosition(parseCursor(live.cursor));
  }

  /** A post that seemed to fail has arrived all the same, by the look of it: sent again, it is answered, and not stored
   * twice. */
  function recognise(created: readonly Meow[]): void {
    const texts = new Set(created.map((meow) => meow.text));
    for (const item of outbox.items.value) if (item.isTemporary && texts.has(item.text)) outbox.retry(item.key);
  }

  function take(created: readonly Meow[]): void {
    recognise(created);
    const meows = created.filter((meow) => !outbox.isSending(meow.text) && passes(meow.labels, filter.value));
    deferred = created.filter((meow) => outbox.isSending(meow.text));
    if (meows.length === 0) return;
    const held = !isFeed.value || isHeld();
    if (document.hidden) unseen.value += meows.length;
    if (!held) point(meows);
    timeline.add(meows, held);
    search.notice(meows);
  }

  function forget(ids: ReadonlySet<string>): void {
    timeline.remove(ids);
    search.remove(ids);
    if (!single.value || !ids.has(single.value.id)) return;
    single.value = null;
    singleProblem.value = "This meow was deleted.";
  }

  /** Has new rows come in softly. */
  function point(meows: readonly Meow[]): void {
    if (meows.length > FRESH_MAX) return;
    const ids = meows.map((meow) => meow.id);
    fresh.value = new Set([...fresh.value, ...ids]);
    setTimeout(() => {
      fresh.value = new Set([...fresh.value].filter((id) => !ids.includes(id)));
    }, 2_000);
  }

  /** A post was answered: the row that stood for it becomes the meow. Its event finds it there. */
  function arrived(id: string, sent: Outgoing): void {
    const { text } = sent;
    const meow: Meow = { id, text, createdAt: timeOfId(id), labels: [], segments: [{ text, isFound: false }] };
    if (passes(meow.labels, filter.value)) timeline.add([meow], false);
    else say("Posted, but not with what the feed is filtered by");
    void nextTick(flush);
  }

  watch(outbox.items, () => {
    if (deferred.length > 0) timer ??= setTimeout(flush);
  });

  // ---- what is read

  /** A page of the feed. Never settles once there is another filter: then nobody waits for it any more. */
  function fetchFiltered(take: number, maxId?: string): Promise<MeowPage> {
    const asked = filter.value;
    return new Promise((resolve, reject) => {
      const ifWanted = <T>(settle: (value: T) => void) => (value: T) => {
        if (filter.value === asked) settle(value);
      };
      fetchMeows({ take, filter: asked, maxId }).then(ifWanted(resolve), ifWanted(reject));
    });
  }

  /** Begins anew with another filter: with its list, and with a connection that brings what passes it. */
  function setFilter(next: Filter): void {
    live.stop();
    filter.value = next;
    queue = [];
    deferred = [];
    isLoadingOlder.value = false;
    olderProblem.value = loadProblem.value = null;
    timeline.clear();
    live = new LiveFeed(handlers, browserEnvironment(next));
    live.start();
  }

  async function loadNewest(): Promise<string | null> {
    try {
      const page = await fetchFiltered(TAKE);
      if (timeline.isLoaded.value) search.repeat();
      const isHeldNow = isFeed.value && timeline.isLoaded.value && isHeld() && !timeline.isOverflowing.value;
      timeline.replaceNewest(page.meows, page.meows.length < TAKE, isHeldNow);
      loadProblem.value = null;
      queue = [];
      vitals.notePosition(parseCursor(page.cursor));
      return page.cursor;
    } catch (error) {
      loadProblem.value = messageOf(error);
      throw error;
    }
  }

  async function loadOlder(): Promise<void> {
    const items = timeline.items.value;
    const last = items[items.length - 1];
    if (isLoadingOlder.value || !timeline.hasOlder.value || !last) return;
    isLoadingOlder.value = true;
    try {
      const page = await fetchFiltered(TAKE_OLDER, last.id);
      timeline.append(page.meows, page.meows.length === TAKE_OLDER);
      olderProblem.value = null;
    } catch (error) {
      olderProblem.value = messageOf(error);
    }
    isLoadingOlder.value = false;
  }

  async function showNew(): Promise<void> {
    if (timeline.isOverflowing.value) await loadNewest().catch(() => {});
    else timeline.showWaiting();
    await goToTop();
  }

  async function showNewResults(): Promise<void> {
    search.submit(search.query.value);
    await goToTop();
  }

  async function goToTop(): Promise<void> {
    (document.activeElement as HTMLElement | null)?.blur();
    await new Promise((resolve) => setTimeout(resolve)); // until the list has made room for what is new, above the reader
    const isNear = window.scrollY < 3 * window.innerHeight;
    const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    scrollToTop(isNear && !isCalm);
  }

  async function loadSingle(id: string): Promise<void> {
    single.value = [...timeline.items.value, ...search.results.value].find((meow) => meow.id === id) ?? null;
    singleProblem.value = null;
    try {
      const meow = await fetchMeow(id);
      if (route.value.meow === id) single.value = meow;
    } catch (error) {
      if (route.value.meow !== id) return;
      single.value = null;
      const isMissing = error instanceof RequestError && error.status === 404;
      singleProblem.value = isMissing ? "There is no such meow." : messageOf(error);
    }
  }

  // ---- the address

  let feedScroll = 0;

  function apply(next: Route): void {
    const wasFeed = isFeed.value;
    const isRefiltered = !next.meow && !isSame(next.filter, filter.value);
    if (wasFeed) feedScroll = window.scrollY;
    route.value = next;
    if (isRefiltered) {
      feedScroll = 0;
      setFilter(next.filter);
    }
    if (next.meow) void loadSingle(next.meow);
    if (isRefiltered || next.query !== search.query.value) search.submit(next.query);
    if (wasFeed && isFeed.value && !isRefiltered) return;
    void nextTick(() => window.scrollTo({ top: isFeed.value ? feedScroll : 0, behavior: "instant" }));
  }

  function go(next: Route): void {
    if (addressOf(next) === addressOf(route.value)) return;
    history.pushState(null, "", addressOf(next));
    apply(next);
  }

  /** Somebody types a search: the first letter makes a new entry in the history, the others change it. */
  function typeSearch(text: string): void {
    const query = text.trim();
    if (query === route.value.query) return;
    const next = { query, meow: "", filter: filter.value };
    const isSame = Boolean(query) && Boolean(route.value.query);
    if (isSame) history.replaceState(null, "", addressOf(next));
    else history.pushState(null, "", addressOf(next));
    search.type(text);
    apply(next);
  }

  // ---- posting

  const draft = shallowRef(localStorage.getItem("meower.draft") ?? "");
  watch(draft, (text) => {
    try {
      if (text) localStorage.setItem("meower.draft", text);
      else localStorage.removeItem("meower.draft");
    } catch {
      // A full or forbidden storage: the draft is on the page still.
    }
  });

  function undo(key: string): void {
    const text = outbox.undo(key);
    draft.value = draft.value.trim() ? `${text}\n${draft.value}` : text;
  }

  // ---- the connection

  let behindSince = 0;
  let behindAt: string | null = null;
  let behindTimer: ReturnType<typeof setTimeout> | undefined;

  async function probe(): Promise<void> {
    if (document.hidden || stream.value.phase !== "live") return;
    const head = await fetchHead().catch(() => null);
    if (!head) return;
    vitals.noteHead(parseCursor(head.cursor), parseCursor(live.cursor), head.took_ms);
    const patience_ms = filter.value.length > 0 ? BEHIND_FILTERED_MS : BEHIND_MS;
    if (vitals.behind.value === 0) behindSince = 0;
    else if (behindSince === 0 || live.cursor !== behindAt) {
      behindSince = Date.now();
      behindAt = live.cursor;
      clearTimeout(behindTimer);
      behindTimer = setTimeout(() => void probe(), patience_ms);
    } else if (Date.now() - behindSince >= patience_ms) {
      behindSince = 0;
      live.reconnect();
    }
  }

  function say(text: string): void {
    notice.value = text;
    setTimeout(() => {
      if (notice.value === text) notice.value = "";
    }, 2_500);
  }

  watch([waitingCount, unseen, () => route.value.query, filter], ([waiting, missed, query, terms]) => {
    const count = Math.max(waiting, missed);
    const parts = [query, textOf(terms), "Meower"].filter((part) => part !== "");
    document.title = `${count > 0 ? `(${count}) ` : ""}${parts.join(" · ")}`;
  }, { immediate: true });

  function start(): void {
    history.scrollRestoration = "manual";
    window.addEventListener("popstate", () => apply(routeFrom(location.search)));
    window.addEventListener("online", () => live.wake());
    window.addEventListener("offline", () => live.suspend());
    window.addEventListener("pagehide", () => live.stop());
    // A page that comes back from the browser's memory has lost its place among the tabs.
    window.addEventListener("pageshow", (event) => event.persisted && location.reload());
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) return;
      unseen.value = 0;
      live.wake();
      void probe();
    });
    window.addEventListener("scroll", () => {
      if (window.scrollY <= 1 && isFeed.value && waitingCount.value > 0) timeline.showWaiting();
    }, { passive: true });
    setInterval(() => void probe(), PROBE_MS);
    setTimeout(() => void probe(), 1_500);
    // index.html has asked for the newest meows before anybody knew of a filter; the browser warns of what nobody takes.
    if (filter.value.length > 0) void fetchMeows({ take: TAKE, filter: [] }).catch(() => {});
    live.start();
    if (route.value.query) search.submit(route.value.query);
    if (route.value.meow) void loadSingle(route.value.meow);
  }

  return {
    timeline, search, outbox, vitals, route, filter, single, singleProblem, isFeed, isLoadingOlder, olderProblem, loadProblem,
    fresh, stream, isLeader, waitingCount, notice, draft, start, loadOlder, showNew, showNewResults, go, typeSearch, undo, say,
  };
}

export type Page = ReturnType<typeof createPage>;
export const pageKey: InjectionKey<Page> = Symbol("page");
