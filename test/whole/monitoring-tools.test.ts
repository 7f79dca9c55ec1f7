/** What the real promtool and amtool say of what is generated, and which wrong rules the generated unit tests catch. */
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempDisposableSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { parse, stringify } from 'yaml'
import { monitoring } from '../../src/artefacts/monitoring/family.ts'
import { runCheck, type CheckResult } from '../../src/artefacts/run-check.ts'
import { someOf } from '../seeded/some.ts'
import { APPS, appAt, generateInto } from '../support/monitoring.ts'

/** Debian 12's amtool is older than `url_file`: another check shows it the same file with stand-ins. */
const TOO_OLD = 'Alertmanager reads its configuration'

/** The largest in parts: its unit tests take promtool a while. */
const PARTS = APPS.flatMap((path) =>
  path.includes('maximal') ? [0, 1, 2].map((part) => ({ path, part, of: 3 })) : [{ path, part: 0, of: 1 }],
)

for (const { path, part, of } of someOf(PARTS, 2)) {
  const what = of === 1 ? path : `${path} (${part + 1} of ${of})`
  void test(`promtool and amtool accept what is generated for ${what}, and its unit tests pass`, async () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), 'seaworthy-monitoring-'))
    const app = await appAt(path)
    const files = generateInto(folder.path, app)
    const checks = monitoring.checks(app).filter((check, index) => check.kind === 'own' || index % of === part)
    const results: CheckResult[] = []
    const work = async (): Promise<void> => {
      for (let next = checks.shift(); next !== undefined; next = checks.shift())
        results.push(await runCheck(next, files, { folder: folder.path, env: process.env }))
    }
    await Promise.all([work(), work()])
    assert.deepEqual(
      results.filter(({ verdict }) => verdict === 'failed'),
      [],
    )
    for (const tool of ['promtool', 'amtool']) {
      const own = results.filter(({ by }) => by === tool)
      assert.ok(own.length > 1, `${tool} is not here`)
      assert.deepEqual(
        own.filter(({ verdict, name }) => verdict !== 'passed' && name !== TOO_OLD),
        [],
      )
    }
  })
}

interface Rule {
  readonly alert?: string
  readonly expr: string
  readonly for?: string
  readonly labels?: Readonly<Record<string, string>>
}
type Mutation = readonly [what: string, alert: string, change: (rule: Rule) => Rule]

const inExpr =
  (from: string | RegExp, to: string) =>
  (rule: Rule): Rule => ({ ...rule, expr: rule.expr.replaceAll(from, to) })

/** Mistakes as people make them. */
const MUTATIONS: readonly Mutation[] = [
  ['a threshold a fifth too high', 'HighErrorRatio', inExpr('> 0.005', '> 0.006')],
  ['a share written as a percentage', 'HighErrorRatio', inExpr('> 0.005', '> 0.5')],
  ['a window twice as long', 'HighErrorRatio', inExpr('[5m]', '[10m]')],
  ['a window a fifth as long', 'HighErrorRatio', inExpr('[5m]', '[1m]')],
  ['no patience', 'HighErrorRatio', (rule) => ({ ...rule, for: '0s' })],
  ['twice the patience', 'HighErrorRatio', (rule) => ({ ...rule, for: '1m' })],
  ['a sum over every service', 'HighErrorRatio', inExpr('by (service) ', '')],
  ['a ratio upside down', 'HighErrorRatio', inExpr(/\((sum .*?\]\)\)) \/ (sum .*?\]\)\))\)/g, '($2 / $1)')],
  ['errors per second for a share', 'HighErrorRatio', inExpr(/ \/ sum .*?\]\)\)/g, ' / 300')],
  ['another metric', 'HighErrorRatio', inExpr('seaworthy_watched_requests_total', 'seaworthy_requests_total')],
  ['no minimum of requests', 'HighErrorRatio', inExpr('>= 20', '>= 0')],
  ['every status for the bad ones', 'HighErrorRatio', inExpr('5xx|aborted', '.+')],
  ['the threshold of the critical one', 'HostMemoryHigh', inExpr('0.85', '0.9')],
  ['a comparison the other way round', 'HostMemoryHigh', inExpr('> 0.85', '< 0.85')],
  ['80 % written as 80', 'HostCpuHigh', inExpr('> 0.8', '> 80')],
  ['idle time counted as work', 'HostCpuHigh', inExpr('!~', '=~')],
  ['a long window six times as long', 'TradeAvailabilityBurn1h', inExpr('[1h]', '[6h]')],
  ['a short window six times as long', 'TradeAvailabilityBurn1h', inExpr('[5m]', '[30m]')],
  ['no minimum of bad requests', 'TradeAvailabilityBurn1h', inExpr('> 1.5', '> 0.5')],
  ['the burn rate of another period', 'TradeAvailabilityBurn1h', inExpr('0.0144', '0.01344')],
  ['a budget ten times as large', 'TradeAvailabilityBurn1h', inExpr('0.0144', '0.144')],
  ['30 days written as 29', 'CertificateExpiresSoon', inExpr('2592000', '2505600')],
  ['hours taken for seconds', 'BackupOld', inExpr('25200', '7')],
  ['up for down', 'ServiceDown', inExpr('== 0', '== 1')],
  ['another severity', 'ServiceDown', (rule) => ({ ...rule, labels: { ...rule.labels, severity: 'P3' } })],
  ['no data asked of another metric', 'ServiceDownNoData', inExpr('seaworthy_instance_up', 'up')],
]

const generated = mkdtempDisposableSync(join(tmpdir(), 'seaworthy-mutations-'))
const prometheus = join(generated.path, 'monitoring/prometheus')
before(async () => {
  generateInto(generated.path, await appAt('test/fixtures/monitoring/maximal'))
})
process.once('exit', () => generated.remove())

void test('every wrong rule is caught by the unit tests of that rule, which pass for the right one', async () => {
  const right = new Set<string>()
  for (const [what, alert, change] of MUTATIONS) {
    if (!right.has(alert)) assert.equal(await unitTests(alert, (rule) => rule), 'passed', alert)
    right.add(alert)
    assert.equal(await unitTests(alert, change, true), 'failed', `${alert}: ${what} is not caught`)
  }
})

/** Runs the unit tests of one alert over its rules with that one changed. */
async function unitTests(alert: string, change: (rule: Rule) => Rule, isMutation = false): Promise<string> {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'seaworthy-mutation-'))
  for (const each of ['rules', 'tests']) mkdirSync(join(folder.path, each))
  const [set, text] = readdirSync(join(prometheus, 'rules'))
    .map((name): [string, string] => [name, readFileSync(join(prometheus, 'rules', name), 'utf8')])
    .find(([, rules]) => new RegExp(`alert: ${alert}$`, 'm').test(rules))!
  const file = parse(text) as { groups: { rules: Rule[] }[] }
  const rules = file.groups[0]!.rules
  // The others only take time.
  const condition = alert.replace(/NoData$/, '')
  const those = rules.filter((rule) => rule.alert === condition || rule.alert?.endsWith('NoData') === true)
  const changed = those.map((rule) => (rule.alert === alert ? change(rule) : rule))
  if (isMutation) assert.notDeepEqual(changed, those, `${alert} is not changed at all`)
  writeFileSync(join(folder.path, 'rules', set), stringify({ groups: [{ ...file.groups[0], rules: changed }] }))
  const stem = set.replace('.yml', '')
  const results: string[] = []
  for (const name of readdirSync(join(prometheus, 'tests')).filter((each) => each.startsWith(`${stem}-every-`))) {
    const suite = parse(readFileSync(join(prometheus, 'tests', name), 'utf8')) as { tests: { name: string }[] }
    const tests = suite.tests.filter((each) => each.name.startsWith(`${condition} `))
    if (tests.length === 0) continue
    writeFileSync(join(folder.path, 'tests', name), stringify({ ...suite, tests }, { lineWidth: 0 }))
    const check = { kind: 'tool', name, program: 'promtool', argv: ['test', 'rules', `tests/${name}`] } as const
    results.push((await runCheck(check, [], { folder: folder.path, env: process.env })).verdict)
  }
  assert.ok(results.length > 0 && !results.includes('not-verified'), `${alert}: no unit test was run`)
  return results.includes('failed') ? 'failed' : 'passed'
}
