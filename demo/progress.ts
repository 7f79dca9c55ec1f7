/** Shows what is going on: a moving line on a terminal, a line per step elsewhere. */
export interface Progress {
  step<T>(name: string, act: () => Promise<T>): Promise<T>
  say(text: string): void
  fail(text: string): void
  close(): void
}

const TICK_MS = 100
const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']

export function createProgress(out: NodeJS.WriteStream): Progress {
  let running: { name: string; since: number } | null = null
  let frame = 0
  const clear = (): void => void (out.isTTY && out.write('\r\x1b[K'))
  const line = (text: string): void => {
    clear()
    out.write(`${text}\n`)
  }
  const elapsed = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`.padStart(7)
  const timer = out.isTTY
    ? setInterval(() => {
        if (running) out.write(`\r\x1b[K${FRAMES[frame++ % FRAMES.length]} ${elapsed(running.since)}  ${running.name}`)
      }, TICK_MS)
    : null

  return {
    step: async (name, act) => {
      const since = performance.now()
      running = { name, since }
      if (!out.isTTY) line(`· ${name}`)
      try {
        const result = await act()
        line(`✓ ${elapsed(since)}  ${name}`)
        return result
      } catch (error) {
        line(`✗ ${elapsed(since)}  ${name}`)
        throw error
      } finally {
        running = null
      }
    },
    say: line,
    fail: (text) => line(`FAILED: ${text}`),
    close: () => {
      if (timer) clearInterval(timer)
    },
  }
}
