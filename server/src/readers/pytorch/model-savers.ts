/** Where a program keeps the model of a hand-written loop, besides the loop itself. */
import { modelWriters, savesModels } from '../../python/kept-models.js'
import { holdsAny } from '../../python/library-uses.js'
import type { Call, Loop, ModuleSummary, PythonModule } from '../../python/module.js'
import { uncalledBecause } from '../../python/uncalled.js'
import { byName } from '../../text/by-name.js'
import { once } from '../../text/once.js'
import { usesAny } from './library-uses.js'
import { writesResults } from './numbered-files.js'

/** Not figures, pictures, curves and settings: a run does not go on from them. */
export const saving =
  /^(?!numpy\.|(json|yaml)\.|.*(im|fig)_?save|.*save_?(all_)?(fig|im(age|g)?|pic|plot|curve|sample|video|gif|grid|mask|metric|log|hist|loss|pred|conf|args|json|csv|txt|text)).*(save|(^|\.|_)dump(_|$|\.)|checkpoint|ckpt|snapshot|seriali[sz]|to_disk|push_to_hub|backup|log_(model|state_dict)$)/i

/** A method is listed by its own name as well: `.save` of `numpy.save`. */
export function savesAny(python: PythonModule, calls: ReadonlySet<string>): boolean {
  const arrays = calls.has('numpy.save')
  const texts = (calls.has('json.dump') || calls.has('yaml.dump')) && !objects.some((one) => calls.has(one))
  return [...calls].some(
    (name) =>
      saving.test(name) &&
      !(arrays && name === '.save') &&
      !(texts && name === '.dump') &&
      !(ofAnything.has(name) && savesResultsOnly(python)),
  )
}

/** What writes objects that are no text by a method of the same name. */
const objects = ['pickle.dump', 'joblib.dump', 'cloudpickle.dump', 'dill.dump']

/** What writes any object, under both names that a call is listed by. */
const ofAnything = new Set(['torch.save', '.save', 'pickle.dump', '.dump', 'joblib.dump'])

/** All objects that this module writes are predictions and scores, and what it calls of other modules writes none. */
function savesResultsOnly(python: PythonModule): boolean {
  return once(python, 'saves results only', () => {
    const writers = python.calls.filter(({ name, method }) => ofAnything.has(name ?? `.${method}`))
    return (
      writers.length > 0 &&
      writers.every((call) => writesResults(python, call)) &&
      !savesElsewhere(python, [...ofAnything])
    )
  })
}

/** A function or an object of another module that it calls writes such files; a data set that keeps what it has prepared does not count. */
function savesElsewhere(python: PythonModule, names: readonly string[]): boolean {
  const saves = ({ calls }: { calls: readonly string[] }) => holdsAny(new Set(calls), names)
  const may = (module: ModuleSummary): boolean =>
    once(module, `has calls of ${names.join(' ')}`, () =>
      [...Object.values(module.functions), ...Object.values(module.classes)].some(saves),
    )
  if (!python.imported.some(may)) return false
  return python.calls.some(({ expr: { callee } }) => {
    const func = python.importedFunction(callee)
    if (func !== null && saves(func)) return true
    const klass = python.importedClass(callee)
    return (
      klass !== null &&
      saves(klass) &&
      klass.items === undefined &&
      !klass.bases.some((base) => /Data(set|Module)/i.test(base))
    )
  })
}

/** An object that a function is given by each of its callers saves the model: `early_stopping(loss, model)`, `saver.step(model)`. */
export function isHandedSaver(python: PythonModule, { name, expr: { callee, args } }: Call): boolean {
  if (name !== null || args.length === 0) return false
  const object = callee.type === 'attribute' ? callee.value : callee
  if (object.type !== 'name') return false
  const [binding, ...others] = python.bindingsOf(object)
  if (binding?.kind !== 'param' || others.length > 0) return false
  const objects = python.possible(object) ?? []
  return objects.some((one) => {
    const made = python.definition(one)
    if (made.type !== 'call') return false
    const calls = python.importedClass(made.callee)?.calls
    if (calls !== undefined) return savesAny(python, new Set(calls))
    const methods = [...(python.classOf(made.callee)?.methods.values() ?? [])]
    return methods.some((method) => savesAny(python, python.effectsOfFunction(method).calls))
  })
}

/** Calls of a loop, and of the functions of its module that it runs. */
export function callsWithin(python: PythonModule, { calls }: Loop): readonly Call[] {
  const seen = new Set(calls)
  for (const call of seen) {
    if (seen.size > mostCalls) break
    for (const inner of python.functionOf(call.expr.callee)?.calls ?? []) seen.add(inner)
  }
  return [...seen]
}

const mostCalls = 500

/** Whoever calls the function of a loop does so round after round, and saves. */
export function isSavedOutside(python: PythonModule, { function: func }: Loop): boolean {
  if (func === null || !python.outsideCalls(func).some(({ looped }) => looped)) return false
  return python.importers.some(savesModels)
}

const writesModel = byName((name) => holdsAny(new Set([name]), modelWriters))

/** Something keeps the model once it is trained. `unused`: the function that would, where nothing calls it. */
export function keptAfterwards(python: PythonModule): { kept: boolean; unused: string | null } {
  return once(python, 'kept afterwards', () => {
    const around = [...python.importers, ...python.programs]
    if (around.some(({ writesModels }) => writesModels === true)) return { kept: true, unused: null }
    if (!usesAny(python, modelWriters)) return { kept: false, unused: null }
    const savers = python.calls.filter(
      ({ name, method }) => (name !== null && writesModel(name)) || writesModel(`.${method}`),
    )
    if (savesElsewhere(python, modelWriters)) return { kept: true, unused: null }
    const ofModels = savers.filter((call) => !writesResults(python, call))
    const called = ofModels.filter(
      ({ function: func }) => func === null || uncalledBecause(python, func.qualified) === null,
    )
    return { kept: called.length > 0, unused: ofModels[0]?.function?.name ?? null }
  })
}
