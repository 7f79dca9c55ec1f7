import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ResolvedNeed } from '../../../config/resolved.ts'
import { showCommand, type Command } from '../command.ts'
import { endNeed, needCommands, needsIn, type NeedThere } from './need-commands.ts'
import { needContainerOf } from './need-container.ts'

const PLACE = { app: 'shop', environment: 'staging' }
const INSIDE = 'seaworthy_shop_staging_inside'
const NAME = 'seaworthy_shop_staging_need_cache'
const REDIS: ResolvedNeed = { kind: 'redis', version: '7', url: null, role: 'store', bytesMax: null }
const wanted = needContainerOf(PLACE, 'cache', REDIS)!
const passwords = { password: 'geheim-1', adminPassword: 'geheim-2' }
const there: NeedThere = { id: 'abc', need: 'cache', recipe: wanted.recipe, isRunning: true, isHalfMade: false }

const commands = (need: NeedThere | null, networks: readonly string[] = [INSIDE]): readonly Command[] =>
  needCommands({ host: null, place: PLACE, config: REDIS, wanted, passwords, there: { need, networks } })

/** Verb and last word: which words it has besides is compared elsewhere. */
const steps = (list: readonly Command[]): readonly string[] =>
  list.map(({ argv }) => {
    const verbs = argv.slice(1, ['network', 'volume'].includes(argv[1]!) ? 3 : 2)
    return [...verbs, argv.includes('--name') ? argv[argv.indexOf('--name') + 1]! : argv.at(-1)!].join(' ')
  })

const MADE = [
  `volume create ${NAME}_data`,
  `volume create ${NAME}_secrets`,
  `rm ${NAME}_data_carrier`,
  `create ${NAME}_data_carrier`,
  `cp ${NAME}_data_carrier:/var/lib/need`,
  `rm ${NAME}_data_carrier`,
  `rm ${NAME}_secrets_carrier`,
  `create ${NAME}_secrets_carrier`,
  `cp ${NAME}_secrets_carrier:/run/secrets`,
  `rm ${NAME}_secrets_carrier`,
  `create ${NAME}`,
  `start ${NAME}`,
]

test('at first: network, volumes, what is in them, the container, and only then its start', () => {
  assert.deepEqual(steps(commands(null, [])), [`network create ${INSIDE}`, ...MADE])
})

test('what runs as it should is left alone; what was stopped is started', () => {
  assert.deepEqual(steps(commands(there)), [])
  assert.deepEqual(steps(commands({ ...there, isRunning: false })), [`start ${NAME}`])
})

test('half made it is made again; made otherwise it is ended in order first, and its data stay', () => {
  assert.deepEqual(steps(commands({ ...there, isRunning: false, isHalfMade: true })), ['rm abc', ...MADE])
  const other = commands({ ...there, recipe: 'other' })
  assert.deepEqual(steps(other), ['stop abc', 'rm abc', ...MADE])
  assert.ok(other[0]!.timeoutMs > 60_000)
  assert.ok(!steps(other).some((step) => step.startsWith('volume rm')))
})

test('its password is read by a file in its volume: in no word, for its user alone', () => {
  const all = commands(null)
  assert.ok(!all.map(showCommand).join('\n').includes('geheim'))
  const archive = all.flatMap(({ stdin }) => (stdin === undefined ? [] : [Buffer.from(stdin).toString('latin1')]))
  assert.equal(archive.length, 2)
  const heads = archive.map((text) =>
    text
      .split('\0')
      .filter((field) => field !== '')
      .slice(0, 4),
  )
  assert.deepEqual(heads, [
    ['data/', '0000700', '0001747', '0001747'],
    ['redis.conf', '0000400', '0001747', '0001747'],
  ])
  assert.match(archive[1]!, /\nrequirepass geheim-1\n/)
})

test('the accounts of a Kafka are in a file of its volume as Java reads them, and in no word', () => {
  const config: ResolvedNeed = { ...REDIS, kind: 'kafka', version: null }
  const wanted = needContainerOf(PLACE, 'bus', config)!
  const all = needCommands({ host: null, place: PLACE, config, wanted, passwords, there: { need: null, networks: [] } })
  assert.ok(!all.map(showCommand).join('\n').includes('geheim'))
  const archive = all.flatMap(({ stdin }) => (stdin === undefined ? [] : [Buffer.from(stdin).toString('latin1')]))
  const fields = archive.map((text) => text.split('\0').filter((field) => field !== ''))
  assert.deepEqual(
    fields.map((list) => list.slice(0, 4)),
    [
      ['data/', '0000700', '0001750', '0001750'],
      ['jaas.conf', '0000400', '0001750', '0001750'],
    ],
  )
  assert.equal(
    fields[1]!.find((field) => field.startsWith('KafkaServer')),
    [
      'KafkaServer {',
      '  org.apache.kafka.common.security.plain.PlainLoginModule required',
      '  username="seaworthy"',
      '  password="geheim-2"',
      '  user_seaworthy="geheim-2"',
      '  user_app="geheim-1";',
      '};',
      '',
    ].join('\n'),
  )
})

test('ended, not removed from its data', () => {
  assert.deepEqual(steps(endNeed(null, there)), ['stop abc', 'rm abc'])
  assert.deepEqual(steps(endNeed(null, { ...there, isRunning: false })), ['rm abc'])
})

test('what docker shows of needs is read; instances are none', () => {
  const labels = { 'seaworthy.need': 'cache', 'seaworthy.recipe': 'r' }
  const one = (Labels: object | null, Status: string) => ({
    Id: 'abc',
    Config: { Labels },
    State: { Status, Running: Status === 'running', ExitCode: 0 },
  })
  const shown = [
    one(labels, 'running'),
    one(labels, 'created'),
    one({ 'seaworthy.instance': 'api@1-a-1' }, 'running'),
    one(null, 'exited'),
  ]
  assert.deepEqual(
    needsIn(JSON.stringify(shown)).map(({ recipe, isRunning, isHalfMade }) => [recipe, isRunning, isHalfMade]),
    [
      ['r', true, false],
      ['r', false, true],
    ],
  )
})
