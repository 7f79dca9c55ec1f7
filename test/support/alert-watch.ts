import assert from 'node:assert/strict'
import { get } from 'node:http'
import type { TestContext } from 'node:test'
import type { ListedAlert } from '../../src/control/api/alerts-methods.ts'
import { until, type TestProject } from './project.ts'

/** A fault and its end are each seen within a few collections, windows and waits; a machine may be busy. */
const TURNS_WITHIN_MS = 300_000
/** Rules are evaluated every ten seconds, and what else looks at them costs the machine that the fault is on. */
const LOOK_EVERY_MS = 500

/** Which of a rule's alerts are meant, by some of their labels: of several one that fires, if any does. @default all */
type Labels = Readonly<Record<string, string>>

/**
 * The alerts of a project while faults come and go; says how long each turn took, and judges none by it. What `fires` is called
 * with stands in the call, or in a list of the same file.
 */
export function watchAlerts(project: TestProject, t: TestContext) {
  const overview = () => project.control.call('alerts.list', {})
  const find = async (labels: Labels = {}): Promise<(rule: string) => ListedAlert | undefined> => {
    const wanted = Object.entries(labels)
    const { alerts } = await overview()
    const meant = alerts.filter((alert) => wanted.every(([label, text]) => alert.labels[label] === text))
    return (rule) => {
      const own = meant.filter((alert) => alert.rule === rule)
      return own.find(({ state }) => state === 'firing') ?? own[0]
    }
  }
  const turns = async (firing: boolean, rules: readonly string[], sinceMs: number, labels?: Labels) => {
    const word = firing ? 'fired' : 'was over'
    const waited = new Set(rules)
    const look = async (): Promise<boolean> => {
      const of = await find(labels)
      for (const rule of waited) {
        if ((of(rule)?.state === 'firing') !== firing) continue
        waited.delete(rule)
        t.diagnostic(`${rule} ${word} after ${Math.round((Date.now() - sinceMs) / 1_000)} s`)
      }
      return waited.size === 0
    }
    await until(look, 'turns', TURNS_WITHIN_MS, LOOK_EVERY_MS).catch((error: unknown) => {
      throw new Error(`never ${word}: ${[...waited].join(', ')}`, { cause: error })
    })
  }
  return {
    of: async (rule: string, labels?: Labels) => (await find(labels))(rule),
    /** `none`: it has never been anything else than quiet. */
    stateOf: async (rule: string, labels?: Labels) => (await find(labels))(rule)?.state ?? 'none',
    fires: (rules: readonly string[], sinceMs: number, labels?: Labels) => turns(true, rules, sinceMs, labels),
    ends: (rules: readonly string[], sinceMs: number, labels?: Labels) => turns(false, rules, sinceMs, labels),
    /** At a look that began after now none of these fires or is about to, whoever else does. */
    quiet: async (rules: readonly string[]): Promise<void> => {
      const begun = Date.now()
      await until(
        async () => (await overview()).evaluatedAtMs > begun + 10_000,
        'a quiet look',
        TURNS_WITHIN_MS,
        LOOK_EVERY_MS,
      )
      const raised = (await overview()).alerts.filter(
        ({ rule, state }) => rules.includes(rule) && (state === 'firing' || state === 'pending'),
      )
      const names = raised.map(({ rule, labels, state }) => `${rule} is ${state}: ${JSON.stringify(labels)}`)
      assert.deepEqual(names, [], 'without their fault')
    },
    /** Of everything that has been told of, about these: `service/api`, `need/db`. */
    incidents: async (...groups: readonly string[]) => {
      const { incidents } = await project.control.call('incident.list', { limit: 100 })
      return incidents.filter(({ group }) => groups.includes(group))
    },
  }
}

/** Ten requests a second through the front door, whatever becomes of them. */
export function startTraffic(port: number, path = '/'): { stop(): void } & Disposable {
  const ask = (): void => {
    const request = get({ port, path, host: '127.0.0.1', agent: false }, (response) => response.resume())
    request.on('error', () => {})
  }
  const timer = setInterval(ask, 100)
  const stop = (): void => clearInterval(timer)
  return { stop, [Symbol.dispose]: stop }
}
