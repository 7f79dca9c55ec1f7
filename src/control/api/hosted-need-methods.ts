/** For targets whose needs an engine keeps: docs/decisions/0028. Refused with `roster.unused` on `process`. */
export interface HostedNeedMethods {
  /**
   * Says where a need of a release runs, and gets the passwords that its server is to have: made once, and kept. They are for
   * a file in its container; nothing else of them is written down outside of control.
   */
  'need.host': {
    input: { token: number; release: string; need: string; host: string; port: number }
    output: { password: string; adminPassword: string }
  }
  /** How a service of a release reaches its needs: values of the variables that hold their URLs, for files in its containers. */
  'need.variables': {
    input: { token: number; release: string; service: string }
    output: { variables: Readonly<Record<string, string>> }
  }
}
