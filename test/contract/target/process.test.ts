/** A sample of the contract of all targets, on this machine's own processes. `bin/prove-all` runs the whole of it. */
import { processGround } from './process-place.ts'
import { testSample } from './sample.ts'

testSample('process', processGround, 90)
