/** A sample of the contract of all targets, on a real Docker engine. `bin/prove-all` runs the whole of it. */
import { dockerGround } from './docker-place.ts'
import { testSample } from './sample.ts'

testSample('docker', dockerGround, 120)
