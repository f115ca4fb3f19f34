/**
 * What a module tells the modules that it uses: much less than it tells those that use it, so that most edits of a
 * program leave what it imports alone.
 */

import type { ModuleSummary } from '../python/module.js'
import { hashOf } from '../text/digest.js'
import { define } from '../text/records.js'
import type { Summarised } from './summary-stage.js'

export class ImporterSummaries {
  private readonly known = new WeakMap<ModuleSummary, Summarised>()

  /** @param tell what is told of a summary */
  constructor(private readonly tell: (summary: ModuleSummary) => ModuleSummary) {}

  of(whole: Summarised | undefined): Summarised | undefined {
    if (whole === undefined) return undefined
    let told = this.known.get(whole.summary)
    if (told === undefined) {
      const summary = this.tell(whole.summary)
      told = { summary, hash: hashOf(JSON.stringify(summary)) }
      this.known.set(whole.summary, told)
    }
    return told
  }
}

/** What importers tell a module: what they use, neither their constants nor their code. */
export function asImporter(summary: ModuleSummary): ModuleSummary {
  const {
    configurations: _configurations,
    kept: _kept,
    loads: _loads,
    outward: _outward,
    derived: _derived,
    code: _code,
    parses: _parses,
    ...rest
  } = summary
  return { ...rest, constants: {}, functions: {}, classes: stepsOf(summary), reexports: {} }
}

/** Classes that step an optimiser, with the class of the project that they extend: it may leave its steps to them. */
function stepsOf({ classes, derived = [] }: ModuleSummary): ModuleSummary['classes'] {
  const found: ModuleSummary['classes'] = {}
  for (const [name, { steps }] of Object.entries(classes)) {
    if (steps === undefined) continue
    const bases = derived.flatMap((one) => (one.name === name ? one.base : []))
    define(found, name, { bases, methods: [], calls: [], steps })
  }
  return found
}

/** What programs tell a module that they reach through others. */
export function asProgram({
  path,
  uses,
  imports,
  isEntry,
  evidence,
  epochs,
  configuredEpochs,
  pretrained,
  samples,
}: ModuleSummary): ModuleSummary {
  const program: ModuleSummary = {
    ...{ path, uses, imports, isEntry },
    ...{ constants: {}, functions: {}, classes: {}, reexports: {} },
  }
  return {
    ...program,
    ...(evidence === undefined ? {} : { evidence }),
    ...(epochs === undefined ? {} : { epochs }),
    ...(configuredEpochs === undefined ? {} : { configuredEpochs }),
    ...(pretrained === undefined ? {} : { pretrained }),
    ...(samples === undefined ? {} : { samples }),
  }
}
