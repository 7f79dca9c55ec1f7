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
} as const
