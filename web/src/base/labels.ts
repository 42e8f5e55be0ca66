// labels.ts - what a meow carries besides its text, such as room=garden, and filters by that.

export interface Label {
  readonly key: string;
  readonly value: string;
}

/** As JSON has them: a text for each key, or several. */
export type RawLabels = Readonly<Record<string, string | readonly string[]>>;

/** Values of one key are alternatives, different keys must all hold. An empty one lets everything through. */
export type Filter = readonly Label[];

export function labelsFrom(raw: RawLabels): Label[] {
  return Object.entries(raw).flatMap(([key, values]) => [values].flat().map((value) => ({ key, value })));
}

/** Whether what carries these labels passes a filter. */
export function passes(labels: readonly Label[], filter: Filter): boolean {
  const isCarried = (term: Label) => labels.some(({ key, value }) => key === term.key && value === term.value);
  return filter.every(({ key }) => filter.some((term) => term.key === key && isCarried(term)));
}

export function isSame(filter: Filter, other: Filter): boolean {
  const texts = (labels: Filter) => JSON.stringify(labels.map(({ key, value }) => [key, value]));
  return texts(filter) === texts(other);
}

/** The filter that asks for a label too, in the place of others with its key. */
export function narrowed(filter: Filter, label: Label): Filter {
  return [...filter.filter(({ key }) => key !== label.key), label];
}

export function without(filter: Filter, label: Label): Filter {
  return filter.filter(({ key, value }) => key !== label.key || value !== label.value);
}

/** For people: room=garden, tag=cats. */
export function textOf(labels: readonly Label[]): string {
  return labels.map(({ key, value }) => `${key}=${value}`).join(", ");
}

const PREFIX = "label.";

/** Adds the labels to the parameters of a request or an address. */
export function addLabels(parameters: URLSearchParams, labels: readonly Label[]): URLSearchParams {
  for (const { key, value } of labels) parameters.append(PREFIX + key, value);
  return parameters;
}

/** The labels among parameters. Whether they are right is the server's to say. */
export function labelsAmong(parameters: URLSearchParams): Label[] {
  const named = [...parameters].filter(([name]) => name.startsWith(PREFIX));
  return named.map(([name, value]) => ({ key: name.slice(PREFIX.length), value }));
}
