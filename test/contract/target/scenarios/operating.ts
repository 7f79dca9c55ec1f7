import assert from 'node:assert/strict'
import { INSTANCES } from '../app.ts'
import type { Scenario } from '../scenario.ts'
import { assertWhole, begin } from '../settled.ts'

export const logs: Scenario = {
  name: 'logs',
  seconds: { process: 3, docker: 6, kubernetes: 10 },
  run: async (place) => {
    const live = await begin(place)
    const lines = (await place.must(['logs', '--service', 'api', '--json']))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { instance: string; service: string; message: string })
    for (const { service } of lines) assert.equal(service, 'api')
    // On Kubernetes a line names its pod, and `status` a place on the roster (0035): what they have in common is the release.
    const started = lines.filter(({ message }) => message.startsWith('listening')).map(({ instance }) => instance)
    const ofLive = new Set(started.filter((instance) => instance.startsWith(`api@${live}-`)))
    assert.ok(ofLive.size >= INSTANCES, `every instance has said that it listens: ${started.join(' ')}`)
    assert.match(await place.must(['logs']), /listening/)
    assert.match(await place.must(['logs', '--service', 'gateway']), /gateway/)
    const last = await place.must(['logs', '--service', 'api', '-n', '1'])
    assert.equal(last.trim().split('\n').length, 1)
    const unknown = await place.run(['logs', '--service', 'nobody'])
    assert.equal(unknown.code, 2)
    assert.match(unknown.stderr, /'nobody' is none of api, /)
    await assertWhole(place, live)
  },
}

export const exec: Scenario = {
  name: 'exec',
  seconds: { process: 4, docker: 8, kubernetes: 12 },
  run: async (place) => {
    const live = await begin(place)
    const script =
      'process.stdout.write([process.env.API_KEY === process.argv[1], process.env.NAME, process.env.RELEASE].join())'
    const said = await place.must(['exec', 'api', '--', 'node', '-e', script, place.secret])
    assert.equal(said, `true,first,${live}`)
    assert.equal((await place.run(['exec', 'api', '--', 'node', '-e', 'process.exit(7)'])).code, 7)
    assert.equal((await place.run(['exec', 'api', '--', 'no-such-program'])).code, 127)
    const unknown = await place.run(['exec', 'nobody', '--', 'node', '-v'])
    assert.equal(unknown.code, 1)
    assert.match(unknown.stderr, /\[service\.unknown\]/)
    assert.equal((await assertWhole(place, live)).instances.filter(({ release }) => release === live).length, INSTANCES)
  },
}
