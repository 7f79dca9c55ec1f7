import type { NeedMethods } from '../api/need-methods.ts'
import type { Handlers } from '../api/server.ts'
import type { Control } from '../control.ts'
import { fencedBy, releaseOf } from './tools.ts'

export function makeNeedHandlers({ state, leases, needs }: Control): Pick<Handlers, keyof NeedMethods> {
  return {
    'need.ensure': fencedBy(leases)(async ({ release, need, url }) => ({
      lack: await needs.ensure(releaseOf(state, release), need, url),
    })),
  }
}
