import { CHARS, SCORE, type Detector } from '../detector.ts'
import { words } from './words.ts'

/** Programs that look for holes and say who they are. */
const AGENTS =
  words(`arachni nikto sqlmap nmap nessus openvas acunetix w3af nuclei zgrab masscan dirbuster gobuster ffuf/ wpscan wfuzz
  netsparker invicti appscan webinspect havij skipfish jaeles commix xsser fimap whatweb joomscan dalfox feroxbuster dirsearch sn1per detectify
  grendel-scan morfeus zmeu paros/ burpcollaborator burp-suite burpsuite owasp-zap zaproxy metasploit hydra/ medusa/ sqlninja bsqlbf
  absinthe brutus/ cgichk crowbar datacha0s dirb/ fhscan golismero jbrofuzz jorgee libwhisker lynx/2.8.5 meterpreter mysqloit n-stealth nsauditor
  pangolin pmafind prog.customcrawler rapid7 s.t.a.l.k.e.r. sqlpowerinjector springenwerk tplmap toata uil2pn vega/ voideye webcruiser webshag websploit
  webtrends-security whisker wapiti wprecon xspider zollard projectdiscovery interactsh qualys probely dirstalk ghauri xray/ xsstrike httprint
  netcraft-vuln subfinder amass/ t50 hping3 goldeneye slowhttptest sqliv nosqlmap graphqlmap kiterunner crlfuzz ssrfmap photon/ blackwidow`)

/** Hosts that exist to report that somebody's server called them. */
const CALLBACKS =
  words(`burpcollaborator.net oastify.com .oast.me .oast.fun .oast.pro .oast.live .oast.site .oast.online interact.sh interactsh.com dnslog.cn
  dnslog.link ceye.io bxss.me bxss.in xss.ht xss.report canarytokens.com requestrepo.com requestbin.net webhook.site pipedream.net
  eyes.sh log4j.binaryedge dns.requestbin burpcollab`)

/** Scanners by the name they give themselves, and the hosts they have a server call so that they know it did. */
export const scannerDetector: Detector = {
  name: 'scanner',
  // Nothing in a value but these words asks for it.
  chars: CHARS.control,
  words: [...AGENTS, ...CALLBACKS],
  detect({ lower, location, name, document }, report) {
    const say = (rule: string, word: string, score: number): void => {
      const start = lower.indexOf(word)
      report({ class: 'scanner', rule: `scanner.${rule}`, score, start, end: start + word.length })
    }
    if (location === 'header' && name === 'user-agent') {
      const agent = AGENTS.find((word) => lower.includes(word))
      if (agent !== undefined) return say('agent', agent, SCORE.proof)
    }
    const callback = CALLBACKS.find((word) => lower.includes(word))
    if (callback === undefined) return
    // A team's own webhooks may end there; in an agent, a lookup or an address to fetch it is a probe.
    const sure =
      callback.includes('burpcollab') ||
      callback.includes('oast') ||
      callback.includes('interact') ||
      callback.includes('dnslog')
    say('callback', callback, sure && !document ? SCORE.proof : SCORE.weak)
  },
}
