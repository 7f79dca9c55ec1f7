import type { ResolvedNeed } from '../../config/resolved.ts'
import type { Problem } from '../../core/problem.ts'
import type { ChildState } from '../../keeper/protocol.ts'
import type { NeedReport } from './report.ts'

/** A server of a need as `Needs` looks after it, whoever runs it: a child of the keeper, or a container. */
export interface KeptNeed {
  /** Of its output, where that is here. */
  readonly name: string
  /** 'failed: its port is taken …' */
  describe(): string
  report(): NeedReport
  /** Whether somebody can be served: an answer may be slow in coming, but the server is there. */
  isThere(): boolean
  start(): Promise<void>
  /** Resolves once it is healthy, with null, or with why it is not. */
  bringUp(withinMs: number): Promise<Problem | null>
  /** Whether it can be what another release asks for. @throws Problem */
  check(config: ResolvedNeed): Promise<void>
  /** Other settings, from another release. */
  reconfigure(config: ResolvedNeed): Promise<void>
  look(): Promise<void>
  stop(): Promise<void>
  sync(child: ChildState | undefined): void
  onExited(child: ChildState): void
}
