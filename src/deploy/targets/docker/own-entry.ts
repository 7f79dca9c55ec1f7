import { Problem } from '../../../core/problem.ts'
import type { ResolvedService } from '../../../config/resolved.ts'
import { LABEL } from '../labels.ts'
import type { ImageLook } from './transfer.ts'

/**
 * Files are made of templates by our entry, which an image of the service's own Dockerfile has not.
 * @throws Problem `target.not-yet`
 */
export function mustHaveEntry(
  service: string,
  { templates }: Pick<ResolvedService, 'templates'>,
  { labels }: Pick<ImageLook, 'labels'>,
): void {
  if (labels[LABEL.entry] !== 'own' || Object.keys(templates).length === 0) return
  throw new Problem(
    'target.not-yet',
    `${service} is built by its own Dockerfile, and templates need an entry of ours in its image`,
    { hint: 'Let Seaworthy write the Dockerfile, or have the program read its variables itself.' },
  )
}
