/** `scale` on a real engine where it goes wrong: an instance that does not become ready, a command that is killed. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ScaleStatus } from '../../src/control/api/scale-methods.ts'
import { NODE_BASE, nodeArchive, startEngine } from '../support/docker-engine.ts'
import { EngineProject } from '../support/engine-project.ts'
import { plainConfig, until } from '../support/project.ts'

/** Ready, unless the gate was shut when it began. */
const PROGRAM = `import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
const shut = existsSync('data/shut')
createServer(({ url }, response) => {
  if (shut && url === '/health/readiness') response.statusCode = 503
  response.end(JSON.stringify({ name: 'v1' }))
}).listen(Number(process.env.PORT), '0.0.0.0')
`

const config = {
  ...plainConfig({
    service: {
      start: 'node program.mjs',
      health: { ready: '/health/readiness', interval: '1s', deadline: '6s' },
      scale: { min: 2, max: 4 },
      writable: ['data'],
    },
  }),
  gateway: { listen: { http: 8090 } },
  environments: { staging: { target: 'docker', watch: { for: '1s', warm: '10min' }, drain: '2s' } },
}

test('scale on Docker', { timeout: 400_000 }, async (t) => {
  using base = nodeArchive()
  await using engine = await startEngine()
  engine.docker('import', '--change', 'ENV PATH=/usr/local/bin', base.path, NODE_BASE)
  await using project = new EngineProject(config, {}, '.seaworthy/staging')
  writeFileSync(join(project.folder, 'program.mjs'), PROGRAM)
  project.variables = { DOCKER_HOST: engine.host }
  const must = async (...words: readonly string[]) => (await project.must(words)).stdout
  const running = (): number =>
    engine.docker('ps', '--filter', 'label=seaworthy.service=api', '--format', '{{.Names}}').split('\n').filter(Boolean)
      .length
  const numbers = async (): Promise<readonly number[]> => {
    const { services } = JSON.parse(await must('scale', '--json')) as { readonly services: readonly ScaleStatus[] }
    const { wanted, running: serving, joining, leaving } = services[0]!
    return [wanted, serving, joining, leaving]
  }
  const lease = async (): Promise<unknown> =>
    (JSON.parse(await must('status', '--json')) as { readonly lease: unknown }).lease
  const shut = async (is: boolean): Promise<void> => {
    const call = is ? "writeFileSync('data/shut', '')" : "rmSync('data/shut')"
    await must('exec', 'api', '--', 'node', '-e', `require('fs').${call}`)
  }
  await must('up', '--detach')
  await must('deploy')

  await t.test('what does not become ready is taken away, and the number goes back', async () => {
    await shut(true)
    const { code, stderr } = await project.run(['scale', 'api=3'])
    assert.equal(code, 1)
    assert.match(stderr, /api@\S+-3 is not ready after 6 s: GET \/health\/readiness .*503/)
    assert.match(stderr, /\[scale\.not-ready\]/)
    assert.match(stderr, /It is api=2 again/)
    await shut(false)
    assert.deepEqual([await numbers(), running()], [[2, 2, 0, 0], 2])
  })

  await t.test('a command that was killed over it has left it to the next one', async () => {
    const { pid, ended } = project.start(['scale', 'api=4'])
    await until(() => running() > 2, 'the third container to run', 60_000)
    process.kill(pid, 'SIGKILL')
    await ended
    assert.equal((await numbers())[0], 4)
    await must('up')
    assert.deepEqual([await numbers(), running()], [[4, 4, 0, 0], 4])
  })

  await t.test('a service that is stopped after a command was killed over it stays stopped', async () => {
    await must('scale', 'api=2')
    const { pid, ended } = project.start(['scale', 'api=3'])
    await until(() => running() > 2, 'the third container to run', 60_000)
    process.kill(pid, 'SIGKILL')
    await ended
    // Of a holder elsewhere only its silence can be known.
    await until(async () => (await lease()) === null, 'the lease of the killed command to run out', 60_000, 500)
    await must('stop', '--service', 'api')
    assert.deepEqual([running(), (await numbers())[1]], [0, 0])
    await must('stop', '--service', 'api', '--start')
    assert.deepEqual([await numbers(), running()], [[3, 3, 0, 0], 3])
    await must('scale', 'api=4')
  })

  await t.test('a plan shows as many as were set; a deploy begins with them', async () => {
    writeFileSync(join(project.folder, 'program.mjs'), `${PROGRAM}// another release\n`)
    const { commands } = JSON.parse(await must('plan', '--json')) as { readonly commands: readonly string[][] }
    const made = commands.filter(([, command]) => command === 'create').map((argv) => argv.join(' '))
    assert.equal(made.filter((text) => text.includes('label seaworthy.service=api')).length, 4, made.join('\n'))
    await must('deploy')
    assert.deepEqual(await numbers(), [4, 4, 0, 0])
  })

  await t.test('those that leave are gone; a number that cannot be is refused', async () => {
    await must('scale', 'api=2')
    assert.deepEqual(await numbers(), [2, 2, 0, 0])
    const { stderr } = await project.run(['scale', 'api=5'])
    assert.match(stderr, /\[scale\.out-of-bounds\]/)
    const { owed } = JSON.parse(await must('status', '--json')) as { readonly owed: readonly unknown[] }
    assert.deepEqual(owed, [])
  })
})
