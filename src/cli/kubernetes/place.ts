import type { Access } from '../../deploy/targets/kubernetes/commands.ts'
import type { Place } from '../../deploy/targets/labels.ts'
import type { RunOptions } from '../../deploy/targets/run-command.ts'
import type { Project } from '../project.ts'

/** What a config calls the cluster that Seaworthy itself runs in. */
const IN_CLUSTER = 'in-cluster'

/** Where an environment on Kubernetes is, and what its commands run with: the contexts and keys of whoever calls. */
export interface ClusterPlace {
  readonly access: Access
  readonly place: Place
  readonly run: RunOptions
}

export function clusterPlace({ app, checked }: Project): ClusterPlace {
  const { context = IN_CLUSTER, namespace = app.name } = checked.app.environments[app.environment]!
  return {
    access: { context: context === IN_CLUSTER ? null : context, namespace },
    place: { app: app.name, environment: app.environment },
    run: { env: process.env },
  }
}
