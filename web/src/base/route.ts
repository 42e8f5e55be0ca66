// route.ts - what the page shows, as its address says: the feed, a search (/?query=...), both with a filter or without
// (/?label.room=garden), or one meow (/?meow=...). The path is always "/", so any server of files can serve the page.
import { addLabels, labelsAmong, type Filter } from "./labels";
import { isId } from "./meow";

export interface Route {
  readonly query: string; // "": no search
  readonly meow: string; // "": no single meow
  readonly filter: Filter; // of the feed and the search; a single meow has none
}

export function routeFrom(search: string): Route {
  const parameters = new URLSearchParams(search);
  const meow = parameters.get("meow") ?? "";
  if (isId(meow)) return { query: "", meow, filter: [] };
  return { query: (parameters.get("query") ?? "").slice(0, 500).trim(), meow: "", filter: labelsAmong(parameters) };
}

export function addressOf(route: Route): string {
  if (route.meow) return `/?${new URLSearchParams({ meow: route.meow })}`;
  const parameters = addLabels(new URLSearchParams(route.query ? { query: route.query } : {}), route.filter).toString();
  return parameters ? `/?${parameters}` : "/";
}
