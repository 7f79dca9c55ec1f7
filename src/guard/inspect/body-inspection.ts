import type { GuardRequest } from '../request.ts'
import type { RequestJudge } from './request-judge.ts'
import type { Settings } from './settings.ts'
import { createBodyReader } from './values/body.ts'
import type { BodyReader } from './values/body.ts'
import { CODED_BYTES_MAX, codingOf, decoded } from './values/content-coding.ts'
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
  /** Null: none. */
  readonly #coding: string | null
  #isUnreadable = false

  constructor(judge: RequestJudge, request: GuardRequest, settings: Settings, risk: number) {
    this.#judge = judge
    judge.startBody(request, settings, risk)
    this.#contentType = judge.facts.header('content-type') ?? ''
    // Several fields are one list (RFC 9110 §5.3), and no list is undone.
    const isList = judge.facts.headerCount('content-encoding') > 1
    this.#coding = isList ? 'list' : codingOf(judge.facts.header('content-encoding'))
  }

  push(bytes: Buffer): InspectVerdict {
    if (this.#isUnreadable) return this.#judge.verdict()
    this.#gathered.push(bytes)
    this.#gatheredBytes += bytes.length
    if (this.#coding !== null) return this.#gatheredBytes > CODED_BYTES_MAX ? this.#unreadable() : this.#judge.verdict()
    if (this.#gatheredBytes >= PORTION_BYTES_MIN) this.#read()
    return this.#judge.verdict()
  }

  end(): InspectVerdict {
    if (this.#isUnreadable) return this.#judge.verdict()
    if (this.#coding !== null && this.#gatheredBytes > 0) {
      const plain = decoded(this.#coding, Buffer.concat(this.#gathered))
      if (plain === null) return this.#unreadable()
      this.#gathered = [plain]
      this.#gatheredBytes = plain.length
    }
    if (this.#gatheredBytes > 0) this.#read()
    if (this.#reader === null) return this.#judge.verdict()
    this.#reader.end()
    const { document, facts } = this.#reader
    if (document !== null) this.#judge.facts.addDocument(document)
    return this.#judge.endBody(facts)
  }

  /** Nobody here can tell what the application will read. */
  #unreadable(): InspectVerdict {
    const bytes = this.#gatheredBytes
    this.#isUnreadable = true
    this.#gathered = []
    return this.#judge.endBody({ format: 'binary', bytes, depth: 0, faults: ['body.coded'], parts: [] })
  }

  #read(): void {
    const bytes = this.#gathered.length === 1 ? this.#gathered[0]! : Buffer.concat(this.#gathered)
    this.#gathered = []
    this.#gatheredBytes = 0
    this.#reader ??= createBodyReader(this.#contentType, bytes, this.#judge)
    this.#reader.write(bytes)
  }
}
