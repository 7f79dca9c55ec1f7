export interface Running {
  readonly url: string
  readonly pids: readonly number[]
  stop(): Promise<void>
}

/** Where one run of the bench keeps its files and finds the upstream. */
export interface Place {
  readonly folder: string
  readonly upstream: number
}
