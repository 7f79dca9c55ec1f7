import type { ResolvedService } from '../config/resolved.ts'

/** Instances wanted of services whose number a person or a measure has changed. */
export type Scaled = Readonly<Record<string, number>>

/** How many instances of a service a release runs: what it was scaled to, within its own bounds; `scale.min` otherwise. */
export function wantedInstances(name: string, { port, scale, instances }: ResolvedService, scaled: Scaled): number {
  const asked = Object.hasOwn(scaled, name) ? scaled[name]! : instances
  return port === null ? Math.min(scale.max, Math.max(scale.min, asked)) : instances
}
