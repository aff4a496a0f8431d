/**
 * Rounded up to whole tasks, but not for the last bit of a division: 10 x 0.7 / 0.7 are 10 tasks, and so are 7 / 0.7.
 */
export function wholeTasks(tasks: number): number {
  return Math.ceil(Math.round(tasks * 1e9) / 1e9);
}
