import { readFileSync } from 'node:fs'
import { userInfo } from 'node:os'

/** What the kernel says when nobody has logged in: a service, a container. */
const NO_LOGIN = 4_294_967_295

export interface LoginSources {
  /** `/proc/self/loginuid`: set once at login, kept through sudo and su. */
  readonly loginUid: string
  readonly sudoUser: string | undefined
  readonly user: string
  /** The text of /etc/passwd. */
  readonly passwd: string
}

/**
 * Who sits at the keyboard, as far as this machine knows: the login that the kernel remembers, else the one that sudo
 * names, else the user we run as.
 */
export function loginName(sources: LoginSources = readSources()): string {
  const uid = Number(sources.loginUid.trim() || NO_LOGIN)
  return (uid === NO_LOGIN ? undefined : nameOf(uid, sources.passwd)) ?? (sources.sudoUser || sources.user)
}

/** The name of a user id; undefined when it is not in the file. */
export function nameOf(uid: number, passwd: string): string | undefined {
  return passwd
    .split('\n')
    .map((line) => line.split(':'))
    .find(([, , id]) => id === String(uid))?.[0]
}

function readSources(): LoginSources {
  return {
    loginUid: read('/proc/self/loginuid'),
    sudoUser: process.env['SUDO_USER'],
    user: userName(),
    passwd: read('/etc/passwd'),
  }
}

/** A container may run us under a number that has no name. */
function userName(): string {
  try {
    return userInfo().username
  } catch {
    return `uid ${process.getuid!()}`
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
