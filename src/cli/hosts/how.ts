import { Problem } from '../../core/problem.ts'
import { nameOfHost, type SeveralHosts } from './several-hosts.ts'

/**
 * How a command is run for an environment of several hosts. `together`: at once, and all of them switch or none. `at-once`: side
 * by side. `in-turn`: one after the other.
 */
export type How = 'together' | 'at-once' | 'in-turn'

/** What changes what is live: one refusal is everybody's. */
const TOGETHER: ReadonlySet<string> = new Set(['deploy', 'rollback', 'restart'])
const AT_ONCE: ReadonlySet<string> = new Set(['logs'])
const IN_TURN: ReadonlySet<string> = new Set([
  'up',
  'stop',
  'status',
  'plan',
  'doctor',
  'pause',
  'resume',
  'metrics',
  'alerts list',
  'incidents list',
  'guard status',
  'guard list',
  'guard block',
  'guard unblock',
  'restart gateway',
  'audit-trail',
  'guard events',
])
/** Options with which a command is about one host. */
const OF_ONE = ['plan', 'out', 'watch'] as const

/**
 * @param name of the command, `guard block` for one below another
 * @throws Problem `host.which` for a command that is about one host
 */
export function howFor(
  name: string,
  options: Readonly<Record<string, unknown>>,
  { hosts, environment }: SeveralHosts,
): How {
  // A trial's next step, and a look at the plan: there is no switch to hold together.
  const isAlone = name === 'deploy' && (options['dryRun'] === true || options['promote'] === true)
  // It does not end: nobody's turn would come.
  const goesOn = name === 'guard events' && options['follow'] === true
  const how = goesOn ? 'at-once' : isAlone ? 'in-turn' : usualFor(name)
  const given = OF_ONE.find((option) => options[option] !== undefined)
  // Several documents would be no document; events are lines, which say whose they are.
  const option = given ?? (options['json'] === true && how !== 'together' ? 'json' : undefined)
  const isKnown = IN_TURN.has(name) || TOGETHER.has(name) || AT_ONCE.has(name)
  if (isKnown && option === undefined) return how
  const what = option === undefined ? name : `${name} --${option}`
  throw new Problem(
    'host.which',
    `environment ${environment} runs on ${hosts.length} hosts, and \`${what}\` is about one`,
    {
      hint: `Name it: --host ${nameOfHost(hosts[0]!)}`,
      details: hosts.map(nameOfHost),
    },
  )
}

function usualFor(name: string): How {
  if (IN_TURN.has(name)) return 'in-turn'
  return TOGETHER.has(name) ? 'together' : 'at-once'
}
