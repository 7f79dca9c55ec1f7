import { KAFKA_ACCOUNT } from '../../deploy/need-settings.ts'
import { addressOf } from './credentials.ts'
import type { HostedEngine } from './engine.ts'
import { askKafka } from './kafka-client.ts'

const ASK_MS = 2_000

/** Only as a container: no package of the usual systems has one. */
export const kafkaEngine: HostedEngine = {
  kind: 'kafka',
  title: 'Kafka',
  // Data of an older one are read; those of a newer one are not.
  reads: (major, dataMajor) => major >= dataMajor,
  // Its accounts are in the file that it is started with.
  provision: async () => {},
  adjust: async () => {},
  probe: async (url) => {
    await askKafka(url, ASK_MS)
    // Its protocol has no question for that.
    return null
  },
  urlOf: (_need, { password, ...at }) => `kafka://${KAFKA_ACCOUNT}:${password}@${addressOf(at)}`,
}
