// browser.js - a real Chromium, and what tests do with the page.
import { expect } from "vitest";
import { chromium } from "playwright-core";

const FLAGS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];

export function launch(options) {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS, ...options });
}

/** What the page must never say: errors of its own, and breaches of its policy. Requests that fail are part of tests. */
function watchForFaults(page) {
  const faults = [];
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("console", (message) => {
    const text = message.text();
    const isNetwork = /Failed to load resource|WebSocket connection|net::ERR/.test(text);
    if (["error", "warning"].includes(message.type()) && !isNetwork) faults.push(text);
  });
  return faults;
}

/** Opens the page in a context (as another person's browser) or a tab of one. Its faults are in page.faults. */
export async function open(contextOrBrowser, url, options) {
  const isBrowser = "newContext" in contextOrBrowser;
  const context = isBrowser ? await contextOrBrowser.newContext(options) : contextOrBrowser;
  const page = await context.newPage();
  page.faults = watchForFaults(page);
  await page.goto(url);
  return page;
}

export const feed = (page) => page.getByRole("feed", { name: "Newest meows" });
export const rows = (page) => feed(page).getByRole("article");
export const row = (page, text) => rows(page).filter({ hasText: text });
export const field = (page) => page.getByRole("textbox", { name: "Write a meow" });
export const isLive = (page) => page.locator(".light.live").waitFor();

/** Writes a meow and posts it. */
export async function write(page, text) {
  await field(page).fill(text);
  await field(page).press("Control+Enter");
}

/** All ids in the timeline, from top to bottom, by scrolling through it. */
export async function allIds(page) {
  return page.evaluate(async () => {
    // A browser that is short of time may leave frames out; the timer then takes the frame's place.
    const frame = () => new Promise((resolve) => (requestAnimationFrame(resolve), setTimeout(resolve, 1_000)));
    const pause = () => frame().then(frame);
    const feed = document.querySelector("[role=feed]");
    const places = new Map();
    const look = () => {
      for (const article of feed.querySelectorAll("article")) places.set(article.dataset.id, Number(article.ariaPosInSet));
    };
    window.scrollTo(0, 0);
    for (;;) {
      await pause();
      look();
      const before = window.scrollY;
      window.scrollBy(0, 2 * window.innerHeight); // as much as is in the page beyond the window
      if (window.scrollY === before) break;
    }
    window.scrollTo(0, 0);
    await pause();
    return [...places].sort((left, right) => left[1] - right[1]).map(([id]) => id);
  });
}

/** The timeline is what the server has: every meow once, newest first. */
export async function expectWholeFeed(page, deployment) {
  const wanted = (await deployment.list()).map((meow) => meow.id);
  await page.bringToFront(); // a tab behind another one is not drawn
  const difference = async () => {
    const got = await allIds(page);
    return {
      missing: wanted.filter((id) => !got.includes(id)),
      surplus: got.filter((id) => !wanted.includes(id)),
      isInOrder: got.every((id, i) => i === 0 || got[i - 1] > id),
      count: got.length,
    };
  };
  const right = { missing: [], surplus: [], isInOrder: true, count: wanted.length };
  await expect.poll(difference, { timeout: 10_000, interval: 200 }).toEqual(right);
}
