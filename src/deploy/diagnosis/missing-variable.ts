import { nearest } from '../../core/nearest.ts'
import { hasEnded, ownOnPort, type Evidence, type Explain } from './evidence.ts'
import { missingVariables } from './missing-variables.ts'

const NAMES_SHOWN = 3

/** The program says that it lacks a variable, or a secret, and indeed the config does not give it. */
export const missingVariable: Explain = (evidence) => {
  const { instance, service, examination, lastLines } = evidence
  if (!hasEnded(evidence) && ownOnPort(evidence).length > 0) return null
  const all = missingVariables(lastLines)
  const missing = all.filter(({ name }) => !examination.variables.includes(name))
  if (all.length === 0) return null
  if (missing.length === 0) {
    return {
      name: 'refused-variable',
      certainty: 'likely',
      text: `it does not like the value of ${list(all.map(({ name }) => name))}, which the config gives it`,
      basis: 'its last lines name it; it is started with a variable of that name',
      cure: 'Correct the value.',
    }
  }
  const names = missing.map(({ name }) => name)
  const isSure = missing.some((one) => one.isSure)
  const isSecret = service.secrets.length > 0 && near(names[0]!, service.secrets) !== null
  return {
    name: 'missing-variable',
    certainty: isSure ? 'proven' : 'likely',
    text: `it needs the ${names.length === 1 ? 'variable' : 'variables'} ${list(names)}, which the config does not give it${whoElse(names[0]!, evidence)}`,
    basis: `its last lines say so${isSure ? '' : ', though in words that can mean something else'}, and it is started without ${names.length === 1 ? 'it' : 'them'}`,
    cure: `Add ${list(names)} to \`services.${instance.service}.${isSecret ? 'secrets' : 'env'}\`, or to its ${isSecret ? '`env`' : '`secrets`'}.`,
  }
}

/** Where the name, or one that may be meant, is known. */
function whoElse(name: string, { instance, service, services }: Evidence): string {
  const others = Object.entries(services)
    .filter(([other, { env, secrets }]) => other !== instance.service && (name in env || secrets.includes(name)))
    .map(([other]) => other)
  if (others.length > 0) return `; ${list(others)} has it`
  const secret = near(name, service.secrets)
  if (secret !== null) return `; it gets the secret ${secret}: is that the one?`
  const variable = near(name, Object.keys(service.env))
  return variable === null ? '' : `; it gets ${variable}: is that the one?`
}

/** A slip of the pen, or a name that shares most of its words: DB_PASSWORD and DATABASE_PASSWORD. */
function near(name: string, known: readonly string[]): string | null {
  const words = name.split('_')
  const alike = (other: string): boolean => {
    const shared = other.split('_').filter((word) => words.includes(word)).length
    return shared > 0 && shared * 2 >= Math.max(words.length, other.split('_').length)
  }
  return nearest(name, known) ?? known.find(alike) ?? null
}

function list(names: readonly string[]): string {
  const shown = names.slice(0, NAMES_SHOWN).join(', ')
  return names.length > NAMES_SHOWN ? `${shown} and ${names.length - NAMES_SHOWN} more` : shown
}
