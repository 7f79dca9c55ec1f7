import { Problem } from '../../../core/problem.ts'
import type { ImageLook } from './transfer.ts'

/**
 * An image that somebody else made says as whom it runs. A name is taken at its word: which number it stands for is known to
 * the image's own files alone.
 * @throws Problem `image.root`
 */
export function mustNotBeRoot(service: string, { user, names, id }: Pick<ImageLook, 'user' | 'names' | 'id'>): void {
  if (!isRoot(user)) return
  const said = user === '' ? 'names no user, which is root' : `runs as '${user}'`
  throw new Problem('image.root', `the image of ${service} (${names[0] ?? id}) ${said}`, {
    hint: 'Give it a user of its own: `USER 65532:65532` in its Dockerfile.',
  })
}

/**
 * A kubelet does not start a user by name where root is forbidden: it cannot tell that it is none.
 * @throws Problem `image.user-name`
 */
export function mustBeNumber(service: string, { user, names, id }: Pick<ImageLook, 'user' | 'names' | 'id'>): void {
  if (/^\d+(?::|$)/.test(user)) return
  throw new Problem('image.user-name', `the image of ${service} (${names[0] ?? id}) runs as '${user}', a name`, {
    hint: 'Kubernetes wants a number there: `USER 65532:65532` in its Dockerfile.',
  })
}

/** By its first half: a group of root's gives no rights where every capability is dropped. */
function isRoot(user: string): boolean {
  const [name = ''] = user.split(':')
  return name === '' || name === 'root' || /^0+$/.test(name)
}
