/** The words of HTML and of script that the rules look at. */
import { wordTable } from '../word-table.ts'

/** An element that runs or loads something, or changes what the rest of the page loads. */
export const ACTIVE = 1 << 0
/** An element that no formatted text has: forms, pages, drawings. */
export const STRUCTURE = 1 << 1
/** A word that texts also put between angle brackets to name something: `<title>`, `<path>`. */
export const NAMED = 1 << 12
/** A function that shows that script runs, or runs text as script. */
export const SINK = 1 << 2
/** An object that script starts from. */
export const GLOBAL = 1 << 3
/** A member of `document` or `window` that is worth stealing or writing. */
export const MEMBER = 1 << 4
/** A scheme that runs what follows. */
export const SCHEME = 1 << 5
/** An attribute that holds a document. */
export const SOURCE_DOCUMENT = 1 << 6
/** A method of arrays that calls what it is given. */
export const CALLS_BACK = 1 << 7
/** call, apply, bind */
export const INVOKE = 1 << 8
export const STYLE = 1 << 9
/** A sink that ordinary text about programs names as well. */
export const COMMON = 1 << 10
/** An attribute that binds an element to data from elsewhere. */
export const BOUND = 1 << 11

const listed = (words: string, code: number) => words.split(' ').map((word) => [word, code] as const)

export const HTML_WORDS = wordTable([
  ...listed(
    'script iframe frame frameset object embed applet base link meta import bgsound layer ilayer isindex vmlframe handler ' +
      'portal listener noembed fencedframe include',
    ACTIVE,
  ),
  ...listed(
    'form input button textarea select body html head style svg math video audio marquee blink noscript plaintext xmp ' +
      'animate animatetransform animatemotion animatecolor foreignobject keygen datalist event-source eventsource xss ' +
      'stylesheet xml-stylesheet maction mtext annotation-xml feimage optgroup basefont multicol',
    STRUCTURE,
  ),
  ...listed(
    'option title template source set image dialog xml listing comment event param canvas slot use line rect circle mask path ' +
      'ellipse polygon polyline track map area nobr',
    STRUCTURE | NAMED,
  ),
  ...listed('object base link meta import handler listener portal frame include', NAMED),
  ...listed('alert confirm prompt execscript', SINK),
  ...listed(
    'eval settimeout setinterval setimmediate function fetch atob importscripts requestanimationframe',
    SINK | COMMON,
  ),
  ...listed('document window self top parent frames globalthis this opener navigator', GLOBAL),
  ...listed('reflect', GLOBAL),
  ...listed(
    'cookie domain write writeln location body documentelement queryselector queryselectorall createelement getelementbyid ' +
      'getelementsbytagname forms defaultview url referrer scripts innerhtml outerhtml execcommand localstorage sessionstorage ' +
      'name open alert eval onerror onload href replace assign hash appendchild head',
    MEMBER,
  ),
  ...listed('javascript vbscript livescript mocha asfunction jscript', SCHEME),
  ...listed('srcdoc', SOURCE_DOCUMENT),
  ...listed(
    'find findlast filter some every map foreach reduce reduceright sort findindex flatmap from at constructor',
    CALLS_BACK,
  ),
  ...listed('call apply bind', INVOKE),
  ...listed('style', STYLE),
  ...listed('datasrc datafld dataformatas', BOUND),
])

/** What the names of events begin with, after `on`: their first letters, five at most. */
export const EVENTS: readonly string[] = (
  'abort activ after anim auxcl befor begin blur bounc cancel canpl cellc chang click close conte contr copy cuech cut ' +
  'datas dblcl deact drag drop durat empti end error filte finis focus forme formi forma forms fulls gotpo hashc help input ' +
  'inval key langu layou load lose lostp media messa mouse move offli onlin outof page paste pause play point popst progr ' +
  'prope ratec ready recei redo repea reset resiz rever rewin row scrol secur seek selec show slotc stall start stop stora submi ' +
  'suspe synch time toggl touch trans undo unhan unload url volum waiti webki wheel zoom dom svg vrdis rejec enter leave'
).split(' ')
const KNOWN: ReadonlySet<string> = new Set(EVENTS)

/** Whether `lower` names a known event at `start`..`stop`: `onclick`, `onpointerrawupdate`. */
export function isEvent(lower: string, start: number, stop: number): boolean {
  const name = lower.slice(start + 2, Math.min(stop, start + 7))
  for (let length = name.length; length >= 3; length--) if (KNOWN.has(name.slice(0, length))) return true
  return false
}
