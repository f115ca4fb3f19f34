/** Models of known architectures that a program trains from random weights, though trained ones exist. */

import type { Call, PythonModule } from '../python/module.js'
import type { ChangeTarget } from '../text/change-target.js'
import { calleePlace, callSite } from '../values/places.js'
import type { ClaimBuilder } from '../workload/builder.js'
import type { Evidence } from '../workload/claim.js'
import { codeMatches } from './pytorch/evidence.js'
import { usesAny } from './pytorch/once.js'

export interface FreshModel {
  call: Call
  /** As a message calls it: 'resnet50'. */
  architecture: string
  /** The argument that decides, and whether it is written. */
  key: string
  given: boolean
  /** What the weights that exist were trained on: 'ImageNet'. */
  source: string
  /** What a change edits where the architecture does not tell. */
  target?: ChangeTarget
}

/** The program loads weights by itself, or offers trained ones as well. */
const loads =
  /load_state_dict|load_weights|torch\.load|load_from_checkpoint|load_checkpoint|load_model\(|init_checkpoint|from_pt|safetensors|pretrained\s*=\s*True|weights\s*=\s*["'](imagenet|DEFAULT|IMAGENET|noisy)|_Weights\.|resume/
/** Training from random weights is what the program is about. */
const meant =
  /scratch|imagenet[-_ ]?1?k?["'/_ ]|\bilsvrc|self[-_]?supervised|simclr|byol|\bmoco\b|barlow|vicreg|\bdino|contrastive|masked[-_]?auto|pre[-_]?train(ing)?\b|ablation|\bnas\b|distill|teacher|student|benchmark|synthetic|FakeData|adversarial|discriminator|random(ly)? init|federat|hyperspectral|x-?ray|\bmri\b|dicom|microscop|spectrogram|sentinel|grayscale|grey_?scale/i
/** Layers at the entry of the model are exchanged, so that trained ones would not fit. */
const otherInput =
  /\.conv1\s*=|\.features\[0\](\[0\])?\s*=|in_chans\s*=\s*[^3\s,)]|in_channels\s*=\s*[^3\s,)]|\.conv_stem\s*=|\.patch_embed\s*=/

/** Null: nothing speaks against trained weights; else why random ones may be meant. */
export function meansRandom(python: PythonModule, call: Call): string | null {
  if (call.conditional) return 'chosen under a condition'
  if (codeMatches(python, loads)) return 'weights are loaded'
  if (/scratch|imagenet|pretrain|distill|ablation|bench/i.test(python.path)) return 'the name of the file'
  if (codeMatches(python, meant)) return 'the purpose of the program'
  if (codeMatches(python, otherInput)) return 'another kind of input'
  const around = [...python.imported, ...python.importers]
  const loaded = (use: string) =>
    /(^|\.)(load_state_dict|load_weights|load_from_checkpoint)$|^torch\.load$/.test(use)
  return around.some((module) => module.uses.some(loaded)) ? 'weights are loaded' : null
}

const photographs = [
  'torchvision.datasets.ImageFolder',
  'torchvision.io.read_image',
  'PIL.Image.open',
  'cv2.imread',
]
/** What is done to colours, and to crops of ordinary pictures. */
const augmentations = /^(torchvision\.transforms(\.v2)?|albumentations)\.(ColorJitter|RandomResizedCrop)$/
const photographText =
  /0\.485|image_dataset_from_directory|flow_from_(directory|dataframe)|convert\(["']RGB|COLOR_BGR2RGB|imagefolder|ImageDataLoaders|\(\s*(224|256|299|384|512)\s*,\s*(224|256|299|384|512)/i
const tinyImages =
  /\b(28|32|64)\s*,\s*(28|32|64)\s*[,)]|Resize\(\s*\(?\s*(28|32|64)\b|img_size\s*=\s*(28|32|64)\b/

/** Colour photographs of ordinary size. */
export function seesPhotographs(python: PythonModule): boolean {
  if (codeMatches(python, tinyImages)) return false
  if (codeMatches(python, photographText) || usesAny(python, photographs)) return true
  // A module of networks: the photographs are read where they are trained, or where that gets its data.
  const around = [...python.importers, ...python.programs]
  return around.some(({ uses }) => uses.some((use) => photographs.includes(use) || augmentations.test(use)))
}

export function claimFresh(claims: ClaimBuilder, evidence: Evidence, found: FreshModel): void {
  const { call, key, architecture, source, target } = found
  const at = calleePlace(call)
  const site = callSite(call, target)
  const model = claims.subject('Model', at, call.function?.qualified ?? '', evidence)
  model.known('architecture', key, architecture, at, { site })
  model.known('use', key, 'trained', at, { site })
  model.known('pretrainedOn', key, source, at, { site })
  if (found.given) model.known('start', key, 'random', at, { site })
  else model.default('start', key, 'random', at, { site })
}
