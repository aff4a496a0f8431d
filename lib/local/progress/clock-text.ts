const DAY_MS = 86_400_000;

/** `Mon 5 Jan 08:15:30`, UTC. */
export function formatClock(ms: number): string {
  const [weekday, day, month] = new Date(ms).toUTCString().split(/[ ,]+/);
  return `${weekday} ${Number(day)} ${month} ${formatTime(ms)}`;
}

/** `08:15:30`, UTC. */
export function formatTime(ms: number): string {
  return new Date(ms).toISOString().slice(11, 19);
}

/** Day of the run, from 1. */
export function dayOf(ms: number, startMs: number): number {
  return Math.floor((ms - startMs) / DAY_MS) + 1;
}
