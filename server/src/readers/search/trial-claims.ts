/** What a search is told of its trials where a library calls a function for each: its steps, and that nothing stops weak ones. */
import type { PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import type { ClaimBuilder, Place, SubjectBuilder } from '../../workload/builder.js'
import { claimTrialCode } from './trial-code.js'
import { importedFunction, trialFunction } from './trial-function.js'
import { type TrialSteps, trainsByEpochs, trialSteps } from './trial-steps.js'

/** Steps of the function behind an argument, here or in another module; null: none are seen. */
export function stepsOf(python: PythonModule, objective: Expr | null): TrialSteps | null {
  const own = trialFunction(python, objective)
  if (own !== null) return trialSteps(python, own.func)
  const imported = importedFunction(python, objective)
  return imported !== null && (imported.trains || trainsByEpochs(imported.calls))
    ? { what: 'epochs', count: null, loop: null, call: null }
    : null
}

/** `gap`: why no trial is ended early, as a clause. */
export function claimUnstopped(
  python: PythonModule,
  search: SubjectBuilder<'Search'>,
  key: string,
  objective: Expr | null,
  gap: string,
  claims: ClaimBuilder,
  place: Place,
): void {
  const steps = stepsOf(python, objective)
  claimTrialCode(python, search, key, trialFunction(python, objective), claims, place)
  search.known('unit', key, steps === null ? 'fit' : 'run', place)
  search.known('folds', key, 1, place)
  if (steps === null) return
  search.known('trialSteps', key, { what: steps.what, count: steps.count }, place)
  if (steps.stops === true)
    search.unknown('earlyTermination', key, 'trials end by themselves when they get no better', place)
  else search.default('earlyTermination', key, false, place)
  search.known('terminationGap', key, gap, place)
}

const writing =
  /(joblib|pickle|dill|json|yaml|torch|skopt|np|numpy)\.(dump|save\w*)\(|\.to_(csv|parquet|json|pickle)\(|\b(dump|save)\(res|wandb\.|mlflow\.|csv\.writer|save_to_json|CheckpointSaver|JSONLogger|ParametersLogger/

/** Results of trials go to a file or a tracker. */
export function claimPersisted(
  python: PythonModule,
  search: SubjectBuilder<'Search'>,
  key: string,
  place: Place,
): void {
  if (writing.test(python.code)) search.known('persisted', key, true, place)
  else search.default('persisted', key, false, place)
}
