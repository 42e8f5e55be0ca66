// route.ts - what the page shows, as its address says: the feed, a search (/?query=...), or one meow (/?meow=...). The
// path is always "/", so any server of files can serve the page.
import { isId } from "./meow";

export interface Route {
  readonly query: string; // "": no search
  readonly meow: string; // "": no single meow
}

export function routeFrom(search: string): Route {
  const parameters = new URLSearchParams(search);
  const meow = parameters.get("meow") ?? "";
  if (isId(meow)) return { query: "", meow };
  return { query: (parameters.get("query") ?? "").slice(0, 500).trim(), meow: "" };
}

export function addressOf(route: Route): string {
  if (route.meow) return `/?${new URLSearchParams({ meow: route.meow })}`;
  return route.query ? `/?${new URLSearchParams({ query: route.query })}` : "/";
}
