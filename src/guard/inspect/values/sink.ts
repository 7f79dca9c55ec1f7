import type { Location } from '../../threats.ts'

/** Takes what the readers of a request find in it, in the order found. */
export interface ValueSink {
  /** A value as the application would read it. `name`: query key, JSON path … */
  value(location: Location, name: string, text: string): void
  /** A name that the client chose: a query key, a member's key. `path`: the whole path it ends. */
  key(location: Location, path: string, key: string): void
}
