import { CHARS, SCORE, type Detector } from '../../detector.ts'
import { telling } from '../report.ts'
import { isWord, proseWords } from '../text.ts'
import { words } from '../words.ts'

/** Classes and packages through which Java code reaches the system; as whole dotted names. */
const CLASS =
  /(?:java\.(?:lang\.(?:(?:processbuilder|runtime|process|class|classloader|reflect|system|thread|object|string|integer|number|stringbuilder|stringbuffer|character|boolean|math|void|security\w{0,20})\b)|io\.[a-z]{2,32}|net\.(?:url|urlclassloader|socket|inetaddress)\b|util\.(?:scanner|base64|zip|jar|priorityqueue|hashmap)\b|nio\.file\b|rmi\.[a-z]{2,24}|beans\.[a-z]{2,24}|sql\.drivermanager)|javax\.(?:script\.[a-z]{2,32}|naming\.[a-z]{2,32}|management\.[a-z.]{2,64}|el\.[a-z]{2,32})|com\.(?:opensymphony\.xwork2?|sun\.(?:org\.apache|rowset|jndi|syndication)|mchange|alibaba\.fastjson|caucho)|org\.(?:apache\.(?:commons|struts2?|xalan|bcel|tomcat|catalina|log4j|naming|shiro|velocity|myfaces)|omg\.corba|springframework\.(?:context|beans|expression|jdbc|cglib|aop|core|web)|codehaus\.groovy|hibernate|mozilla\.javascript|jboss|python\.util|yaml\.snakeyaml)|ognl\.[a-z]{2,32}|freemarker\.template|sun\.misc|bsh\.interpreter|groovy\.(?:lang|util)\.[a-z]{2,32})/g

/** The two doors to another process, and what chains of gadgets are made of. */
const DOOR = /(?:^|[^a-z])(?:processbuilder|runtime)\b/
const GADGET =
  /(?:clonetransformer|forclosure|instantiatefactory|instantiatetransformer|invokertransformer|prototypeclonefactory|prototypeserializationfactory|whileclosure|chainedtransformer|constanttransformer|templatesimpl|badattributevalueexpexception|annotationinvocationhandler|methodinvoker|jdbcrowsetimpl|unsafesupplier|beanfactory|scriptenginemanager)/
/** `java.ProcessBuilder`, `java.evil.runtime`. */
const JAVA_DOOR = /\bjava(?:\.\w{1,32})?\.(?:processbuilder|runtime)\b/
/** Expression languages at work on the runtime. */
const EXPRESSION =
  /#(?:_memberaccess|context|session|request|parameters|attr|_classresolver|cmd|ognl|_typeresolver|dm)\b\s{0,4}(?:[=[.]|$)|@[a-z][\w.]{2,64}@[a-z]|\bt\(\s{0,4}java|getruntime\(\)\s{0,4}\.\s{0,4}exec|\.getclass\(\)|\.class\.forname\(|\.forname\(\s{0,4}["'](?:java|sun|com|org)|\.newinstance\(|\bnew\s{1,4}(?:java\.|processbuilder|processimpl)|getdeclaredmethod|class\.(?:classloader|module)\b|classloader\.(?:resources|loadclass|defaultassertionstatus)|%\{[\s(]{0,4}(?:#|c\d\}i)|request\.getparameter\(|#\{\s{0,4}(?:''|"")?\.?getclass/

/** Java: classes of the platform and of known chains of gadgets, and expressions of OGNL, SpEL and EL that reach them. */
export const javaDetector: Detector = {
  name: 'java',
  names: true,
  chars: CHARS.word,
  needs: 'both',
  words:
    words(`java. javax. com.opensymphony com.sun. com.mchange com.alibaba.fastjson com.caucho org.apache. org.omg. org.springframework. org.codehaus.
    org.hibernate org.mozilla.javascript org.jboss org.python org.yaml.snakeyaml ognl. freemarker.template sun.misc bsh. groovy. processbuilder
    transformer closure factory templatesimpl badattributevalue annotationinvocation methodinvoker jdbcrowset scriptengine unsafesupplier
    _memberaccess #context #session #request #parameters #attr #cmd #ognl #dm getruntime getclass forname newinstance getdeclaredmethod
    class.classloader class.module classloader. request.getparameter t(java @java %{# %{( %{c`).concat('new process'),
  detect: telling('java', ({ text, lower, document, mask }, tell) => {
    const proof = document ? SCORE.weak : SCORE.proof
    const say = (rule: string, match: RegExpExecArray | null, score: number = proof): void => {
      if (match !== null) tell(rule, score, match.index, match.index + match[0].length)
    }
    const gadget = GADGET.exec(lower)
    if (gadget !== null && (DOOR.test(lower) || /\bjava\b/.test(lower)))
      say('gadget', gadget, document ? SCORE.strong : SCORE.proof)
    say('expression', EXPRESSION.exec(lower), document ? SCORE.strong : SCORE.proof)
    say('door', JAVA_DOOR.exec(lower))
    CLASS.lastIndex = 0
    const named = CLASS.exec(lower)
    if (named === null) return
    const end = skipDotted(lower, named.index + named[0].length)
    // A stack trace names classes in a sentence, with `at` or an exception; an injection is the name or an expression.
    const trace = /(?:exception|error)\b|\bat\s/.test(lower)
    const alone = proseWords(text, 0, named.index) === 0 && proseWords(text, end, text.length) === 0
    const start = named.index === 0 || !isWord(lower.charCodeAt(named.index - 1))
    if (!start) return
    say(
      'class',
      named,
      trace ? SCORE.weak : alone || (mask & CHARS.paren && proseWords(text, 0, named.index) < 2) ? proof : SCORE.weak,
    )
  }),
}

function skipDotted(text: string, from: number): number {
  let at = from
  while (at < text.length && at < from + 96 && (isWord(text.charCodeAt(at)) || text[at] === '.')) at++
  return at
}
