import type { Command } from '../command.ts'
import { kubectl, type Access } from './commands.ts'
import { RULES } from './role.ts'

/** One thing that a deploy does to one kind of object. */
export interface Right {
  readonly verb: string
  readonly group: string
  /** With what is below it behind a slash: `pods/log`. */
  readonly resource: string
}

/** Every right that the role gives. */
export function neededRights(): readonly Right[] {
  return RULES.flatMap(({ apiGroups: [group], resources, verbs }) =>
    resources.flatMap((resource) => verbs.map((verb) => ({ verb, group, resource }))),
  )
}

/**
 * Asks what `kubectl auth can-i` asks, for all of them in one command: a line each, `true` or not in front of the right. Nothing
 * is kept by the server.
 */
export function askRights(access: Access, rights: readonly Right[]): Command {
  const items = rights.map(({ verb, group, resource }) => {
    const [kind, below] = resource.split('/')
    return {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      metadata: {},
      spec: {
        resourceAttributes: {
          namespace: access.namespace,
          verb,
          group,
          resource: kind,
          ...(below === undefined ? {} : { subresource: below }),
        },
      },
    }
  })
  const argv = ['create', '--validate=false', '--filename', '-', '--output', 'jsonpath={.status.allowed}{"\\n"}']
  return {
    ...kubectl(access, argv, 'asks what whoever deploys may do'),
    stdin: Buffer.from(JSON.stringify({ apiVersion: 'v1', kind: 'List', items })),
  }
}

/**
 * Which of the rights are not given.
 * @param output of `askRights` for these very rights, in their order
 * @throws Error for what is no such output
 */
export function lacking(rights: readonly Right[], output: string): readonly Right[] {
  const answers = output.trim().split('\n')
  if (answers.length !== rights.length)
    throw new Error(`${rights.length} rights were asked for, and ${answers.length} told`)
  return rights.filter((_, index) => answers[index] !== 'true')
}

/** `create, patch deployments.apps`: a line for each kind of object. */
export function describeRights(rights: readonly Right[]): readonly string[] {
  const byKind = Map.groupBy(rights, ({ group, resource }) => (group === '' ? resource : `${resource}.${group}`))
  return [...byKind].map(([kind, ones]) => `${ones.map(({ verb }) => verb).join(', ')} ${kind}`)
}
