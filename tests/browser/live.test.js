// Live: whatever happens to the network and the server, every meow is there once.
import { afterEach, beforeEach, expect, test } from "vitest";
import { expectWholeFeed, isLive, launch, open, row, write } from "./browser.js";
import { Deployment } from "./deployment.js";
import { Proxy } from "./proxy.js";
import { browser, deployment, page, usePage, useSite } from "./site.js";

let proxy;

useSite();
beforeEach(async () => {
  proxy = await Proxy.before(deployment.url);
});
afterEach(() => proxy.close()); // after the page is closed: what is registered last is undone first
usePage(() => proxy.url);

const banner = () => page.getByText("No connection.");
const seconds = (count) => page.waitForTimeout(count * 1000);

test("200 meows that arrive in a second are all there, once, in order", async () => {
  await deployment.postMany(200, (i) => `one of many ${i}`);
  await expectWholeFeed(page, deployment);
});

test("the server restarts while the page is open: it comes back by itself and lacks nothing", async () => {
  await deployment.tell("stop_daemons"); // NGINX goes on, and says that they are away
  await banner().waitFor();
  await write(page, "written while it restarts");
  await page.getByText("Not posted.").waitFor();
  await deployment.tell("start");
  await deployment.postMany(5, (i) => `after the restart ${i}`);
  await isLive(page);
  await row(page, "after the restart 4").waitFor();
  await row(page, "written while it restarts").waitFor();
  await expectWholeFeed(page, deployment);
  await expect.poll(() => banner().count()).toBe(0);
});

test("the network is lost for 10 seconds: what was missed is filled in, and what was written goes out", async () => {
  proxy.cut();
  await page.context().setOffline(true);
  await banner().waitFor();
  await write(page, "written without a network");
  await page.getByText("Not posted.").waitFor();
  await deployment.postMany(30, (i) => `missed ${i}`);
  await deployment.post("missed last");
  await seconds(9);
  proxy.restore();
  await page.context().setOffline(false);
  await row(page, "missed last").waitFor();
  await row(page, "written without a network").waitFor();
  await expectWholeFeed(page, deployment);
  expect((await deployment.list()).filter((meow) => meow.body === "written without a network").length).toBe(1);
});

test("a network that swallows everything without breaking is noticed too", async () => {
  proxy.stall();
  await deployment.postMany(3, (i) => `swallowed ${i}`);
  await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange"))); // the reader looks at the page
  await row(page, "swallowed 2").waitFor({ timeout: 40_000 });
  await expectWholeFeed(page, deployment);
});

test("where WebSocket is blocked, Server-Sent Events take its place", async () => {
  proxy.blocks = "/pusher";
  proxy.drop();
  await page.getByText("Server-Sent Events").waitFor();
  await deployment.post("by another way");
  await row(page, "by another way").waitFor();
  expect(proxy.count("/events")).toBe(1);
  proxy.blocks = null;
  proxy.drop();
  await page.locator(".status").getByText("WebSocket").waitFor();
  await expectWholeFeed(page, deployment);
});

test("when the server has another feed all of a sudden, the page shows that one", async () => {
  await deployment.post("of the feed before");
  await row(page, "of the feed before").waitFor();
  const other = await Deployment.start();
  await other.postMany(3, (i) => `of the other feed ${i}`);
  proxy.target = new URL(other.url);
  proxy.drop();
  await row(page, "of the other feed 2").waitFor({ timeout: 15_000 });
  await expectWholeFeed(page, other);
  await other.post("and live");
  await row(page, "and live").waitFor();
  await other.end();
});

test("the tabs of a browser share one connection, also when the one that had it is closed", async () => {
  const tabs = [await open(page.context(), proxy.url), await open(page.context(), proxy.url)];
  for (const tab of tabs) await isLive(tab);
  expect(proxy.count("/pusher")).toBe(1);
  await deployment.post("to all tabs");
  for (const tab of [page, ...tabs]) {
    await tab.bringToFront(); // a tab behind another one is not drawn
    await row(tab, "to all tabs").waitFor();
  }

  await page.close();
  await deployment.postMany(20, (i) => `while nobody leads ${i}`);
  await deployment.post("by the one who leads now");
  for (const tab of tabs) {
    await tab.bringToFront();
    await row(tab, "by the one who leads now").waitFor();
    await expectWholeFeed(tab, deployment);
    expect(tab.faults).toEqual([]);
  }
  expect(proxy.count("/pusher")).toBe(1);
});

/** Has a tab stand still, as if the browser or the machine had put it to sleep; returns how to wake it. */
async function freeze(tab) {
  const session = await tab.context().newCDPSession(tab);
  const isAsleep = new Promise((resolve) => session.once("Debugger.paused", resolve));
  await tab.evaluate(() => setInterval(() => {}, 20)); // something that can be stopped
  await session.send("Debugger.enable");
  await session.send("Debugger.pause");
  await isAsleep;
  return async () => {
    await session.send("Debugger.disable"); // lets it run again
    await session.detach();
  };
}

test("a page that slept while its connection broke has everything when it wakes, once", async () => {
  const wake = await freeze(page);
  await deployment.postMany(3, (i) => `said while it sleeps ${i}`);
  proxy.drop();
  await deployment.postMany(3, (i) => `said while it sleeps on ${i}`);
  await wake();
  await row(page, "said while it sleeps on 2").waitFor();
  await expectWholeFeed(page, deployment);
});

test("the tab that leads falls asleep: another one goes on without it, and it lacks nothing when it wakes", async () => {
  const other = await open(page.context(), proxy.url);
  await isLive(other);
  const wake = await freeze(page);
  await other.bringToFront();
  await deployment.post("while the leader sleeps");
  await row(other, "while the leader sleeps").waitFor({ timeout: 20_000 });
  await expectWholeFeed(other, deployment);
  await wake();
  await page.bringToFront();
  await row(page, "while the leader sleeps").waitFor();
  await deployment.post("after it woke");
  await row(page, "after it woke").waitFor();
  await expectWholeFeed(page, deployment);
  await expect.poll(() => proxy.count("/pusher")).toBe(1);
  expect(other.faults).toEqual([]);
});

test("a page that comes back from the browser's memory is live again, and has what it missed", async () => {
  const keeping = await launch({ ignoreDefaultArgs: ["--disable-back-forward-cache"] }); // as browsers are by default
  const tab = await open(keeping, proxy.url);
  await isLive(tab);
  await tab.evaluate(() => window.addEventListener("pageshow", ({ persisted }) => persisted && sessionStorage.setItem("kept", "yes")));
  await tab.goto(`${proxy.url}/openapi.json`);
  await deployment.post("said while one looked at something else");
  await tab.evaluate(() => history.back());
  await row(tab, "said while one looked at something else").waitFor();
  await isLive(tab);
  expect(await tab.evaluate(() => sessionStorage.getItem("kept"))).toBe("yes");
  await deployment.post("live as before");
  await row(tab, "live as before").waitFor();
  await expectWholeFeed(tab, deployment);
  expect(tab.faults).toEqual([]);
  await keeping.close();
});

test("a page without secure context connects on its own", async () => {
  const context = await browser.newContext();
  await context.addInitScript(() => Object.defineProperty(Navigator.prototype, "locks", { get: () => undefined }));
  await context.addInitScript(() => delete Navigator.prototype.locks);
  const tabs = [await open(context, proxy.url), await open(context, proxy.url)];
  for (const tab of tabs) await isLive(tab);
  expect(proxy.count("/pusher")).toBe(3);
  await context.close();
});

test("the status says where the feed is, and that nothing is missing", async () => {
  await deployment.post("one more position");
  await row(page, "one more position").waitFor();
  const response = await fetch(`${deployment.url}/meows?take=1`);
  const position = Number(response.headers.get("Meower-Cursor").split("-")[1]).toLocaleString("en");
  await page.getByText(`position ${position}`, { exact: true }).waitFor();
  await page.getByText("up to date").waitFor();
});
