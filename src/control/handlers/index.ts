import { Problem } from '../../core/problem.ts'
import type { Release } from '../../deploy/release.ts'
import type { Job } from '../api/contract.ts'
import type { Handlers } from '../api/server.ts'
import type { Control } from '../control.ts'
import { variablesOf } from '../needs/connection.ts'
import { makeMigrationHandlers, refuseAcrossContract } from './migrations.ts'
import { makeNeedHandlers } from './needs.ts'
import { countOf, done, fencedBy, mustAct, releaseOf as findRelease } from './tools.ts'
import { releaseBefore } from '../way-back.ts'
import { alertsHandlers } from './alerts.ts'
import { errandHandlers } from './errands.ts'
import { gatewaysHandlers } from './gateways.ts'
import { gateHandlers } from './gate.ts'
import { guardHandlers } from './guard.ts'
import { healthHandlers } from './health.ts'
import { hostedNeedHandlers } from './hosted-needs.ts'
import { pauseHandlers } from './pause.ts'
import { canaryHandlers } from './canary.ts'
import { certificateHandlers } from './certificates.ts'
import { hooksHandlers } from './hooks.ts'
import { promiseHandlers } from './promises.ts'
import { logHandlers } from './logs.ts'
import { traceHandlers } from './traces.ts'
import { rosterHandlers } from './roster.ts'
import { scaleHandlers } from './scale.ts'
import { seriesHandlers } from './series.ts'

/** The control API: each method hands on to the part that does it. Deploy methods check the lease's token first. */
export function makeHandlers(control: Control): Handlers {
  const { state, leases, instances, jobs, rollouts, clock } = control
  const fenced = fencedBy(leases)
  const deployOf = (id: string) => {
    const deploy = state.deploy(id)
    if (!deploy)
      throw new Problem('deploy.unknown', `there is no deploy ${id}`, { hint: 'See `seaworthy status --history`.' })
    return deploy
  }

  return {
    ...makeNeedHandlers(control),
    ...hostedNeedHandlers(control),
    ...errandHandlers(control),
    ...alertsHandlers(control),
    ...gateHandlers(control),
    ...gatewaysHandlers(control),
    ...guardHandlers(control),
    ...healthHandlers(control),
    ...pauseHandlers(control),
    ...canaryHandlers(control),
    ...hooksHandlers(control),
    ...makeMigrationHandlers(control),
    ...rosterHandlers(control),
    ...scaleHandlers(control),
    ...certificateHandlers(control),
    ...seriesHandlers(control),
    ...logHandlers(control),
    ...traceHandlers(control),
    ...promiseHandlers(control),
    status: () => control.status(),
    events: ({ after, limit }) => ({ events: state.events(after, countOf(limit, 1000)) }),
    counters: () => control.fleet.report(),

    'lease.acquire': (asks) => ({ token: leases.acquire(asks).token }),
    'lease.renew': ({ token }) => done(leases.renew(token)),
    'lease.release': ({ token }) => done(leases.release(token)),
    'lease.look': () => ({ lease: leases.look() }),

    'release.get': ({ release }) => ({ release: state.release(release) }),
    'release.list': ({ onceLive }) => ({
      releases: onceLive ? state.onceLive() : state.releases(),
      before: releaseBefore(state)?.id ?? null,
    }),

    'deploy.begin': fenced(async ({ plan, by, origin }) => {
      refuseAcrossContract(state, plan)
      await control.certificates.prepare(plan.release)
      return { deploy: control.deploys.begin(plan, by, origin) }
    }),
    'deploy.journal': fenced(({ deploy, operation, point }) =>
      done(state.writeJournal({ deploy: deployOf(deploy).id, operation, point, at: clock.now() })),
    ),
    'deploy.finish': fenced(async ({ deploy, state: outcome, message }) =>
      done(await control.deploys.finish(deployOf(deploy), outcome, message)),
    ),
    'deploy.get': ({ deploy }) => ({ deploy: state.deploy(deploy) }),
    'deploy.list': ({ limit }) => ({ deploys: state.deploys(countOf(limit, 500)) }),

    'instance.start': fenced(async ({ release, service, secrets }) => {
      mustAct(instances)
      return { instances: await control.services.start(releaseOf(release), service, secrets) }
    }),
    'instance.stop': fenced(async ({ release, service }) => {
      mustAct(instances)
      return { stopped: await control.services.stop(release, service) }
    }),
    'instance.lines': ({ name, count }) => ({ lines: control.linesOf(name, countOf(count, 1000)) }),
    'instance.list': () => ({ instances: instances.instances() }),

    'job.run': fenced(async ({ job }) => ({ exit: await jobs.run(withNeeds(job)) })),
    'job.cancel': fenced(async ({ name }) => done(await jobs.cancel(name))),

    'rollout.begin': fenced(({ deploy, token }) => done(rollouts.begin(deployOf(deploy).id, token))),
    'rollout.follow': ({ deploy, after, waitMs }) => rollouts.follow(deploy, after, Math.min(waitMs, 30_000)),
    'rollout.back': fenced(({ deploy, token, because }) => done(rollouts.back(deployOf(deploy).id, token, because))),

    'environment.stop': async () => done(await control.stopEnvironment()),
    'service.stop': async ({ service, held, token }) =>
      done(await leases.holdOrCheck(token, `stop ${service}`, () => control.services.takeOut(service, held))),
    'service.start': async ({ service, token }) =>
      done(await leases.holdOrCheck(token, `start ${service}`, () => control.services.bringBack(service))),
  }

  function withNeeds(job: Job): Job {
    if (job.uses === null) return job
    const connections = control.connectionsOf(releaseOf(job.uses.release), job.uses.service)
    return { ...job, env: { ...variablesOf(connections), ...job.env } }
  }

  function releaseOf(id: string): Release {
    return findRelease(state, id)
  }
}
