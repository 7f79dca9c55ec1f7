import assert from 'node:assert/strict'
import { test } from 'node:test'
import { randomFrom } from '../../../test/seeded/random.ts'
import { FAMILIES } from '../../../bench/guard/families.ts'
import { decodePart } from './decode/percent.ts'
import { decodeRound } from './decode/round.ts'
import type { Hit } from './detector.ts'
import { DETECTORS } from './detectors/index.ts'
import { createScanner } from './scan/scanner.ts'
import { lowerUnits, sourceUnits, textUnits } from './scan/units.ts'
import { CurrentValue } from './value.ts'

const TEXTS = 20_000
const SEED = 20_261_121
/** What may stand in the arrays of units from a value before; whatever it is, the next one is judged as if nothing stood there. */
const BEFORE = ['a', '(', "'", '=', ' ', '<', '*', '/', '-', '4', ':', ';'].map((unit) => unit.repeat(4096))
const UNITS = [
  ...FAMILIES.filter(({ as }) => as === 'body').map((family) => family.text(8)),
  ...'\'"`<>(){}[];|&$#%\\/.:=!*@,-+\n\0~^_ 0123456789abcdefsx\u00e9\u0440'.split(''),
  ' or ',
  'select ',
  'cat ',
  '/etc/passwd',
  'alert(',
  '<script',
  'on',
  'javascript',
  'data:',
  '${',
  '{{7*7',
  '&#x3',
  '%c3',
  '\\u00',
  '+ADw',
]

function dirty(text: string): void {
  lowerUnits(text)
  textUnits(text)
  sourceUnits(text)
}

void test(`what was judged before leaves nothing behind: ${TEXTS} texts of seed ${SEED}`, () => {
  const random = randomFrom(SEED)
  const scanner = createScanner(DETECTORS)
  const value = new CurrentValue()
  let hits = 0
  const judged = (text: string, before: string): string => {
    const told: Hit[] = []
    scanner.scan(text)
    const { mask, asked } = scanner
    value.set(text, mask, 0)
    for (const [index, detector] of DETECTORS.entries()) {
      if ((asked & (1 << index)) === 0) continue
      dirty(before)
      detector.detect(value, (hit) => told.push(hit))
    }
    hits += told.length
    dirty(before)
    const round = decodeRound(text, mask)
    dirty(before)
    return JSON.stringify([told, round, decodePart(text, true)])
  }
  for (let count = 0; count < TEXTS; count++) {
    const text = Array.from({ length: 1 + random.below(8) }, () => random.pick(UNITS)).join('')
    const first = judged(text, random.pick(BEFORE))
    assert.equal(judged(text, random.pick(BEFORE)), first, JSON.stringify(text))
  }
  assert.ok(hits > TEXTS / 10, `only ${hits} hits`)
})
