import type { ControlClient } from '../../control/api/client.ts'
import { DockerTarget } from '../../deploy/targets/docker/target.ts'
import { registryOf } from '../hosted/images.ts'
import { migrationPort } from '../migration-port.ts'
import { printable } from '../output.ts'
import type { Project } from '../project.ts'
import { rosterPort } from '../roster-port.ts'
import type { SecretValues } from '../secret-values.ts'
import { dockerBases, dockerPlace } from './place.ts'

/** Containers of the environment's engine, under a lease. */
export function dockerTarget(
  project: Project,
  control: ControlClient,
  secrets: SecretValues | null,
  token: number,
): DockerTarget {
  return new DockerTarget({
    ...dockerPlace(project),
    isShared: isShared(project),
    projectFolder: project.folder,
    keptOut: project.keptOut,
    roster: rosterPort(control, token),
    release: async (id) => (await control.call('release.get', { release: id })).release,
    secretsOf: (names) => secrets?.of(names) ?? {},
    bases: dockerBases(),
    registry: registryOf(project),
    connectionsOf: async (release, service) =>
      (await control.call('need.variables', { token, release, service })).variables,
    hostNeed: (release, need, address) => control.call('need.host', { token, release, need, ...address }),
    migrations: migrationPort(control, token),
    // Beside whatever the command prints, which may be JSON.
    onNote: (text) => void process.stderr.write(`${printable(text)}\n`),
  })
}

/** What `docker` speaks to by itself is where images for clusters are made. */
function isShared({ checked, hosts }: Project): boolean {
  return hosts.length === 0 && Object.values(checked.app.environments).some(({ target }) => target === 'kubernetes')
}
