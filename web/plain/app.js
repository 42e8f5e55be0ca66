// app.js - the plain page: the newest meows, live; posting; searching while one types.
"use strict";

const BODY_MAX = 140;
const element = (id) => document.getElementById(id);
const list = element("meows");

let cursor = null;       // position of the last event seen: a new connection goes on from there
let older = null;        // address of the next page
let searching = "";      // what the list shows is found for this text; "": the feed itself
let waiting = [];        // meows that came while the reader was further down
let retryMs = 1000;
let searchTimer = 0;
let searchNumber = 0;
let postKey = null;      // of the text that is being posted: sent again with it, so that it is never stored twice

// Bodies come with five characters as HTML entities. They are shown as text, never as HTML.
const ENTITIES = { "&lt;": "<", "&gt;": ">", "&amp;": "&", "&#39;": "'", "&#34;": '"' };
const unescapeBody = (text) => text.replace(/&(?:lt|gt|amp|#39|#34);/g, (entity) => ENTITIES[entity]);

function fillBody(paragraph, meow) {
  const characters = [...meow.body];
  let at = 0;
  for (const [start, length] of meow.highlight || []) {
    paragraph.append(unescapeBody(characters.slice(at, start).join("")));
    const mark = document.createElement("mark");
    mark.textContent = unescapeBody(characters.slice(start, start + length).join(""));
    paragraph.append(mark);
    at = start + length;
  }
  paragraph.append(unescapeBody(characters.slice(at).join("")));
}

const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

function timeText(date) {
  const seconds = Math.round((date - Date.now()) / 1000);
  for (const [unit, size] of [["day", 86400], ["hour", 3600], ["minute", 60]])
    if (-seconds >= size) return relative.format(Math.round(seconds / size), unit);
  return "just now";
}

function meowItem(meow) {
  const item = document.createElement("li");
  const paragraph = document.createElement("p");
  const time = document.createElement("time");
  item.dataset.id = meow.id;
  fillBody(paragraph, meow);
  time.dateTime = meow.created_at;
  time.title = new Date(meow.created_at).toLocaleString();
  time.textContent = timeText(new Date(meow.created_at));
  item.append(paragraph, time);
  return item;
}

const itemOf = (id) => list.querySelector(`li[data-id="${CSS.escape(id)}"]`);

function showNothing() {
  const nothing = element("nothing");
  nothing.hidden = list.childElementCount > 0;
  nothing.textContent = searching ? "Nothing found." : "No meows yet. Say the first one.";
}

function showNews() {
  const news = element("news");
  news.hidden = waiting.length === 0;
  news.textContent = waiting.length === 1 ? "1 new meow" : `${waiting.length} new meows`;
}

// Ids sort by time, newest first: an event that comes twice or late still lands where it belongs.
function insert(meow, isFresh) {
  if (itemOf(meow.id)) return;
  const item = meowItem(meow);
  if (isFresh) item.classList.add("fresh");
  let next = list.firstElementChild;
  while (next && next.dataset.id > meow.id) next = next.nextElementSibling;
  list.insertBefore(item, next);
}

function takeNews() {
  for (const meow of waiting) insert(meow, true);
  waiting = [];
  showNews();
  showNothing();
}

function handleEvent(event) {
  if (event.cursor) cursor = event.cursor;
  if (event.kind === 0 && !event.recovered) loadNewest();
  if (event.kind === 2) {
    waiting = waiting.filter((meow) => meow.id !== event.id);
    itemOf(event.id)?.remove();
    showNews();
    showNothing();
  }
  if (event.kind !== 1 || searching) return;
  waiting.push(event);
  if (window.scrollY < 200) takeNews();
  else showNews();
}

function setConnection(text, isLive) {
  element("connection").textContent = text;
  element("connection").classList.toggle("live", isLive);
}

function connect() {
  const address = new URL("/pusher", location.href);
  address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  address.searchParams.set("cursor", cursor ?? "");
  const socket = new WebSocket(address);
  socket.onopen = () => {
    retryMs = 1000;
    setConnection("live", true);
  };
  socket.onmessage = (message) => handleEvent(JSON.parse(message.data));
  socket.onclose = () => {
    setConnection("reconnecting…", false);
    setTimeout(connect, retryMs * (0.75 + Math.random() / 2));
    retryMs = Math.min(retryMs * 2, 30000);
  };
}

function nextPage(response) {
  const match = /<([^>]+)>\s*;\s*rel="?next"?/.exec(response.headers.get("Link") || "");
  return match ? match[1] : null;
}

async function fetchMeows(address) {
  const response = await fetch(address);
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error);
  return [answer, response];
}

async function loadNewest() {
  try {
    const [meows, response] = await fetchMeows("/meows?take=50");
    if (searching) return;
    element("heading").textContent = "Newest meows";
    list.replaceChildren(...meows.map(meowItem));
    cursor ??= response.headers.get("Meower-Cursor");
    older = meows.length === 50 ? nextPage(response) : null;
    element("older").hidden = !older;
    waiting = [];
    showNews();
    showNothing();
  } catch (error) {
    element("nothing").hidden = false;
    element("nothing").textContent = `The meows cannot be read now: ${error.message}.`;
  }
}

async function loadOlder() {
  const [meows, response] = await fetchMeows(older);
  list.append(...meows.filter((meow) => !itemOf(meow.id)).map(meowItem));
  older = meows.length > 0 ? nextPage(response) : null;
  element("older").hidden = !older;
}

async function search() {
  const number = ++searchNumber;
  searching = element("query").value.trim();
  if (!searching) {
    await loadNewest();
    return;
  }
  try {
    const parameters = new URLSearchParams({ query: searching, take: 50, highlight: 1 });
    const [meows, response] = await fetchMeows(`/search?${parameters}`);
    if (number !== searchNumber) return;
    const isFallback = response.headers.get("Meower-Search") === "fallback";
    element("heading").textContent = isFallback ? "Found among the newest meows" : "Found meows";
    list.replaceChildren(...meows.map(meowItem));
    element("older").hidden = true;
    showNothing();
  } catch (error) {
    element("nothing").hidden = false;
    element("nothing").textContent = `The search failed: ${error.message}.`;
  }
}

function handleInput() {
  postKey = null;
  countLeft();
}

function countLeft() {
  const left = BODY_MAX - [...element("body").value].length;
  element("left").textContent = left;
  element("left").classList.toggle("over", left < 0);
  element("send").disabled = left < 0 || left === BODY_MAX;
}

async function post(event) {
  event.preventDefault();
  const text = element("body");
  const problem = element("problem");
  element("send").disabled = true;
  problem.hidden = true;
  try {
    postKey ??= crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;
    const response = await fetch("/meows", {
      method: "POST",
      headers: { "Content-Type": "application/json", "Idempotency-Key": postKey },
      body: JSON.stringify({ body: text.value }),
    });
    const answer = await response.json();
    if (!response.ok) throw new Error(answer.error);
    postKey = null;
    text.value = "";
    text.focus();
  } catch (error) {
    problem.textContent = `That did not work: ${error.message}. Your text is still there.`;
    problem.hidden = false;
  }
  countLeft();
}

function start() {
  element("compose").addEventListener("submit", post);
  element("body").addEventListener("input", handleInput);
  element("body").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) element("compose").requestSubmit();
  });
  element("search").addEventListener("submit", (event) => event.preventDefault());
  element("query").addEventListener("input", () => {
    clearTimeout(searchTimer);
    searchTimer = setTimeout(search, 150);
  });
  element("news").addEventListener("click", () => {
    window.scrollTo({ top: 0 });
    takeNews();
  });
  element("older").addEventListener("click", loadOlder);
  setInterval(() => {
    for (const time of list.querySelectorAll("time")) time.textContent = timeText(new Date(time.dateTime));
  }, 30000);
  countLeft();
  loadNewest().then(connect);
}

start();
