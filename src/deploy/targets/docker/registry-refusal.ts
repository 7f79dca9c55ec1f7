import { serverOf } from '../image/registry.ts'

/** Why a registry did not do what docker asked of it. */
export interface RegistryRefusal {
  /** `unknown`: its own words are all there is. */
  readonly kind: 'no-engine' | 'unreachable' | 'untrusted' | 'unauthorised' | 'absent' | 'unknown'
  readonly because: string
  readonly hint: string
}

/** In this order: docker was, or was not, reached before the registry; what has refused a certificate or a key was. */
const WORDS: readonly (readonly [RegistryRefusal['kind'], RegExp])[] = [
  ['no-engine', /Cannot connect to the Docker daemon|permission denied while trying to connect|error during connect/i],
  ['untrusted', /x509:|tls: |certificate|server gave HTTP response to HTTPS client/i],
  [
    'unreachable',
    /connection refused|connection reset|no such host|i\/o timeout|network is unreachable|no route to host|context deadline exceeded|request canceled|server misbehaving|\bEOF\b/,
  ],
  ['absent', /manifest unknown|manifest for \S+ not found|name unknown|repository \S+ not found/i],
  ['unauthorised', /unauthorized|no basic auth credentials|authentication required|denied|forbidden/i],
]

/**
 * Reads the last lines of `docker push` and `docker pull`.
 * @param name of the image there
 * @param host on which the engine is
 */
export function registryRefusal(lines: readonly string[], name: string, host: string | null): RegistryRefusal {
  const text = lines.join('\n')
  const kind = WORDS.find(([, pattern]) => pattern.test(text))?.[0] ?? 'unknown'
  const server = serverOf(name)
  const engine = host ?? 'the engine that `docker` speaks to'
  switch (kind) {
    case 'no-engine':
      return {
        kind,
        because: `no engine answers as ${engine}`,
        hint: 'With a registry images are made on the engine that `docker` speaks to by itself, and fetched by the one that runs them: see `docker info`, DOCKER_HOST and `docker context ls`.',
      }
    case 'untrusted':
      return {
        kind,
        because: `${engine} does not trust ${server}`,
        hint: `Give that engine the registry's certificate (/etc/docker/certs.d/${server}/ca.crt). One without TLS it takes on its own loopback, or when it is named in its \`insecure-registries\`.`,
      }
    case 'unreachable':
      return {
        kind,
        because: `${server} is not reached from ${engine}`,
        hint: `See that it runs, that its name is right (\`registry\` of the environment), and that ${engine} has a way there.`,
      }
    case 'absent':
      return {
        kind,
        because: `${server} does not have it`,
        hint: 'Somebody has removed it there. Deploy again what is to run: it is made and brought there first.',
      }
    case 'unauthorised':
      return {
        kind,
        because: `${server} does not let you`,
        hint: `Log in with \`docker login ${server}\`, and see that this user may read and write there; some want a repository to be made first.`,
      }
    case 'unknown':
      return { kind, because: `${server} refused`, hint: 'The lines below are its own.' }
  }
}
