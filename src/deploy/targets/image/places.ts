/** Where Seaworthy's image has its Node. */
export const NODE = '/usr/local/bin/node'
/** The one folder that is written, a volume. Short: the paths of unix sockets are limited to 107 bytes. */
export const STATE = '/var/lib/seaworthy'
/** Where the image has Seaworthy. */
export const HOME = '/seaworthy'
/** What is run in it from outside. Links: they lead to `.ts` where it was made from sources, to `.js` from the package. */
export const BRIDGE = `${HOME}/bridge`
export const CHECK = `${HOME}/check`
/** Answers from control's files: `records STATE QUESTION`. */
export const RECORDS = `${HOME}/records`
/** A gateway away from control, and its own check: `check DIR`. */
export const GATEWAY = `${HOME}/gateway`
export const GATEWAY_CHECK = `${HOME}/gateway-check`
/** Serves a folder of files: what a static service's container runs. */
export const SERVE = `${HOME}/serve`
