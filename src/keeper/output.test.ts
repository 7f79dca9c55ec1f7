import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { openOutput, rotateOutput } from './output.ts'
import { eventually, makeState, textOf } from './support.test.ts'

test('a file below the bound is left alone, and one that is not there is no error', async () => {
  await using folder = makeState()
  writeFileSync(folder.file('x.log'), 'a'.repeat(100))
  assert.equal(rotateOutput(folder.file('x.log'), { bytesMax: 100 }), false)
  assert.equal(rotateOutput(folder.file('none.log')), false)
  assert.deepEqual(readdirSync(folder.state), ['x.log'])
})

test('only so many old files are kept, the newest first', async () => {
  await using folder = makeState()
  for (const round of ['1', '2', '3', '4']) {
    writeFileSync(folder.file('x.log'), `round ${round}`)
    assert.equal(rotateOutput(folder.file('x.log'), { bytesMax: 6, kept: 3 }), true)
  }
  assert.deepEqual(
    ['x.log', 'x.log.1', 'x.log.2', 'x.log.3', 'x.log.4'].map((name) => textOf(folder.file(name))),
    ['', 'round 4', 'round 3', 'round 2', ''],
  )
  assert.equal(existsSync(folder.file('x.log.4')), false)
})

test('of a file that outgrew its bound between two looks the end is kept, from a line on, and it is said', async () => {
  await using folder = makeState()
  const keptOf = (text: string): readonly [object, string] => {
    writeFileSync(folder.file('x.log'), text)
    assert.equal(rotateOutput(folder.file('x.log'), { bytesMax: 10 }), true)
    assert.equal(textOf(folder.file('x.log')), '')
    const kept = textOf(folder.file('x.log.1'))
    const { time: _, ...said } = JSON.parse(kept.split('\n')[0]!) as { time: string }
    return [said, kept.slice(kept.indexOf('\n') + 1)]
  }
  const said = { level: 'warn', part: 'keeper', message: 'written too fast: what came before was left out' }
  assert.deepEqual(keptOf(`${'a'.repeat(100)}that was all`), [{ ...said, begins: 92 }, 'aaaaaaaathat was all'])
  assert.deepEqual(keptOf(`${'a'.repeat(100)}\nthat was all`), [{ ...said, begins: 101 }, 'that was all'])
  assert.deepEqual(keptOf(`${'a'.repeat(100)}\n`), [{ ...said, begins: 81 }, `${'a'.repeat(19)}\n`])
})

test('rotating under a writer bounds the size, loses few lines and leaves no holes', async () => {
  await using folder = makeState()
  const path = folder.file('x.log')
  const total = 1_500
  const output = openOutput(path)
  const code = `import { writeSync } from 'node:fs'
    let n = 0
    const timer = setInterval(() => { for (let i = 0; i < 5; i++) writeSync(1, 'line ' + n++ + ' ' + 'x'.repeat(90) + '\\n')
      if (n >= ${total}) clearInterval(timer) }, 1)`
  const writer = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', output, output] })
  closeSync(output)
  const ended = once(writer, 'exit')
  let rotations = 0
  await eventually('the writer is done', () => {
    if (rotateOutput(path, { bytesMax: 16_000, kept: 30 })) rotations += 1
    return writer.exitCode !== null
  })
  await ended

  const texts = readdirSync(folder.state).map((name) => textOf(folder.file(name)))
  const lines = texts.join('').match(/line \d+ x{90}\n/g) ?? []
  assert.ok(rotations >= 3, `${rotations} rotations`)
  assert.ok(
    new Set(lines).size >= total - rotations * 3,
    `${lines.length} of ${total} lines after ${rotations} rotations`,
  )
  assert.equal(texts.join('').includes('\0'), false)
  assert.ok(statSync(path).size <= 100_000)
})
