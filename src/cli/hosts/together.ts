/** What a host's command says to whoever holds the hosts together. */
export type FromHost =
  /** Its release is healthy, and its lease is held: it could switch. */
  | { readonly kind: 'ready' }
  /** What came of its switch. */
  | { readonly kind: 'switched'; readonly kept: boolean }

/** What it is told. */
export type ToHost =
  | { readonly kind: 'go' }
  | { readonly kind: 'refuse'; readonly because: string }
  | { readonly kind: 'back'; readonly because: string }
  | { readonly kind: 'keep' }

export interface Told {
  readonly host: string
  readonly message: ToHost
}

type Phase = 'working' | 'ready' | 'switching' | 'kept' | 'back' | 'ended'

/**
 * Holds a deploy on several hosts together, in two phases: nobody switches before all could, one refusal is everybody's, and
 * where one goes back all do. It decides; somebody else carries the messages.
 */
export class Together {
  readonly #phases: Map<string, Phase>
  #went = false
  /** Why nobody may switch, or nobody may stay. */
  #because: string | null = null
  #isLeft = false
  readonly #toldBack = new Set<string>()

  constructor(hosts: readonly string[]) {
    this.#phases = new Map(hosts.map((host) => [host, 'working']))
  }

  heard(host: string, message: FromHost): readonly Told[] {
    if (message.kind === 'ready') this.#phases.set(host, 'ready')
    else {
      this.#phases.set(host, message.kept ? 'kept' : 'back')
      if (!message.kept) this.#because ??= `${host} has gone back`
    }
    return this.#decide()
  }

  /** Its command has ended; with 0 it is done, or had nothing to do. */
  ended(host: string, code: number): readonly Told[] {
    const phase = this.#phases.get(host)
    this.#phases.set(host, 'ended')
    if (code !== 0 && phase !== 'back') this.#because ??= `${host} has ${this.#went ? 'failed' : 'refused it'}`
    return this.#decide()
  }

  /** Somebody interrupts all of them: each settles by itself, and none undoes what another has left to its control. */
  left(): void {
    this.#isLeft = true
  }

  #decide(): readonly Told[] {
    if (this.#isLeft) return []
    const because = this.#because
    if (!this.#went && because !== null) return this.#to(['ready'], { kind: 'refuse', because }, 'working')
    if (!this.#went) {
      if ([...this.#phases.values()].includes('working')) return []
      this.#went = true
      return this.#to(['ready'], { kind: 'go' }, 'switching')
    }
    // After the word was given one may come late: it had nothing to wait for.
    const late = this.#to(['ready'], because === null ? { kind: 'go' } : { kind: 'refuse', because }, 'switching')
    if (because !== null) return [...late, ...this.#backOnce(because)]
    if ([...this.#phases.values()].some((phase) => phase === 'switching')) return late
    return [...late, ...this.#to(['kept'], { kind: 'keep' }, 'kept')]
  }

  #backOnce(because: string): readonly Told[] {
    const hosts = [...this.#phases].filter(
      ([host, phase]) => (phase === 'switching' || phase === 'kept') && !this.#toldBack.has(host),
    )
    for (const [host] of hosts) this.#toldBack.add(host)
    return hosts.map(([host]) => ({ host, message: { kind: 'back', because } }))
  }

  #to(phases: readonly Phase[], message: ToHost, next: Phase): readonly Told[] {
    const hosts = [...this.#phases].filter(([, phase]) => phases.includes(phase)).map(([host]) => host)
    for (const host of hosts) this.#phases.set(host, next)
    return hosts.map((host) => ({ host, message }))
  }
}
