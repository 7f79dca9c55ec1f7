import assert from 'node:assert/strict'
import { test } from 'node:test'
import { composeTrapsIn } from './compose-traps.ts'

const of = (service: string) => [
  {
    path: 'monitoring/compose.yml',
    text: `services:\n  a: ${service}\nsecrets:\n  s: { environment: TOKEN }\n  f: { file: ./token }\n`,
  },
]

void test('a secret from a variable and a read-only root do not go together; one of a file does', () => {
  assert.match(composeTrapsIn(of('{ read_only: true, secrets: [s] }')).join(), /a is read-only.* copy s into it/)
  assert.deepEqual(composeTrapsIn(of('{ read_only: false, secrets: [s] }')), [])
  assert.deepEqual(composeTrapsIn(of('{ read_only: true, secrets: [f] }')), [])
  assert.deepEqual(composeTrapsIn(of('{ read_only: true }')), [])
})

void test('a variable in the short form of a volume is refused, in the long form not', () => {
  assert.match(
    composeTrapsIn(of("{ volumes: ['${X:-../y}:/z:ro', './b:/c'] }")).join(),
    /^[^,]*: \$\{X:-\.\.\/y\}:\/z:ro$/,
  )
  assert.deepEqual(composeTrapsIn(of("{ volumes: [{ type: bind, source: '${X:-../y}', target: /z }] }")), [])
})
