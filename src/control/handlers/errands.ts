import type { ErrandMethods } from '../api/errand-methods.ts'
import type { Handlers } from '../api/server.ts'
import type { Control } from '../control.ts'
import { done, fencedBy } from './tools.ts'

export function errandHandlers({ leases, migrations }: Control): Pick<Handlers, keyof ErrandMethods> {
  const fenced = fencedBy(leases)
  return {
    'errand.look': fenced(({ run }) => ({ errand: migrations.errand(run) })),
    'errand.end': fenced(({ run, errand, end }) => done(migrations.endErrand(run, errand, end))),
  }
}
