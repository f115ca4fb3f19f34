/** Whether a program reads anything that a run before it may have saved. */
import type { PythonModule } from '../python/module.js'
import { once } from '../text/once.js'
import { lookUp } from '../text/records.js'
import type { Place, SubjectBuilder } from '../workload/builder.js'

const reads =
  /(^|[._])(restore|latest_(checkpoint|step)|get_checkpoint_state|load(ing)?|unpickle|deseriali[sz]e\w*|from_(bytes|state_dict)|resume)(_|\.|$)/i
/** Data and options, whatever loads them. */
const other =
  /^(tensorflow_datasets|datasets|keras\.datasets|json|yaml|toml|omegaconf|sklearn|librosa|soundfile)\b|(^|[._])load_(data|dataset|datasets|train|test|val|img|image|images|audio|config|mnist|cifar)\w*$/i

/** What reads data as often as weights, and what would have written those. */
const written: Record<string, RegExp> = {
  'numpy.load': /^numpy\.save/,
  'pickle.load': /^pickle\.dump/,
  'joblib.load': /^joblib\.dump/,
}
/** Libraries that read pictures of medicine. */
const pictures = /^(medpy|nibabel|pydicom|SimpleITK)\./

/** Something here, or in a module that it works with, reads what was saved. */
export function readsBack(python: PythonModule): boolean {
  return once(python, 'reads back', () => {
    const names = [
      ...python.calls.map(({ name, method }) => name ?? method),
      ...python.imported.flatMap(({ uses }) => uses),
      ...python.reachedByObjects(),
    ]
    return names.some((name) => {
      if (!reads.test(name) || other.test(name) || pictures.test(name)) return false
      const writer = lookUp(written, name)
      return writer === undefined || names.some((one) => writer.test(one))
    })
  })
}

/** A loop of one's own that saves while it runs goes on from nothing that nobody reads. */
export function claimUnread(python: PythonModule, training: SubjectBuilder<'Training'>, place: Place): void {
  if (!readsBack(python)) training.default('resumable', 'restore', false, place)
}
