import type { GuardRequest } from '../request.ts'
import { BodyInspection } from './body-inspection.ts'
import type { BodyInspector } from './body-inspection.ts'
import type { Detector } from './detector.ts'
import { DETECTORS, REQUEST_DETECTORS } from './detectors/index.ts'
import type { InspectPolicy } from './exceptions.ts'
import { createValueJudge } from './judge.ts'
import { createCleanMemory } from './memory.ts'
import { RequestJudge } from './request-judge.ts'
import type { RequestDetector } from './request-detector.ts'
import { createSettings } from './settings.ts'
import type { InspectVerdict } from './verdict.ts'
import { CLEAN } from './verdict.ts'

export interface Inspector {
  /** Judges the head of a request: target, headers, cookies. `risk`: the client's, 0 to 100. @default 0 */
  head(request: GuardRequest, risk?: number): InspectVerdict
  /** For its body; null where the route's mode is `off`. The evidence of the head is not counted again. */
  body(request: GuardRequest, risk?: number): BodyInspector | null
  /** Forgets which values were clean. */
  forget(): void
}

export interface InspectorOptions extends InspectPolicy {
  /** @default all of them */
  readonly detectors?: readonly Detector[]
  readonly requestDetectors?: readonly RequestDetector[]
}

/** An inspection for one policy. @throws Problem `guard.bad-exception` */
export function createInspector(options: InspectorOptions): Inspector {
  const { detectors = DETECTORS, requestDetectors = REQUEST_DETECTORS } = options
  const settingsOf = createSettings(options)
  const memory = createCleanMemory()
  const values = createValueJudge(detectors)
  const ofHeads = new RequestJudge(values, requestDetectors, memory)
  return {
    head(request, risk = 0) {
      const settings = settingsOf(request, pathOf(request.target))
      if (settings.mode === 'off') return CLEAN
      return ofHeads.head(request, settings, risk)
    },
    body(request, risk = 0) {
      const settings = settingsOf(request, pathOf(request.target))
      if (settings.mode === 'off') return null
      return new BodyInspection(new RequestJudge(values, requestDetectors, memory), request, settings, risk)
    },
    forget: () => memory.clear(),
  }
}

function pathOf(target: string): string {
  const mark = target.indexOf('?')
  return mark < 0 ? target : target.slice(0, mark)
}
