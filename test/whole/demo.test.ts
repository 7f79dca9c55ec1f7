/** `bin/demo --once` as a newcomer runs it: every expectation holds, the figures are there, and nothing is left. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { processesMentioning, root } from '../support/project.ts'

const STATE = join(root, 'examples/opinion-market/.seaworthy/demo')

test(
  'the demo deploys, refuses, takes back and rolls back under load, and proves it',
  { timeout: 240_000 },
  async (t) => {
    const { code, output } = await demo()
    assert.equal(code, 0, output)
    assert.match(output, /^Every expectation held\.$/m)
    assert.deepEqual(processesMentioning(STATE), [])

    const steps = stepsOf(output)
    t.diagnostic(output.slice(output.indexOf('step ')))
    assert.deepEqual(
      steps.map(({ expected, happened }) => [expected, happened]),
      ['done', 'refused', 'taken-back', 'done', 'done'].map((state) => [state, state]),
    )
    for (const { cells, happened } of steps) {
      const [, sent, failed] = /^(\d+) sent, (\d+) failed$/.exec(cells[3]!)!.map(Number)
      assert.ok(sent! > 0, cells.join(' | '))
      if (happened !== 'taken-back') assert.equal(failed, 0, cells.join(' | '))
      assert.ok(Number.parseInt(cells[4]!, 10) <= 1_000, cells.join(' | '))
      assert.equal(cells[5]!.split(', ').filter((each) => each !== '-').length, SWITCHES[happened])
    }
    const back = steps[2]!.cells
    assert.ok(Number.parseInt(back[6]!, 10) + Number.parseInt(back[7]!, 10) <= 10_000, back.join(' | '))

    const [, requests, failed, rotten] = /^users +(\d+) requests, (\d+) failed, (\d+) of them by rots/m
      .exec(output)!
      .map(Number)
    assert.ok(requests! > 1_000, `${requests} requests`)
    assert.ok(failed! > 0)
    assert.equal(failed, rotten)
    const [, acknowledged, lost, doubled, wrong] =
      /^trades +(\d+) acknowledged, (\d+) lost, (\d+) doubled, (\d+) wrong$/m.exec(output)!.map(Number)
    assert.ok(acknowledged! > 500, `${acknowledged} trades`)
    assert.deepEqual([lost, doubled, wrong], [0, 0, 0])
    assert.match(output, /^money +conserved$/m)
  },
)

const SWITCHES: Readonly<Record<string, number>> = { done: 1, refused: 0, 'taken-back': 2 }

interface Row {
  readonly expected: string
  readonly happened: string
  readonly cells: readonly string[]
}

function stepsOf(output: string): readonly Row[] {
  const lines = output.split('\n')
  const head = lines.findIndex((line) => line.startsWith('step '))
  const rows = lines.slice(head + 1, lines.indexOf('', head))
  return rows.map((line) => {
    const cells = line.split(/ {2,}/)
    return { expected: cells[1]!, happened: cells[2]!, cells }
  })
}

function demo(): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(join(root, 'bin/demo'), ['--once'], { stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, output }))
  })
}
