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
    replace: 'differs; `seaworthy up` replaces it, which interrupts its traffic',
  }
  return [
    `Installation: ${heads[plan.kind]}`,
    ...plan.because.map((text) => `  ${text}`),
    ...[...image, ...plan.commands.map(showCommand)].map((text) => `  $ ${text}`),
  ].join('\n')
}

/** The same as facts. */
export function installedFacts({ plan, hasImage }: Installed) {
  return { kind: plan.kind, because: plan.because, hasImage, commands: plan.commands.map(({ argv }) => argv) }
}
