import type { Detector } from '../detector.ts'
import type { RequestDetector } from '../request-detector.ts'
import { bodyForm } from './body-form.ts'
import { graphqlDetector, graphqlShape } from './graphql.ts'
import { htmlDetector } from './html/detector.ts'
import { handlerNameDetector } from './html/handler-name.ts'
import { ldapDetector } from './ldap.ts'
import { nosqlDetector } from './nosql.ts'
import { openRedirect } from './open-redirect.ts'
import { pathDetector } from './path/detector.ts'
import { sessionFixation } from './session-fixation.ts'
import { javaDetector } from './code/java.ts'
import { jndiDetector } from './code/jndi.ts'
import { nodejsDetector } from './code/nodejs.ts'
import { phpDetector } from './code/php.ts'
import { scriptingDetector } from './code/scripting.ts'
import { dataUriDetector, deserialisationDetector } from './deserialisation.ts'
import { linesDetector } from './lines.ts'
import { prototypeDetector } from './prototype.ts'
import { headDetector } from './request/head.ts'
import { multipartDetector } from './request/multipart.ts'
import { resourceDetector } from './request/resource.ts'
import { scannerDetector } from './scanner.ts'
import { shellDetector } from './shell/detector.ts'
import { powershellDetector } from './shell/powershell.ts'
import { sqlDetector } from './sql/detector.ts'
import { ssiDetector } from './ssi.ts'
import { templateDetector } from './template.ts'
import { uploadDetector } from './upload.ts'
import { urlDetector } from './url.ts'
import { xxeDetector } from './xxe.ts'

/** Everything that recognises an attack in one value. */
export const DETECTORS: readonly Detector[] = [
  sqlDetector,
  htmlDetector,
  handlerNameDetector,
  nosqlDetector,
  ldapDetector,
  graphqlDetector,
  pathDetector,
  shellDetector,
  powershellDetector,
  xxeDetector,
  phpDetector,
  javaDetector,
  jndiDetector,
  nodejsDetector,
  scriptingDetector,
  deserialisationDetector,
  dataUriDetector,
  prototypeDetector,
  uploadDetector,
  ssiDetector,
  linesDetector,
  templateDetector,
  urlDetector,
  scannerDetector,
]

/** Everything that recognises one in a request as a whole. */
export const REQUEST_DETECTORS: readonly RequestDetector[] = [
  bodyForm,
  sessionFixation,
  openRedirect,
  graphqlShape,
  headDetector,
  multipartDetector,
  resourceDetector,
]
