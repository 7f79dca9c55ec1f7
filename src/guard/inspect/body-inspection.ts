import type { GuardRequest } from '../request.ts'
import type { RequestJudge } from './request-judge.ts'
import type { Settings } from './settings.ts'
import { createBodyReader } from './values/body.ts'
import type { BodyReader } from './values/body.ts'
import type { InspectVerdict } from './verdict.ts'

/** Small portions are gathered to so many bytes, so that what waits for its end is not read again with each of them. */
export const PORTION_BYTES_MIN = 16_384

/** Judges a body as it comes. What was found in it so far is in every verdict. */
export interface BodyInspector {
  /**
   * The next bytes, in any portions: values over the border of two are seen whole. At most PORTION_BYTES_MIN are gathered
   * before they are judged.
   */
  push(bytes: Buffer): InspectVerdict
  /** Nothing follows. */
  end(): InspectVerdict
}

export class BodyInspection implements BodyInspector {
  readonly #judge: RequestJudge
  readonly #contentType: string
  #reader: BodyReader | null = null
  #gathered: Buffer[] = []
  #gatheredBytes = 0

  constructor(judge: RequestJudge, request: GuardRequest, settings: Settings, risk: number) {
    this.#judge = judge
    judge.startBody(request, settings, risk)
    this.#contentType = judge.facts.header('content-type') ?? ''
  }

  push(bytes: Buffer): InspectVerdict {
    this.#gathered.push(bytes)
    this.#gatheredBytes += bytes.length
    if (this.#gatheredBytes >= PORTION_BYTES_MIN) this.#read()
    return this.#judge.verdict()
  }

  end(): InspectVerdict {
    if (this.#gatheredBytes > 0) this.#read()
    if (this.#reader === null) return this.#judge.verdict()
    this.#reader.end()
    const { document, facts } = this.#reader
    if (document !== null) this.#judge.facts.addDocument(document)
    return this.#judge.endBody(facts)
  }

  #read(): void {
    const bytes = this.#gathered.length === 1 ? this.#gathered[0]! : Buffer.concat(this.#gathered)
    this.#gathered = []
    this.#gatheredBytes = 0
    this.#reader ??= createBodyReader(this.#contentType, bytes, this.#judge)
    this.#reader.write(bytes)
  }
}
