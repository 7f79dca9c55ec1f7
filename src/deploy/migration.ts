import { createHash } from 'node:crypto'
import { canonicalJson } from '../core/canonical-json.ts'
import { Problem } from '../core/problem.ts'
import type { Release } from './release.ts'

export const MIGRATION_PHASES = ['expand', 'contract'] as const
export type MigrationPhase = (typeof MIGRATION_PHASES)[number]

/**
 * `unknown`: it may have changed the database, and nobody could see all that it has left: it was killed over it, or the
 * database went down with it and stayed down. Counts as a change wherever one matters.
 * `failed` leaves `changes` empty, unless its command commits by itself.
 */
export const MIGRATION_OUTCOMES = ['running', 'done', 'failed', 'unknown'] as const
export type MigrationOutcome = (typeof MIGRATION_OUTCOMES)[number]

/** One run of a service's migration, as the journal holds it. */
export interface MigrationRun {
  readonly id: number
  readonly service: string
  readonly phase: MigrationPhase
  readonly release: string
  readonly sequence: number
  /** The release's migration level: of a contract when it began, of an expand when it had ended. */
  readonly level: number
  readonly command: readonly string[]
  /** What makes it the same migration again: see `migrationId`. */
  readonly migration: string
  /** user@host of whoever asked for it. */
  readonly by: string
  /** Of the lease it was begun under: the same holder asking again wants to hear of this run, not to have another one. */
  readonly token: number
  /** Milliseconds since the epoch. */
  readonly begunAt: number
  readonly endedAt: number | null
  readonly outcome: MigrationOutcome
  /** How it was rehearsed, in words: 'on a copy of db (sqlite, all data)'. */
  readonly rehearsal: string | null
  /** Fingerprints of the schema; null: not known. */
  readonly before: string | null
  readonly after: string | null
  /** What differs in the schema afterwards: '+ column items.price integer'. */
  readonly changes: readonly string[]
  readonly code: string | null
  readonly message: string | null
  readonly hint: string | null
  readonly lastLines: readonly string[]
  /** Older releases that were given up for it. */
  readonly gaveUp: readonly string[]
}

/** The same files with the same command and the same variables are one migration. */
export function migrationId(release: Release, service: string, phase: MigrationPhase = 'expand'): string {
  const { migrate, env } = release.config.services[service]!
  const command = createHash('sha256')
    .update(canonicalJson([migrate[phase], env]))
    .digest('hex')
  const id = `${service}:${release.artifacts[service]}:${command.slice(0, 8)}`
  return phase === 'expand' ? id : `${id}:contract`
}

/** Services whose expanding migration has not been applied for these files yet. */
export function pendingMigrations(release: Release, done: readonly string[]): readonly string[] {
  return Object.entries(release.config.services)
    .filter(([name, { migrate }]) => migrate.expand !== null && !done.includes(migrationId(release, name)))
    .map(([name]) => name)
}

/** An older release that a contract would break. */
export interface ContractBlocker {
  readonly release: string
  readonly because: 'warm' | 'rollback candidate'
  /** Milliseconds since the epoch; null for a release that is not warm. */
  readonly warmUntil: number | null
}

export interface ContractWorld {
  readonly live: Release
  readonly warm: Release | null
  readonly warmUntil: number | null
  /** What a rollback would choose. */
  readonly candidate: Release | null
  /** Contracts that have run: whom they bar already, one more cannot hurt. */
  readonly contracts: readonly MigrationRun[]
}

/** Older releases that may still return to traffic and were not made for the schema that the contract leaves. */
export function contractBlockers(world: ContractWorld, service: string): readonly ContractBlocker[] {
  const { live, warm, warmUntil, candidate, contracts } = world
  const command = live.config.services[service]?.migrate.contract ?? []
  const contract = { service, sequence: live.sequence, level: live.migrationLevel, command }
  const isEarlier = (release: Release | null): release is Release =>
    release !== null && release.id !== live.id && isBefore(release, contract) && !contractSince(release, contracts)
  if (isEarlier(warm)) return [{ release: warm.id, because: 'warm', warmUntil }]
  return isEarlier(candidate) ? [{ release: candidate.id, because: 'rollback candidate', warmUntil: null }] : []
}

/** The contract that stands between now and a release; null when that release can still run. */
export function contractSince(release: Release, contracts: readonly MigrationRun[]): MigrationRun | null {
  return contracts.find((contract) => mayHaveContracted(contract) && isBefore(release, contract)) ?? null
}

/** Why a rollback to a release is refused. */
export function acrossContract(release: string, contract: MigrationRun): Problem {
  const { service, begunAt, by, outcome } = contract
  const when = `${new Date(begunAt).toISOString().slice(0, 19)}Z`
  const state = outcome === 'done' ? 'ran' : outcome === 'running' ? 'is under way since' : 'was begun'
  return new Problem(
    'rollback.across-contract',
    `${release} was made for the schema before the contract of ${service} ('${contract.command.join(' ')}'), which ${state} at ${when} by ${by}`,
    { hint: 'What it took away does not come back by a switch. Deploy a mended release instead, or restore a backup.' },
  )
}

/** One that failed and left the schema as it was stands in nobody's way. */
function mayHaveContracted({ phase, outcome, changes }: MigrationRun): boolean {
  return phase === 'contract' && (outcome !== 'failed' || changes.length > 0)
}

/**
 * Whether a release was made for the schema before a contract: at a lower level, or before anybody had declared that very
 * contract for it (code that stops using a column needs no expand).
 */
function isBefore(
  release: Release,
  contract: Pick<MigrationRun, 'service' | 'sequence' | 'level' | 'command'>,
): boolean {
  if (release.sequence >= contract.sequence) return false
  const declared = release.config.services[contract.service]?.migrate.contract ?? null
  return release.migrationLevel < contract.level || canonicalJson(declared) !== canonicalJson(contract.command)
}
