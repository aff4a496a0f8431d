/**
 * What a sweep tries for the share of its capacity that a task should use: every peer with such a knob gets the same.
 */
export const UTILIZATION_TARGETS: readonly number[] = [0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9];
