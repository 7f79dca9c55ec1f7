import { yamlText } from '../../artefacts/yaml.ts'
import { Problem } from '../../core/problem.ts'
import { roleOf } from '../../deploy/targets/kubernetes/role.ts'
import type { Project } from '../project.ts'
import { clusterPlace } from './place.ts'

/**
 * The role that gives whoever deploys what a deploy needs, as YAML. Who that is, an administrator says: the comment names the
 * command.
 * @throws Problem `cli.usage` on another target
 */
export function roleText(project: Project): string {
  const { environment, target } = project.app
  if (target !== 'kubernetes')
    throw new Problem('cli.usage', `--role is for target \`kubernetes\`, and ${environment} has '${target}'`)
  const { access, place } = clusterPlace(project)
  const role = roleOf(place)
  const { namespace } = access
  const { name } = role.metadata
  const bind = `kubectl --namespace ${namespace} create rolebinding ${name} --role ${name} --user NAME`
  const withNamespace = { ...role, metadata: { name, namespace, labels: role.metadata.labels } }
  return `# Then, once for whoever deploys: ${bind}\n${yamlText(withNamespace).trimEnd()}`
}
