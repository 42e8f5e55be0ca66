// site.js - what a test file works with: a server, a browser, and for each test a page.
import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import { isLive, launch, open } from "./browser.js";
import { Deployment } from "./deployment.js";

export let deployment, browser, page;

/** For all tests of a file: a server with what `prepare` puts there, and a browser. */
export function useSite(prepare, start = () => Deployment.start()) {
  beforeAll(async () => {
    deployment = await start();
    await prepare?.();
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
    await deployment?.end();
  });
}

/** For each test: a page that is live and, at the end, has had no faults. */
export function usePage(url = () => deployment.url) {
  beforeEach(async () => {
    page = await open(browser, url());
    await isLive(page);
  });
  afterEach(async () => {
    expect(page.faults).toEqual([]);
    await page.context().close();
  });
}
