import { objectiveId } from '../objective.ts'
import { objectivesOf } from '../objectives.ts'
import { change, type Check } from './refusal.ts'

/** An SQLite file is on one host; instances on another would each have a database of their own. */
export const sqliteHosts: Check = (app, { hosts }) =>
  objectivesOf(app).flatMap((objective) => {
    const { subject } = objective
    if (subject.kind !== 'requests') return []
    const service = app.services[subject.service]
    if (service === undefined || service.scale.max < 2) return []
    const files = Object.keys(service.uses).filter((need) => app.needs[need]?.kind === 'sqlite')
    // A cluster places its pods where it likes.
    const machines = hosts ?? (app.target === 'kubernetes' ? service.scale.max : 1)
    if (files.length === 0 || machines < 2) return []
    const several = Math.min(machines, service.scale.max)
    return files.map((need) => ({
      kind: 'refused',
      objective: objectiveId(objective),
      reason: 'sqlite-hosts',
      arithmetic: [
        `${need}: 1 SQLite file, 1 host`,
        `up to ${service.scale.max} instances of ${subject.service} on ${several} hosts: ${several} > 1`,
      ],
      waysOut: [
        {
          text: `make ${need} a Postgres: needs.${need}: postgres()`,
          changes: [change(['needs', need, 'kind'], 'postgres')],
        },
        {
          text: `have one instance: services.${subject.service}.scale: { min: 1, max: 1 }`,
          changes: [
            change(['services', subject.service, 'instances'], 1),
            change(['services', subject.service, 'scale', 'min'], 1),
            change(['services', subject.service, 'scale', 'max'], 1),
          ],
        },
        { text: 'have one host', changes: [{ of: 'facts', path: ['hosts'], value: 1 }] },
      ],
    }))
  })
