/**
 * CPU that is really burnt, against what each service may use of it: three burn the same, and only those are told of whose
 * bound it is too much for. Windows are a tenth of what they are (never below three collections), thresholds as they are.
 */
import assert from 'node:assert/strict'
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { watchAlerts } from '../support/alert-watch.ts'
import { makeCpuQuota } from '../support/cpu-quota.ts'
import { root, TestProject, until } from '../support/project.ts'

const FACTOR = '0.1'

/** Of every 100 ms of each service. */
const BURNT_MS = 30
/** A third of that: whoever may use no more is at its bound, and a busy machine has that much for it. */
const BOUND_CORES = 0.1

const quota = makeCpuQuota(BOUND_CORES)
const bounds = quota === null ? 'the bound it declares' : 'its quota, or the bound it declares'

void test(`a service that burns all the CPU of ${bounds} is told of, one that burns the same without a bound is not`, async (t) => {
  t.diagnostic(`windows and waits times ${FACTOR}${quota === null ? '; no control group can be made here' : ''}`)
  using _quota = quota
  await using project = new TestProject({})
  const moods = join(project.folder, '.seaworthy', 'moods')
  mkdirSync(moods, { recursive: true })
  copyFileSync(join(root, 'test/fixtures/services/burner.mjs'), join(project.folder, 'burner.mjs'))
  const service = (parts: object = {}): object => ({
    start: 'node burner.mjs',
    health: { ready: '/', interval: '1s', deadline: '20s' },
    env: { MOODS: moods, BURN: String(BURNT_MS) },
    ...parts,
  })
  // The shell that stays outside of the group is the leader: what works is inside.
  const inside = (procs: string): string => `sh -c 'sh -c "echo \\$\\$ > ${procs}; exec node burner.mjs"; exit'`
  project.configure({
    name: 'burners',
    services: {
      free: service(),
      declared: service({ resources: { cpu: BOUND_CORES } }),
      ...(quota === null ? {} : { quota: service({ start: inside(quota.procs) }) }),
    },
    gateway: { listen: { http: 0 }, accessLog: false },
    environments: { local: { target: 'process', watch: { for: '1s' }, drain: '1s' } },
  })
  await project.must(['up', '--detach'], { SEAWORTHY_ALERT_WINDOWS: FACTOR })

  const alerts = watchAlerts(project, t)
  const states = async (): Promise<Readonly<Record<string, string>>> => {
    const { alerts } = await project.control.call('alerts.list', {})
    const own = alerts.filter(({ rule }) => rule === 'InstanceCpuHigh')
    return Object.fromEntries(own.map(({ labels, state }) => [labels['service']!, state]))
  }
  const evaluatedAt = async (): Promise<number> => (await project.control.call('alerts.list', {})).evaluatedAtMs
  const looked = async (): Promise<void> => {
    const since = Date.now()
    await until(async () => (await evaluatedAt()) > since + 20_000, 'two looks', 60_000)
  }
  const bounded = ['declared', ...(quota === null ? [] : ['quota'])]
  await looked()
  assert.deepEqual(await states(), {}, 'nothing burns yet')

  const burntAt = Date.now()
  writeFileSync(join(moods, 'burn'), '')
  await Promise.all(bounded.map((service) => alerts.fires(['InstanceCpuHigh'], burntAt, { service })))
  await looked()
  assert.deepEqual(Object.keys(await states()).toSorted(), bounded.toSorted(), 'who has no bound burns the same')

  rmSync(join(moods, 'burn'))
  const endedAt = Date.now()
  await Promise.all(bounded.map((service) => alerts.ends(['InstanceCpuHigh'], endedAt, { service })))
})
