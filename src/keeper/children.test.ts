import assert from 'node:assert/strict'
import { readFileSync, readlinkSync, statSync } from 'node:fs'
import { test } from 'node:test'
import { isAlive } from './identity.ts'
import { eventually, identityOf, idle, makeKeeper, script, textOf } from './support.test.ts'

test('a child is told how it ended: by its code, by a signal, or never started', async () => {
  await using keeper = await makeKeeper()
  const { client, state } = keeper
  await client.spawn(script(state, 'coded', 'process.exit(7)'))
  await client.spawn(script(state, 'killed', idle))
  const missing = await client.spawn({ ...script(state, 'missing', ''), argv: ['/nowhere/program'] })
  const homeless = await client.spawn(script(state, 'homeless', idle, { cwd: '/nowhere' }))
  await client.signal({ name: 'killed', signal: 'SIGTERM' })

  const { exit: coded } = await keeper.exitOf('coded')
  assert.deepEqual(coded, { kind: 'code', code: 7, at: coded?.at })
  const { exit: killed } = await keeper.exitOf('killed')
  assert.deepEqual(killed, { kind: 'signal', signal: 'SIGTERM', at: killed?.at })
  assert.equal(missing.exit?.kind === 'not-started' && missing.exit.error, 'spawn /nowhere/program ENOENT')
  assert.match(homeless.exit?.kind === 'not-started' ? homeless.exit.error : '', /\/nowhere does not exist/)
  assert.deepEqual(
    (await client.list()).children.map(({ name, state }) => `${name} ${state}`),
    ['coded exited', 'killed exited', 'missing exited', 'homeless exited'],
  )
})

test('a child leads its own session, has only the environment and descriptors it was given', async () => {
  await using keeper = await makeKeeper()
  const { client, state } = keeper
  const { port } = await client.listen({ name: 'http', host: '127.0.0.1', port: 0 })
  assert.ok(port > 0)
  // A shell opens nothing of its own, so that what it has is what it was given.
  const child = (name: string, more: object) =>
    client.spawn({
      ...script(state, name, ''),
      argv: ['sh', '-c', 'ls -l /proc/$$/fd; env; echo done; sleep 60'],
      ...more,
    })
  const plain = identityOf(await child('plain', { env: { PATH: process.env['PATH'] ?? '', COLOUR: 'blue' } }))
  const worker = identityOf(await child('worker', { sockets: ['http'] }))
  for (const name of ['plain', 'worker']) {
    await eventually('it wrote', () => textOf(`${state}/${name}.log`).includes('done\n'))
  }

  const [, , group, session] = readFileSync(`/proc/${plain.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  assert.deepEqual([group, session], [String(plain.pid), String(plain.pid)])
  assert.match(textOf(`${state}/plain.log`), /^COLOUR=blue$/m)
  assert.doesNotMatch(textOf(`${state}/plain.log`), /^HOME=/m)
  assert.doesNotMatch(textOf(`${state}/plain.log`), /socket:/)
  assert.match(textOf(`${state}/worker.log`), / 3 -> socket:/)
  assert.match(readlinkSync(`/proc/${worker.pid}/fd/3`), /^socket:/)
})

test('a child runs as the account it was given, with none of the groups of ours', async () => {
  await using keeper = await makeKeeper()
  const { client, state } = keeper
  const isRoot = process.getuid!() === 0
  const account = isRoot ? { uid: 65_534, gid: 65_534 } : { uid: process.getuid!(), gid: process.getgid!() }
  await client.spawn({ ...script(state, 'other', ''), argv: ['sh', '-c', 'id -u; id -g; id -G'], account })
  await keeper.exitOf('other')
  const [uid, gid, groups] = textOf(`${state}/other.log`).split('\n')
  assert.deepEqual([uid, gid], [String(account.uid), String(account.gid)])
  if (isRoot) assert.equal(groups, String(account.gid))
  await assert.rejects(client.spawn({ ...script(state, 'bad', ''), account: { uid: -1, gid: 0 } }), {
    code: 'keeper.bad-request',
  })
})

test('the name of a running child is taken; that of one that ended is free, and can be forgotten', async () => {
  await using keeper = await makeKeeper()
  const { client, state } = keeper
  await client.spawn(script(state, 'one', idle))
  await assert.rejects(client.spawn(script(state, 'one', idle)), { code: 'keeper.name-taken' })
  await assert.rejects(client.forget('one'), { code: 'keeper.still-running' })
  await client.signal({ name: 'one', signal: 'SIGKILL' })
  await keeper.exitOf('one')
  await client.signal({ name: 'one', signal: 'SIGKILL' })
  await client.spawn(script(state, 'one', 'process.exit(3)'))
  await eventually('the second end', async () => (await client.list()).children[0]?.state === 'exited')
  await client.forget('one')
  assert.deepEqual((await client.list()).children, [])
  await assert.rejects(client.spawn(script(state, 'two', idle, { sockets: ['none'] })), {
    code: 'keeper.unknown-socket',
  })
})

test('a child that keeps dying is started again ever later, until a final signal', async () => {
  await using keeper = await makeKeeper()
  const { client, state, events } = keeper
  await client.spawn(
    script(state, 'control', '', { role: 'control', argv: ['false'], respawn: { minMs: 0, maxMs: 150 } }),
  )
  const starts = () => events.flatMap((event) => (event.event === 'started' ? [event.child] : []))
  await eventually('five starts', () => starts().length >= 5)
  const times = starts().map(({ startedAt }) => startedAt)
  const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0))
  assert.deepEqual(
    starts()
      .slice(0, 5)
      .map(({ restarts }) => restarts),
    [0, 1, 2, 3, 4],
  )
  // Waits of 0, 50, 100, 150.
  for (const [index, leastMs] of [0, 48, 98, 148].entries())
    assert.ok((gaps[index] ?? 0) >= leastMs, `gaps ${gaps.join(' ')}`)
  assert.match(textOf(`${state}/keeper.json`), /"respawn"/)

  await client.signal({ name: 'control', signal: 'SIGTERM', final: true })
  assert.doesNotMatch(textOf(`${state}/keeper.json`), /"respawn"/)
  // It may be starting at this very moment; after that end there is no other.
  await eventually('the last end', async () => (await client.list()).children[0]?.state === 'exited')
  const count = starts().length
  await client.spawn(script(state, 'later', 'setTimeout(() => {}, 400)'))
  await keeper.exitOf('later')
  assert.equal(starts().filter(({ name }) => name === 'control').length, count)
})

test('only the spec of what is started again is on disk', async () => {
  await using keeper = await makeKeeper()
  const { client, state } = keeper
  await client.spawn(script(state, 'api', idle, { env: { DATABASE_PASSWORD: 'hunter2' } }))
  assert.match(textOf(`${state}/keeper.json`), /"api"/)
  assert.doesNotMatch(textOf(`${state}/keeper.json`), /hunter2/)
  assert.equal(statSync(`${state}/keeper.json`).mode & 0o777, 0o600)
})

test('a group is signalled as a whole, also when its leader is gone', async () => {
  await using keeper = await makeKeeper()
  const { client, state } = keeper
  const { identity } = await client.spawn({ ...script(state, 'shell', ''), argv: ['sh', '-c', 'sleep 60 & wait'] })
  const pid = identity?.pid ?? 0
  const [stray] = await eventually('the shell started its program', () => {
    const found = childrenOf(pid)
    return found.length > 0 && found
  })
  await client.signal({ name: 'shell', signal: 'SIGKILL' })
  await keeper.exitOf('shell')
  assert.equal(isRunning(stray ?? 0), true)
  await client.signal({ name: 'shell', signal: 'SIGKILL', group: true })
  await eventually('the stray is gone', () => !isRunning(stray ?? 0))
})

test('shutdown stops instances first and needs last, says bye, and kills who does not listen', async () => {
  await using keeper = await makeKeeper()
  const { client, state, events } = keeper
  const polite = `process.on('SIGTERM', () => setTimeout(() => process.exit(0), 30)); console.log('up'); ${idle}`
  const deaf = `process.on('SIGTERM', () => {}); console.log('up'); ${idle}`
  const respawn = { minMs: 0, maxMs: 10 }
  const children = [
    await client.spawn(script(state, 'control', polite, { role: 'control', respawn })),
    await client.spawn(script(state, 'gateway-1', polite, { role: 'gateway', respawn })),
    await client.spawn(script(state, 'need-db', polite, { role: 'need' })),
    await client.spawn(script(state, 'api', polite)),
  ]
  for (const { output } of children) await eventually('it is up', () => textOf(output) === 'up\n')
  await client.shutdown(5_000)
  assert.deepEqual(await client.closed, { bye: true })
  const ends = events.flatMap((event) =>
    event.event === 'exited' ? [`${event.child.name} ${event.child.exit?.kind}`] : [],
  )
  assert.deepEqual(ends, ['api code', 'gateway-1 code', 'control code', 'need-db code'])
  assert.equal(textOf(`${state}/keeper.json`), '')

  await using second = await makeKeeper()
  const child = await second.client.spawn(script(second.state, 'deaf', deaf))
  await eventually('it is up', () => textOf(child.output) === 'up\n')
  await second.client.shutdown(100)
  assert.deepEqual(await second.client.closed, { bye: true })
  assert.equal(isAlive(identityOf(child)), false)
})

function childrenOf(pid: number): number[] {
  return textOf(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number)
}

function isRunning(pid: number): boolean {
  const stat = textOf(`/proc/${pid}/stat`)
  return stat !== '' && !/\) [ZX] /.test(stat)
}
