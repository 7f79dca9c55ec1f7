import { Problem } from '../../../core/problem.ts'
import type { Place } from '../labels.ts'
import { mustRun, type RunOptions } from '../run-command.ts'
import { clusterOf, type Cluster } from './cluster.ts'
import { readApiVersions, readVersion, type Access } from './commands.ts'
import { findClaim, findNamespace, readGateway, readOwn } from './own-commands.ts'
import { gatewayIn } from './own-gateway.ts'
import { ownIn } from './own.ts'
import type { InstallationThere } from './plan-installation.ts'

/** What a cluster can do. @throws Problem `cluster.too-old` `target.tool-missing` `target.tool-failed` */
export async function lookAtCluster(access: Access, run: RunOptions): Promise<Cluster> {
  return clusterOf(await mustRun(readApiVersions(access), run), await mustRun(readVersion(access), run))
}

/**
 * What a namespace has of an environment's installation. Changes nothing.
 * @throws Problem `cluster.no-namespace` `target.name-taken` `target.tool-missing` `target.tool-failed`
 */
export async function lookAtInstallation(access: Access, place: Place, run: RunOptions): Promise<InstallationThere> {
  if ((await mustRun(findNamespace(access), run)).trim() === '') throw noNamespace(access)
  return {
    own: ownIn(await mustRun(readOwn(access, place), run), place),
    gateway: gatewayIn(await mustRun(readGateway(access, place), run), place),
    hasVolume: (await mustRun(findClaim(access, place), run)).trim() !== '',
  }
}

function noNamespace({ namespace, context }: Access): Problem {
  const where = context === null ? '' : ` --context ${context}`
  return new Problem('cluster.no-namespace', `the cluster has no namespace ${namespace}`, {
    hint: `Who may make one: \`kubectl${where} create namespace ${namespace}\`. Or name another in the environment's \`namespace\`.`,
  })
}
