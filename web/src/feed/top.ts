// top.ts - the way to the top of the page. While it is under way no list holds the reader's place: a correction would end it
// half-way.
const ENDS = ["wheel", "touchstart", "pointerdown", "keydown"] as const; // the reader goes elsewhere

let way: AbortController | null = null; // under way; whatever ends it listens until then

export function scrollToTop(isSmooth: boolean): void {
  way?.abort();
  way = isSmooth && window.scrollY > 0 ? new AbortController() : null;
  if (way) {
    const end = way;
    const options = { signal: end.signal, passive: true };
    for (const type of ENDS) window.addEventListener(type, () => end.abort(), options);
    window.addEventListener("scroll", () => window.scrollY <= 0 && end.abort(), options);
  }
  window.scrollTo({ top: 0, behavior: isSmooth ? "smooth" : "instant" });
}

export function isScrollingToTop(): boolean {
  return way !== null && !way.signal.aborted;
}
