import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AlertRule } from '../../promises/alert-rule.ts'
import { instanceRules } from '../../promises/built-in/instances.ts'
import { needRules } from '../../promises/built-in/needs.ts'
import { requestRules } from '../../promises/built-in/requests.ts'
import { live, resolve, verdictsOf, type Surroundings } from './incident-life.ts'
import type { IncidentRecord } from './incident-record.ts'
import type { Firing, Routes } from './stages/context.ts'
import { alertKey } from './evaluate/track.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const need = { name: 'db', kind: 'postgres', role: 'store', users: ['api'], required: true } as const
const rules = new Map<string, AlertRule>(
  [...instanceRules(['api', 'web']), ...requestRules(), ...needRules([need])].map((rule) => [rule.name, rule]),
)

/** Time goes by second by second; what is told is noted. */
class Night {
  nowMs = 0
  incidents: IncidentRecord[] = []
  readonly told: string[] = []
  readonly ids: string[] = []
  readonly keys = new Set<string | undefined>()
  readonly alerts: string[] = []
  silences: Surroundings['silences'] = []
  maintenance: Surroundings['maintenance'] = []
  #firing: Firing[] = []
  #ended: Firing[] = []
  readonly #routes: Routes

  constructor(routes: Routes = []) {
    this.#routes = routes
  }

  around(): Surroundings {
    const { nowMs, silences, maintenance, incidents } = this
    const nextId = (): string => `i${this.incidents.length + 1}`
    const nonce = (): string => `n${this.incidents.length + 1}`
    const newest = [...new Map(incidents.map((each) => [each.group, each])).values()]
    const channels = ['ops', 'chat']
    const names = { app: 'shop', environment: 'local' }
    const known = { rules, silences, maintenance, routes: this.#routes, channels }
    return { ...names, ...known, nowMs, ended: this.#ended, incidents: newest, nextId, nonce }
  }

  fire(rule: string, labels: Record<string, string> = { service: 'api' }): this {
    const own = { ...labels, alertname: rule }
    const times = { activeAtMs: this.nowMs, firedAtMs: this.nowMs, resolvedAtMs: null }
    const alert = { rule, labels: own, state: 'firing', ...times, value: 0 } as const
    this.#firing.push({ key: alertKey(alert), alert, rule: rules.get(rule)! })
    return this
  }

  end(rule: string): this {
    const isIt = ({ alert }: Firing): boolean => alert.rule === rule
    const over = this.#firing.filter(isIt).map((each): Firing => {
      const times = { activeAtMs: null, resolvedAtMs: this.nowMs }
      return { ...each, alert: { ...each.alert, state: 'inactive', ...times } }
    })
    this.#ended = [...this.#ended.filter((each) => !isIt(each)), ...over]
    this.#firing = this.#firing.filter((each) => !isIt(each))
    return this
  }

  pass(ms: number): this {
    for (const endMs = this.nowMs + ms; this.nowMs < endMs;) {
      this.nowMs += SECOND
      for (const step of live(this.#firing, this.around())) {
        this.incidents = [...this.incidents.filter(({ id }) => id !== step.incident.id), step.incident]
        for (const entry of step.entries)
          if (entry.kind === 'alert') this.alerts.push(`${entry.atMs / SECOND} ${entry.rule}`)
        for (const { notification, to } of step.send) {
          this.ids.push(notification.id)
          this.keys.add(notification.dedupKey)
          this.told.push(`${this.nowMs / SECOND} ${notification.kind} ${notification.severity} ${to.join('+')}`)
        }
      }
    }
    return this
  }

  change(incident: string, change: Partial<IncidentRecord>): void {
    this.incidents = this.incidents.map((each) => (each.id === incident ? { ...each, ...change } : each))
  }

  verdict(rule: string): string {
    const verdict = [...verdictsOf(this.#firing, this.around())].find(([key]) => key.startsWith(`${rule}{`))![1]
    return verdict.kind === 'hold' ? `${verdict.stage}: ${verdict.because}` : verdict.kind
  }
}

void test('an outage is one message, after five seconds, and one when it is over; what it explains is kept quiet', () => {
  const night = new Night()
    .fire('ServiceDown')
    .fire('InstanceDown')
    .pass(30 * SECOND)
    .fire('CriticalErrorRatio')
  assert.equal(
    night.verdict('CriticalErrorRatio'),
    'inhibit: ServiceDown{alertname="ServiceDown",service="api"} explains it',
  )
  night
    .pass(MINUTE)
    .end('ServiceDown')
    .end('InstanceDown')
    .pass(2 * MINUTE)
  assert.deepEqual(night.told, ['5 fired P0 ops+chat'], 'a symptom that outlives its cause is no second message')
  night.end('CriticalErrorRatio').pass(MINUTE)
  assert.deepEqual(night.told, ['5 fired P0 ops+chat', '221 resolved P0 ops+chat'])
  assert.deepEqual(night.ids, ['shop/local/i1/fired', 'shop/local/i1/resolved'])
  assert.deepEqual([night.incidents.length, night.incidents[0]!.cause], [1, 'alerts ended'])
  assert.equal(night.incidents[0]!.title, 'No instance of api answers.')
})

void test('whatever is told of one incident has its key, also when it has come back, and another has another', () => {
  const routes: Routes = [{ severities: null, to: ['ops'], escalate: [{ afterMs: MINUTE, to: ['boss'] }] }]
  const night = new Night(routes).fire('ServiceDown').pass(6 * MINUTE)
  night
    .end('ServiceDown')
    .pass(MINUTE)
    .fire('ServiceDown')
    .pass(MINUTE)
    .end('ServiceDown')
    .pass(6 * MINUTE)
  const kinds = night.told.map((line) => line.split(' ')[1])
  assert.deepEqual(kinds, ['fired', 'escalated', 'fired', 'resolved', 'fired', 'resolved'])
  assert.deepEqual([...night.keys], ['shop/local/i1/n1'])
  night
    .pass(6 * MINUTE)
    .fire('ServiceDown')
    .pass(10 * SECOND)
  assert.deepEqual([...night.keys], ['shop/local/i1/n1', 'shop/local/i2/n2'])
})

void test('a timeline has the time at which an alert fired, not that of the message which told it', () => {
  const night = new Night()
    .fire('HighErrorRatio')
    .pass(MINUTE)
    .fire('SlowAnswers')
    .pass(6 * MINUTE)
  assert.deepEqual(night.told, ['30 fired P2 ops+chat', '330 fired P2 ops+chat'])
  assert.deepEqual(night.alerts, ['0 HighErrorRatio', '60 SlowAnswers'])
})

void test('a need that is down explains the symptoms of its users, and nobody else', () => {
  const night = new Night().fire('NeedDown', { need: 'db', kind: 'postgres' }).fire('HighErrorRatio')
  night.fire('CriticalErrorRatio', { service: 'web' }).pass(MINUTE)
  assert.deepEqual(
    night.incidents.map(({ group }) => group),
    ['service/web', 'need/db'],
  )
})

void test('a message is titled by the gravest that fires now, also when what came before was as grave', () => {
  const night = new Night().fire('CriticalErrorRatio').pass(MINUTE).end('CriticalErrorRatio')
  night.fire('InstanceDown', { service: 'api', instance: 'api@1-a-1' }).pass(6 * MINUTE)
  assert.deepEqual(night.told, ['5 fired P1 ops+chat', '305 fired P1 ops+chat'])
  const [incident] = night.incidents
  assert.deepEqual(
    [incident!.title, incident!.runbook],
    ['api@1-a-1 does not answer.', 'docs/guides/alerts.md#instancedown'],
  )
  night.end('InstanceDown')
  night.fire('HighErrorRatio').pass(6 * MINUTE)
  assert.equal(night.incidents[0]!.title, 'api@1-a-1 does not answer.', 'what is less grave changes no title')
})

void test('what is over before anybody was told is not told', () => {
  const night = new Night()
    .fire('InstanceDown')
    .pass(4 * SECOND)
    .end('InstanceDown')
    .pass(MINUTE)
  assert.deepEqual(night.told, [])
})

void test('it is repeated as long as nobody has acknowledged it: every 5 min for P0, every 3 h else', () => {
  const night = new Night().fire('ServiceDown').pass(11 * MINUTE)
  assert.deepEqual(night.told.length, 3)
  night.change('i1', { acknowledgedAtMs: night.nowMs })
  night.pass(20 * MINUTE)
  assert.equal(night.told.length, 3)
  const ticket = new Night().fire('HighErrorRatio').pass(179 * MINUTE)
  assert.deepEqual(ticket.told, ['30 fired P2 ops+chat'])
  assert.equal(ticket.pass(2 * MINUTE).told.length, 2)
  assert.equal(new Set(ticket.ids).size, 2)
})

void test('what gets graver is told at once, what is no graver after five minutes', () => {
  const night = new Night()
    .fire('HighErrorRatio')
    .pass(MINUTE)
    .fire('CriticalErrorRatio')
    .pass(10 * SECOND)
  assert.deepEqual(night.told, ['30 fired P2 ops+chat', '65 fired P1 ops+chat'])
  night.fire('RestartingOften').pass(4 * MINUTE)
  assert.equal(night.told.length, 2)
  night.pass(2 * MINUTE)
  assert.deepEqual(night.told.slice(2), ['365 fired P1 ops+chat'])
})

void test('every route that fits is told, and nobody twice; escalation ends with an acknowledgement or a resolution', () => {
  const routes: Routes = [
    {
      severities: ['P0', 'P1'],
      to: ['ops'],
      escalate: [
        { afterMs: MINUTE, to: ['boss'] },
        { afterMs: 2 * MINUTE, to: ['board'] },
      ],
    },
    { severities: null, to: ['chat', 'ops'], escalate: [] },
  ]
  const night = new Night(routes).fire('InstanceDown').pass(70 * SECOND)
  assert.deepEqual(night.told, ['5 fired P1 ops+chat', '65 escalated P1 boss'])
  night.change('i1', { acknowledgedAtMs: night.nowMs })
  night
    .pass(10 * MINUTE)
    .end('InstanceDown')
    .pass(MINUTE)
  assert.deepEqual(night.told.slice(2), ['681 resolved P1 ops+chat+boss'], 'whoever was told hears of the end')
  const ended = new Night(routes)
    .fire('InstanceDown')
    .pass(30 * SECOND)
    .end('InstanceDown')
    .pass(5 * MINUTE)
  assert.deepEqual(ended.told, ['5 fired P1 ops+chat', '41 resolved P1 ops+chat'])
})

void test('a silence mutes what it matches alone, and ends by itself', () => {
  const night = new Night()
  const matchers = [{ label: 'alertname', op: '=~', value: 'High.*' } as const]
  night.silences = [{ id: 's1', matchers, by: 'anna', reason: 'known', fromMs: 0, toMs: 2 * MINUTE }]
  night.fire('HighErrorRatio').fire('InstanceDown', { service: 'web', instance: 'web-1' }).pass(MINUTE)
  assert.equal(night.verdict('HighErrorRatio'), 'silence: s1 by anna: known')
  assert.deepEqual(night.told, ['5 fired P1 ops+chat'])
  night.pass(2 * MINUTE)
  assert.deepEqual(night.told.slice(1), ['120 fired P2 ops+chat'])
})

void test('what a cause leaves behind in a window is its own, what goes on after that, or begins after it, is told', () => {
  const db = { need: 'db', kind: 'postgres' }
  const night = new Night()
    .fire('NeedDown', db)
    .fire('CriticalErrorRatio')
    .pass(20 * SECOND)
  night.end('NeedDown').pass(90 * SECOND)
  assert.match(night.verdict('CriticalErrorRatio'), /^inhibit: NeedDown\{.*\} has left it behind$/)
  night.end('CriticalErrorRatio').pass(5 * MINUTE)
  assert.deepEqual(night.told, ['5 fired P1 ops+chat', '31 resolved P1 ops+chat'], 'nobody is told of an aftermath')

  // Its window is two minutes, and half of one is for getting well.
  const lasting = new Night()
    .fire('NeedDown', db)
    .fire('CriticalErrorRatio')
    .pass(20 * SECOND)
  lasting.end('NeedDown').pass(10 * MINUTE)
  assert.deepEqual(lasting.told.slice(2), ['170 fired P1 ops+chat'])

  const another = new Night().fire('NeedDown', db).pass(20 * SECOND)
  another.end('NeedDown').pass(20 * SECOND)
  another.fire('CriticalErrorRatio').pass(20 * SECOND)
  assert.deepEqual(another.told.slice(2), ['45 fired P1 ops+chat'])
})

void test('maintenance mutes everything until its last millisecond', () => {
  const night = new Night()
  night.maintenance = [{ fromMs: 0, toMs: 90 * SECOND, why: 'new disk' }]
  night.fire('ServiceDown').pass(89 * SECOND)
  assert.deepEqual([night.told, night.verdict('ServiceDown')], [[], 'silence: maintenance: new disk'])
  assert.deepEqual(night.pass(SECOND).told, ['90 fired P0 ops+chat'])
})

void test('what flaps is one incident and four messages, not ten', () => {
  const night = new Night()
  for (let n = 0; n < 10; n++)
    night
      .fire('InstanceDown')
      .pass(10 * SECOND)
      .end('InstanceDown')
      .pass(20 * SECOND)
  night.pass(6 * MINUTE)
  assert.equal(night.incidents.length, 1)
  assert.deepEqual(
    night.told.map((line) => line.split(' ')[1]),
    ['fired', 'resolved', 'fired', 'resolved'],
  )
  night
    .pass(6 * MINUTE)
    .fire('InstanceDown')
    .pass(MINUTE)
  assert.equal(night.incidents.length, 2, 'much later it is another')
})

void test('what a person has resolved although it fires is told again only when it would have been repeated', () => {
  const night = new Night().fire('InstanceDown').pass(MINUTE)
  const { incident, send } = resolve(night.incidents[0]!, { by: 'anna', cause: 'known' }, night.around())
  assert.deepEqual([send[0]!.to, send[0]!.notification.kind], [['ops', 'chat'], 'resolved'])
  night.change('i1', incident)
  night.pass(179 * MINUTE)
  assert.equal(night.told.length, 1)
  assert.equal(night.pass(2 * MINUTE).told.length, 2)
})

void test('what comes back is escalated by the time since then, under an id that no escalation had', () => {
  const routes: Routes = [{ severities: null, to: ['ops'], escalate: [{ afterMs: MINUTE, to: ['boss'] }] }]
  const night = new Night(routes)
    .fire('InstanceDown')
    .pass(70 * SECOND)
    .end('InstanceDown')
    .pass(30 * SECOND)
    .fire('InstanceDown')
    .pass(70 * SECOND)
  assert.deepEqual(night.told.slice(3), ['105 fired P1 ops', '165 escalated P1 boss'])
  assert.equal(new Set(night.ids).size, night.ids.length, night.ids.join())
})

void test('an acknowledgement is for what was known: what gets graver wakes anew, and is repeated and escalated as such', () => {
  const escalate = [{ afterMs: 2 * MINUTE, to: ['boss'] }]
  const night = new Night([{ severities: null, to: ['ops'], escalate }]).fire('HighErrorRatio').pass(MINUTE)
  night.change('i1', { acknowledgedAtMs: night.nowMs })
  night
    .pass(10 * MINUTE)
    .fire('ServiceDown')
    .pass(6 * MINUTE)
  assert.deepEqual(night.told.slice(1), ['665 fired P0 ops', '785 escalated P0 boss', '965 fired P0 ops'])
  assert.equal(night.incidents[0]!.acknowledgedAtMs, null)
})

void test('a second outage in an incident that never ended is news, though the first was acknowledged; what flaps is not', () => {
  const cpu = { service: 'api', instance: 'api-1' }
  const night = new Night()
    .fire('InstanceCpuHigh', cpu)
    .pass(MINUTE)
    .fire('ServiceDown')
    .pass(10 * SECOND)
  assert.equal(night.told.length, 2)
  night.change('i1', { acknowledgedAtMs: night.nowMs })
  night.end('ServiceDown').pass(4 * MINUTE)
  night
    .fire('ServiceDown')
    .pass(MINUTE)
    .end('ServiceDown')
    .pass(60 * MINUTE)
  assert.equal(night.told.length, 2, 'back within five minutes')
  const atMs = night.nowMs
  night.fire('ServiceDown').pass(10 * SECOND)
  assert.deepEqual(night.told.slice(2), [`${atMs / SECOND + 1} fired P0 ops+chat`])
  assert.equal(night.incidents[0]!.acknowledgedAtMs, null)
})
