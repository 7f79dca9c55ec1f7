import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

/** Regular expressions as they stand in a source, without their flags. */
function literalsOf(source: string): string[] {
  return [
    ...source.matchAll(/(?<=[=(,:[!&|?]\s{0,8}|return )\/(?![/*])((?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+)\/[a-z]*/g),
  ].map((match) => match[1]!)
}

/** A group that may repeat without bound around something that may repeat without bound: what backtracks exponentially. */
function nested(pattern: string): boolean {
  const stack: { unbounded: boolean }[] = []
  let group = { unbounded: false }
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at]!
    if (char === '\\') at++
    else if (char === '[') while (pattern[++at] !== ']') at += pattern[at] === '\\' ? 1 : 0
    else if (char === '(') {
      stack.push(group)
      group = { unbounded: false }
    } else if (char === ')') {
      const repeats = /^(?:[*+]|\{\d+,\})/.test(pattern.slice(at + 1))
      if (repeats && group.unbounded) return true
      const outer = stack.pop()!
      outer.unbounded ||= group.unbounded || repeats
      group = outer
    } else if (/^(?:[*+]|\{\d+,\})/.test(pattern.slice(at))) group.unbounded = true
  }
  return false
}

test('patterns: the check knows nested repetition when it sees it', () => {
  assert.deepEqual(literalsOf('const A = /(a+)+b/i\nif (/x[/]y/.test(z)) a = b / c'), ['(a+)+b', 'x[/]y'])
  for (const bad of ['(a+)+', '(?:\\s*x*)*', '((ab)+c)+', '(a{2,}){3,}']) assert.ok(nested(bad), bad)
  for (const good of ['(?:a|b)+', 'a+b+', '(?:a{0,8}b){0,4}', '[(a+)+]+', '(?:ab)*c+']) assert.ok(!nested(good), good)
})

test('patterns: no detector holds a nested repetition', () => {
  const files = globSync('**/*.ts', { cwd: import.meta.dirname }).filter((path) => !path.endsWith('.test.ts'))
  const found = files.flatMap((path) =>
    literalsOf(readFileSync(join(import.meta.dirname, path), 'utf8')).map((pattern) => ({ path, pattern })),
  )
  assert.ok(found.length > 100, `only ${found.length} patterns found`)
  assert.deepEqual(
    found.filter(({ pattern }) => nested(pattern)),
    [],
  )
})
