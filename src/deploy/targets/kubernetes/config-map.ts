import { secretNames } from '../../need-variables.ts'
import type { Release } from '../../release.ts'
import { telemetryVariables } from '../../telemetry-variables.ts'
import { TEMPLATES_VARIABLE } from '../docker/own-files.ts'
import { variablesOf } from '../instance-shape.ts'
import { releaseLabels, releaseName } from './names.ts'
import type { KubernetesObject } from './object.ts'

/** The variables that all instances of a release's service share. What they are changes with the release alone. */
export function configMapOf(release: Release, service: string): KubernetesObject {
  const { services, needs } = release.config
  const declared = services[service]!
  const { templates } = declared
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: releaseName(release, service), labels: releaseLabels(release, service) },
    immutable: true,
    data: {
      ...telemetryVariables(release.config, service),
      ...(Object.keys(templates).length === 0 ? {} : { [TEMPLATES_VARIABLE]: JSON.stringify(templates) }),
      ...variablesOf(declared, {}, secretNames(declared, needs)),
    },
  }
}
