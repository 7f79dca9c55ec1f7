/** What a build needs of the deployer's own environment to reach the registries of this machine: addresses and trust, no more. */
const PASSED_ON = [
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'node_extra_ca_certs',
  'ssl_cert_file',
  'ssl_cert_dir',
  'requests_ca_bundle',
  'npm_config_registry',
  'npm_config_globalconfig',
  'npm_config_userconfig',
  'npm_config_cache',
  'pip_config_file',
  'pip_index_url',
  'pip_cert',
  'pip_cache_dir',
] as const

/** The variables of PASSED_ON that are set, in whichever case they are written; nothing else leaks into a build. */
export function buildEnvironment(environment: NodeJS.ProcessEnv): Readonly<Record<string, string>> {
  const known: readonly string[] = PASSED_ON
  return Object.fromEntries(
    Object.entries(environment).filter(
      (entry): entry is [string, string] => known.includes(entry[0].toLowerCase()) && entry[1] !== undefined,
    ),
  )
}
