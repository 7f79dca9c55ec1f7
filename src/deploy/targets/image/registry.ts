/** What images of services are called on engines begins with this; in a registry the team's name does. */
const OURS = 'seaworthy/'

/**
 * The name that an image has in a registry: `seaworthy/shop/api:1` is `registry.example.com/team/shop-api:1`, since some take
 * no more than two names after another.
 * @param registry what stands before names there
 */
export function nameInRegistry(registry: string, image: string): string {
  const name = image.startsWith(OURS) ? image.slice(OURS.length).replace('/', '-') : image
  return `${registry}/${name}`
}

/** Without tag and digest; a colon before the last slash belongs to a registry's port. */
export function repositoryOf(reference: string): string {
  const [named = ''] = reference.split('@')
  const colon = named.indexOf(':', named.lastIndexOf('/') + 1)
  return colon === -1 ? named : named.slice(0, colon)
}

/** Whether a reference means the same for ever, wherever it is fetched from. */
export function isByDigest(reference: string): boolean {
  return reference.includes('@sha256:')
}

/** Who answers for a reference, or for what stands before names: `registry.example.com:5000`. */
export function serverOf(reference: string): string {
  return reference.split('/', 1)[0]!
}

/** Docker's own registry, which has two names. */
export function isHub(server: string): boolean {
  return shortReference(`${server}/`) === ''
}

/** Docker leaves out the name of its own registry when it says where an image came from, and pods may or may not. */
export function shortReference(reference: string): string {
  return reference.replace(/^(?:index\.)?docker\.io\//, '')
}

/**
 * The reference by digest under which a registry has an image, as far as an engine knows.
 * @param digests `RepoDigests` of `docker image inspect`
 * @param name the image's in that registry
 */
export function referenceIn(digests: readonly string[], name: string): string | null {
  const repository = repositoryOf(name)
  const found = digests.map(shortReference).find((digest) => digest.startsWith(`${shortReference(repository)}@`))
  return found === undefined ? null : `${repository}@${found.slice(found.indexOf('@') + 1)}`
}
