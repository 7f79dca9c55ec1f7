import type { GuardRequest } from '../request.ts'
import type { RequestJudge } from './request-judge.ts'
import type { Settings } from './settings.ts'
import { createBodyReader } from './values/body.ts'
import type { BodyReader } from './values/body.ts'
import type { InspectVerdict } from './verdict.ts'

/** Judges a body as it comes. What was found in it so far is in every verdict. */
export interface BodyInspector {
  /** The next bytes, in any portions: values over the border of two are seen whole. */
  push(bytes: Buffer): InspectVerdict
  /** Nothing follows. */
  end(): InspectVerdict
}

export class BodyInspection implements BodyInspector {
  readonly #judge: RequestJudge
  readonly #contentType: string
  #reader: BodyReader | null = null

  constructor(judge: RequestJudge, request: GuardRequest, settings: Settings, risk: number) {
    this.#judge = judge
    judge.startBody(request, settings, risk)
    this.#contentType = judge.facts.header('content-type') ?? ''
  }

  push(bytes: Buffer): InspectVerdict {
    if (bytes.length > 0) {
      this.#reader ??= createBodyReader(this.#contentType, bytes, this.#judge)
      this.#reader.write(bytes)
    }
    return this.#judge.verdict()
  }

  end(): InspectVerdict {
    if (this.#reader === null) return this.#judge.verdict()
    this.#reader.end()
    const { document, facts } = this.#reader
    if (document !== null) this.#judge.facts.addDocument(document)
    return this.#judge.endBody(facts)
  }
}
