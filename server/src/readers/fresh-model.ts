/** Models of known architectures that a program trains from random weights, though trained ones exist. */

import type { Call, PythonModule } from '../python/module.js'
import type { ChangeTarget } from '../text/change-target.js'
import { calleePlace, callSite } from '../values/places.js'
import type { ClaimBuilder } from '../workload/builder.js'
import type { Evidence } from '../workload/claim.js'
import { codeMatches } from './pytorch/evidence.js'

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

/** The program offers trained weights as well. */
const offers =
  /pretrained\s*=\s*True|weights\s*=\s*["'](imagenet|DEFAULT|IMAGENET|noisy)|_Weights\.|if\s[^\n]*(pretrain|imagenet)/
/** Training from random weights is what the program is about. */
const meant =
  /imagenet[-_ ]?1?k?["'/ ]|datasets\.ImageNet|\bilsvrc|self[-_]?supervised|simclr|byol|\bmoco\b|barlow|vicreg|\bdino|contrastive|masked[-_]?auto|\bpretrain(ing)?\b|ablation|\bnas\b|distill|teacher|student|benchmark|synthetic|FakeData|adversarial|discriminator|random(ly)? init|federat/i
/** The same, where it is no folder of a machine: `os.environ['SCRATCH']`, `/scratch/data`. */
const fromScratch =
  /(from|train\w*|start|init\w*)[-_ ]?scratch|\.\w*scratch\b|--[\w-]*scratch|["']scratch["']|scratch[-_]?(train|model|init|net|weights)/i
const scratchFolder =
  /(environ|getenv)\W*(get\W+)?["']\w*scratch\w*["']|\bscratch_?(dir|path|root|folder|space|disk)\w*/gi
/** Layers at the entry of the model are exchanged, so that trained ones would not fit. */
const otherInput =
  /\.conv1\s*=|\.features\[0\](\[0\])?\s*=|in_chans\s*=\s*[^3\s,)]|in_channels\s*=\s*[^3\s,)]|\.conv_stem\s*=|\.patch_embed\s*=|hyperspectral/
/** So small that networks for photographs see nothing in them. */
const tinyImages =
  /\b(28|32|64)\s*,\s*(28|32|64)\s*[,)]|Resize\(\s*\(?\s*(28|32|64)\b|img_size\s*=\s*(28|32|64)\b/

/** Null: nothing speaks against trained weights; else why random ones may be meant. */
export function meansRandom(python: PythonModule): string | null {
  if (loadsWeights(python) || codeMatches(python, offers)) return 'weights are loaded'
  if (/scratch|imagenet|pretrain|distill|ablation|bench/i.test(python.path)) return 'the name of the file'
  if (codeMatches(python, meant) || fromScratch.test(python.code.replace(scratchFolder, '')))
    return 'the purpose of the program'
  if (codeMatches(python, otherInput)) return 'another kind of input'
  if (codeMatches(python, tinyImages)) return 'tiny pictures'
  const around = [...python.imported, ...python.importers]
  return around.some(({ functions }) => Object.keys(functions).some((name) => /pretrain/i.test(name)))
    ? 'weights are loaded'
    : null
}

/** Words for weights of this very training: of an interrupted run, or its best ones. */
const own = /resum|checkpoint|ckpt|snapshot|restore|best|last|continue|test|eval|infer|predict/i
const foreign = /pre[-_]?train|imagenet|backbone|encoder|init_weights/i

/** Weights are put into a network before it trains, other than those with which an interrupted run goes on. */
function loadsWeights(python: PythonModule): boolean {
  return python.calls.some((call) => {
    if (
      !/^(load_state_dict|load_weights|load_from_checkpoint|load_checkpoint|load_pretrained\w*)$/.test(
        call.method,
      )
    )
      return false
    const { start, end } = call.statement
    const shown = `${call.function?.name ?? ''} ${python.code.slice(start, end)}`
    if (/optim|sched|scaler|ema/i.test(shown.slice(0, shown.indexOf(call.method)))) return false
    if (foreign.test(shown)) return true
    const isOwn =
      call.conditional ||
      (call.function !== null && own.test(call.function.name)) ||
      python.loops.some((loop) => loop.role === 'train' && loop.node.end < start)
    return !isOwn
  })
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
