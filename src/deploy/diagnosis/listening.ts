import { describeHolder, hasEnded, isReached, ownOnPort, places, type Explain } from './evidence.ts'

/** More of the waiting time than this spent computing: it is busy, not waiting for something. */
const BUSY_SHARE = 0.5

/** Another program answers at its port, or answers some of the connections to it. */
export const stranger: Explain = (evidence) => {
  const { instance, holders } = evidence
  const holder = holders.find((one) => one.port === instance.port && isReached(one))
  if (instance.port === null || hasEnded(evidence) || holder === undefined) return null
  const isShared = ownOnPort(evidence).length > 0
  return {
    name: 'another-program',
    certainty: 'proven',
    text: isShared
      ? `port ${instance.port} is shared with ${describeHolder(holder)}: it gets some of the connections`
      : `port ${instance.port} is answered by another program, not by this instance: ${describeHolder(holder)}`,
    basis: "the kernel's table of listening sockets and who holds them",
    cure: 'End that program, or give the service another `port`.',
  }
}

export const wrongPort: Explain = (evidence) => {
  const { instance, service, listeners } = evidence
  if (instance.port === null || listeners.length === 0) return null
  if (listeners.some(({ port }) => port === instance.port)) return null
  const insists = service.port === null ? '; a program that insists on its port needs `port` in the config' : ''
  return {
    name: 'wrong-port',
    certainty: 'proven',
    text: `it listens on ${places(listeners).join(', ')} instead of $PORT (${instance.port})${insists}`,
    basis: "the kernel's table of listening sockets",
    cure: service.port === null ? 'Let it listen on $PORT.' : 'Correct `port`, or the port it listens on.',
  }
}

/** The right port at an address where nobody asks. */
export const wrongAddress: Explain = (evidence) => {
  const { instance, listeners } = evidence
  const right = listeners.filter(({ port }) => port === instance.port)
  if (right.length === 0 || right.some(isReached)) return null
  const addresses = [...new Set(right.map(({ address }) => address))].join(', ')
  return {
    name: addresses === '::1' ? 'loopback-bind' : 'wrong-address',
    certainty: 'proven',
    text: `it listens on ${addresses} only, not on ${instance.host}`,
    basis: "the kernel's table of listening sockets",
    cure: `Let it listen on $HOST (${instance.host})${addresses === '::1' ? ": 'localhost' may mean ::1 alone" : ''}.`,
  }
}

/** It runs and listens on nothing: slow, or waiting for something that does not come. */
export const slowStart: Explain = (evidence) => {
  const { instance, listeners, seen, program, lastLines } = evidence
  if (instance.port === null || instance.pid === null || listeners.length > 0 || program === null) return null
  if (program.state === 'T') return null
  const isBusy = program.cpuMs / Math.max(1, evidence.at - instance.startedAt) > BUSY_SHARE
  const cpu = `${(program.cpuMs / 1000).toFixed(1)} s of processor time so far`
  const isLate = seen.waitedMs >= seen.deadlineMs
  return {
    name: 'slow-start',
    certainty: 'proven',
    text: `it runs (pid ${instance.pid}) but listens on nothing ${isLate ? `by \`health.deadline\` (${seen.deadlineMs / 1000} s)` : 'yet'}; ${instance.host}:${instance.port} was expected`,
    basis: `the kernel's table of listening sockets; it ${isBusy ? 'is busy' : 'waits for something'} (${cpu})${lastLines.length === 0 ? ' and has not written a word' : ''}`,
    cure: isBusy
      ? 'Let it start quicker, or give it a longer `health.deadline`.'
      : 'See what it waits for: a database, a lock, another service.',
  }
}

/** Stopped by a signal or a debugger: it accepts connections and never answers. */
export const stopped: Explain = ({ program }) => {
  if (program?.state !== 'T' && program?.state !== 't') return null
  return {
    name: 'stopped',
    certainty: 'proven',
    text: 'its process is stopped (SIGSTOP, or a debugger)',
    basis: "the kernel's state of the process",
    cure: 'Continue it with SIGCONT, or see who stopped it.',
  }
}
