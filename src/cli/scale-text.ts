import type { ScaleStatus } from '../control/api/scale-methods.ts'
import type { Measure } from '../control/scale/decide.ts'
import { table } from './output.ts'

/** Services with their numbers, what decides them, and why they last changed. */
export function scalingTable(services: readonly ScaleStatus[]): string {
  return table([
    ['service', 'running', 'wanted', 'bounds', 'by', 'measured', 'last change'],
    ...services.map(({ service, running, wanted, min, max, note, measures }) => [
      service,
      String(running),
      String(wanted),
      min === max ? String(min) : `${min} to ${max}`,
      note?.byHand ? 'hand' : measures.length > 0 ? 'measures' : 'config',
      measures.map(describeMeasure).join(', ') || '-',
      note === null ? '-' : `${new Date(note.at).toISOString().slice(0, 19).replace('T', ' ')} ${note.because}`,
    ]),
  ])
}

/** Whether there is anything to tell beyond one instance each, as the config says. */
export function isScaled({ note, min, max, wanted, running }: ScaleStatus): boolean {
  return note !== null || min !== max || wanted !== running
}

function describeMeasure({ name, value, target, missing }: Measure): string {
  if (value === null) return `${name} no data (${missing})`
  const isShare = name === 'cpu' || name === 'memory'
  const show = (one: number): string => (isShare ? `${(one * 100).toFixed(0)} %` : String(Number(one.toFixed(1))))
  return `${name} ${show(value)} of ${show(target)}`
}
