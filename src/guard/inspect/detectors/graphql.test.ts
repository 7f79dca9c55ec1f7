import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ALIASES_MAX, DEPTH_MAX, DIRECTIVES_MAX, graphqlDetector, graphqlShape, shapeOf } from './graphql.ts'
import { factsOf } from './request-testing.ts'
import { proofsOf } from './testing.ts'

function rulesOf(...documents: string[]): string[] {
  const rules: string[] = []
  graphqlShape.body!(factsOf({ documents }), ({ rule }) => rules.push(rule))
  return rules
}

function nested(depth: number): string {
  return `query q ${'{ a '.repeat(depth)}${'}'.repeat(depth)}`
}

test('the shape of a document is counted without what stands in literals, comments and arguments', () => {
  const text = `# { { {
    query q($in: In = {a: {b: 1}}) { one: user(id: "{ x: {", by: {n: {m: 1}}) @include(if: true) { id two: name ...F } }
    fragment F on User { id """ { """ }`
  assert.deepEqual(shapeOf(text), { depth: 2, aliases: 2, directives: 1, circular: false })
})

test('depth, aliases and directives are refused beyond their limit, not at it', () => {
  assert.deepEqual(rulesOf(nested(DEPTH_MAX)), [])
  assert.deepEqual(rulesOf(nested(DEPTH_MAX + 1)), ['graphql.depth'])
  const aliases = (count: number) =>
    `{ ${Array.from({ length: count }, (_, index) => `a${index}: me { id }`).join(' ')} }`
  assert.deepEqual(rulesOf(aliases(ALIASES_MAX)), [])
  assert.deepEqual(rulesOf(aliases(ALIASES_MAX + 1)), ['graphql.aliases'])
  assert.deepEqual(rulesOf(`{ a ${'@x '.repeat(DIRECTIVES_MAX)} }`), [])
  assert.deepEqual(rulesOf(`{ a ${'@x '.repeat(DIRECTIVES_MAX + 1)} }`), ['graphql.directives'])
})

test('a fragment that spreads itself is refused, one that spreads another passes', () => {
  assert.deepEqual(rulesOf('{ ...A } fragment A on T { id ...A }'), ['graphql.circular'])
  assert.deepEqual(rulesOf('{ ...A } fragment A on T { id ...B } fragment B on T { id }'), [])
})

test('the schema is not handed out; its words in other places are harmless', () => {
  assert.deepEqual(rulesOf('query IntrospectionQuery { __schema { types { name } } }'), ['graphql.introspection'])
  assert.deepEqual(rulesOf('{ user { __typename schema { name } } }'), [])
  assert.deepEqual(proofsOf(graphqlDetector, 'Query{__schema {queryType { name }}'), ['graphql.introspection'])
  assert.deepEqual(proofsOf(graphqlDetector, 'what does {__schema} mean'), [])
})
