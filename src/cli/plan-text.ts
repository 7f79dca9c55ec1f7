import type { CheckedConfig } from '../config/check.ts'
import { notYetInEffect } from '../config/not-yet.ts'
import type { Change } from '../deploy/changes.ts'
import type { Plan } from '../deploy/plan.ts'
import type { Promotion } from '../deploy/release.ts'
import { table } from './output.ts'

/** A plan for reading: steps with their causes, what changes, where downtime cannot be avoided. */
export function describePlan({ base, release, operations, changes, downtime }: Plan): string {
  const { promoted } = release
  const steps = operations.map(({ id, by, because }, index) => [`${index + 1}.`, id, by, because])
  return [
    `${base.live ?? 'nothing'} is live; next: ${release.id}${promoted === undefined ? '' : `, ${describePromotion(promoted)}`}`,
    '',
    'Changes',
    changes.length === 0 ? '  none' : indent(table(changes.map(describeChange))),
    '',
    'Steps',
    indent(table(steps)),
    '',
    'Downtime',
    downtime.length === 0
      ? '  none'
      : indent(downtime.map(({ service, because }) => `${service}: ${because}`).join('\n')),
  ].join('\n')
}

export function describePromotion({ environment, release }: Pick<Promotion, 'environment' | 'release'>): string {
  return `promoted from ${environment}, release ${release}`
}

/** One line about keys that are accepted but do nothing yet; null when there are none. */
export function describeIdleKeys(checked: CheckedConfig): string | null {
  const { length } = notYetInEffect(checked)
  if (length === 0) return null
  return `${length === 1 ? '1 key of the config has' : `${length} keys of the config have`} no effect yet: see \`seaworthy doctor\``
}

const TEXT_MAX = 60

function describeChange({ path, from, to }: Change): readonly string[] {
  if (from === null) return ['+', path, cut(to!)]
  if (to === null) return ['-', path, cut(from)]
  return ['~', path, `${cut(from)} → ${cut(to)}`]
}

function cut(text: string): string {
  return text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX - 1)}…` : text
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, '  ')
}
