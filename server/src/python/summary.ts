/** What a module lets the rest of the project know. */

import type { Expr } from '../syntax/python-ast.js'
import type { Analysis } from './analysis.js'
import { deviceSaid } from './chosen-device.js'
import { keptConfigurations, loadingFunctions } from './configured-exports.js'
import { configurationUses } from './configured-uses.js'
import { type Definitions, definitionsOf, passedOn, stepsOfClasses } from './definitions.js'
import { fittedMethods } from './fitted-classes.js'
import { moduleTables } from './function-tables.js'
import { sharedArguments } from './imported-arguments.js'
import { keptCode } from './kept-code.js'
import { writesModels } from './kept-models.js'
import { kerasLayersOf } from './keras-layers.js'
import { reportedMetrics } from './logged-metrics.js'
import type { Call, ModuleSummary } from './module.js'
import { networkAutocasts } from './network-autocast.js'
import { madeNetworks } from './networks/size.js'
import { derivedClasses, outwardCalls } from './outward.js'
import { givesToRay, isAccelerated } from './packages.js'
import { placesNothing } from './placing.js'
import { processSettings } from './process-settings.js'
import { rankSource } from './rank-source.js'
import { namesRayResources } from './ray-resources.js'
import { makesResidentData } from './resident-data.js'
import { sampleSource } from './sample-sources.js'
import { scopeAt } from './scope.js'
import { trainsInOnePass } from './single-pass.js'
import { epochsOf } from './told-epochs.js'
import { createdGraph, lastIdentifier } from './training-calls.js'

/**
 * Who may ask for a summary: modules that import it, and others; only those that it imports, since nobody imports it;
 * nobody, since it shares nothing with another module: then it tells how it is read and whether it runs.
 */
export type SummaryFor = 'everyone' | 'imported' | 'itself'

export function summarise(analysis: Analysis, whom: SummaryFor): ModuleSummary {
  if (whom === 'itself') return aboutItself(analysis)
  const isImported = whom === 'everyone' || passedOn(analysis) !== null
  const known = isImported ? definitionsOf(analysis) : stepsOfClasses(analysis)
  const { constants, places, replaceable, displays, functions, classes } = known
  const { reexports, passesOn, frozen, secondOrder } = known
  const reported = reportedMetrics(analysis)
  const outward = outwardCalls(analysis, frozen)
  const derived = derivedClasses(analysis)
  const restores = restoredNames(analysis)
  const code = keptCode(analysis)
  const used = usedConfigurations(analysis)
  // Only modules that it imports, or that its configuration names, ask for what it makes.
  const hasImports = analysis.importedByName.size > 0 || used.configurations !== undefined
  const makes = hasImports ? madeNetworks(analysis) : []
  const layers = kerasLayersOf(analysis)
  const rank = rankSource(analysis)
  const samples = sampleSource(analysis)
  const fitted = fittedMethods(analysis)
  const parses = isImported ? { ...known.parses, ...sharedArguments(analysis) } : {}
  return {
    path: analysis.path,
    constants,
    ...(Object.keys(places).length === 0 ? {} : { places }),
    ...(replaceable === undefined ? {} : { replaceable }),
    ...(isImported ? tablesOf(analysis) : {}),
    ...(Object.keys(displays).length === 0 ? {} : { displays }),
    functions,
    classes,
    reexports,
    ...(passesOn === undefined ? {} : { passesOn }),
    ...(fitted.length === 0 ? {} : { fitted }),
    uses: [...analysis.ownUses],
    imports: [...analysis.importSpecs],
    ...(analysis.importedByName.size === 0 ? {} : { projectImports: [...analysis.importedByName.keys()] }),
    ...broughtLibraries(analysis),
    ...(isOnRay(analysis) ? { onRay: true as const } : {}),
    ...(asksRay(analysis) ? { asksRay: true as const } : {}),
    ...namedDevice(analysis),
    ...(placesNothing(analysis) ? { placesNothing: true as const } : {}),
    isEntry: analysis.isEntry,
    evidence: analysis.evidence,
    ...broughtTraining(analysis),
    ...(rank === null ? {} : { readsRank: rank }),
    ...(reported === null ? {} : { reported }),
    ...used,
    ...(isImported ? heldConfigurations(analysis, known) : {}),
    ...(outward.length === 0 ? {} : { outward }),
    ...(derived.length === 0 ? {} : { derived }),
    ...(Object.keys(parses).length === 0 ? {} : { parses }),
    ...(restores.length === 0 ? {} : { restores }),
    ...(samples === null ? {} : { samples }),
    ...(writesModels(analysis) ? { writesModels: true as const } : {}),
    ...(makesResidentData(analysis) ? { residentData: true as const } : {}),
    ...(networkAutocasts(analysis) ? { autocasts: true as const } : {}),
    ...(isImported ? processSettings(analysis) : {}),
    ...(trainsInOnePass(analysis) ? { onePass: true as const } : {}),
    ...(hasConvolutions(analysis) ? { convolutional: true as const } : {}),
    ...(layers === undefined ? {} : { kerasLayers: layers }),
    ...(code === null ? {} : { code }),
    ...(makes.length === 0 ? {} : { makes }),
    ...loadedWeights(analysis),
    ...(loadsShort(analysis) ? { shortWeights: true as const } : {}),
    ...(secondOrder || analysis.calls.some((call) => createdGraph(call) !== null)
      ? { secondOrder: true as const }
      : {}),
    ...frozenNames(analysis, frozen),
    ...epochsOf(analysis),
  }
}

function aboutItself(analysis: Analysis): ModuleSummary {
  const { path, ownUses, importSpecs, isEntry, evidence } = analysis
  return {
    path,
    ...{ constants: {}, functions: {}, classes: {}, reexports: {} },
    uses: [...ownUses],
    imports: [...importSpecs],
    isEntry,
    evidence,
    ...usedConfigurations(analysis),
  }
}

/** Where it puts what it trains; what it is silent about, others may say. */
function namedDevice(analysis: Analysis): Pick<ModuleSummary, 'computesOn'> {
  const own = deviceSaid(analysis)
  if (own !== null) return { computesOn: own }
  const named = analysis.imported.flatMap(({ computesOn }) => computesOn ?? [])
  const [first] = named
  if (first === undefined) return {}
  return { computesOn: named.every((one) => one === first) ? first : 'other' }
}

/** Which of a module's imports compute on an accelerator, by way of others. */
function broughtLibraries(analysis: Analysis): Pick<ModuleSummary, 'brings'> {
  const found = new Set(
    analysis.imported.flatMap(({ imports, brings = [] }) => [...imports.filter(isAccelerated), ...brings]),
  )
  return found.size === 0 ? {} : { brings: [...found].sort().slice(0, 30) }
}

function isOnRay({ importSpecs, imported }: Analysis): boolean {
  return [...importSpecs].some(givesToRay) || imported.some(({ onRay }) => onRay === true)
}

function asksRay({ code, importSpecs, imported }: Analysis): boolean {
  return namesRayResources(code, importSpecs) || imported.some((one) => one.asksRay === true)
}

const convolution =
  /(^|\.)(Lazy)?Conv(Transpose)?[123]d$|^keras\.layers\.(\w+\.)*(Separable|Depthwise)?Conv(olution)?[123]D(Transpose)?$|^(tensorflow(\.compat\.v1)?|tf_slim)\.(\w+\.)*(\w*_)?(conv[123]d|convolution2d)\w*$/
const convolutionalLibraries = [
  'torchvision.models.',
  'timm.',
  'segmentation_models_pytorch.',
  'monai.networks.',
  'keras.applications.',
]

/** It makes convolutions, or layers that extend them, or imports a module of the project that does. */
function hasConvolutions(analysis: Analysis): boolean {
  return (
    analysis.calls.some(({ name, method }) => convolution.test(name ?? method)) ||
    // A layer of the same name is seen where it is made; a module of layers for all kinds of networks makes none.
    analysis.classes.some(
      ({ name, bases }) => !convolution.test(name) && bases.some((base) => convolution.test(base)),
    ) ||
    analysis.usesHere(...convolutionalLibraries) ||
    analysis.imported.some(({ convolutional }) => convolutional === true)
  )
}

/** Models that it loads, or has modules of the project load. */
function loadedWeights(analysis: Analysis): Pick<ModuleSummary, 'pretrained'> {
  const names = new Set([
    ...analysis.calls.flatMap(({ name }) => (name?.endsWith('.from_pretrained') ? [name] : [])),
    ...analysis.imported.flatMap(({ pretrained = [] }) => pretrained),
  ])
  return names.size === 0 ? {} : { pretrained: [...names].sort().slice(0, 20) }
}

/** `from_pretrained(name, torch_dtype=torch.bfloat16)`, also by way of a condition. */
function loadsShort(analysis: Analysis): boolean {
  return (
    analysis.imported.some(({ shortWeights }) => shortWeights === true) ||
    analysis.methodCalls('from_pretrained').some(({ expr: { args } }) =>
      args.some(({ name, value }) => {
        if (name !== 'torch_dtype' && name !== 'dtype') return false
        const { start, end } = analysis.definition(value)
        return /float16|half/.test(analysis.code.slice(start, end))
      }),
    )
  )
}

/** A program has a module of the project train, on whatever that runs on. */
function broughtTraining(analysis: Analysis): Pick<ModuleSummary, 'trainsOn'> {
  if (!analysis.isEntry || analysis.evidence.role === 'test') return {}
  const { imported } = analysis
  const trains =
    imported.some(definesTraining) &&
    (analysis.evidence.role === 'training' || analysis.calls.some((call) => startsTraining(analysis, call)))
  if (!trains) return {}
  // The device may be named in a module of settings, and what trains is handed it.
  const named = [analysis.evidence, ...imported.map(({ evidence }) => evidence)].map(
    (one) => one?.accelerator,
  )
  const accelerator =
    named.find((one) => one === 'gpu' || one === 'maybe') ?? named.find((one) => one === 'cpu')
  return { trainsOn: accelerator ?? 'none' }
}

/** It is there to train, or a package that passes on what does. */
function definesTraining({ evidence, functions, classes }: ModuleSummary): boolean {
  return (
    evidence?.role === 'training' ||
    Object.values(functions).some(({ trains }) => trains) ||
    Object.values(classes).some(({ steps = {} }) => Object.values(steps).some(({ trains }) => trains))
  )
}

/** It calls a function that trains, or makes an object one of whose methods does. */
function startsTraining(analysis: Analysis, { expr: { callee } }: Call): boolean {
  const called = analysis.importedFunction(callee)
  const made = analysis.importedClass(callee)
  if (called?.trains === true || [called, made].some((one) => one?.calls.some((name) => fits.test(name))))
    return true
  return Object.values(made?.steps ?? {}).some((step) => step.trains)
}

/** A library has the loop. */
const fits = /^(\.|keras\.(\w+\.)*|lightning\.(\w+\.)*)fit(_generator)?$/

/** Networks of the module that it freezes. */
function frozenNames(analysis: Analysis, frozen: readonly Expr[]): Pick<ModuleSummary, 'frozen'> {
  const names = frozen.flatMap((one) =>
    one.type === 'name' && scopeAt(analysis.scopes, one.start).kind === 'module' ? [one.id] : [],
  )
  return names.length === 0 ? {} : { frozen: names }
}

function restoredNames(analysis: Analysis): string[] {
  const names = analysis.methodCalls('load_state_dict').map(({ expr }) => {
    const { callee } = expr
    return callee.type === 'attribute' ? lastIdentifier(callee.value) : ''
  })
  return [...new Set(names)].filter(Boolean)
}

function usedConfigurations(analysis: Analysis): Pick<ModuleSummary, 'configurations'> {
  const configurations = configurationUses(analysis)
  return configurations.length === 0 ? {} : { configurations }
}

/** Nothing for the many modules that hold no configuration. */
function heldConfigurations(
  analysis: Analysis,
  passed: Pick<Definitions, 'kept' | 'loads'>,
): Pick<ModuleSummary, 'kept' | 'loads'> {
  const kept = { ...passed.kept, ...keptConfigurations(analysis) }
  const loads = { ...passed.loads, ...loadingFunctions(analysis) }
  return {
    ...(Object.keys(kept).length === 0 ? {} : { kept }),
    ...(Object.keys(loads).length === 0 ? {} : { loads }),
  }
}

function tablesOf(analysis: Analysis): Pick<ModuleSummary, 'tables'> {
  const tables = moduleTables(analysis)
  return Object.keys(tables).length === 0 ? {} : { tables }
}
