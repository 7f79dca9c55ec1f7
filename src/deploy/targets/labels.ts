/** One environment of one app: everything made for it carries both names. */
export interface Place {
  readonly app: string
  readonly environment: string
}

/** Keys of our labels: what lacks them is never touched. */
export const LABEL = {
  app: 'seaworthy.app',
  environment: 'seaworthy.environment',
  service: 'seaworthy.service',
  release: 'seaworthy.release',
  instance: 'seaworthy.instance',
  artifact: 'seaworthy.artifact',
  port: 'seaworthy.port',
  /** Of Seaworthy's own container: with what it was made. */
  installation: 'seaworthy.installation',
  /** Of a need's container: which, and with what it was made. */
  need: 'seaworthy.need',
  recipe: 'seaworthy.recipe',
  /** Of a container that does a step of a migration: the number of its run. */
  migration: 'seaworthy.migration',
  /** Of one among those that changes the database itself, not a copy. */
  applying: 'seaworthy.applying',
  /** On an image: `own` where it has no entry of ours, since the service brought a Dockerfile. */
  entry: 'seaworthy.entry',
  /** On an image: a hash of the values that its build was given. */
  built: 'seaworthy.built',
} as const
