// windowing.ts - keeps only the rows in sight in the page, and the reading position where it is while rows above it
// come, go, or turn out to be of another height.
import { computed, nextTick, onBeforeUnmount, onMounted, shallowRef, watch, type Ref } from "vue";
import { Layout } from "./layout";
import { isScrollingToTop } from "./top";

const MARGIN_PX = 700; // rows beyond the window that are there already when one scrolls

export interface Row<T> {
  readonly item: T;
  readonly index: number;
  readonly top: number;
}

export interface WindowingOptions<T> {
  container: Ref<HTMLElement | null>;
  items: () => readonly T[];
  isActive: () => boolean; // false while the list is not shown
  inset: () => number; // pixels at the top of the window that something covers
  endRows: number; // it is near the end with so many rows left behind those that are in the page
  nearEnd: () => void;
}

export function useWindowing<T extends { readonly id: string }>(options: WindowingOptions<T>) {
  const layout = new Layout();
  const version = shallowRef(0);
  const range = shallowRef<readonly [number, number]>([0, 0]);
  const pinned = shallowRef<string | null>(null); // has the focus: stays in the page wherever one scrolls
  let pendingScroll = 0;
  let width = 0;

  const rows = computed<Row<T>[]>(() => {
    void version.value;
    const items = options.items();
    const [from, to] = range.value;
    const indexes = [];
    for (let i = from; i < Math.min(to, items.length); i++) indexes.push(i);
    const pin = pinned.value === null ? -1 : layout.indexOf(pinned.value);
    if (pin >= 0 && pin < items.length && (pin < from || pin >= to)) indexes.push(pin);
    return indexes.map((index) => ({ item: items[index]!, index, top: layout.top(index) }));
  });
  const total = computed(() => {
    void version.value;
    return layout.total;
  });

  /** How far the beginning of the list is above the top of the window. */
  function scrolled(): number {
    return options.container.value ? -options.container.value.getBoundingClientRect().top + pendingScroll : 0;
  }

  function look(): void {
    if (!options.isActive()) return;
    const from = scrolled();
    const next = layout.range(from, from + window.innerHeight, MARGIN_PX);
    if (next[0] !== range.value[0] || next[1] !== range.value[1]) range.value = next;
    if (next[1] >= options.items().length - options.endRows) options.nearEnd();
  }

  /** Changes the layout so that what the reader is at stays where it is: the row with the focus, else the first one in
   * sight. At the very top, without a focus, nothing is held: there, what is new belongs into sight; nor on the way there. */
  function change(apply: () => void): void {
    const ids = options.isActive() && !isScrollingToTop() ? [...anchorWithFocus(), ...anchorsAtEye()] : [];
    apply();
    version.value++;
    for (const { id, top } of ids) {
      const index = layout.indexOf(id);
      if (index < 0) continue;
      pendingScroll += layout.top(index) - top;
      break;
    }
    look();
    if (pendingScroll !== 0) void nextTick(scroll);
  }

  const anchorAt = (index: number) => ({ id: layout.rows[index]!, top: layout.top(index) });

  function anchorWithFocus(): { id: string; top: number }[] {
    const index = pinned.value === null ? -1 : layout.indexOf(pinned.value);
    const from = scrolled();
    const isInSight = index >= 0 && layout.top(index + 1) > from && layout.top(index) < from + window.innerHeight;
    return isInSight ? [anchorAt(index)] : [];
  }

  /** The row at the reader's eye and some after it, in case it is the one that goes. */
  function anchorsAtEye(): { id: string; top: number }[] {
    const eye = scrolled() + options.inset();
    if (eye <= 0 || layout.total === 0) return [];
    const first = layout.rowAt(eye);
    return layout.rows.slice(first, first + 50).map((_, i) => anchorAt(first + i));
  }

  function scroll(): void {
    const by = pendingScroll;
    pendingScroll = 0;
    if (Math.abs(by) >= 1) window.scrollBy({ top: by, behavior: "instant" });
  }

  watch(options.items, (items) => change(() => layout.setRows(items.map((item) => item.id))), { immediate: true });

  // ---- heights

  const elements = new Map<Element, string>();
  const byId = new Map<string, HTMLElement>();
  const observer = new ResizeObserver((entries) => {
    const heights: [string, number][] = [];
    for (const entry of entries) {
      const id = elements.get(entry.target);
      if (id !== undefined) heights.push([id, entry.borderBoxSize[0]?.blockSize ?? 0]);
    }
    if (options.isActive()) change(() => layout.measure(heights));
  });

  function observe(id: string, element: HTMLElement | null): void {
    const before = byId.get(id);
    if (before === element || (!before && !element)) return;
    if (before) {
      observer.unobserve(before);
      elements.delete(before);
      byId.delete(id);
    }
    if (element) {
      elements.set(element, id);
      byId.set(id, element);
      observer.observe(element);
    }
  }

  const widthObserver = new ResizeObserver((entries) => {
    const now = Math.round(entries[0]?.contentRect.width ?? 0);
    if (now === 0 || now === width) return;
    if (width !== 0) change(() => layout.forget());
    width = now;
    if (elements.size > 0)
      change(() => layout.measure([...elements].map(([element, id]) => [id, element.getBoundingClientRect().height] as const)));
    look();
  });

  // ---- the keyboard

  /** Brings a row into sight and gives it the focus. */
  async function focusRow(index: number): Promise<void> {
    const item = options.items()[index];
    if (!item) return;
    pinned.value = item.id;
    await nextTick();
    const top = layout.top(index) - scrolled();
    const bottom = layout.top(index + 1) - scrolled();
    const inset = options.inset() + 8;
    if (top < inset) window.scrollBy({ top: top - inset, behavior: "instant" });
    else if (bottom > window.innerHeight - 48) window.scrollBy({ top: bottom - window.innerHeight + 48, behavior: "instant" });
    look();
    await nextTick();
    byId.get(item.id)?.focus({ preventScroll: true });
  }

  onMounted(() => {
    window.addEventListener("scroll", look, { passive: true });
    window.addEventListener("resize", look, { passive: true });
    if (options.container.value) widthObserver.observe(options.container.value);
    look();
  });
  onBeforeUnmount(() => {
    window.removeEventListener("scroll", look);
    window.removeEventListener("resize", look);
    observer.disconnect();
    widthObserver.disconnect();
  });
  watch(options.isActive, (isActive) => isActive && void nextTick(look));

  return { rows, total, pinned, observe, focusRow };
}
