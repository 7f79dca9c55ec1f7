import type { Status } from '../../../src/control/api/contract.ts'
import type { DeployRecord } from '../../../src/deploy/journal.ts'
import type { Answer } from '../../support/load.ts'
import type { CommandResult } from '../../support/project.ts'
import type { Edition } from './app.ts'

export const TARGETS = ['process', 'docker', 'kubernetes'] as const
export type Target = (typeof TARGETS)[number]

/** A running instance as the machine, the engine or the cluster shows it, whatever control says. */
export interface Seen {
  /** Of this start of it: another one after a restart. */
  readonly key: string
  readonly service: string
  readonly release: string
}

export interface Asked {
  readonly status: number
  readonly release: string | null
  readonly text: string
}

export interface PlaceLoad extends AsyncDisposable {
  readonly answers: readonly Answer[]
  stop(): Promise<readonly Answer[]>
}

/** What a scenario needs of a target: an app in a folder, its one environment, and the commands of a user. */
export interface Place {
  readonly target: Target
  /** Whether a `writable` folder outlives the instance. */
  readonly keepsData: boolean
  /** Makes the config that of an edition; `API_KEY` comes with every command. */
  configure(edition: Edition): void
  /** The folder has other files: a release with an artifact of its own. */
  touch(): void
  /** Path → text, in the app's folder. */
  write(files: Readonly<Record<string, string>>): void
  secret: string
  start(
    words: readonly string[],
    env?: Readonly<Record<string, string>>,
  ): { readonly pid: number; readonly ended: Promise<CommandResult> }
  run(words: readonly string[], env?: Readonly<Record<string, string>>): Promise<CommandResult>
  /** Like `run`, but a failure is an error; what the command said. */
  must(words: readonly string[], env?: Readonly<Record<string, string>>): Promise<string>
  /** By `seaworthy status --json`. */
  status(): Promise<Status>
  /** Of a deploy, with its journal, as control has it: no command shows the journal of one that has ended. */
  record(deploy: string): Promise<DeployRecord>
  /** One request through the front door, on a connection of its own; status 0: no answer. */
  ask(path?: string): Promise<Asked>
  /** Clients with GET and POST, on kept connections and fresh ones. */
  load(): Promise<PlaceLoad>
  seen(): Promise<readonly Seen[]>
  /** SIGKILL to its program, or what comes nearest. */
  kill(one: Seen): Promise<void>
  /** What is there although the environment was ended and removed; volumes stay by promise. */
  left(): Promise<readonly string[]>
  /** Ends the environment, removes it and says what is left. */
  end(): Promise<readonly string[]>
}

/** Where places are made, one after the other: the machine, an engine, a cluster. */
export interface Ground extends AsyncDisposable {
  readonly target: Target
  place(): Place
}
