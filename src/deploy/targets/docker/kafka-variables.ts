import { createHash } from 'node:crypto'
import { KAFKA_ACCOUNT } from '../../need-settings.ts'
import type { Place } from '../labels.ts'

/** The broker's own account: it speaks to itself as brokers do to each other. */
const BROKER = 'seaworthy'
const LISTENER = 'SASL_PLAINTEXT'
export const KAFKA_PORT = 9092
/** For votes of the one node with itself. On the loopback alone: it takes no password. */
const CONTROLLER_PORT = 9093
/** The makers' own bound on what it holds; what it needs beside that comes on top. */
const HEAP = '1g'
const HOME = '/opt/kafka'
/** What the image's start writes its configuration to; without it, it ends. */
export const KAFKA_CONFIG = `${HOME}/config`
/** Made by the start scripts, whether anything is written there or not. */
export const KAFKA_LOGS = `${HOME}/logs`
/** Where the libraries for zstd and snappy are unpacked and run: without them a broker does not start, or refuses what is packed so. */
export const KAFKA_LIBRARIES = `${HOME}/libraries`

/**
 * One node that is broker and controller, by the variables that the image of the makers documents. None is a secret: those are in
 * the file that KAFKA_OPTS names.
 * @param host by which clients reach it; it tells them so itself
 * @param data a folder of its own
 * @param login path of the file with its accounts
 */
export function kafkaVariables(
  place: Place,
  need: string,
  { host, data, login }: { readonly host: string; readonly data: string; readonly login: string },
): Readonly<Record<string, string>> {
  return {
    CLUSTER_ID: clusterId(place, need),
    // Without what it has there otherwise: a log of each collection, up to a gigabyte of files.
    EXTRA_ARGS: '-name kafkaServer',
    KAFKA_ADVERTISED_LISTENERS: `${LISTENER}://${host}:${KAFKA_PORT}`,
    KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
    KAFKA_CONTROLLER_QUORUM_VOTERS: `1@localhost:${CONTROLLER_PORT}`,
    KAFKA_HEAP_OPTS: `-Xms256m -Xmx${HEAP}`,
    KAFKA_INTER_BROKER_LISTENER_NAME: LISTENER,
    KAFKA_LISTENERS: `${LISTENER}://:${KAFKA_PORT},CONTROLLER://localhost:${CONTROLLER_PORT}`,
    KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: `CONTROLLER:PLAINTEXT,${LISTENER}:${LISTENER}`,
    // To the engine's log alone: the server's own configuration writes files that nobody ever removes.
    KAFKA_LOG4J_OPTS: `-Dlog4j2.configurationFile=${KAFKA_CONFIG}/tools-log4j2.yaml`,
    KAFKA_LOG_DIRS: data,
    KAFKA_NODE_ID: '1',
    KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
    KAFKA_OPTS: `-Djava.security.auth.login.config=${login} -Djava.io.tmpdir=${KAFKA_LIBRARIES}`,
    KAFKA_PROCESS_ROLES: 'broker,controller',
    KAFKA_SASL_ENABLED_MECHANISMS: 'PLAIN',
    KAFKA_SASL_MECHANISM_INTER_BROKER_PROTOCOL: 'PLAIN',
    KAFKA_SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR: '1',
    KAFKA_SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR: '1',
    KAFKA_TOOLS_LOG4J_LOGLEVEL: 'INFO',
    KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
    KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
  }
}

/** The accounts, as Java reads them. Passwords are of letters, digits, - and _: nothing to escape. */
export function kafkaLogin({ password, adminPassword }: { readonly password: string; readonly adminPassword: string }) {
  return [
    'KafkaServer {',
    '  org.apache.kafka.common.security.plain.PlainLoginModule required',
    `  username="${BROKER}"`,
    `  password="${adminPassword}"`,
    `  user_${BROKER}="${adminPassword}"`,
    `  user_${KAFKA_ACCOUNT}="${password}";`,
    '};',
    '',
  ].join('\n')
}

/** Data of another cluster are refused by the server, so the same need has the same name for ever: 16 bytes, as Kafka writes them. */
function clusterId({ app, environment }: Place, need: string): string {
  const bytes = createHash('sha256').update([app, environment, need].join('/')).digest().subarray(0, 16)
  // Begins with a letter: with a dash it would look like an option of the program that is given it.
  bytes[0]! &= 0x7f
  return bytes.toString('base64url')
}
