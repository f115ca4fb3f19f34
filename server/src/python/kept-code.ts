/**
 * The code of modules that make networks, pipelines, their components or search spaces: what a network computes follows from its code, which may
 * stand in another module than the one that trains it. So the summary keeps the text, and that of the modules that it makes them of.
 */
import type { Json } from '../text/json.js'
import { define } from '../text/records.js'
import type { Analysis } from './analysis.js'
import { listsCombinations } from './listed-combinations.js'
import type { KeptCode, ModuleSummary } from './module-summary.js'

/** Characters of one module; of those that it imports. */
const longest = { own: 40_000, imported: 60_000 }

/** Characters of a name or path; values that one module takes from another. */
const longestValue = 200
const mostValues = 60

const network =
  /^(torch\.nn\.(\w+\.)*|keras\.(\w+\.)*|flax\.(linen|nnx)\.(\w+\.)*|haiku\.|equinox\.)(Module|Sequential|Model|Layer)$/

/** What is followed to where it is made. */
const made = [
  'torch.nn.',
  'keras.layers.',
  'keras_tuner.',
  'ray.tune.',
  'ray.train.',
  'ray.air.',
  'sagemaker.tuner.',
  'google.cloud.aiplatform.hyperparameter_tuning.',
  // Configurations that another module trains by.
  'detectron2.config.get_cfg',
  // Machines that a job of another module runs on.
  'azureml.core.',
  'azure.ai.ml.',
  'sklearn.pipeline.',
  'sklearn.compose.',
  // Registries of estimators with their grids.
  ...['ensemble', 'linear_model', 'naive_bayes', 'neighbors', 'neural_network', 'svm', 'tree'].map(
    (part) => `sklearn.${part}.`,
  ),
  'xgboost.',
  'lightgbm.',
  'catboost.',
  'skopt.space.',
  'torch_geometric.transforms.',
  // What it sets holds for the whole program.
  'jax.config.update',
  // Grids that somebody lists.
  'itertools.product',
  'sklearn.model_selection.ParameterGrid',
  'torchvision.transforms.',
  'monai.transforms.',
  'torchvision.datasets.',
  'albumentations.',
  'keras.preprocessing.image.ImageDataGenerator',
]

/** Models that one module loads for others. */
const loaded =
  /^(transformers|unsloth)\.(\w+\.)*((Auto)?Model\w*|\w+(Model|LMHeadModel|For[A-Z]\w+)|Fast\w*Model)\.from_pretrained$/

/** Components of pipelines, which another module puts together. */
const components = ['kfp.dsl.', 'kfp.v2.dsl.', 'kfp.components.']

const library = /^(torch|torchvision|keras|tensorflow|flax|haiku|equinox)\b/

/** Null: the module makes nothing of the kind, or its text is too long. */
export function keptCode(analysis: Analysis): KeptCode | null {
  const { text } = analysis
  if (text.length > longest.own) return null
  const bases: KeptCode['bases'] = {}
  for (const { name, bases: all } of analysis.classes)
    if (all.some((base) => network.test(base))) define(bases, name, all)
  // A program that defines networks, or steps of a pipeline that train, may lend them to others.
  const loads = [...analysis.ownUses].some((name) => loaded.test(name))
  const lends =
    Object.keys(bases).length > 0 ||
    analysis.usesHere(...components) ||
    // `model = AutoModel.from_pretrained(…)` and nothing else.
    (loads && analysis.evidence.role !== 'training' && analysis.loops.length === 0)
  if (analysis.isEntry && (!lends || analysis.notebook)) return null
  const imported: KeptCode['imported'] = {}
  let room = longest.imported
  let makers = 0
  for (const [name, summary] of analysis.importedByName) {
    if (summary.code !== undefined) makers++
    const code = imports(analysis, name, summary)
    if (code === null) continue
    room -= sizeOf(code)
    if (room >= 0) define(imported, name, code)
  }
  const makes = lends || makers > 0 || analysis.usesHere(...made) || loads || listsCombinations(analysis)
  return makes ? { path: analysis.path, text, bases, imported } : null
}

/** `from common import *` brings `nn` as well, and `config.WIDTH` is a number. */
function imports(analysis: Analysis, name: string, summary: ModuleSummary): KeptCode | null {
  const all = analysis.scopes.stars.includes(name) ? Object.entries(summary.reexports) : []
  const passed = all.filter(([, target]) => library.test(target))
  const values = plainValues(analysis.text, summary)
  if (passed.length === 0 && values.length === 0) return summary.code ?? null
  const own = summary.code ?? { path: summary.path, text: '', bases: {}, imported: {} }
  return {
    ...own,
    ...(passed.length === 0 ? {} : { reexports: Object.fromEntries(passed) }),
    ...(values.length === 0 ? {} : { constants: Object.fromEntries(values) }),
  }
}

/** Plain values of a module that are named in the code of another one. A module that keeps its code says them itself. */
function plainValues(text: string, { code, constants }: ModuleSummary): [string, Json][] {
  if (code !== undefined) return []
  const named = Object.entries(constants).filter(
    ([name, value]) =>
      (typeof value === 'string' ? value.length <= longestValue : typeof value !== 'object') &&
      text.includes(name),
  )
  return named.length > mostValues ? [] : named
}

function sizeOf({ text, imported }: KeptCode): number {
  return Object.values(imported).reduce((total, one) => total + sizeOf(one), text.length)
}
