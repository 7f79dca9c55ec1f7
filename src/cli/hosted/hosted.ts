import type { Status } from '../../control/api/contract.ts'
import type { ResolvedService } from '../../config/resolved.ts'
import type { Plan } from '../../deploy/plan.ts'
import type { Instance, Release } from '../../deploy/release.ts'
import type { Scaled } from '../../deploy/wanted.ts'
import type { Command } from '../../deploy/targets/command.ts'

type Words = readonly [program: string, ...args: string[]]

/** What commands ask of an environment whose instances an engine or a cluster keeps, and control in their midst. */
export interface Hosted {
  /** What leads from stdin and stdout to control's socket. */
  readonly bridge: Words
  /** What the installation lacks, image aside: whatever has its name will do. Changes nothing. */
  look(): Promise<Installed>
  /**
   * Has the installation there and running, and replaces what differs from what is wanted.
   * @throws Problem `image.not-here` `target.tool-missing` `target.tool-failed`
   */
  install(note: (text: string) => void): Promise<void>
  /** What control has written down, in files of its volume. */
  readonly records: RecordsThere
  /** What is said where control does not answer. */
  lastWords(): Promise<LastWords>
  /** Answers the key of fingerprints that control's volume has; where it has none yet, it takes the one that is sent. */
  agreeOnKey(key: string): Command
  /** Nothing that control counts on lacks here: instances of what is live, and servers of its needs. */
  isWhole(status: Status, live: Release): Promise<boolean>
  /** Releases that control counts on and that are not there any more: they are started anew when they are wanted. */
  gone(status: Status): Promise<readonly string[]>
  /** By which commands a deploy has its release there, as far as they are known before. */
  outline(plan: Plan, scaled: Scaled): Promise<Outline>
  /** What keeps the output of instances. */
  logSources(): Promise<readonly LogSource[]>
  /** What runs somebody's command beside an instance's program. @throws Problem `exec.nothing-live` */
  exec(asked: ExecAsked): Promise<Words>
  /** Null: control replaces the gateway's workers itself. Else as it does: fresh ones beside the old ones. */
  readonly restartGateway: ((note: (text: string) => void) => Promise<GatewayRestarted>) | null
  /** Stops all of it, from front to back. */
  stop(removes: boolean): Promise<Stopped>
  /** What is there and what lacks. Touches nothing. */
  doctor(): Promise<readonly Finding[]>
}

/** What is to be done before control can be asked. */
export interface InstallationPlan {
  readonly kind: 'nothing' | 'make' | 'start' | 'replace'
  /** Why, a sentence each. */
  readonly because: readonly string[]
  readonly commands: readonly Command[]
  /** To replace it takes seconds in which nobody is served. */
  readonly interrupts: boolean
}

/** What a look at an installation tells. */
export interface Installed {
  readonly plan: InstallationPlan
  /** Control has kept nothing here: nothing was ever deployed. */
  readonly isNew: boolean
  /** Control can be asked. */
  readonly isRunning: boolean
  /** False: Seaworthy's image would be made first. */
  readonly hasImage: boolean
}

export interface RecordsThere {
  /** What holds the files. */
  readonly place: string
  /**
   * Answers a question (`control/records/question.ts`) from the files; null where there are none yet.
   * @throws Problem `target.tool-missing` `target.tool-failed`
   */
  reader(question: string): Promise<Command | null>
}

export interface LastWords {
  /** What holds control. */
  readonly where: string
  /** Shows all of it. */
  readonly command: string
  readonly lines: readonly string[]
}

export interface Outline {
  readonly commands: readonly Command[]
  /** What more there is to say, under a heading each. */
  readonly notes: Readonly<Record<string, readonly string[]>>
}

/** Where the output of one instance is kept, each line behind its time. */
export interface LogSource {
  /** Another life of an instance may have another one. */
  readonly id: string
  readonly instance: Instance
  /** @param fromMs since the epoch; null: all that there is */
  read(fromMs: number | null): Command
  /** Goes on with new lines. @param lines how many of the old ones come first */
  follow(lines: number): Words
}

export interface GatewayRestarted {
  /** Those that serve now. */
  readonly pods: readonly string[]
  /** Those that finish what they have. */
  readonly retiring: number
  readonly tookMs: number
}

export interface ExecAsked {
  readonly service: string
  /** Its id. */
  readonly release: string
  /** The service as that release has it: the config of the folder may have moved on. */
  readonly declared: ResolvedService | undefined
  readonly argv: Words
}

export interface Stopped {
  /** Something ran. */
  readonly wasUp: boolean
  /** Something was there to be stopped or removed. */
  readonly didSomething: boolean
  /** Where what control knows stays. */
  readonly volume: string
  /** What has become of it: 'stopped; its containers stay'. */
  readonly what: string
}

export interface Finding {
  readonly level: 'ok' | 'missing' | 'note'
  readonly what: string
  readonly detail: string
}
