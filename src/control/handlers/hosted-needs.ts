import { Problem } from '../../core/problem.ts'
import type { HostedNeedMethods } from '../api/hosted-need-methods.ts'
import type { Handlers } from '../api/server.ts'
import type { Control } from '../control.ts'
import { variablesOf } from '../needs/connection.ts'
import { fencedBy, releaseOf } from './tools.ts'

export function hostedNeedHandlers(control: Control): Pick<Handlers, keyof HostedNeedMethods> {
  const { instances, leases, needs, state } = control
  const fenced = fencedBy(leases)
  return {
    'need.variables': fenced(({ release, service }) => ({
      variables: variablesOf(needs.connectionsOf(releaseOf(state, release), service)),
    })),
    'need.host': fenced(({ release, need, host, port }) => {
      if (instances.acts) {
        throw new Problem('roster.unused', 'control runs the needs of this environment itself', {
          hint: 'The environment was brought up for another target than its config names: stop it, then `seaworthy up`.',
        })
      }
      const { password, adminPassword } = needs.host(releaseOf(state, release), need, { host, port })
      return { password, adminPassword }
    }),
  }
}
