// random.ts - keys that nobody else draws. crypto.randomUUID() exists only on secure origins; a page on plain HTTP in a
// local network needs them too.

export function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
