import { setDefaultCACertificates, getCACertificates } from 'node:tls'
import type { Protocol } from '../../test/support/load.ts'
import { type TestProject, until } from '../../test/support/project.ts'
import { shakeHands } from '../../test/support/tls-files.ts'

const AUTHORITIES = getCACertificates('default')

/** Where the clients of the bench come in. */
export interface Entrance {
  readonly port: number
  readonly protocol: Protocol
}

/** Waits until it is served; over TLS its certificate is taken as an authority from here on, so that WebSockets verify it too. */
export async function entranceOf(project: TestProject, protocol: Protocol): Promise<Entrance> {
  if (protocol === 'http') return { port: await project.port(), protocol }
  let port = 0
  let pem = ''
  await until(async () => {
    port = (await project.status()).tls?.port ?? 0
    const socket = port === 0 ? null : await shakeHands(port).catch(() => null)
    pem = socket?.getPeerX509Certificate()?.toString() ?? ''
    socket?.destroy()
    return pem !== ''
  }, 'HTTPS to be served')
  // The project before has shown a certificate of the same name: of two, the wrong one might be looked at.
  setDefaultCACertificates([...AUTHORITIES, pem])
  return { port, protocol }
}
