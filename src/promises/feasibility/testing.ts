/** What the tests of checks share: an answer, and what is left of it once a way out has been taken. */
import assert from 'node:assert/strict'
import type { ResolvedApp } from '../../config/index.ts'
import type { Facts } from './facts.ts'
import type { Change, Check, Refusal } from './refusal.ts'

interface Situation {
  readonly app: ResolvedApp
  readonly facts: Facts
}

/** The only refusal of a check, whose every way out has to pass it. */
export function onlyRefusal(check: Check, situation: Situation): Refusal {
  const answers = check(situation.app, situation.facts)
  const [refusal, second] = answers.filter((answer) => answer.kind === 'refused')
  assert.ok(refusal !== undefined && second === undefined, `one refusal: ${JSON.stringify(answers)}`)
  assertWaysOut(check, refusal, situation)
  return refusal
}

/** There is a way out, and with its values the same check has nothing to say of the objective. */
export function assertWaysOut(check: Check, refusal: Refusal, situation: Situation): void {
  assert.notEqual(refusal.waysOut.length, 0, `${refusal.objective}: ${refusal.reason}`)
  for (const { text, changes } of refusal.waysOut) {
    const { app, facts } = changes.reduce(applied, situation)
    const left = check(app, facts).filter(
      ({ kind, objective, reason }) =>
        kind === 'refused' && objective === refusal.objective && reason === refusal.reason,
    )
    assert.deepEqual(left, [], `${refusal.objective}, ${refusal.reason}: ${text}`)
  }
}

export function applied(situation: Situation, { of, path, value }: Change): Situation {
  return { ...situation, [of]: replaced(situation[of], path, value) }
}

function replaced(held: unknown, [key, ...rest]: readonly string[], value: unknown): unknown {
  if (key === undefined) return value
  const object = held as Readonly<Record<string, unknown>>
  return { ...object, [key]: replaced(object[key] ?? {}, rest, value) }
}
