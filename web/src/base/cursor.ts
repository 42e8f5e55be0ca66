// cursor.ts - the position in the feed that every answer and event carries: the store's epoch, '-', a number.

export interface Position {
  readonly epoch: string;
  readonly number: number;
}

/** Null when the text is no cursor. */
export function parseCursor(text: string | null | undefined): Position | null {
  const match = /^([0-9a-f]{16})-(0|[1-9][0-9]{0,15})$/.exec(text ?? "");
  return match ? { epoch: match[1]!, number: Number(match[2]) } : null;
}

export function formatCursor(position: Position): string {
  return `${position.epoch}-${position.number}`;
}

/** Whether `position` lacks something that `other` has. Positions of different feeds cannot be compared. */
export function isBehind(position: Position | null, other: Position | null): boolean {
  return position !== null && other !== null && position.epoch === other.epoch && position.number < other.number;
}
