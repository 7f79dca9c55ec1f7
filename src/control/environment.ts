import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TargetKind } from '../config/resolved.ts'
import { writeFileAtomic } from '../core/atomic-file.ts'

/** What control must know before any release: written by `seaworthy up`, read by control at its start. */
export interface EnvironmentFile {
  readonly app: string
  readonly environment: string
  /** Who keeps the instances: control itself, or an engine or a cluster. @default 'process' */
  readonly target?: TargetKind
  /** Address and port the gateway listens on. */
  readonly host: string
  readonly http: number
  /** Port for HTTPS, where the config has TLS. @default none */
  readonly https?: number | null
  /** By which users reach it, where that is not the gateway's own port on its own machine. @default that */
  readonly url?: string
  readonly workers: number
  /** Gateways that run elsewhere, instead of workers of control's own. @default none */
  readonly gateways?: GatewaysElsewhere
  /** The PATH under which instances' programs are looked up. */
  readonly path: string
}

/** Where gateways find control, and where control finds them as users do. */
export interface GatewaysElsewhere {
  /** Port that control listens on for them. */
  readonly port: number
  /** Path of the key that they share with control. */
  readonly key: string
  /** What stands in front of them all, by which the witness comes in. */
  readonly host: string
  readonly http: number
  readonly https: number | null
}

export function writeEnvironment(stateFolder: string, environment: EnvironmentFile): void {
  writeFileAtomic(join(stateFolder, 'environment.json'), JSON.stringify(environment, null, 2))
}

export function readEnvironment(stateFolder: string): EnvironmentFile {
  return JSON.parse(readFileSync(join(stateFolder, 'environment.json'), 'utf8')) as EnvironmentFile
}
