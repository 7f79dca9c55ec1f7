import type { Severity } from './alert-rule.ts'

/**
 * How long the first alert of a group waits for others, embedded and in the generated Alertmanager: part of the time until
 * somebody knows, so short for what wakes somebody; a ticket can wait as long as Alertmanager's own default, 30 s.
 */
export const GROUP_WAIT_MS: Readonly<Record<Severity, number>> = { P0: 5_000, P1: 5_000, P2: 30_000, P3: 30_000 }
