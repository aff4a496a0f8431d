import type { PublicationLag } from "../model/component-state.ts";

/*
 * From a period's end to when its metrics can be read, as a component's own readings tell it. Nobody promises it, and it
 * varies from period to period: what is kept is the shortest of late, so that asking at that time may be in vain, and is not
 * later than it could have been.
 */

/** Beat of the monitor (lib/flow.ts): the unit in which a time of publication is known. */
export const MONITOR_BEAT_MS = 30_000;
/** Times within half a beat of each other are those of one beat. */
const SAME_BEAT_MS = MONITOR_BEAT_MS / 2;
/** So many answers in a row that came later, an hour's of one minute, and the shortest is not the shortest any more. */
const GIVEN_UP_AFTER = 60;
/** So many requests in a row that were in vain a beat sooner, and it is believed that there is no sooner. */
const BELIEVED_AFTER = 10;

/**
 * After an answer, `seenMs` after the end of its newest period; `isNext`: it brought one period only, the one after what was
 * read before. Of several the last may have been there for long, or not have been asked for when it was due.
 */
export function lagAfterAnswer(
  known: PublicationLag | undefined,
  { seenMs, periodMs, isNext }: { seenMs: number; periodMs: number; isNext: boolean },
): PublicationLag {
  // Nobody asked before this time: it may have been there for long.
  if (known === undefined || seenMs < known.ms - SAME_BEAT_MS) return { ms: seenMs, sooner: 0, later: 0 };
  if (seenMs <= known.ms + SAME_BEAT_MS) {
    if (seenMs >= known.ms && known.later === 0) return known;
    return { ...known, ms: Math.min(known.ms, seenMs), later: 0 };
  }
  // The period after the newest was asked for as well, in vain.
  if (!isNext) return lagAfterSilence(known, seenMs - periodMs);
  const later = known.later + 1;
  return later < GIVEN_UP_AFTER ? { ...known, later } : { ms: seenMs, sooner: BELIEVED_AFTER, later: 0 };
}

/** After a request in vain, `askedMs` after the end of the period that it was for. */
export function lagAfterSilence(known: PublicationLag, askedMs: number): PublicationLag {
  const isOneBeatSooner = Math.abs(known.ms - MONITOR_BEAT_MS - askedMs) <= SAME_BEAT_MS;
  return isOneBeatSooner && !isShortest(known) ? { ...known, sooner: known.sooner + 1 } : known;
}

/** Whether asking sooner would most likely be in vain. */
export function isShortest({ sooner }: PublicationLag): boolean {
  return sooner >= BELIEVED_AFTER;
}
