/** Which keys each rule judges: settings of the readers' tables, and keys that readers infer from more than a table; a file for each family of rules. */

import { compute } from './rule-keys/compute.js'
import { data } from './rule-keys/data.js'
import { distributed } from './rule-keys/distributed.js'
import { lifecycle } from './rule-keys/lifecycle.js'
import { model } from './rule-keys/model.js'
import { observability } from './rule-keys/observability.js'
import { pipeline } from './rule-keys/pipeline.js'
import { precision } from './rule-keys/precision.js'
import { scaling } from './rule-keys/scaling.js'
import { search } from './rule-keys/search.js'
import { training } from './rule-keys/training.js'

export interface RuleKeys {
  /** Settings that stand in tables of readers: the rows of the page are made of those. */
  settings?: readonly string[]
  /** Only of these readers; absent: of all. */
  readers?: readonly string[]
  /** Framework, keys and default of what no table holds. */
  others?: readonly (readonly [framework: string, keys: string, otherwise?: string])[]
}

export const ruleKeys: Readonly<Record<string, RuleKeys>> = {
  ...compute,
  ...data,
  ...distributed,
  ...lifecycle,
  ...model,
  ...observability,
  ...pipeline,
  ...precision,
  ...scaling,
  ...search,
  ...training,
}
