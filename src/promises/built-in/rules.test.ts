import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { checkConfig, resolveEnvironment } from '../../config/index.ts'
import type { ResolvedApp } from '../../config/resolved.ts'
import { metricsOfRules } from '../alert-rule.ts'
import { promql } from '../expression.ts'
import { METRICS } from '../metrics/catalogue.ts'
import { seriesNames } from '../metrics/metric.ts'
import { builtInRules } from './rules.ts'

const root = join(import.meta.dirname, '../../..')

const FULL = {
  name: 'shop',
  needs: {
    db: { kind: 'postgres' },
    cache: { kind: 'redis', role: 'cache' },
    unused: { kind: 'postgres' },
  },
  services: {
    api: { start: 'node main.ts', routes: ['/api'], uses: { db: 'required', cache: 'optional' } },
    worker: {
      start: 'node worker.ts',
      health: { ready: 'node check.ts' },
      uses: { db: 'required' },
      scale: { min: 1, max: 3, queue: { metric: 'jobs', target: 10 } },
    },
    web: { static: 'web', routes: ['/'] },
  },
  gateway: { listen: { https: 8443 }, tls: 'self-signed' },
  promises: { data: { on: 'db', rpo: '1h' } },
  backups: { db: { to: ['file:backups'] }, unused: { every: '0 2 * * *', to: ['file:backups'] } },
  environments: { local: { target: 'process' } },
}
const PLAIN = {
  name: 'plain',
  services: { worker: { start: 'node worker.ts', health: { ready: 'node check.ts' } } },
  environments: { local: { target: 'process' } },
}

const full = builtInRules(resolved(FULL))
const ruleOf = (name: string) => full.find((rule) => rule.name === name)!

void test('every metric of a built-in rule is one that is exported', () => {
  const known = new Set(METRICS.flatMap(seriesNames))
  assert.deepEqual(
    [...metricsOfRules(full, [])].filter((name) => !known.has(name)),
    [],
  )
})

void test('an app gets the rules for what it has', () => {
  const names = (app: Parameters<typeof checkConfig>[0]): readonly string[] =>
    builtInRules(resolved(app)).map(({ name }) => name)
  const all = names(FULL)
  assert.equal(new Set(all).size, all.length, 'each name once')
  const none = ['NeedDown', 'RedisMemoryHigh', 'CertificateExpires', 'HighErrorRatio', 'QueueGrows', 'FailedLogins']
  for (const name of none) assert.deepEqual([all.includes(name), names(PLAIN).includes(name)], [true, false], name)
  for (const name of ['ServiceDown', 'HeartbeatMissed', 'DiskFilling']) assert.ok(names(PLAIN).includes(name))
  assert.deepEqual(
    names(PLAIN).filter((name) => /Backup|Postgres|Cache/.test(name)),
    [],
  )
})

void test('ratios ask for a minimum of requests, and count what broke off as failed', () => {
  const all =
    'sum by (service) (increase(seaworthy_watched_requests_total{watch=~"service/.+",status!~"client-gone|unanswered"}[5m]))'
  const failed =
    'sum by (service) (increase(seaworthy_watched_requests_total{watch=~"service/.+",status=~"5xx|aborted"}[5m]))'
  assert.equal(
    promql(ruleOf('HighErrorRatio').expression),
    `((${failed} / ${all}) > 0.005) and on (service) (${all} >= 20)`,
  )
  assert.match(promql(ruleOf('SlowAnswers').expression), /le=~"1\|1\[\.\]0".*> 0\.05\) and on \(service\) .*>= 20\)$/)
  assert.match(promql(ruleOf('SlowestAnswers').expression), /le=~"5\|5\[\.\]0".*> 0\.01\)/)
})

void test('what must be there is missed by name', () => {
  const { noData } = ruleOf('ServiceDown')
  assert.equal(
    promql(noData!.expression),
    ['api', 'worker']
      .map((service) => `{service="${service}"}`)
      .map(
        (own) =>
          `(absent(seaworthy_instance_up${own}) unless on (service) (seaworthy_service_instances_wanted${own} == 0))`,
      )
      .join(' or '),
    'but for what was stopped on purpose',
  )
  assert.equal(promql(ruleOf('NeedDown').expression), 'seaworthy_need_up{need=~"db"} == 0')
  assert.equal(promql(ruleOf('OptionalNeedDown').noData!.expression), 'absent(seaworthy_need_up{need="cache"})')
})

void test('a need that is down keeps the symptoms of its users quiet, not those of others', () => {
  assert.deepEqual(ruleOf('OptionalNeedDown').inhibits[0], {
    rule: 'HighErrorRatio',
    equal: [],
    source: [{ label: 'need', op: '=', value: 'cache' }],
    target: [{ label: 'service', op: '=~', value: 'api' }],
  })
  const explained = (name: string): readonly string[] =>
    ruleOf(name)
      .inhibits.filter(({ target }) => target?.[0]?.label !== 'service')
      .map(({ rule, equal, source, target }) => JSON.stringify([rule, equal, source, target]))
  const of = (need: string) => `[{"label":"need","op":"=","value":"${need}"}]`
  assert.deepEqual(explained('NeedDown'), [
    `["PostgresConnectionsHighNoData",["need"],${of('db')},null]`,
    `["ScrapeFailing",[],${of('db')},[{"label":"source","op":"=","value":"need"},{"label":"target","op":"=","value":"db"}]]`,
  ])
  assert.match(explained('OptionalNeedDown').join(), /RedisMemoryCriticalNoData.*ScrapeFailing.*"cache"/)
})

void test('backups are old by their own rhythm: as declared, as the rpo asks for, or daily for a cron line', () => {
  const old = full.filter(({ name }) => name.startsWith('Backup')).map(({ expression }) => promql(expression))
  const newest = (need: string): string => `time() - seaworthy_backup_newest_timestamp_seconds{need=~"${need}"}`
  assert.deepEqual(old, [
    `(${newest('db')}) > 7200`,
    `(${newest('db')}) > 14400`,
    `(${newest('unused')}) > 90000`,
    `(${newest('unused')}) > 345600`,
  ])
  const plain = builtInRules(resolved({ ...FULL, promises: {}, backups: { db: { to: ['file:b'] } } }))
  const texts = plain
    .filter(({ name }) => name.startsWith('Backup'))
    .map(({ name, expression }) => [name, promql(expression)])
  assert.deepEqual(texts, [
    ['BackupOld', `(${newest('db')}) > 25200`],
    ['BackupVeryOld', `(${newest('db')}) > 86400`],
  ])
})

void test('rules that are kept quiet exist, and no rule quiets itself', () => {
  const names = new Set(full.flatMap(({ name, noData }) => [name, ...(noData === null ? [] : [`${name}NoData`])]))
  const wrong = full.flatMap(({ name, inhibits }) =>
    inhibits.filter(({ rule }) => rule === name || !names.has(rule)).map(({ rule }) => `${name} -> ${rule}`),
  )
  assert.deepEqual(wrong, [])
})

void test('every runbook is a heading that stands where it says', () => {
  for (const { name, runbook } of full) {
    const [file, anchor] = runbook.split('#') as [string, string]
    assert.ok(existsSync(join(root, file)), file)
    const headings = [...readFileSync(join(root, file), 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, text]) =>
      text!
        .toLowerCase()
        .replaceAll(/[^\w -]/g, '')
        .replaceAll(' ', '-'),
    )
    assert.ok(headings.includes(anchor), `${name}: ${runbook}`)
  }
})

function resolved(app: Parameters<typeof checkConfig>[0]): ResolvedApp {
  return resolveEnvironment(checkConfig(app, '/app/seaworthy.config.ts'), 'local')
}
