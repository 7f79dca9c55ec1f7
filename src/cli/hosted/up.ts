import type { ResolvedApp } from '../../config/resolved.ts'
import { connectControl, type ControlClient } from '../../control/api/client.ts'
import type { Problem } from '../../core/problem.ts'
import { firstDeploy } from '../first-deploy.ts'
import { hookPlace } from '../hooks/place.ts'
import { settleHooks } from '../hooks/settle-hooks.ts'
import { createNarrator } from '../narrate.ts'
import { describeLacks } from '../need-text.ts'
import { print } from '../output.ts'
import { makeStateFolder, type Project } from '../project.ts'
import { mustBeFeasible } from '../promise-facts.ts'
import { currentSecrets } from '../rotation.ts'
import { readSecrets } from '../secret-values.ts'
import { targetOf } from '../targets.ts'
import { wayTo } from '../way.ts'
import { bringBack } from './bring-back.ts'
import type { Hosted } from './hosted.ts'
import { bringCertificate } from './certificate.ts'
import { shareKey } from './key.ts'
import { untilAnswering } from './until-answering.ts'

/** A call over the bridge waits so long for a control that comes up. */
const AWAY_MS = 30_000

export interface UpOptions {
  readonly json: boolean
  readonly say: (text: string) => string
  /** Without a first deploy. */
  readonly isEmpty: boolean
}

/**
 * Has the installation there, then what is live on it; where nothing is, it deploys. The engine, or the cluster, keeps all of
 * it running from then on, so this returns. Returns the exit code.
 */
export async function upHosted(opened: Project, hosted: Hosted, { json, say, isEmpty }: UpOptions): Promise<number> {
  mustBeFeasible(opened.app, opened.stateFolder)
  const project = makeStateFolder(opened)
  // What is missing is better told before anything is there.
  readSecrets(project)
  const narrator = createNarrator({ json, out: process.stdout, say })
  try {
    await hosted.install((text) => narrator.note(text))
    const status = await untilAnswering(project, hosted)
    await shareKey(project, hosted)
    using way = await wayTo(project)
    const control = connectControl(way.to, { awayMs: AWAY_MS })
    try {
      const secrets = await currentSecrets(project, control)
      narrator.note(`${status.app} (${status.environment}) is up at ${status.url}`)
      for (const lack of describeLacks((await control.call('need.list', {})).needs)) narrator.note(lack)
      const { live } = status.world
      const unread = live === null ? null : await renewCertificate(control, live, project.app)
      if (unread !== null) narrator.note(`${unread.message}: the certificate of before is shown on`)
      if (live !== null) narrator.note(`${live} is live; \`seaworthy deploy\` ships what changed since`)
      const targetFor = (token: number) => targetOf(project, control, secrets, token)
      const code =
        live === null
          ? await firstDeploy({ project, control, secrets, narrator, reason: 'first deploy', targetFor }, { isEmpty })
          : await bringBack({ project, hosted, control, secrets, narrator }, status, live)
      await settleHooks(control, hookPlace(project)!, (text) => narrator.note(text))
      if (json) print(JSON.stringify({ kind: 'status', ...(await control.call('status', {})) }))
      return code
    } finally {
      control.close()
    }
  } finally {
    narrator.close()
  }
}

/** A pair that was renewed here is shown from now on, without a deploy. */
async function renewCertificate(control: ControlClient, live: string, here: ResolvedApp): Promise<Problem | null> {
  const { release } = await control.call('release.get', { release: live })
  return release === null ? null : bringCertificate(release.config, control, here)
}
