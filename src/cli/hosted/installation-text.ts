import { showCommand } from '../../deploy/targets/command.ts'
import { ownTag } from '../own-installation.ts'
import type { Installed } from './hosted.ts'

/** What a plan says of the installation: why, and the very commands. */
export function describeInstalled({ plan, hasImage }: Installed): string {
  if (plan.kind === 'nothing') return 'Installation\n  nothing lacks'
  const image = hasImage ? [] : [`seaworthy image --tag ${ownTag()}`]
  const heads = {
    make: 'comes first',
    start: 'is started first',
    replace: replaceText(plan),
  }
  return [
    `Installation: ${heads[plan.kind]}`,
    ...plan.because.map((text) => `  ${text}`),
    ...[...image, ...plan.commands.map(showCommand)].map((text) => `  $ ${text}`),
  ].join('\n')
}

/** What it takes to have one that differs as it is wanted. */
export function replaceText({ interrupts }: Installed['plan']): string {
  return `differs; \`seaworthy up\` replaces it, ${interrupts ? 'which interrupts its traffic' : 'and the gateway serves on meanwhile'}`
}

/** The same as facts. */
export function installedFacts({ plan, hasImage }: Installed) {
  return {
    kind: plan.kind,
    because: plan.because,
    interrupts: plan.interrupts,
    hasImage,
    commands: plan.commands.map(({ argv }) => argv),
  }
}
