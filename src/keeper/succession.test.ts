import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { connectKeeper } from './client.ts'
import { isAlive, readIdentity } from './identity.ts'
import { runKeeper } from './keeper.ts'
import { writeRecord } from './record.ts'
import { startKeeper, superviseKeeper } from './successor.ts'
import { eventually, identityOf, idle, makeKeeper, makeState, script, textOf } from './support.test.ts'
import type { KeeperClient } from './client.ts'
import type { ChildSpec, ProcessIdentity } from './protocol.ts'

test('of two workers on one inherited socket one is killed, and no request begun afterwards fails', async () => {
  await using keeper = await makeKeeper()
  const { client, state } = keeper
  const { port } = await client.listen({ name: 'http', host: '127.0.0.1', port: 0 })
  const workers = await startWorkers(client, state, port)
  assert.deepEqual(await client.listen({ name: 'http', host: '127.0.0.1', port }), {
    name: 'http',
    host: '127.0.0.1',
    port,
  })
  for (let round = 0; round < 2; round++) {
    const victim = identityOf((await client.list()).children.find(({ name }) => name === 'gateway-1'))
    process.kill(victim.pid, 'SIGKILL')
    await eventually('it is gone', () => !isAlive(victim))
    const answers = await Promise.all(Array.from({ length: 40 }, () => get(port)))
    assert.ok(answers.every((pid) => pid !== victim.pid))
    await eventually(
      'another is there',
      async () => ((await current(client, 'gateway-1'))?.pid ?? victim.pid) !== victim.pid,
    )
  }
  assert.equal(isAlive(workers[1] ?? assert.fail()), true)
})

test('a killed keeper is succeeded by a worker: all is adopted, the socket is held, no request fails', async () => {
  await using keeper = await makeKeeper()
  const { state } = keeper
  const { port } = await keeper.client.listen({ name: 'http', host: '127.0.0.1', port: 0 })
  const workers = await startWorkers(keeper.client, state, port)
  const api = identityOf(await keeper.client.spawn(script(state, 'api', `setInterval(() => console.log('tick'), 5)`)))
  await using load = startLoad(port)

  for (let succession = 1; succession <= 2; succession++) {
    const before = await keeper.crash()
    const lines = textOf(`${state}/api.log`).length
    const client = await keeper.reconnect()
    const { pid, children, sockets } = await client.list()
    assert.notEqual(pid, before)
    assert.deepEqual(sockets, [{ name: 'http', host: '127.0.0.1', port }])
    assert.deepEqual(
      children.map(({ name, state, adopted, identity }) => ({ name, state, adopted, identity })),
      [
        { name: 'gateway-1', identity: workers[0] },
        { name: 'gateway-2', identity: workers[1] },
        { name: 'api', identity: api },
      ].map((child) => ({ ...child, state: 'running', adopted: true })),
    )
    assert.ok(openSockets(pid).includes(readlinkSync(`/proc/${workers[0]?.pid ?? 0}/fd/3`)), 'holds the socket itself')
    await eventually('the output goes on', () => textOf(`${state}/api.log`).length > lines + 20)
    await eventually('the workers watch over the new one', () => watchers(state).length >= 2 * (succession + 1))
  }
  const { failed, done } = await load.stop()
  assert.deepEqual(failed, [])
  assert.ok(done > 20, `${done} requests`)

  // What the successor starts gets no descriptor it was not given.
  const plain = identityOf(await keeper.client.spawn({ ...script(state, 'plain', ''), argv: ['sleep', '60'] }))
  assert.deepEqual(openSockets(plain.pid), [])

  // Nobody is left to accept, yet the kernel queues for whoever comes.
  for (const { pid } of workers) process.kill(pid, 'SIGKILL')
  await eventually('both are gone', () => !workers.some(isAlive))
  const answer = await get(port)
  assert.ok(!workers.some(({ pid }) => pid === answer))
  const exits = (await keeper.client.list()).children.filter(({ name }) => name.startsWith('gateway'))
  assert.deepEqual(exits.map(({ adopted, restarts }) => ({ adopted, restarts })).slice(0, 1), [
    { adopted: false, restarts: 1 },
  ])
})

test('what goes on while no keeper is there: output, ends, and what the next one makes of it', async () => {
  await using keeper = await makeKeeper()
  const { client, state } = keeper
  const { port } = await client.listen({ name: 'http', host: '127.0.0.1', port: 0 })
  const respawn = { minMs: 0, maxMs: 50 }
  const ticking = identityOf(await client.spawn(script(state, 'api', `setInterval(() => console.log('tick'), 5)`)))
  const ending = identityOf(await client.spawn(script(state, 'ending', idle)))
  const control = identityOf(await client.spawn(script(state, 'control', idle, { role: 'control', respawn })))
  await client.spawn(script(state, 'ended', 'process.exit(4)'))
  await keeper.exitOf('ended')
  await keeper.crash()

  process.kill(ending.pid, 'SIGKILL')
  process.kill(control.pid, 'SIGKILL')
  const lines = textOf(`${state}/api.log`).length
  await eventually('the output goes on', () => textOf(`${state}/api.log`).length > lines + 20)
  await eventually('both are gone', () => !isAlive(ending) && !isAlive(control))
  await startKeeper(state)

  const next = await keeper.reconnect()
  const children = await eventually('control is started again', async () => {
    const { children } = await next.list()
    return children.some(({ name, restarts }) => name === 'control' && restarts === 1) && children
  })
  const by = (name: string) => children.find((child) => child.name === name)
  assert.deepEqual(by('api')?.identity, ticking)
  assert.equal(by('ending')?.exit?.kind, 'unknown')
  assert.equal(by('ended')?.exit?.kind, 'code')
  assert.deepEqual((await next.list()).sockets, [{ name: 'http', host: '127.0.0.1', port }])

  // The end of an adopted child is noticed, its status is not known.
  await next.signal({ name: 'api', signal: 'SIGKILL' })
  const exit = await eventually('its end', async () => {
    const child = (await next.list()).children.find(({ name }) => name === 'api')
    return child?.state === 'exited' && child.exit
  })
  assert.equal(exit?.kind, 'unknown')
})

test('a process that got the pid of a recorded one is neither adopted nor signalled', async () => {
  await using folder = makeState()
  const stranger = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' })
  try {
    const identity = readIdentity(stranger.pid ?? 0) ?? assert.fail()
    const recorded = { ...identity, startTicks: identity.startTicks - 1 }
    const child = { name: 'api', role: 'instance', identity: recorded, state: 'running', exit: null } as const
    writeRecord(folder.file('keeper.json'), {
      sockets: [],
      children: [{ ...child, startedAt: 1, restarts: 0, output: folder.file('api.log') }],
    })
    await startKeeper(folder.state)
    const client = await connectKeeper(folder.state)
    const [found] = (await client.list()).children
    assert.deepEqual([found?.state, found?.adopted, found?.exit?.kind], ['exited', false, 'unknown'])
    await client.signal({ name: 'api', signal: 'SIGKILL' })
    await client.signal({ name: 'api', signal: 'SIGKILL', group: true })
    await client.shutdown(50)
    await client.closed
    assert.equal(isAlive(identity), true)
  } finally {
    stranger.kill('SIGKILL')
    await once(stranger, 'exit')
  }
})

test('a descriptor that means something else by now is not handed on', async () => {
  await using keeper = await makeKeeper()
  const { state } = keeper
  writeFileSync(keeper.file('other'), '')
  const fd = openSync(state, 'r')
  using abort = aborting()
  const connected: KeeperClient[] = []
  const done = superviseKeeper({
    state,
    rank: 0,
    sockets: [{ name: 'http', fd, host: '127.0.0.1', port: 1 }],
    signal: abort.signal,
    onConnected: (client) => connected.push(client),
  })
  await eventually('it watches', () => connected.length === 1)
  closeSync(fd)
  // The lowest free number is given first, and there may be lower ones.
  const others = [openSync(keeper.file('other'), 'r')]
  while (!others.includes(fd) && others.length < 50) others.push(openSync(keeper.file('other'), 'r'))
  assert.ok(others.includes(fd))
  await keeper.crash()
  // The socket of a process that is being killed may take a last connection, which answers nothing.
  const { pid, sockets } = await eventually('the successor', () => {
    const [, ...later] = connected
    return later
      .at(-1)
      ?.list()
      .catch(() => undefined)
  })
  abort[Symbol.dispose]()
  await done
  for (const other of others) closeSync(other)
  assert.deepEqual(sockets, [])
  assert.equal(descriptors(pid).includes(keeper.file('other')), false)
})

test('a keeper whose record was lost finds its children in the process table, and nobody else’s', async () => {
  await using keeper = await makeKeeper()
  await using other = await makeKeeper()
  const api = identityOf(await keeper.client.spawn(script(keeper.state, 'api', idle)))
  await other.client.spawn(script(other.state, 'web', idle))
  await keeper.crash()
  rmSync(keeper.file('keeper.json'))
  await startKeeper(keeper.state)
  const client = await keeper.reconnect()
  const { children } = await client.list()
  assert.deepEqual(
    children.map(({ name, identity, adopted, state }) => ({ name, identity, adopted, state })),
    [{ name: 'api', identity: api, adopted: true, state: 'running' }],
  )
})

test('an ordered end is succeeded by nobody', async () => {
  await using keeper = await makeKeeper()
  using abort = aborting()
  const errors: unknown[] = []
  const done = superviseKeeper({
    state: keeper.state,
    rank: 0,
    sockets: [],
    signal: abort.signal,
    onConnected: (client) => void client.shutdown(100),
    onError: (error) => errors.push(error),
  })
  await done
  await keeper.client.closed
  await assert.rejects(connectKeeper(keeper.state), { code: 'keeper.unreachable' })
  assert.deepEqual(errors, [])
})

test('the keeper bounds the output of its children', async () => {
  await using folder = makeState()
  const keeper = await runKeeper({ state: folder.state, outputBytesMax: 2_000, rotateEveryMs: 20 })
  const client = await connectKeeper(folder.state)
  await client.spawn(script(folder.state, 'api', `setInterval(() => console.log('x'.repeat(99)), 1)`))
  await eventually('old files', () => textOf(folder.file('api.log.5')) !== '')
  await eventually('a short one', () => textOf(folder.file('api.log')).length < 2_000)
  assert.equal(textOf(folder.file('api.log.6')), '')
  await keeper.shutdown(100)
})

test('a state folder that was removed is not brought back', async () => {
  await using keeper = await makeKeeper()
  using abort = aborting()
  const connected: KeeperClient[] = []
  const onConnected = (client: KeeperClient): void => void connected.push(client)
  const done = superviseKeeper({ state: keeper.state, rank: 0, sockets: [], signal: abort.signal, onConnected })
  await eventually('it watches', () => connected.length === 1)
  rmSync(keeper.state, { recursive: true })
  await keeper.crash()
  await done
  assert.equal(existsSync(keeper.state), false)
})

/** Whatever becomes of a test, nobody goes on starting keepers. */
function aborting() {
  const controller = new AbortController()
  return { signal: controller.signal, [Symbol.dispose]: () => controller.abort() }
}

const module = (name: string): string => JSON.stringify(new URL(name, import.meta.url).href)

/** A stand-in for a gateway worker: answers its pid, and watches over the keeper. */
function worker(state: string, rank: number, port: number): ChildSpec {
  const code = `
    import http from 'node:http'
    import { appendFileSync } from 'node:fs'
    import { superviseKeeper } from ${module('successor.ts')}
    const server = http.createServer((request, response) => setTimeout(() => response.end(String(process.pid)), 5))
    server.listen({ fd: 3 }, () => {
      const sockets = [{ name: 'http', fd: 3, host: '127.0.0.1', port: ${port} }]
      const onConnected = () => appendFileSync(${JSON.stringify(`${state}/watchers`)}, process.pid + '\\n')
      void superviseKeeper({ state: ${JSON.stringify(state)}, rank: ${rank}, sockets, signal: new AbortController().signal, onConnected })
      console.log('listening')
    })`
  const respawn = { minMs: 250, maxMs: 250 }
  return script(state, `gateway-${rank + 1}`, code, { role: 'gateway', sockets: ['http'], respawn })
}

async function startWorkers(client: KeeperClient, state: string, port: number): Promise<ProcessIdentity[]> {
  const children = await Promise.all([0, 1].map((rank) => client.spawn(worker(state, rank, port))))
  for (const { output } of children) await eventually('it listens', () => textOf(output).includes('listening'))
  await eventually('both watch over the keeper', () => watchers(state).length === 2)
  return children.map(identityOf)
}

const watchers = (state: string): string[] => textOf(`${state}/watchers`).split('\n').filter(Boolean)

async function current(client: KeeperClient, name: string): Promise<ProcessIdentity | null | undefined> {
  const child = (await client.list()).children.find((child) => child.name === name)
  return child?.state === 'running' ? child.identity : undefined
}

/** One request on a connection of its own; the pid that answered. */
function get(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = http.get({ port, host: '127.0.0.1', agent: false, timeout: 5_000 }, (response) => {
      let text = ''
      response.on('data', (chunk) => (text += String(chunk)))
      response.on('end', () => resolve(Number(text)))
      response.on('error', reject)
    })
    request.on('timeout', () => request.destroy(new Error('no answer')))
    request.on('error', reject)
  })
}

/** Two clients, one request after the other. */
function startLoad(port: number) {
  const failed: string[] = []
  let done = 0
  const stopped = new AbortController()
  const client = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      await get(port).then(
        () => (done += 1),
        (error: unknown) => failed.push(String(error)),
      )
      await sleep(2)
    }
  }
  const clients = Promise.all([client(), client()])
  const stop = async () => {
    stopped.abort()
    await clients
    return { failed, done }
  }
  return { stop, [Symbol.asyncDispose]: async () => void (await stop()) }
}

function descriptors(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/${pid}/fd/${fd}`)]
    } catch {
      return []
    }
  })
}

const openSockets = (pid: number): string[] => descriptors(pid).filter((target) => target.startsWith('socket:'))
