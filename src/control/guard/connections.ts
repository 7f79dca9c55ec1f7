import type { Connection } from '../../gateway/admin/connection.ts'

/** Clients with several connections that are remembered; more are not told between workers. */
export const CLIENTS_MAX = 100_000

/** Tells each worker how many connections a client holds in the others. */
export class Connections {
  /** By client and worker. */
  readonly #clients = new Map<string, Map<Connection, number>>()
  readonly #workers = new Set<Connection>()

  joined(worker: Connection): void {
    this.#workers.add(worker)
    this.#tell(worker, [...this.#clients.keys()])
  }

  left(worker: Connection): void {
    this.#workers.delete(worker)
    const changed = [...this.#clients].filter(([, held]) => held.delete(worker)).map(([key]) => key)
    for (const other of this.#workers) this.#tell(other, changed)
    for (const key of changed) this.#forgetEmpty(key)
  }

  counted(worker: Connection, clients: readonly (readonly [key: string, count: number])[]): void {
    const changed: string[] = []
    for (const [key, count] of clients) {
      let held = this.#clients.get(key)
      if (held === undefined && this.#clients.size >= CLIENTS_MAX) continue
      if (held === undefined) this.#clients.set(key, (held = new Map()))
      if (count > 0) held.set(worker, count)
      else held.delete(worker)
      changed.push(key)
    }
    for (const other of this.#workers) if (other !== worker) this.#tell(other, changed)
    for (const key of changed) this.#forgetEmpty(key)
  }

  #tell(worker: Connection, keys: readonly string[]): void {
    if (keys.length === 0) return
    const clients = keys.map((key): [string, number] => {
      let elsewhere = 0
      for (const [other, count] of this.#clients.get(key) ?? []) if (other !== worker) elsewhere += count
      return [key, elsewhere]
    })
    worker.send({ type: 'connections', clients })
  }

  #forgetEmpty(key: string): void {
    if (this.#clients.get(key)?.size === 0) this.#clients.delete(key)
  }
}
