/** Seeded faults at the gate: each is refused with its cause, and nobody notices but whoever deploys. */
import assert from 'node:assert/strict'
import { cpSync, existsSync, readdirSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { failuresOf, startLoad } from '../support/load.ts'
import { processesOf } from '../support/processes.ts'
import { plainConfig, root, TestProject, until } from '../support/project.ts'
import { keeperState, pidsOf } from '../support/whole-app.ts'

/** A value that occurs nowhere by chance. */
const KEY = 'sw-91f0c2e77d-key'

interface Fault {
  readonly program: string
  readonly service?: object
  readonly health?: object
  readonly env?: Readonly<Record<string, string>>
  /** The cause's line on the screen. */
  readonly cause: RegExp
  /** What the message says. */
  readonly says: RegExp
  /** What else is on the screen. */
  readonly shows?: readonly RegExp[]
}

const FAULTS: Readonly<Record<string, Fault>> = {
  'the wrong port': {
    program: 'wrong-port',
    cause: /wrong-port, proven/,
    says: /it listens on 127\.0\.0\.1:\d+ instead of \$PORT \(\d+\)/,
    shows: [/last probe: GET \/health\/readiness: connect ECONNREFUSED/],
  },
  '::1 alone': {
    program: 'ipv6-bind',
    cause: /loopback-bind, proven/,
    says: /it listens on ::1 only, not on 127\.0\.0\.1/,
  },
  'a crash loop': {
    program: 'crash-loop',
    cause: /crash-loop, proven: its exit status/,
    says: /the program exited with 3 \(\d times\): Error: the catalogue has no prices/,
    shows: [
      /\| loading the catalogue/,
      /program: (?:not running|runs as pid \d+); restarted \d times, last end: exited with 3/,
    ],
  },
  'memory beyond its bound': {
    program: 'out-of-memory',
    service: { resources: { memory: '128MiB' } },
    health: { deadline: '20s' },
    cause: /out-of-memory, proven: Seaworthy measured/,
    says: /it used \d+ MiB, more than the 128 MiB of `resources\.memory`, and was killed \(\d times\)/,
    shows: [/memory: \d+ MiB at most, bound 128 MiB/],
  },
  'a slow start': {
    program: 'slow-start',
    cause: /slow-start, proven/,
    says: /it runs \(pid \d+\) but listens on nothing by `health\.deadline` \(1\.5 s\)/,
    shows: [/it waits for something/, /listens on: nothing/, /\| replaying the journal/],
  },
  'a redirect to a login': {
    program: 'login-redirect',
    cause: /redirect-to-login, proven: the page it leads to asks for a password/,
    says: /redirects \(302\) to \/welcome\?next=\/health\/readiness/,
  },
  flapping: {
    program: 'flapping',
    cause: /flapping, proven/,
    says: /it passes and fails by turns: \d+ of \d+ probes passed, and \d+ times it failed again/,
    shows: [/its body: lost the database/],
  },
  'a hang': {
    program: 'hang',
    cause: /hang, proven/,
    says: /it accepts connections and answers nothing within `health\.timeout` \(0\.4 s\)/,
    shows: [/no answer within 400 ms \(\d+ ms\)/],
  },
  'a missing variable': {
    program: 'missing-variable',
    cause: /missing-variable, proven/,
    says: /it needs the variable CATALOGUE_URL, which the config does not give it; other has it/,
  },
  'a secret of another name': {
    program: 'missing-secret',
    service: { secrets: ['PAYMENTS_KEY'] },
    env: { PAYMENTS_KEY: KEY },
    cause: /missing-variable, proven/,
    says: /it needs the variable PAYMENT_KEY, .*it gets the secret PAYMENTS_KEY: is that the one\?/,
    shows: [/\| starting with \[PAYMENTS_KEY\]/, /Add PAYMENT_KEY to `services\.api\.secrets`/],
  },
  'TLS on the plain port': {
    program: 'tls',
    cause: /tls-on-plain-port, proven: it answered a TLS hello/,
    says: /it speaks TLS on port \d+, where plain HTTP is asked/,
  },
  'a check of the Host': {
    program: 'host-check',
    service: { routes: ['/', 'shop.example.com/'] },
    cause: /host-check, proven: the same probe with another Host/,
    says: /refuses the Host of the probe \(127\.0\.0\.1:\d+\) with 421, and passes with 'shop\.example\.com'/,
  },
  'HTTP/2 alone': {
    program: 'http2-only',
    cause: /wrong-protocol, proven: it answered HTTP\/2's preface/,
    says: /it speaks HTTP\/2 without TLS \(h2c\) only/,
  },
  'no HTTP at all': {
    program: 'not-http',
    cause: /wrong-protocol, proven/,
    says: /it does not speak HTTP: its first bytes are "220 mail\.example\.com ready\\r\\n"/,
  },
  'a body that says not ready with 200': {
    program: 'not-ready',
    health: { expect: { body: '"ready"' } },
    cause: /not-ready, proven: its answer/,
    says: /it says itself that it is not ready \('not_ready'\): GET \/health\/readiness answered 200 without ""ready""/,
  },
  'a stale process at its port': {
    program: 'stale-process',
    cause: /another-program, proven: the kernel's table/,
    says: /port \d+ is answered by another program, not by this instance: pid \d+ \(.*node -e/,
    shows: [/listens on: \[::1\]:\d+/],
  },
  'an address in use': {
    program: 'address-in-use',
    cause: /address-in-use, proven/,
    says: new RegExp(`port \\d+ is in use by pid ${process.pid} \\(.*; its own is \\$PORT \\(\\d+\\)`),
  },
}

void test('every seeded fault is refused with its cause, and the live release is not touched', async (t) => {
  const blocker = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => blocker.once('listening', resolve))
  const { port: taken } = blocker.address() as AddressInfo
  const other = { start: 'node -e setInterval(Object,1000)', env: { CATALOGUE_URL: 'http://127.0.0.1/' } }
  const config = ({ service, health }: Partial<Fault>, start: string): object =>
    plainConfig({
      env: { METRICS_PORT: String(taken) },
      service: {
        start,
        health: { ready: '/health/readiness', interval: '1s', deadline: '1500ms', timeout: '400ms', ...health },
        ...service,
      },
      services: { other },
    })
  await using project = new TestProject(config({ health: { deadline: '20s' } }, 'node plain.mjs'))
  try {
    await project.must(['up', '--detach'])
    const port = await project.port()
    const before = await project.status()
    const pids = await pidsOf(project)
    const left = await leftOf(project)
    await using load = startLoad({ port, clients: 4 })
    for (const [name, fault] of Object.entries(FAULTS)) {
      await t.test(name, async () => {
        cpSync(join(root, 'test/fixtures/faults', `${fault.program}.mjs`), join(project.folder, 'fault.mjs'))
        project.configure(config(fault, 'node fault.mjs'))
        const startedAt = performance.now()
        const { code, stdout, stderr } = await project.run(['deploy'], fault.env)
        t.diagnostic(`${name}: ${((performance.now() - startedAt) / 1000).toFixed(1)} s`)
        const screen = stdout + stderr
        assert.equal(code, 1, screen)
        assert.match(stderr, /^api@\S+ did not become ready in .*\[deploy\.gate-failed\]$/m)
        assert.match(stderr.split('\n')[0]!, fault.says)
        assert.match(stderr, new RegExp(`^  cause: ${fault.cause.source}`, 'm'))
        for (const shown of fault.shows ?? []) assert.match(stderr, shown)
        assert.match(stderr, /^→ .*The live release was not touched\.$/m)
        assert.ok(!screen.includes(KEY), 'the value of a secret is on the screen')

        const after = await project.status()
        assert.deepEqual(await pidsOf(project), pids, 'a process of the live release is another one')
        assert.deepEqual(after.gateway, before.gateway, 'the gateway has another table')
        assert.deepEqual(after.world, { ...before.world, sequence: after.world.sequence })
        assert.deepEqual([after.lease, after.running, after.last?.state], [null, null, 'refused'])
        await until(
          async () => (await leftOf(project)).processes.length === left.processes.length,
          'its processes to end',
        )
        assert.deepEqual(await leftOf(project), left, 'something of the refused release is left')
        const { events } = await project.control.call('events', { after: 0, limit: 1000 })
        assert.ok(!JSON.stringify([events, after]).includes(KEY), 'the value of a secret is in the state')
      })
    }
    const answers = await load.stop()
    t.diagnostic(`${answers.length} requests meanwhile, ${failuresOf(answers).length} failed`)
    assert.ok(answers.length > 1_000)
    assert.deepEqual(failuresOf(answers), [])
    assert.deepEqual(new Set(answers.map(({ release }) => release)), new Set([before.world.live]))
  } finally {
    blocker.close()
  }
})

/** What a release leaves in the state folder, in the keeper and on the machine. */
async function leftOf(
  project: TestProject,
): Promise<Readonly<Record<'processes' | 'releases' | 'instances' | 'secrets' | 'children', readonly string[]>>> {
  const names = (folder: string): readonly string[] => {
    const path = join(project.stateFolder, folder)
    return existsSync(path) ? readdirSync(path).toSorted() : []
  }
  return {
    processes: processesOf(project.folder)
      .filter(({ pid }) => pid !== process.pid)
      .map(({ pid, command }) => `${pid} ${command}`),
    releases: names('releases'),
    instances: names('instances'),
    secrets: names('secrets'),
    children: (await keeperState(project)).children.map(({ name }) => name).toSorted(),
  }
}
