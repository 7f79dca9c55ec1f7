import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { explainFigures } from './explain-figures.ts'
import { appWith } from './testing.ts'

const source = readFileSync(join(import.meta.dirname, 'explain-figures.ts'), 'utf8')

/** Units and bounds of our own texts: no figure that anything about an app is judged by. */
const NO_FIGURES = ['MINUTE_MS', 'HOUR_MS', 'DAY_MS', 'EXPRESSION_LENGTH_MAX', 'ONE']

void test('every figure that src/promises exports is explained', () => {
  const figures = globSync('**/*.ts', { cwd: import.meta.dirname })
    .filter((path) => !path.endsWith('.test.ts'))
    .flatMap((path) => {
      const text = readFileSync(join(import.meta.dirname, path), 'utf8')
      // A number, digits in quotes, or what is computed of others.
      return [...text.matchAll(/^export const ([A-Z][A-Z0-9_]*)\b[^=\n]*= ([^\n]*)/gm)].flatMap(([, name, value]) =>
        /^(?:\[?[\d'"(]?\d|[A-Z_]+_MS|Decimal)/.test(value!) || /_AVAILABILITY$|^BURN_WINDOWS$/.test(name!)
          ? [name!]
          : [],
      )
    })
  assert.ok(figures.length > 20, figures.join(' '))
  assert.deepEqual(
    figures.filter(
      (name) => !NO_FIGURES.includes(name) && !new RegExp(`[^\\w]${name}[^\\w]`).test(source.split('ASSUMED =')[1]!),
    ),
    [],
  )
})

void test('each has a value, a source, and a name of its own', () => {
  const all = explainFigures(appWith({}))
  assert.equal(new Set(all.map(({ what }) => what)).size, all.length)
  assert.deepEqual(
    all.filter(({ value, from }) => value === '' || from === ''),
    [],
  )
  assert.equal(
    all.find(({ what }) => what === 'figures.down')!.arithmetic.at(-1),
    '3 missed collections × 10 s + evaluated 10 s + grouped 5 s + delivered 5 s = 50 s',
  )
  assert.equal(all.find(({ what }) => what === 'services.api.instances')!.value, '2 to begin with, 4 at most')
})
