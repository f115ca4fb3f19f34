/** Why a rule says nothing about a subject, as one clause that a user can read. */
import type { Given } from '../values/value.js'
import type { ClaimHead, Run, SubjectView } from '../workload/claim.js'
import { couldHide, type Hideable, type Unseen } from '../workload/unseen.js'

export interface Silence {
  /** 'the loop is short: 3 epochs' */
  text: string
  /** The setting that is not known, and why not; absent: something else stopped the rule. */
  unknown?: { setting: string; because: string }
  /** What the project does not show and what could refute the finding: 'the module helpers'. */
  unseen?: string
  /** The rule is about another kind of thing: nobody would ask why it is silent. */
  besideThePoint?: true
}

/** Why a setting is not known that no reader has claimed: mostly the framework or the platform has none. */
export const nothingSaid = 'nothing is said of it'

type Setting = ClaimHead & Given<unknown>
type Settings<S> = { [K in keyof S]?: Setting }
type SettingOf<S> = keyof S & string

function unknownSetting(setting: string, claim: Setting | undefined): Silence | undefined {
  if (claim === undefined)
    return { text: `nothing is said of \`${setting}\` here`, unknown: { setting, because: nothingSaid } }
  if (claim.state !== 'unknown') return undefined
  const { key, because } = claim
  const spelled = key === '' || key === setting ? '' : ` (\`${key}\`)`
  return { text: `\`${setting}\`${spelled} cannot be read: ${because}`, unknown: { setting, because } }
}

/** For a guard that asks for values of settings: the first of them that is not known, else what the guard says. */
export function unless<S extends Settings<S>>(
  { settings }: { settings: S },
  names: SettingOf<S> | readonly SettingOf<S>[],
  otherwise: string,
): Silence {
  for (const name of typeof names === 'string' ? [names] : names) {
    const found = unknownSetting(name, settings[name])
    if (found !== undefined) return found
  }
  return { text: otherwise }
}

/** The same for settings that may be missing: only what is given and cannot be read counts. */
export function unlessUnread<S extends Settings<S>>(
  { settings }: { settings: S },
  names: SettingOf<S> | readonly SettingOf<S>[],
  otherwise: string,
): Silence {
  for (const name of typeof names === 'string' ? [names] : names) {
    const claim = settings[name]
    const found = claim && unknownSetting(name, claim)
    if (found !== undefined) return found
  }
  return { text: otherwise }
}

const brought: Record<Hideable, string> = {
  accelerator: 'use an accelerator',
  devices: 'use several devices',
  training: 'train another model',
  checkpoints: 'read checkpoints back',
}

/** What the project does not show of a run, and what that could bring. */
function unseenBy({ what }: Unseen, wanted: Hideable): Silence {
  return { text: `what is not seen could ${brought[wanted]}: ${what}`, unseen: what }
}

/** Something that is not seen could bring this to the run; undefined: nothing could. */
export function hidden(run: Run, wanted: Hideable): Silence | undefined {
  const found = couldHide(run, wanted)
  return found && unseenBy(found, wanted)
}

export function isSilence(value: unknown): value is Silence {
  return typeof value === 'object' && value !== null && 'text' in value
}

const purposes = {
  training: 'it trains',
  tuning: 'it searches hyperparameters',
  inference: 'it runs a model and does not train',
  data: 'it prepares data and does not train',
  library: 'it is part of a library, not a program that trains',
  test: 'it is a test',
  job: 'it is a job file that does not show a training',
}

/** Nothing shows that the subject trains; undefined: something does. */
export function notTraining({ subject }: SubjectView): Silence | undefined {
  const { role } = subject.evidence
  return role === 'training' || role === 'tuning' ? undefined : { text: purposes[role] }
}

/** What the subject is for, where a rule wants another role. */
export function otherRole({ subject }: SubjectView): Silence {
  return { text: purposes[subject.evidence.role] }
}

/** No accelerator does the work; undefined: one may. */
export function offAccelerator({ subject }: SubjectView): Silence | undefined {
  const { accelerator } = subject.evidence
  switch (accelerator) {
    case 'gpu':
    case 'maybe':
      return undefined
    case 'none':
      return { text: 'no accelerator is used' }
    case 'cpu':
      return { text: 'it runs on the CPU' }
    default:
      return { text: `it runs on ${accelerator === 'tpu' ? 'a TPU' : 'Apple silicon'}` }
  }
}

/** For a rule about one kind of operation. */
export const otherOperation: Silence = { text: 'it is another kind of operation', besideThePoint: true }
