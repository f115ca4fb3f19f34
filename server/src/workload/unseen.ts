/**
 * What a run could do that nothing read of it shows: its program is not in the project, or imports a module that is
 * not. A rule asks for what could refute it and for nothing else.
 */
import type { Location } from '../text/location.js'
import type { Launch, Run } from './claim.js'

const hideables = [
  /** A library that computes on an accelerator. */
  'accelerator',
  /** Work that is spread over devices, processes or machines. */
  'devices',
  /** A training, or another model in one. */
  'training',
  /** Checkpoints that are read back. */
  'checkpoints',
] as const
export type Hideable = (typeof hideables)[number]

export interface Unseen {
  /** For messages: 'no file train.py in this project', 'the module helpers'. */
  what: string
  could: readonly Hideable[]
  /** Absent: it has no place in the project. */
  location?: Location
}

/** A program that could not be read may do anything. */
export function unseenProgram(what: string): Unseen {
  return { what, could: hideables }
}

/** What could bring this to the run without being seen; undefined: nothing. */
export function couldHide(run: Run, wanted: Hideable): Unseen | undefined {
  return run.unseen.find(({ could }) => could.includes(wanted))
}

/** By what a flag is called: what its value could bring. */
const chosenBy: [RegExp, Hideable[]][] = [
  [/device|gpu|cuda|accelerat|tree.?method|task.?type|backend/i, ['accelerator', 'devices']],
  [/distributed|strategy|parallel|world.?size|(^|[_-])(rank|shards?|nodes?)($|[_-])/i, ['devices']],
  [/resume|restore|checkpoint|ckpt/i, ['checkpoints']],
]

/** Parts of names that speak of something else: an amount for each device, memory saved, a size of matrices. */
const aboutOthers =
  /(per|each|every)[-_]?(gpu|device|node|rank)s?|(gradient|activation)s?[-_]?checkpoint\w*|(lora|adapter|matrix)[-_]?rank/gi

/** Flags of a launch whose values cannot be read, where the value could bring something that the code does not show. */
export function unseenFlags(launch: Launch | null): Unseen[] {
  return Object.entries(launch?.flags ?? {}).flatMap(([name, { value, location }]) => {
    if (value !== null) return []
    const about = name.replace(aboutOthers, '')
    const could = chosenBy.filter(([names]) => names.test(about)).flatMap(([, brings]) => brings)
    return could.length === 0 ? [] : [{ what: `the value of ${name}`, could, location }]
  })
}
