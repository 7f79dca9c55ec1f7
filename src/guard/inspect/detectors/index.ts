import type { Detector } from '../detector.ts'
import type { RequestDetector } from '../request-detector.ts'
import { bodyForm } from './body-form.ts'
import { graphqlDetector, graphqlShape } from './graphql.ts'
import { htmlDetector } from './html/detector.ts'
import { ldapDetector } from './ldap.ts'
import { nosqlDetector } from './nosql.ts'
import { openRedirect } from './open-redirect.ts'
import { pathDetector } from './path/detector.ts'
import { sessionFixation } from './session-fixation.ts'
import { shellDetector } from './shell/detector.ts'
import { powershellDetector } from './shell/powershell.ts'
import { sqlDetector } from './sql/detector.ts'
import { xxeDetector } from './xxe.ts'

/** Everything that recognises an attack in one value. */
export const DETECTORS: readonly Detector[] = [
  sqlDetector,
  htmlDetector,
  nosqlDetector,
  ldapDetector,
  graphqlDetector,
  pathDetector,
  shellDetector,
  powershellDetector,
  xxeDetector,
]

/** Everything that recognises one in a request as a whole. */
export const REQUEST_DETECTORS: readonly RequestDetector[] = [bodyForm, sessionFixation, openRedirect, graphqlShape]
