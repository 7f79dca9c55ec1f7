import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parse } from 'yaml'
import { appWith } from '../../promises/testing.ts'
import { alertmanagerConfig } from './alertmanager.ts'

interface Route {
  readonly matchers?: readonly string[]
  readonly group_interval?: string
  readonly repeat_interval?: string
  readonly routes?: readonly Route[]
}

const secondsOf = (text: string): number =>
  [...text.matchAll(/(\d+)([hms])/g)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * { h: 3_600, m: 60, s: 1 }[unit as 'h' | 'm' | 's'],
    0,
  )

/** What Alertmanager does: it looks once each interval of the group, and repeats what it told longer ago than the repeat interval. */
function repeatedAfter(route: Route, inherited: string): number {
  const every = secondsOf(route.group_interval ?? inherited)
  // It was told a moment after the look at which it was due.
  return (Math.floor(secondsOf(route.repeat_interval!) / every) + 1) * every
}

void test('the watchdog is told each minute and a page every five, though it is looked only once in a minute', () => {
  const app = appWith({}, { alerts: { channels: { ops: { webhook: 'OPS' } } } })
  const { route } = parse(alertmanagerConfig(app, []).text) as { route: Route }
  const [watchdog, ops] = route.routes!
  assert.equal(repeatedAfter(watchdog!, route.group_interval!), 60)
  const page = ops!.routes!.find(({ matchers }) => matchers?.includes('severity="P0"'))!
  assert.equal(repeatedAfter(page, route.group_interval!), 300)
})
