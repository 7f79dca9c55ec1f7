/** For the tests of detectors of whole requests: facts as the engine would gather them. */
import type { Location } from '../../threats.ts'
import { CurrentFacts } from '../facts.ts'
import type { RequestFacts } from '../request-detector.ts'

export interface Told {
  readonly target?: string
  readonly host?: string
  readonly headers?: readonly string[]
  /** Location, name and text in turn. */
  readonly parameters?: readonly (readonly [Location, string, string])[]
  readonly documents?: readonly string[]
}

export function factsOf({
  target = '/',
  host = 'shop.example',
  headers = [],
  parameters = [],
  documents = [],
}: Told): RequestFacts {
  const facts = new CurrentFacts()
  facts.start({ method: 'GET', target, client: '192.0.2.1', headers: ['Host', host, ...headers], host })
  for (const [location, name, text] of parameters) facts.add(location, name, text)
  for (const document of documents) facts.addDocument(document)
  return facts
}
