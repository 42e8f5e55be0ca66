// search.js - finds words in the documentation, also where it is read from a folder without a server: the index is a
// script that docs.py writes, loaded when somebody begins to search.

const RESULTS_MAX = 20;
const AROUND = 60; // characters of text shown before the first match

// The sections with every word of the query, whose parts of words count too: those with more words in the title first,
// otherwise in the order of the documentation. A section is [place, page, heading, text].
function find(sections, query) {
    const words = query.toLowerCase().split(/\s+/).filter(Boolean);
    if (!words.length) return [];
    const found = [];
    for (const [place, page, heading, text] of sections) {
        const title = `${page} ${heading}`.toLowerCase();
        const all = `${title} ${text.toLowerCase()}`;
        if (!words.every((word) => all.includes(word))) continue;
        const inTitle = words.filter((word) => title.includes(word)).length;
        found.push({ place, title: heading === page ? page : `${page} › ${heading}`, excerpt: excerpt(text, words), inTitle });
    }
    return found.sort((a, b) => b.inTitle - a.inTitle).slice(0, RESULTS_MAX);
}

function excerpt(text, words) {
    const lower = text.toLowerCase();
    const first = Math.min(...words.map((word) => lower.indexOf(word)).filter((at) => at >= 0), text.length);
    const start = first === text.length ? 0 : Math.max(0, first - AROUND);
    return (start > 0 ? "…" : "") + text.slice(start, start + 3 * AROUND);
}

function show(list, root, results, query) {
    const items = results.map(({ place, title, excerpt: text }) => {
        const item = document.createElement("li");
        const link = document.createElement("a");
        link.href = `${root}/${place}`;
        link.textContent = title;
        const line = document.createElement("p");
        line.textContent = text;
        item.append(link, line);
        return item;
    });
    if (!items.length && query.trim()) items.push(Object.assign(document.createElement("li"), { textContent: "Nothing found." }));
    list.replaceChildren(...items);
}

function start(input, list, root) {
    let index;
    const load = () =>
        (index ??= new Promise((resolve, reject) => {
            const script = Object.assign(document.createElement("script"), { src: `${root}/search_index.js` });
            script.onload = () => resolve(window.searchIndex);
            script.onerror = reject;
            document.head.append(script);
        }));
    input.addEventListener("focus", load, { once: true });
    input.addEventListener("input", async () => {
        const sections = await load();
        show(list, root, find(sections, input.value), input.value);
    });
    input.addEventListener("keydown", (event) => {
        if (event.key === "Escape") show(list, root, [], (input.value = ""));
    });
}

if (typeof document !== "undefined") {
    const input = document.querySelector("#search");
    start(input, document.querySelector("#found"), input.dataset.root);
}
