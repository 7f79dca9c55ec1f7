import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { test } from 'node:test'
import type { ResolvedService } from '../../config/resolved.ts'
import type { Instance } from '../release.ts'
import type { Cause, Look, Probe } from '../target.ts'
import { saysNotReady } from './answer.ts'
import { causeOf } from './causes.ts'
import { portInUse } from './crash.ts'
import { NO_EXPERIMENTS, type Evidence, type Experiments } from './evidence.ts'

const NOW = 1_000_000
const instance: Instance = {
  id: 'api@1-x-1',
  service: 'api',
  release: '1-x',
  host: '127.0.0.1',
  port: 20_000,
  state: 'running',
  pid: 7,
  startedAt: NOW - 10_000,
  restarts: 0,
  lastExit: null,
}
const crashed: Instance = { ...instance, pid: null, state: 'restarting', restarts: 2, lastExit: 'exited with 1' }
const service = {
  port: null,
  run: { kind: 'program', argv: ['node', 'main.js'] },
  env: { DB_PASWORD: 'x' },
  secrets: ['JWT_KEYS'],
  health: { timeoutMs: 3_000, expect: { status: null, body: null } },
} as unknown as ResolvedService
const worker = { ...service, env: {}, secrets: ['QUEUE_URL'] } as ResolvedService
const here = [{ address: '127.0.0.1', port: 20_000, inode: '1' }]

/** Evidence of an instance that listens where it should and says nothing; each test changes what it is about. */
function evidence(parts: Partial<Evidence>): Evidence {
  return {
    at: NOW,
    instance,
    service,
    services: { api: service, worker },
    seen: { waitedMs: 10_000, deadlineMs: 10_000, probes: 50, passed: 0, relapses: 0, last: null },
    listeners: parts.instance?.pid === null ? [] : here,
    holders: [],
    lastLines: [],
    examination: {
      variables: ['PORT', 'DB_PASWORD', 'JWT_KEYS'],
      memory: null,
      endedAt: NOW - 100,
      kernelKilledAt: null,
    },
    program: { state: 'S', cpuMs: 100 },
    experiments: NO_EXPERIMENTS,
    ...parts,
  }
}

function after(look: Partial<Look>, experiments: Partial<Experiments> = {}, parts: Partial<Evidence> = {}): Evidence {
  const whole: Look = {
    what: 'GET /ready',
    path: '/ready',
    status: null,
    location: null,
    body: '',
    error: null,
    ...look,
  }
  const last: Probe = { kind: 'fail', because: `GET /ready answered ${look.status}`, tookMs: 3, look: whole }
  const { seen } = evidence({})
  return evidence({ seen: { ...seen, last }, experiments: { ...NO_EXPERIMENTS, ...experiments }, ...parts })
}

function expectCause(given: Evidence, name: string, certainty: Cause['certainty'], text: RegExp): void {
  const cause = causeOf(given)
  assert.deepEqual([cause?.name, cause?.certainty], [name, certainty])
  assert.match(cause!.text, text)
}

test('nothing to be seen is no cause', () => assert.equal(causeOf(evidence({})), null))

test('a kill for memory is told with both figures; one long ago is not', () => {
  const memory = {
    usedBytes: 0,
    peakBytes: 0,
    limitBytes: 96 * 2 ** 20,
    killed: { usedBytes: 130 * 2 ** 20, limitBytes: 96 * 2 ** 20, at: NOW - 200 },
  }
  const { examination } = evidence({})
  const killed = (at: number) =>
    evidence({
      instance: crashed,
      examination: { ...examination, memory: { ...memory, killed: { ...memory.killed, at } } },
    })
  expectCause(
    killed(NOW - 200),
    'out-of-memory',
    'proven',
    /used 130 MiB, more than the 96 MiB of .*, and was killed \(3 times\)/,
  )
  expectCause(killed(NOW - 3_600_000), 'crash-loop', 'proven', /exited with 1/)
})

test("Node's own heap limit is proven by its abort; other runtimes' words are a guess", () => {
  const lastLines = ['FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory']
  expectCause(
    evidence({ instance: { ...crashed, lastExit: 'was killed by SIGABRT' }, lastLines }),
    'out-of-memory',
    'proven',
    /Node's own heap limit/,
  )
  expectCause(evidence({ instance: crashed, lastLines }), 'out-of-memory', 'likely', /Node's own heap limit/)
  for (const line of [
    'MemoryError',
    'fatal error: runtime: out of memory',
    'Exception in thread "main" java.lang.OutOfMemoryError: Java heap space',
  ])
    expectCause(evidence({ instance: crashed, lastLines: [line] }), 'out-of-memory', 'likely', /ran out of memory/)
})

test('what V8 really says when its heap is full is understood', () => {
  const fill = 'const kept = []; for (;;) kept.push(new Array(10_000).fill({}).map((_, index) => ({ index })))'
  // Through a shell, which turns off the core file that an abort would leave.
  const argv = ['-c', 'ulimit -c 0; exec "$0" --max-old-space-size=12 -e "$1"', process.execPath, fill]
  const { stderr, signal } = spawnSync('sh', argv, { encoding: 'utf8', cwd: tmpdir() })
  const lastLines = stderr.split('\n').slice(-30)
  expectCause(
    evidence({ instance: { ...crashed, lastExit: `was killed by ${signal}` }, lastLines }),
    'out-of-memory',
    'proven',
    /Node's own heap limit/,
  )
})

test("a SIGKILL beside a rise of the kernel's count is a guess, without one a crash", () => {
  const killed = { ...crashed, lastExit: 'was killed by SIGKILL' }
  const at = (kernelKilledAt: number | null) =>
    evidence({ instance: killed, examination: { ...evidence({}).examination, kernelKilledAt } })
  expectCause(at(NOW - 500), 'out-of-memory', 'likely', /the kernel killed it because memory ran out/)
  expectCause(at(NOW - 60_000), 'crash-loop', 'proven', /was killed by SIGKILL/)
  expectCause(at(null), 'crash-loop', 'proven', /was killed by SIGKILL/)
})

test('a program that cannot be started is named', () => {
  const lastExit = 'could not be started: spawn node ENOENT'
  expectCause(
    evidence({ instance: { ...crashed, lastExit } }),
    'not-started',
    'proven',
    /there is no program 'node' to start/,
  )
})

test('the port in use is read from the lines of several runtimes', () => {
  for (const line of [
    'Error: listen EADDRINUSE: address already in use :::9090',
    'Error: listen EADDRINUSE: address already in use 127.0.0.1:9090',
    "ERROR:    [Errno 98] error while attempting to bind on address ('127.0.0.1', 9090): address already in use",
    'listen tcp 0.0.0.0:9090: bind: address already in use',
    'Address already in use - bind(2) for "127.0.0.1" port 9090 (Errno::EADDRINUSE)',
    'Web server failed to start. Port 9090 was already in use.\nport 9090 is already in use',
    'bind() to 0.0.0.0:9090 failed (98: Address already in use)',
  ])
    assert.equal(portInUse(line.split('\n')), 9090, line)
  assert.equal(portInUse(['OSError: [Errno 98] Address already in use']), null)
})

test('an address in use is proven by its holder, otherwise a guess; also of a program that stays', () => {
  const lastLines = ['Error: listen EADDRINUSE: address already in use 127.0.0.1:9090']
  const holders = [{ port: 9090, address: '127.0.0.1', pid: 5, command: 'node old.js', instance: 'api@0-w-1' }]
  const text = /port 9090 is in use by pid 5 \(node old\.js\), which belongs to api@0-w-1; its own is \$PORT \(20000\)/
  expectCause(evidence({ instance: crashed, lastLines, holders }), 'address-in-use', 'proven', text)
  expectCause(evidence({ lastLines, holders, listeners: [] }), 'address-in-use', 'proven', text)
  expectCause(evidence({ instance: crashed, lastLines }), 'address-in-use', 'likely', /port 9090 is in use/)
})

test('a missing variable is named with whoever has it, or with the one that may be meant', () => {
  const lacks = (line: string) => evidence({ instance: crashed, lastLines: [line] })
  expectCause(
    lacks('Error: SMTP_HOST is not set'),
    'missing-variable',
    'proven',
    /needs the variable SMTP_HOST, which the config does not give it$/,
  )
  expectCause(lacks('Error: QUEUE_URL is not set'), 'missing-variable', 'proven', /; worker has it$/)
  expectCause(
    lacks('Error: JWT_KEY is not set'),
    'missing-variable',
    'proven',
    /it gets the secret JWT_KEYS: is that the one\?$/,
  )
  expectCause(
    lacks('Error: DATABASE_PASWORD is not set'),
    'missing-variable',
    'proven',
    /it gets DB_PASWORD: is that the one\?$/,
  )
  expectCause(lacks("KeyError: 'SMTP_HOST'"), 'missing-variable', 'likely', /needs the variable SMTP_HOST/)
  expectCause(lacks('"JWT_KEYS" is required'), 'refused-variable', 'likely', /does not like the value of JWT_KEYS/)
})

test('a missing module, an end with 0 and any other crash are told apart', () => {
  const lastLines = ["Error: Cannot find module 'express'", 'Require stack:', "  code: 'MODULE_NOT_FOUND',"]
  expectCause(evidence({ instance: crashed, lastLines }), 'module-missing', 'likely', /a module is missing: express/)
  expectCause(
    evidence({ instance: { ...crashed, lastExit: 'exited with 0' } }),
    'ended-by-itself',
    'proven',
    /exited with 0 \(3 times\), without a word/,
  )
  expectCause(
    evidence({ instance: crashed, lastLines: ['TypeError: x', '    at main.js:1'] }),
    'crash-loop',
    'proven',
    /exited with 1 \(3 times\): TypeError: x$/,
  )
})

test('an end before the gate began does not count', () => {
  const warm = { ...instance, restarts: 3, lastExit: 'exited with 1' }
  const examination = { ...evidence({}).examination, endedAt: NOW - 60_000 }
  assert.equal(causeOf(evidence({ instance: warm, examination })), null)
  expectCause(evidence({ instance: warm }), 'crash-loop', 'proven', /exited with 1/)
})

test('where it listens: the wrong port, ::1 alone, another address, nothing', () => {
  const on = (address: string, port: number) => evidence({ listeners: [{ address, port, inode: '1' }] })
  expectCause(
    on('0.0.0.0', 3000),
    'wrong-port',
    'proven',
    /listens on 0\.0\.0\.0:3000 instead of \$PORT \(20000\); .*needs `port`/,
  )
  expectCause(on('::1', 20_000), 'loopback-bind', 'proven', /listens on ::1 only, not on 127\.0\.0\.1/)
  expectCause(on('10.0.0.7', 20_000), 'wrong-address', 'proven', /listens on 10\.0\.0\.7 only/)
  for (const address of ['0.0.0.0', '::', '::ffff:127.0.0.1']) assert.equal(causeOf(on(address, 20_000)), null, address)
  expectCause(
    evidence({ listeners: [] }),
    'slow-start',
    'proven',
    /runs \(pid 7\) but listens on nothing by `health\.deadline` \(10 s\)/,
  )
  const { seen } = evidence({})
  expectCause(
    evidence({ listeners: [], seen: { ...seen, waitedMs: 5_000 } }),
    'slow-start',
    'proven',
    /listens on nothing yet/,
  )
})

test('whoever else answers at its port is named', () => {
  const holder = { port: 20_000, address: '127.0.0.1', pid: 9, command: 'node stale.js', instance: null }
  expectCause(
    evidence({ listeners: [], holders: [holder] }),
    'another-program',
    'proven',
    /answered by another program, .*: pid 9 \(node stale\.js\)/,
  )
  expectCause(evidence({ holders: [holder] }), 'another-program', 'proven', /is shared with pid 9/)
  assert.equal(causeOf(evidence({ holders: [{ ...holder, address: '::1' }] })), null)
})

test('a stopped process is told from a hang, and a busy one from one that waits', () => {
  const late = { error: { code: 'ETIMEDOUT', message: 'no answer within 3000 ms' } }
  const silent = { bytes: { isConnected: true, bytes: Buffer.alloc(0), end: 'open' } } as const
  expectCause(after(late, silent, { program: { state: 'T', cpuMs: 0 } }), 'stopped', 'proven', /SIGSTOP/)
  expectCause(after(late, silent), 'hang', 'proven', /answers nothing within `health\.timeout` \(3 s\); it waits/)
  expectCause(
    after(late, silent, { program: { state: 'R', cpuMs: 9_000 } }),
    'hang',
    'proven',
    /it computes all the time/,
  )
  expectCause(after(late), 'hang', 'likely', /answers nothing/)
})

test('protocols: proven by an experiment, guessed from what was said', () => {
  const garbage = { error: { code: 'HPE_INVALID_CONSTANT', message: 'Parse Error' } }
  const reset = { error: { code: 'ECONNRESET', message: 'socket hang up' } }
  expectCause(after(reset, { tls: true }), 'tls-on-plain-port', 'proven', /speaks TLS on port 20000/)
  expectCause(
    after({ status: 400, body: 'Client sent an HTTP request to an HTTPS server.' }),
    'tls-on-plain-port',
    'likely',
    /speaks TLS/,
  )
  const settings = Buffer.from('000012040000000000', 'hex')
  expectCause(after(garbage, { h2c: true }), 'wrong-protocol', 'proven', /h2c/)
  expectCause(
    after(garbage, { bytes: { isConnected: true, bytes: settings, end: 'open' } }),
    'wrong-protocol',
    'likely',
    /h2c/,
  )
  const binary = { isConnected: true, bytes: Buffer.from('4a0000000a', 'hex'), end: 'open' } as const
  expectCause(after(garbage, { bytes: binary }), 'wrong-protocol', 'proven', /first bytes are 4a 00 00 00 0a$/)
  const closed = { isConnected: true, bytes: Buffer.alloc(0), end: 'closed' } as const
  expectCause(
    after(reset, { bytes: closed, tls: false }),
    'closes-connections',
    'proven',
    /closes them without an answer/,
  )
})

test('answers: Host, redirects, paths, credentials, and what the service says of itself', () => {
  expectCause(
    after({ status: 421 }, { host: 'localhost' }),
    'host-check',
    'proven',
    /refuses the Host .* with 421, and passes with 'localhost'/,
  )
  expectCause(after({ status: 302, location: '/login' }), 'redirect-to-login', 'likely', /behind a login/)
  expectCause(after({ status: 302, location: '/in' }, { login: true }), 'redirect-to-login', 'proven', /behind a login/)
  expectCause(
    after({ status: 301, location: 'https://x/' }, { forwardedHttps: true }),
    'redirect-to-https',
    'proven',
    /wants https/,
  )
  expectCause(after({ status: 301, location: '/ready/' }), 'redirect', 'proven', /redirects \(301\) to \/ready\//)
  expectCause(after({ status: 404 }), 'no-such-path', 'proven', /it has no \/ready/)
  expectCause(after({ status: 401 }), 'asks-for-credentials', 'proven', /asks for credentials/)
  expectCause(
    after({ status: 503, body: 'degraded' }),
    'not-ready',
    'proven',
    /says itself that it is not ready \('degraded'\)/,
  )
  assert.equal(causeOf(after({ status: 500, body: 'oops' })), null)
})

test('flapping is counted before the last answer is read', () => {
  const { seen } = after({ status: 503 })
  expectCause(
    evidence({ seen: { ...seen, passed: 5, relapses: 5 } }),
    'flapping',
    'proven',
    /5 of 50 probes passed, and 5 times/,
  )
  expectCause(evidence({ seen: { ...seen, passed: 1, relapses: 1 } }), 'not-ready', 'proven', /says itself/)
})

test('a body that contradicts its status is heard; ordinary ones are not', () => {
  for (const body of [
    'not_ready',
    '{"status":"starting"}',
    '{"ready": false}',
    '{"status":"DOWN"}',
    'Service unavailable',
  ])
    assert.ok(saysNotReady(body) !== null, body)
  for (const body of ['ready', '{"status":"ok"}', '{"ok":true,"errors":0}', 'already', '{"started":"2026-11-21"}', ''])
    assert.equal(saysNotReady(body), null, body)
})
