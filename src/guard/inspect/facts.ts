import type { GuardRequest } from '../request.ts'
import type { Location } from '../threats.ts'
import type { BodyFacts, RequestFacts } from './request-detector.ts'

/** Values kept for detectors of whole requests; further ones are judged all the same. */
export const VALUES_KEPT_MAX = 4096
const DOCUMENTS_KEPT_MAX = 8

/** The one set of facts, filled anew for each request. */
export class CurrentFacts implements RequestFacts {
  request!: GuardRequest
  path = ''
  query = ''
  count = 0
  graphql: string[] = []
  body: BodyFacts | null = null
  fieldsAreClean = false
  readonly #locations: Location[] = []
  readonly #names: string[] = []
  readonly #texts: string[] = []

  start(request: GuardRequest): void {
    const { target } = request
    const mark = target.indexOf('?')
    this.request = request
    this.path = mark < 0 ? target : target.slice(0, mark)
    this.query = mark < 0 ? '' : target.slice(mark + 1)
    this.count = 0
    this.body = null
    this.fieldsAreClean = false
    if (this.graphql.length > 0) this.graphql = []
  }

  add(location: Location, name: string, text: string): void {
    if (this.count >= VALUES_KEPT_MAX) return
    this.#locations[this.count] = location
    this.#names[this.count] = name
    this.#texts[this.count] = text
    this.count += 1
  }

  addDocument(text: string): void {
    if (this.graphql.length < DOCUMENTS_KEPT_MAX) this.graphql.push(text)
  }

  header(name: string): string | undefined {
    const { headers } = this.request
    for (let index = 0; index < headers.length; index += 2) {
      const candidate = headers[index]!
      if (candidate.length === name.length && candidate.toLowerCase() === name) return headers[index + 1]
    }
    return undefined
  }

  headerCount(name: string): number {
    const { headers } = this.request
    let count = 0
    for (let index = 0; index < headers.length; index += 2) {
      const candidate = headers[index]!
      if (candidate.length === name.length && candidate.toLowerCase() === name) count += 1
    }
    return count
  }

  locationAt(index: number): Location {
    return this.#locations[index]!
  }

  nameAt(index: number): string {
    return this.#names[index]!
  }

  textAt(index: number): string {
    return this.#texts[index]!
  }
}
