import assert from 'node:assert/strict'
import { PassThrough, Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { test } from 'node:test'
import { Problem } from '../../core/problem.ts'
import { ANSWER_BYTES_MAX, mustRun, runCommand } from './run-command.ts'
import type { Command } from './command.ts'

const env = { PATH: process.env['PATH'] }

function node(script: string, more: Partial<Command> = {}): Command {
  return { argv: [process.execPath, '-e', script], timeoutMs: 20_000, because: 'a test', ...more }
}

test('an exit code is an answer; what it says on stderr is kept from the end', async () => {
  const script = 'for (let n = 1; n <= 40; n++) console.error(n); console.log("out"); process.exitCode = 3'
  const heard: string[] = []
  const ran = await runCommand(node(script), { env, onLine: (line) => heard.push(line) })
  assert.equal(ran.code, 3)
  assert.equal(ran.stdout, 'out\n')
  assert.deepEqual(
    ran.lastLines,
    Array.from({ length: 30 }, (_, index) => String(index + 11)),
  )
  assert.equal(heard.length, 40)
})

test('words reach the program as they are, no shell between', async () => {
  const argv = [process.execPath, '-p', 'JSON.stringify(process.argv.slice(1))', '$HOME; `id`', 'a b'] as const
  assert.deepEqual(JSON.parse(await mustRun(node('', { argv }), { env })), ['$HOME; `id`', 'a b'])
})

test('it reads what it is given, from memory or from a stream', async () => {
  const echo = 'process.stdin.pipe(process.stdout)'
  assert.equal(await mustRun(node(echo, { stdin: Buffer.from('geheim') }), { env }), 'geheim')
  assert.equal(await mustRun(node(echo), { env, input: Readable.from(['a', 'b']) }), 'ab')
  // One that reads nothing: a broken pipe of ours is no failure of its.
  const large = Readable.from([Buffer.alloc(1 << 20), Buffer.alloc(1 << 20)])
  assert.equal(await mustRun(node('process.exit(0)'), { env, input: large }), '')
})

test('what it says goes on as it is, however much; who ends that ends it', async () => {
  const output = new PassThrough()
  const large = `process.stdout.write(Buffer.alloc(${ANSWER_BYTES_MAX + 1}, 0xff))`
  const [ran, taken] = await Promise.all([runCommand(node(large), { env, output }), buffer(output)])
  assert.deepEqual([ran.code, ran.stdout, taken.length, taken[0]], [0, '', ANSWER_BYTES_MAX + 1, 0xff])
  const begun = performance.now()
  const ended = new PassThrough()
  ended.once('data', () => ended.destroy())
  const endless =
    'const go = () => process.stdout.write("x".repeat(65536), go); process.stdout.on("error", () => {}); go()'
  await assert.rejects(runCommand(node(`${endless}; setInterval(() => {}, 1000)`), { env, output: ended }), {
    code: 'target.tool-failed',
    message: /was not heard to its end$/,
  })
  assert.ok(performance.now() - begun < 10_000)
})

test('where only success will do a failure is a Problem with its last lines', async () => {
  await assert.rejects(mustRun(node('console.error("no such network"); process.exit(1)'), { env }), (error) => {
    assert.ok(error instanceof Problem)
    assert.equal(error.code, 'target.tool-failed')
    assert.match(error.message, /exited with 1$/)
    assert.deepEqual(error.details, ['| no such network'])
    return true
  })
})

test('a program that is not there, one that does not end, one that says too much', async () => {
  const missing = node('', { argv: ['seaworthy-no-such-program', 'x'] })
  await assert.rejects(runCommand(missing, { env }), { code: 'target.tool-missing' })
  const wedged = node('setInterval(() => {}, 1000)', { timeoutMs: 300 })
  await assert.rejects(runCommand(wedged, { env }), { code: 'target.tool-failed', message: /did not end within 0.3 s/ })
  const chatty = node(
    `const some = 'x'.repeat(1 << 20); for (let n = 0; n < ${ANSWER_BYTES_MAX / 2 ** 20 + 4}; n++) console.log(some)`,
  )
  await assert.rejects(runCommand(chatty, { env }), { code: 'target.tool-failed', message: /more than 16 MiB/ })
})

test('who gives up ends it, with their own reason', async () => {
  const controller = new AbortController()
  const reason = new Error('enough')
  const onLine = (): void => controller.abort(reason)
  const running = runCommand(node('console.error(process.pid); setInterval(() => {}, 1000)'), {
    env,
    signal: controller.signal,
    onLine,
  })
  await assert.rejects(running, (error) => error === reason)
  await assert.rejects(runCommand(node(''), { env, signal: controller.signal }), (error) => error === reason)
})

test('a failure that says what was asked for is there already is none; another one is', async () => {
  const fails = (words: string) => node(`console.error('${words}'); process.exit(1)`, { forgives: '(AlreadyExists)' })
  assert.equal(await mustRun(fails('Error from server (AlreadyExists): secrets "x" already exists'), { env }), '')
  await assert.rejects(mustRun(fails('Error from server (Forbidden)'), { env }), { code: 'target.tool-failed' })
})
