/** An answer that is not a success and not our bug: what the client did, or what is missing right now. */
export class Refusal extends Error {
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'Refusal'
    this.status = status
    this.code = code
  }
}

export const badRequest = (message: string): Refusal => new Refusal(400, 'request.invalid', message)
export const notFound = (message: string): Refusal => new Refusal(404, 'not.found', message)
export const conflict = (code: string, message: string): Refusal => new Refusal(409, code, message)
export const unavailable = (message: string, options?: ErrorOptions): Refusal =>
  new Refusal(503, 'database.unavailable', message, options)
