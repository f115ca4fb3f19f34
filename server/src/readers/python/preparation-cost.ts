/** What preparing data costs. */
import type { Expr } from '../../syntax/python-ast.js'
import type { PreprocessingSettings } from '../../workload/resource-kinds.js'

export interface PreparationCost {
  /** As a message calls it: `librosa.feature.mfcc`, `apply(clean, axis=1)`. */
  what: string
  weight: PreprocessingSettings['weight']
  /** It costs something only where a loop goes through many. */
  single: boolean
  /** What it depends on. */
  inputs: Expr[]
  /** What it makes of one row no other row has a part in, and takes long. */
  byRow?: true
  /** A network that nothing trains computes it. */
  network?: true
  /** For each sample: a smaller picture, what a file holds, or the tokens of a text. */
  made?: 'picture' | 'file' | 'text'
  /** Worth it before each pass of a loop, not once at the start of a program. */
  quick?: boolean
}
