/** Rotates one output as the keeper does, until it is ended. */
import { rotateOutput, ROTATE_EVERY_MS } from '../../src/keeper/output.ts'

setInterval(() => rotateOutput(process.argv[2]!), ROTATE_EVERY_MS)
