/** Whether a program reads anything that a run before it may have saved. */
import type { PythonModule } from '../python/module.js'
import { once } from '../text/once.js'
import type { Place, SubjectBuilder } from '../workload/builder.js'

const reads =
  /(^|[._])(restore|latest_(checkpoint|step)|get_checkpoint_state|load(ing)?|unpickle|deseriali[sz]e\w*|from_(bytes|state_dict)|resume)(_|\.|$)/i
/** Data and options, whatever loads them. */
const other =
  /^(tensorflow_datasets|datasets|keras\.datasets|json|yaml|toml|omegaconf|sklearn|librosa|soundfile)\b|(^|[._])load_(data|dataset|datasets|train|test|val|img|image|images|audio|config|mnist|cifar)\w*$/i

/** Something here, or in a module that it works with, reads what was saved. */
export function readsBack(python: PythonModule): boolean {
  return once(python, 'reads back', () => {
    const names = [
      ...python.calls.map(({ name, method }) => name ?? method),
      ...python.imported.flatMap(({ uses }) => uses),
    ]
    return names.some((name) => reads.test(name) && !other.test(name))
  })
}

/** A loop of one's own that saves while it runs goes on from nothing that nobody reads. */
export function claimUnread(python: PythonModule, training: SubjectBuilder<'Training'>, place: Place): void {
  if (!readsBack(python)) training.default('resumable', 'restore', false, place)
}
