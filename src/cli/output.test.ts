import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { printable } from './output.ts'

const OUTPUT = new URL('output.ts', import.meta.url).href
const PROBLEM = new URL('../core/problem.ts', import.meta.url).href
/** Clears the screen and sets its title, as a label of an app may; then a CSI of one byte. */
const STEERING = '\u001b[2J\u001b]0;pwned\u0007 \u009b31m'

void test('what is printed for people steers no terminal; tables keep their lines', () => {
  const script = (body: string): string[] => ['--input-type=module', '-e', body]
  const text = JSON.stringify(`a\tb\nc ${STEERING}`)
  const out = execFileSync(process.execPath, script(`import { print } from '${OUTPUT}'; print(${text})`), {
    encoding: 'utf8',
  })
  assert.equal(out, 'a\tb\nc ?[2J?]0;pwned? ?31m\n')
  const { stderr } = spawnSync(
    process.execPath,
    script(`import { printError } from '${OUTPUT}'; import { Problem } from '${PROBLEM}'
      printError(new Problem('x.y', ${text}, { hint: ${text}, details: [${text}] }), false)`),
    { encoding: 'utf8' },
  )
  assert.equal(stderr.match(/pwned/g)?.length, 3)
  assert.equal(stderr, printable(stderr))
})
