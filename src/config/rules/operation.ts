import { finding, type Finding } from '../explain-issue.ts'
import { showValue, type Path } from '../path.ts'
import { namesOf, type AppRule, type Scene } from './scene.ts'
import { unknownName } from './services.ts'

export const operationRules: readonly AppRule[] = [backupsOfNeeds, alertsReachChannels, maintenanceEnds]

function backupsOfNeeds(scene: Scene): readonly Finding[] {
  const known = namesOf(scene, 'needs')
  return Object.keys(scene.app.backups ?? {}).flatMap((name) => {
    if (!known.includes(name)) return [unknownName(['backups', name], name, 'the name of a need', known)]
    const kind = scene.app.needs?.[name]?.kind
    if (kind !== 'http' && kind !== 'kafka') return []
    return [finding(['backups', name], `a backup of ${kind}`, 'a postgres, redis or sqlite; remove it')]
  })
}

function alertsReachChannels(scene: Scene): readonly Finding[] {
  const known = namesOf(scene, 'alerts', 'channels')
  const check = (names: readonly string[], path: Path) =>
    names.flatMap((name, index) =>
      known.includes(name) ? [] : [unknownName([...path, index], name, 'the name of a channel', known)],
    )
  return (scene.app.alerts?.routes ?? []).flatMap((route, index) => {
    const path = ['alerts', 'routes', index]
    return [
      ...check(route.to, [...path, 'to']),
      ...(route.escalate ?? []).flatMap((step, at) => check(step.to, [...path, 'escalate', at, 'to'])),
    ]
  })
}

function maintenanceEnds({ app }: Scene): readonly Finding[] {
  return (app.alerts?.maintenance ?? []).flatMap(({ from, to }, index) =>
    Date.parse(from) < Date.parse(to)
      ? []
      : [
          finding(
            ['alerts', 'maintenance', index, 'to'],
            showValue(to),
            `an instant after from (${from}); swap them, or correct one`,
          ),
        ],
  )
}
