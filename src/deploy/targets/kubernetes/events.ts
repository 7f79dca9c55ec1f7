/** Something that happened to an object, as the cluster wrote it down; it is kept for an hour. */
export interface Happened {
  readonly reason: string
  readonly message: string
  readonly count: number
  /** Milliseconds since the epoch, of the last time. */
  readonly at: number
}

/** The fields that are read, named as the API names them; newer servers leave out the older ones. */
interface Event {
  readonly reason?: string
  readonly message?: string
  readonly count?: number
  readonly lastTimestamp?: string | null
  readonly eventTime?: string | null
  readonly series?: { readonly count: number; readonly lastObservedTime: string } | null
  readonly metadata: { readonly creationTimestamp: string }
}

/**
 * Reads the output of `kubectl get events --output json`, the newest last.
 * @throws Error for what is no such output
 */
export function eventsIn(output: string): readonly Happened[] {
  const { items } = JSON.parse(output) as { readonly items: readonly Event[] }
  return items
    .map(({ reason = '', message = '', count, series, lastTimestamp, eventTime, metadata }) => ({
      reason,
      message,
      count: series?.count ?? count ?? 1,
      at: Date.parse(series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? metadata.creationTimestamp),
    }))
    .toSorted((one, other) => one.at - other.at)
}
