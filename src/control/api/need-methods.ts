/** The control API's methods about needs. */
export interface NeedMethods {
  /**
   * Has a need of a release running and healthy, and waits for it. `url`: the value of an external need's secret, kept with the
   * release; null: what was kept before. `lack`: what an optional need is missing; a required one is refused instead.
   */
  'need.ensure': {
    input: { token: number; release: string; need: string; url: string | null }
    output: { lack: string | null }
  }
}
