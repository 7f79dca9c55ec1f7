import { Problem } from '../../core/problem.ts'
import { probeReady } from '../../deploy/probe.ts'
import type { Instance } from '../../deploy/release.ts'
import { askSmoke } from '../../deploy/smoke-request.ts'
import type { Asked } from '../../deploy/targets/roster.ts'
import type { RosterMethods } from '../api/roster-methods.ts'
import type { Handlers } from '../api/server.ts'
import type { Control } from '../control.ts'
import { done, fencedBy, releaseOf } from './tools.ts'

/** For the command that has the tools of an engine or a cluster. */
export function rosterHandlers(control: Control): Pick<Handlers, keyof RosterMethods> {
  const { roster, services, state } = control
  const fenced = fencedBy(control.leases)
  const used = <I, O>(handle: (input: I) => O): ((input: I) => O) => {
    return (input) => {
      if (control.instances.acts) throw unused()
      return handle(input)
    }
  }
  /** Has somebody asked who is there, and on the way to staying there. */
  const ask = async (id: string, look: (instance: Instance, port: number) => Promise<Reply>): Promise<Asked> => {
    const instance = roster.instances().find((one) => one.id === id)
    if (instance === undefined) return { kind: 'gone', because: 'it is not there any more' }
    if (instance.state === 'stopping') return { kind: 'gone', because: 'it is being stopped' }
    if (instance.port === null) throw notAsked(id, 'listens on nothing')
    const startedAt = performance.now()
    const { look: seen, because } = await look(instance, instance.port)
    const scrub = roster.scrubOf(id)
    const clean = seen && { ...seen, body: scrub(seen.body) }
    return { kind: 'asked', look: clean, because, tookMs: performance.now() - startedAt }
  }
  return {
    'roster.wanted': used(
      fenced(({ release, service }) => ({ ids: roster.wanted(releaseOf(state, release), service) })),
    ),
    'roster.put': used(fenced(async ({ instances }) => done(await roster.put(instances)))),
    'roster.admit': used(fenced(async ({ ids }) => done(await roster.admit(ids)))),
    'roster.leave': used(
      fenced(async ({ release, service, token }) => ({ ids: await services.leave(release, service, token) })),
    ),
    'roster.forget': used(fenced(async ({ ids }) => done(await roster.forget(ids)))),
    'roster.probe': used(async ({ instance: id }) => ({
      asked: await ask(id, ({ release, service, host }, port) => {
        const { health, routes } = releaseOf(state, release).config.services[service]!
        const { kind } = health.ready
        if (kind === 'command' || kind === 'alive') throw notAsked(id, `is checked by '${kind}'`)
        return probeReady({ host, port }, health, routes.length > 0, roster.scrubOf(id))
      }),
    })),
    'roster.smoke': used(
      fenced(async ({ instance: id, smoke }) => ({
        asked: await ask(id, async ({ host }, port) => ({
          look: await askSmoke({ host, port }, smoke),
          because: null,
        })),
      })),
    ),
    'roster.owed': used(() => ({ owed: roster.owed() })),
    'image.recorded': used(({ artifact }) => ({ image: roster.table.recordedImage(artifact) })),
    'image.record': used(fenced(({ artifact, image }) => ({ image: roster.table.recordImage(artifact, image) }))),
  }
}

type Reply = Awaited<ReturnType<typeof probeReady>>

function unused(): Problem {
  return new Problem('roster.unused', 'control keeps the instances of this environment itself', {
    hint: 'The environment was brought up for another target than its config names: stop it, then `seaworthy up`.',
  })
}

function notAsked(id: string, why: string): Problem {
  return new Problem('roster.not-asked', `${id} ${why}: whether it is ready is seen with the tools of its target`)
}
