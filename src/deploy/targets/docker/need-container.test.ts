import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ResolvedNeed } from '../../../config/resolved.ts'
import { createNeed, needContainerOf, type NeedContainer } from './need-container.ts'

const PLACE = { app: 'shop', environment: 'staging' }
const POSTGRES: ResolvedNeed = { kind: 'postgres', version: '15', url: null, role: 'store', bytesMax: null }
const REDIS: ResolvedNeed = { ...POSTGRES, kind: 'redis', version: null, role: 'cache' }
const KAFKA: ResolvedNeed = { ...POSTGRES, kind: 'kafka', version: null }
const of = (need: string, config: ResolvedNeed): NeedContainer => needContainerOf(PLACE, need, config)!

test('a PostgreSQL as it is made: every word of it, and no password', () => {
  const container = of('db', POSTGRES)
  assert.deepEqual(
    createNeed('ssh://host', PLACE, container).argv,
    [
      ['docker', '--host', 'ssh://host', 'create', '--pull', 'never', '--name', 'seaworthy_shop_staging_need_db'],
      ['--label', 'seaworthy.app=shop', '--label', 'seaworthy.environment=staging'],
      ['--label', 'seaworthy.need=db', '--label', `seaworthy.recipe=${container.recipe}`],
      ['--network', 'seaworthy_shop_staging_inside', '--network-alias', 'need-db'],
      ['--restart', 'unless-stopped', '--init', '--stop-signal', 'SIGINT', '--stop-timeout', '60'],
      ['--read-only', '--tmpfs', '/tmp:rw,noexec,nosuid,nodev,size=64m,mode=1777'],
      ['--tmpfs', '/var/run/postgresql:rw,noexec,nosuid,nodev,size=16m,uid=999,gid=999,mode=0755'],
      ['--cap-drop', 'ALL', '--security-opt', 'no-new-privileges:true', '--user', '999:999'],
      ['--pids-limit', '1024', '--shm-size', '268435456'],
      ['--log-driver', 'local', '--log-opt', 'max-size=10m', '--log-opt', 'max-file=5'],
      ['--mount', 'type=volume,source=seaworthy_shop_staging_need_db_data,target=/var/lib/need'],
      ['--mount', 'type=volume,source=seaworthy_shop_staging_need_db_secrets,target=/run/secrets,readonly'],
      ['--no-healthcheck'],
      ['--env', 'PGDATA=/var/lib/need/data', '--env', 'POSTGRES_DB=postgres'],
      ['--env', 'POSTGRES_INITDB_ARGS=--auth-host=scram-sha-256 --data-checksums --encoding=UTF8 --locale=C.UTF-8'],
      ['--env', 'POSTGRES_PASSWORD_FILE=/run/secrets/admin', '--env', 'POSTGRES_USER=seaworthy'],
      ['postgres:15', 'postgres', '-c', 'listen_addresses=*', '-c', 'max_connections=200'],
      ['-c', 'shared_buffers=128MB', '-c', 'password_encryption=scram-sha-256'],
      ['-c', 'wal_compression=on', '-c', 'log_lock_waits=on'],
    ].flat(),
  )
})

test('a Redis is bounded by what it may hold, twice: it may have to write all of it anew', () => {
  const { argv } = createNeed(null, PLACE, of('cache', REDIS))
  assert.deepEqual(argv.slice(argv.indexOf('--pids-limit'), argv.indexOf('--log-driver')), [
    '--pids-limit',
    '1024',
    '--memory',
    '603979776',
    '--memory-swap',
    '603979776',
  ])
  assert.deepEqual(argv.slice(-3), ['redis:7', 'redis-server', '/run/secrets/redis.conf'])
  const store = createNeed(null, PLACE, of('cache', { ...REDIS, role: 'store' })).argv
  assert.ok(!store.includes('--memory'))
})

test('a Kafka as it is made: every word of it, no password, and one folder that may hold programs', () => {
  const container = of('bus', KAFKA)
  assert.deepEqual(
    createNeed(null, PLACE, container).argv,
    [
      ['docker', 'create', '--pull', 'never', '--name', 'seaworthy_shop_staging_need_bus'],
      ['--label', 'seaworthy.app=shop', '--label', 'seaworthy.environment=staging'],
      ['--label', 'seaworthy.need=bus', '--label', `seaworthy.recipe=${container.recipe}`],
      ['--network', 'seaworthy_shop_staging_inside', '--network-alias', 'need-bus'],
      ['--restart', 'unless-stopped', '--init', '--stop-signal', 'SIGTERM', '--stop-timeout', '60'],
      ['--read-only', '--tmpfs', '/tmp:rw,noexec,nosuid,nodev,size=64m,mode=1777'],
      ['--tmpfs', '/opt/kafka/config:rw,noexec,nosuid,nodev,size=16m,uid=1000,gid=1000,mode=0755'],
      ['--tmpfs', '/opt/kafka/logs:rw,noexec,nosuid,nodev,size=16m,uid=1000,gid=1000,mode=0755'],
      ['--tmpfs', '/opt/kafka/libraries:rw,exec,nosuid,nodev,size=16m,uid=1000,gid=1000,mode=0755'],
      ['--cap-drop', 'ALL', '--security-opt', 'no-new-privileges:true', '--user', '1000:1000'],
      ['--pids-limit', '1024', '--memory', '2147483648', '--memory-swap', '2147483648'],
      ['--log-driver', 'local', '--log-opt', 'max-size=10m', '--log-opt', 'max-file=5'],
      ['--mount', 'type=volume,source=seaworthy_shop_staging_need_bus_data,target=/var/lib/need'],
      ['--mount', 'type=volume,source=seaworthy_shop_staging_need_bus_secrets,target=/run/secrets,readonly'],
      ['--no-healthcheck'],
      [
        'CLUSTER_ID=N2HVw1Z_UP-bhkY-vHu2UQ',
        'EXTRA_ARGS=-name kafkaServer',
        'KAFKA_ADVERTISED_LISTENERS=SASL_PLAINTEXT://need-bus:9092',
        'KAFKA_CONTROLLER_LISTENER_NAMES=CONTROLLER',
        'KAFKA_CONTROLLER_QUORUM_VOTERS=1@localhost:9093',
        'KAFKA_HEAP_OPTS=-Xms256m -Xmx1g',
        'KAFKA_INTER_BROKER_LISTENER_NAME=SASL_PLAINTEXT',
        'KAFKA_LISTENERS=SASL_PLAINTEXT://:9092,CONTROLLER://localhost:9093',
        'KAFKA_LISTENER_SECURITY_PROTOCOL_MAP=CONTROLLER:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT',
        'KAFKA_LOG4J_OPTS=-Dlog4j2.configurationFile=/opt/kafka/config/tools-log4j2.yaml',
        'KAFKA_LOG_DIRS=/var/lib/need/data',
        'KAFKA_NODE_ID=1',
        'KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR=1',
        'KAFKA_OPTS=-Djava.security.auth.login.config=/run/secrets/jaas.conf -Djava.io.tmpdir=/opt/kafka/libraries',
        'KAFKA_PROCESS_ROLES=broker,controller',
        'KAFKA_SASL_ENABLED_MECHANISMS=PLAIN',
        'KAFKA_SASL_MECHANISM_INTER_BROKER_PROTOCOL=PLAIN',
        'KAFKA_SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR=1',
        'KAFKA_SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR=1',
        'KAFKA_TOOLS_LOG4J_LOGLEVEL=INFO',
        'KAFKA_TRANSACTION_STATE_LOG_MIN_ISR=1',
        'KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR=1',
      ].flatMap((variable) => ['--env', variable]),
      ['apache/kafka:4.1.1'],
    ].flat(),
  )
  assert.equal(createNeed(null, PLACE, of('bus', { ...KAFKA, version: '4.2.0' })).argv.at(-1), 'apache/kafka:4.2.0')
})

test('its recipe changes with what it is made of, and with nothing else', () => {
  const { recipe } = of('db', POSTGRES)
  assert.equal(of('db', POSTGRES).recipe, recipe)
  assert.notEqual(of('db', { ...POSTGRES, version: '16' }).recipe, recipe)
  // A Redis that runs is told its settings; only its memory limit needs a container anew.
  const store = of('kept', { ...REDIS, role: 'store' }).recipe
  assert.notEqual(of('kept', { ...REDIS, role: 'store', bytesMax: 1024 }).recipe, store)
})

test('what somebody else runs, or nobody here can, has no container', () => {
  assert.equal(needContainerOf(PLACE, 'db', { ...POSTGRES, url: 'DB' }), null)
  for (const kind of ['sqlite', 'http'] as const)
    assert.equal(needContainerOf(PLACE, 'db', { ...POSTGRES, kind }), null)
})
