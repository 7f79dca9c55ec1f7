import { Problem } from '../../core/problem.ts'
import type { GuardMethods } from '../api/guard-methods.ts'
import type { Handlers } from '../api/server.ts'
import type { Control } from '../control.ts'
import { MINUTES_KEPT } from '../guard/analytics.ts'
import { tryRequest } from '../guard/check.ts'
import { LIMIT, mustBeAddress, mustBeCount, mustBeDuration, mustBeFilter } from '../guard/input.ts'
import { mustBePer, mustBeText, mustBeTried } from '../guard/input.ts'
import { ReadingsOnRecord } from '../guard/readings-on-record.ts'
import { guardMetrics, securityStatus } from '../guard/status.ts'

/** The guard's control API: every method names the operator who calls, those that only read included. */
export function guardHandlers(control: Control): Pick<Handlers, keyof GuardMethods> {
  const { security, afterDeploy, clock } = control
  const { blocks } = security
  const readings = new ReadingsOnRecord({
    trail: afterDeploy.trail,
    clock,
    onError: (error) => security.trouble(error),
  })
  const reader = (by: string, method: keyof GuardMethods): void => readings.note(mustBeText(by, 'by'), method)
  return {
    'guard.block': async ({ address, reason, forMs, by }) =>
      blocks.add(mustBeText(address, 'address'), {
        reason: mustBeText(reason, 'reason'),
        forMs: mustBeDuration(forMs, 'forMs'),
        by: mustBeText(by, 'by'),
      }),
    'guard.unblock': async ({ address, by }) => security.unblock(mustBeText(address, 'address'), mustBeText(by, 'by')),
    'guard.blocks': ({ by }) => {
      reader(by, 'guard.blocks')
      const { block = [], allow = [] } = security.table()?.guard ?? {}
      return { blocks: blocks.book.list(), config: { block, allow } }
    },
    'guard.events': async ({ filter, limit, by }) => {
      reader(by, 'guard.events')
      const count = mustBeCount(limit, 'limit', LIMIT.max, LIMIT.otherwise)
      return { events: await security.events(mustBeFilter(filter), count) }
    },
    'guard.feeds': ({ by }) => {
      reader(by, 'guard.feeds')
      return { feeds: security.feeds.list() }
    },
    'guard.reload': async ({ url, by }) => {
      mustBeText(by, 'by')
      return { feeds: await security.feeds.reload(url === null ? null : mustBeText(url, 'url')) }
    },
    'guard.limits': async ({ per, id, by }) => {
      reader(by, 'guard.limits')
      const asked = mustBePer(per)
      const limits = security.table()?.guard?.limits ?? []
      return {
        limits: await control.limits.look(limits, asked, asked === 'client' ? mustBeAddress(id) : mustBeText(id, 'id')),
      }
    },
    'guard.check': async ({ request, by }) => {
      mustBeText(by, 'by')
      const tried = mustBeTried(request)
      const policy = security.table()?.guard ?? null
      if (policy === null) throw nothingDeployed()
      return tryRequest(policy, tried, {
        refusalOf: (client) => security.refusalOf(client),
        risk: security.riskOf(tried.client),
        limits: (...asked) => control.limits.look(...asked),
      })
    },
    'guard.metrics': ({ by }) => {
      reader(by, 'guard.metrics')
      return guardMetrics(security)
    },
    'guard.status': ({ minutes, by }) => {
      reader(by, 'guard.status')
      const shown = mustBeCount(minutes, 'minutes', MINUTES_KEPT, 15)
      return securityStatus(security, { table: security.table(), minutes: shown, nowMs: clock.now() })
    },
  }
}

function nothingDeployed(): Problem {
  return new Problem('guard.no-policy', 'no release is live, so there is no policy to ask', {
    hint: 'Deploy first: `seaworthy deploy`.',
  })
}
