import assert from 'node:assert/strict'
import { mkdtempDisposableSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { INACTIVE, type Alert } from '../../observe/alerts/alert.ts'
import { State } from '../state.ts'
import { makeAlertStore } from './alert-table.ts'

void test('an alert that turns and the event of it are one change: neither is there without the other', () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'seaworthy-alert-table-'))
  const state = new State(join(folder.path, 'state.db'))
  const alert: Alert = { rule: 'ServiceDown', labels: { service: 'api' }, ...INACTIVE, state: 'firing', value: 0 }
  let dies = true
  const store = makeAlertStore(state, ({ rule }) => {
    state.addEvent(1, 'alert-fired', rule)
    if (dies) throw new Error('ended here')
  })
  const save = (): void => store.save(new Map([['k', alert]]), [alert])
  assert.throws(save, /ended here/)
  assert.deepEqual([store.all(), state.events(0, 10)], [[], []])
  dies = false
  save()
  assert.deepEqual(store.all(), [alert])
  assert.deepEqual(
    state.events(0, 10).map(({ kind, text }) => [kind, text]),
    [['alert-fired', 'ServiceDown']],
  )
  state.close()
})
