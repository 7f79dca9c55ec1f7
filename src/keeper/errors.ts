/** A refusal with a stable code, as it crosses the socket. The keeper imports nothing, so this is not core's Problem. */
export class KeeperError extends Error {
  readonly code: string

  constructor(code: string, message: string, options: ErrorOptions = {}) {
    super(message, options)
    this.name = 'KeeperError'
    this.code = code
  }
}
