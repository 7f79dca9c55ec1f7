import assert from 'node:assert/strict'
import { get } from 'node:http'
import type { TestContext } from 'node:test'
import type { ListedAlert } from '../../src/control/api/alerts-methods.ts'
import { until, type TestProject } from './project.ts'

/** A fault and its end are each seen within a few collections, windows and waits; a machine may be busy. */
const TURNS_WITHIN_MS = 300_000

/** The alerts of a project while faults come and go; says how long each turn took, and judges none by it. */
export function watchAlerts(project: TestProject, t: TestContext) {
  const of = async (rule: string): Promise<ListedAlert | undefined> =>
    (await project.control.call('alerts.list', {})).alerts.find((alert) => alert.rule === rule)
  const isFiring = async (rule: string): Promise<boolean> => (await of(rule))?.state === 'firing'
  const turns = async (rules: readonly string[], sinceMs: number, firing: boolean): Promise<void> => {
    const word = firing ? 'fired' : 'was over'
    await Promise.all(
      rules.map(async (rule) => {
        await until(async () => (await isFiring(rule)) === firing, `${rule}: that it ${word}`, TURNS_WITHIN_MS)
        t.diagnostic(`${rule} ${word} after ${Math.round((Date.now() - sinceMs) / 1_000)} s`)
      }),
    )
  }
  return {
    of,
    fire: (rules: readonly string[], sinceMs: number) => turns(rules, sinceMs, true),
    end: (rules: readonly string[], sinceMs: number) => turns(rules, sinceMs, false),
    /** None of these fires after two looks more, whoever else does. */
    quiet: async (rules: readonly string[]): Promise<void> => {
      const at = async (): Promise<number> => (await project.control.call('alerts.list', {})).evaluatedAtMs
      const begun = Date.now()
      await until(async () => (await at()) > begun + 10_000, 'two quiet looks', TURNS_WITHIN_MS)
      for (const rule of rules) assert.equal(await isFiring(rule), false, `${rule} fires without its fault`)
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
