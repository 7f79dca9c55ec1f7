import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Problem } from '../../../../core/problem.ts'
import { mustApplyHere } from './applied-by.ts'

const outputOf = (annotations: object | undefined): string =>
  JSON.stringify({ items: [{ metadata: { name: 'shop-api', ...(annotations === undefined ? {} : { annotations }) } }] })

test('where others apply, nothing is done from here', () => {
  assert.throws(
    () => mustApplyHere(outputOf({ 'seaworthy.applied-by': 'others' })),
    (thrown) =>
      thrown instanceof Problem &&
      thrown.code === 'render.applied-by-others' &&
      thrown.details.join() === 'Deployment shop-api',
  )
})

test('elsewhere it is', () => {
  mustApplyHere(outputOf(undefined))
  mustApplyHere(outputOf({ 'seaworthy.instances': '2' }))
  mustApplyHere(JSON.stringify({ items: [] }))
})
