import { Problem } from '../../core/problem.ts'
import type { NeedMethods } from '../api/need-methods.ts'
import type { Handlers } from '../api/server.ts'
import type { Control } from '../control.ts'
import { fencedBy, releaseOf } from './tools.ts'

export function makeNeedHandlers({ state, leases, needs }: Control): Pick<Handlers, keyof NeedMethods> {
  return {
    'need.ensure': fencedBy(leases)(async ({ release, need, url }) => ({
      lack: await needs.ensure(releaseOf(state, release), need, url),
    })),
    'need.check': async ({ needs: asked }) => {
      const problems = asked.map(async ({ need, config, url }) => {
        try {
          await needs.inspect(need, config, url)
          return []
        } catch (error) {
          if (!(error instanceof Problem)) throw error
          return [{ need, problem: error.toJSON() }]
        }
      })
      return { problems: (await Promise.all(problems)).flat() }
    },
    'need.list': () => ({ needs: needs.list() }),
  }
}
