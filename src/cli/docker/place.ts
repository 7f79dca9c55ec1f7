import { BASES, type Bases } from '../../deploy/targets/docker/base.ts'
import type { Host } from '../../deploy/targets/docker/commands.ts'
import type { Place } from '../../deploy/targets/labels.ts'
import type { RunOptions } from '../../deploy/targets/run-command.ts'
import { ownTag } from '../own-installation.ts'
import type { Project } from '../project.ts'

/** Where an environment on Docker is, and what its commands run with: the contexts and keys of whoever calls. */
export interface DockerPlace {
  readonly host: Host
  readonly place: Place
  readonly run: RunOptions
}

export function dockerPlace({ app, hosts }: Project): DockerPlace {
  return { host: hosts[0] ?? null, place: { app: app.name, environment: app.environment }, run: { env: process.env } }
}

/** What images of services begin with; those of static files on Seaworthy's own, which is on the engine since the installation. */
export function dockerBases(): Bases {
  return { ...BASES, seaworthy: ownTag() }
}
