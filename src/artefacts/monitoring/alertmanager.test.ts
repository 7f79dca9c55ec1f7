import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parse } from 'yaml'
import { appWith } from '../../promises/testing.ts'
import { SEVERITIES, type Severity } from '../../promises/alert-rule.ts'
import { GROUP_WAIT_MS } from '../../promises/group-wait.ts'
import { alertmanagerConfig } from './alertmanager.ts'

interface Route {
  readonly receiver?: string
  readonly group_wait?: string
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

void test('every severity waits for its group as long as it does embedded, by whichever route it comes', () => {
  const channels = { ops: { webhook: 'OPS' }, duty: { webhook: 'DUTY' }, late: { webhook: 'LATE' } }
  const routes = [{ severity: ['P0', 'P1'], to: ['duty'] }, { severity: ['P1', 'P2'], to: ['late'] }, { to: ['ops'] }]
  const { route } = parse(alertmanagerConfig(appWith({}, { alerts: { channels, routes } }), []).text) as {
    route: Route
  }
  const takes = ({ matchers = [] }: Route, severity: Severity): boolean =>
    matchers.every((each) => new RegExp(`^(?:${each.split('"')[1]})$`).test(severity))
  const waits = new Map<string, string[]>()
  for (const severity of SEVERITIES) {
    for (const top of route.routes!.slice(1).filter((each) => takes(each, severity))) {
      const leaf = top.routes?.find((each) => takes(each, severity)) ?? top
      const wait = leaf.group_wait ?? top.group_wait ?? route.group_wait!
      assert.equal(secondsOf(wait) * 1_000, GROUP_WAIT_MS[severity], `${severity} to ${leaf.receiver}`)
      waits.set(leaf.receiver!, [...(waits.get(leaf.receiver!) ?? []), severity])
    }
  }
  assert.deepEqual(Object.fromEntries(waits), { duty: ['P0', 'P1'], late: ['P1', 'P2'], ops: ['P0', 'P1', 'P2', 'P3'] })
})
