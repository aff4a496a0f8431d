/** Times of day on the viewer's own clock. */
export function timeText(atMs: number, offsetMinutes: number): string {
  return shifted(atMs, offsetMinutes).slice(11, 16);
}

/** Month, day and time: `01-05 08:00`. */
export function dayTimeText(atMs: number, offsetMinutes: number): string {
  return shifted(atMs, offsetMinutes).slice(5, 16).replace("T", " ");
}

function shifted(atMs: number, offsetMinutes: number): string {
  return new Date(atMs + offsetMinutes * 60_000).toISOString();
}
