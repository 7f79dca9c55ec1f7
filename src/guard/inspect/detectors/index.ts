import type { Detector } from '../detector.ts'
import type { RequestDetector } from '../request-detector.ts'

/** Everything that recognises an attack in one value. */
export const DETECTORS: readonly Detector[] = []

/** Everything that recognises one in a request as a whole. */
export const REQUEST_DETECTORS: readonly RequestDetector[] = []
