/** Calls of libraries that load a model, and those that load something light beside it. Canonical names. */
import { byName } from '../text/by-name.js'
import { isReadyNetwork } from './ready-networks.js'

const always = new Set(['joblib.load', 'sklearn.externals.joblib.load', 'gensim.downloader.load'])
const mlflow = /^mlflow\.\w+\.load_model$/
const byContext = new Set([
  'torch.load',
  'pickle.load',
  'cloudpickle.load',
  'dill.load',
  'pickle.loads',
  'pandas.read_pickle',
])
const modelText =
  /model|clf|classif|regress|estimator|pipeline|weights|checkpoint|net\b|ckpt|(?<![a-z])best(?![a-z])|\.pth\b/i
const lightText = /vectori|scaler|encoder|tokeni|preproc|transformer\b|imputer/i

const tuned = /^(transformers|diffusers|peft|timm|open_clip)\.[\w.]+\.from_pretrained$/
const lightClass =
  /\.(\w*Tokenizer\w*|\w*Processor|\w*FeatureExtractor|\w*Config|GenerationConfig)\.from_pretrained$/

/** Whether a call of this name may load a model, whatever it is given. */
export const mayLoadModel: (name: string) => boolean = byName(
  (name) =>
    always.has(name) ||
    mlflow.test(name) ||
    byContext.has(name) ||
    tuned.test(name) ||
    isReadyNetwork(name, 'weights=pretrained='),
)

/**
 * What a call loads: a model, or a tokenizer or scaler (`light`), which takes milliseconds; null: neither.
 * @param given the arguments as they are written
 * @param assignedTo the name that the result is given
 */
export function loadedModel(
  name: string,
  given: string,
  assignedTo: string | null,
): 'model' | 'light' | null {
  if (always.has(name) || mlflow.test(name) || isReadyNetwork(name, given)) {
    if (lightClass.test(name)) return 'light'
    return lightText.test(given) && !modelText.test(given) ? 'light' : 'model'
  }
  if (byContext.has(name)) {
    const text = `${assignedTo ?? ''} ${given}`
    return modelText.test(text) ? 'model' : lightText.test(text) ? 'light' : null
  }
  if (tuned.test(name)) return lightClass.test(name) ? 'light' : 'model'
  return null
}
