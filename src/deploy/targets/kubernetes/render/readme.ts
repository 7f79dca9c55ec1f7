import { secretNames } from '../../../need-variables.ts'
import { renderedImages } from './images.ts'
import type { Overlay, RenderInput } from './input.ts'
import { renderedName } from './objects.ts'

/** A Secret that pods wait for, and whoever applies the rest puts there. */
export interface WantedSecret {
  readonly name: string
  readonly keys: readonly string[]
}

/** The Secrets of an environment, by service. */
export function wantedSecrets({ release: { config } }: Overlay): readonly WantedSecret[] {
  return Object.entries(config.services)
    .map(([service, declared]) => ({
      name: renderedName(config.name, service),
      keys: secretNames(declared, config.needs),
    }))
    .filter(({ keys }) => keys.length > 0)
}

/** For whoever finds the folder: what is in it, what is not, and what is asked of him. */
export function readmeOf(input: RenderInput): string {
  const { app, environments } = whatOf(input)
  return `# ${app}

Rendered by \`seaworthy deploy --render\` for ${environments.join(', ')}. Each run writes these files anew, and removes those that it
wrote before and has no use for. Files of your own beside them stay as they are: change what is rendered in an overlay of your
own that has \`overlays/ENVIRONMENT\` among its \`resources\`.

\`\`\`sh
kubectl kustomize overlays/${environments[0]}     # what will be applied
\`\`\`

Kubernetes 1.30 or newer; Kustomize 5 (kubectl 1.27 or newer).

${input.overlays.map((overlay) => sectionOf(overlay, input)).join('\n')}
## Not in here

- The values of secrets. The Secrets above are yours to provide, by these names; pods wait for them. A program reads its
  secrets when it starts: after a new value, \`kubectl rollout restart\` its Deployment.
- Seaworthy's gateway and control. Guard, limits, identity, canary, watch and promises are theirs, and are **not in effect**
  for what is applied from here. The network policies let nobody in but that gateway: letting somebody else in is for a
  NetworkPolicy of yours to say.
- Namespaces.
`
}

function whatOf({ overlays }: RenderInput): { readonly app: string; readonly environments: readonly string[] } {
  return {
    app: overlays[0].release.config.name,
    environments: overlays.map(({ release }) => release.config.environment),
  }
}

function sectionOf(overlay: Overlay, { registry }: RenderInput): string {
  const { release, namespace } = overlay
  const images = renderedImages(release, registry).map(
    ({ service, reference, isMade }) => `| ${service} | \`${reference}\` | ${wordsFor(isMade, reference)} |`,
  )
  const secrets = wantedSecrets(overlay).map(
    ({ name, keys }) => `| \`${name}\` | ${keys.map((key) => `\`${key}\``).join(', ')} |`,
  )
  return `## ${release.config.environment}

Namespace \`${namespace}\`, release \`${release.id}\` (\`RELEASE\` of every pod, \`seaworthy.digest\` of every Deployment in full).

| service | image | |
| --- | --- | --- |
${images.join('\n')}
${secrets.length === 0 ? '\nNo Secret is needed.\n' : `\n| Secret | keys |\n| --- | --- |\n${secrets.join('\n')}\n`}`
}

function wordsFor(isMade: boolean, reference: string): string {
  if (!isMade) return 'by digest, as the config names it'
  const isThere = reference.includes('@')
  return `made of the service's files; ${isThere ? 'was brought to its registry' : 'has to be in a registry that the nodes reach'}`
}
