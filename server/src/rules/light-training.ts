/** Jobs that train what is so small that any accelerator mostly waits for the next kernel to start. */
import { formatCount } from '../estimate/grid.js'
import { effective } from '../values/value.js'
import type { Run, SubjectView } from '../workload/claim.js'
import { atMost } from './bounds.js'
import { computesOnRows, countedNetworks } from './network-size.js'
import { hidden, isSilence, type Silence } from './silence.js'
import { subjectIn, subjectsOf } from './subject-view.js'

/**
 * Products of a step (weights times samples) that a few cores of a processor do in the time in which an accelerator starts the kernels
 * of one: at 100 billion operations per second, three times two operations for each, some milliseconds.
 */
const products = 5e7
/** Samples of a step where nobody says how many. */
const samples = 512

export interface LightTraining {
  /** As a noun phrase: 'a few dense layers (`MlpPolicy`)'. */
  what: string
  location: SubjectView['subject']['location']
}

/** What the programs of a job train, where all of it is light; else why it may not be. */
export function lightTraining(view: SubjectView<'Compute'>): LightTraining | Silence {
  let found: LightTraining | undefined
  for (const run of view.run.siblings) {
    // What an agent acts in may be computed there, whatever is learned.
    const beside = hidden(run, 'accelerator')
    if (beside !== undefined) return beside
    const unseen = hidden(run, 'training')
    const program = subjectIn(run, 'Program')
    const named = effective(program?.settings.lightNetwork)
    if (named !== undefined && program !== undefined) {
      found ??= { what: named, location: program.settings.lightNetwork!.location }
      continue
    }
    if (unseen !== undefined) return unseen
    const light = rowsOf(run)
    if (isSilence(light)) return light
    found ??= light
  }
  return found ?? { text: 'no training was recognized in the program that it launches' }
}

function rowsOf(run: Run): LightTraining | Silence | undefined {
  const trainings = subjectsOf(run, 'Training')
  if (trainings.length === 0)
    return effective(subjectIn(run, 'Program')?.settings.acceleratorLibrary) === null
      ? undefined
      : { text: 'what its program computes is not known' }
  let what = 0
  for (const training of trainings) {
    const weights = rowWeights({ ...training, run })
    if (weights === null) return { text: 'its network is not known to be small' }
    const batch = atMost(training.settings.batchSize)?.value ?? samples
    if (weights * batch > products) return { text: 'its network fills an accelerator' }
    what = Math.max(what, weights)
  }
  return {
    what: what > 0 ? `dense layers of ${thousands(what)} weights in all` : 'dense layers',
    location: trainings[0]!.subject.location,
  }
}

/** Weights of dense layers that are used once for each row of numbers; 0: no width of theirs can be read. Null: there are others. */
function rowWeights(view: SubjectView<'Training'>): number | null {
  const layers = effective(view.settings.layers)
  // Each weight is used once for a sample.
  if (layers !== undefined) return layers.products * 1e9 <= 1.1 * layers.parameters ? layers.parameters : null
  if (!computesOnRows(view)) return null
  return Math.max(
    ...countedNetworks(view).map(({ parameters, guesses, guessed }) =>
      guessed === true ? parameters - (guesses?.parameters ?? parameters) : parameters,
    ),
  )
}

function thousands(count: number): string {
  return formatCount(count < 1000 ? count : Math.round(count / 1000) * 1000)
}
