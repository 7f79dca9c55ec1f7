import { Problem } from '../../core/problem.ts'
import { abortable } from '../../deploy/abortable.ts'
import type { EngineControl, RolloutOutcome } from '../../deploy/engine.ts'
import type { FromHost, ToHost } from './together.ts'

/** What a host's command hears and says; null: this command is about the only host there is, or the one that was named. */
export interface Peers {
  /** Resolves when every host could switch. @throws Problem `deploy.other-host` */
  ready(): Promise<void>
  /** Calls back when another host has gone back, at once if it has. */
  onBack(listen: (because: string) => void): void
  /**
   * Says what came of the switch here. Where it was kept it resolves when all have said it, with why this one has to go back, or
   * null; whoever has gone back waits for nobody.
   */
  switched(kept: boolean): Promise<string | null>
}

/** Set for the commands that are held together by another one. */
export const TOGETHER_VARIABLE = 'SEAWORTHY_TOGETHER'

/** Whether another command holds this one together with those of other hosts. */
export function isHeldTogether(command: NodeJS.Process): boolean {
  return command.env[TOGETHER_VARIABLE] === '1' && command.send !== undefined
}

export function peersOf(command: NodeJS.Process): Peers | null {
  if (!isHeldTogether(command)) return null
  const go = Promise.withResolvers<void>()
  const end = Promise.withResolvers<string | null>()
  // Whoever never gets as far as to wait has not missed anything.
  go.promise.catch(() => {})
  let back: string | null = null
  let listener: (because: string) => void = () => {}
  command.on('message', (message: ToHost) => {
    switch (message.kind) {
      case 'go':
        return go.resolve()
      case 'refuse':
        return go.reject(refused(message.because))
      case 'keep':
        return end.resolve(null)
      case 'back':
        back = message.because
        end.resolve(back)
        return listener(back)
    }
  })
  command.on('disconnect', () => {
    go.reject(refused('the command that holds the hosts together has ended'))
    end.resolve(null)
  })
  const say = (message: FromHost): void => {
    // Nobody holds it any more: what comes of that is decided already.
    if (command.connected) command.send!(message, () => {})
  }
  return {
    ready: () => {
      say({ kind: 'ready' })
      return go.promise
    },
    onBack: (listen) => {
      listener = listen
      if (back !== null) listen(back)
    },
    switched: (kept) => {
      say({ kind: 'switched', kept })
      return kept ? end.promise : Promise.resolve(null)
    },
  }
}

function refused(because: string): Problem {
  return new Problem('deploy.other-host', `${because}: no host switches`, {
    hint: 'Mend what is said there, then deploy again. Nothing of it is left here, and the live release serves.',
  })
}

/** Control of one host, whose switch counts only if that of the others does. */
export function withPeers(control: EngineControl, peers: Peers): EngineControl {
  return {
    ...control,
    rollOut: async (deploy, onNews, signal) => {
      const { plan } = await control.deploy(deploy)
      const isFirst = plan.base.live === null
      peers.onBack((because) => {
        // What comes of it is told by the rollout, which is followed already.
        if (!isFirst) control.takeBack(deploy, because, () => {}).catch(() => {})
      })
      const own = await control.rollOut(deploy, onNews, signal)
      const said = peers.switched(isKept(own))
      if (!isKept(own)) return own
      const because = await abortable(said, signal)
      if (because === null) return own
      if (!isFirst) return control.takeBack(deploy, because, onNews)
      onNews({ kind: 'note', text: `${because}; here it was the first release: there is nothing to go back to` })
      return own
    },
  }
}

function isKept({ outcome }: RolloutOutcome): boolean {
  return outcome === 'switched' || outcome === 'inconclusive'
}
