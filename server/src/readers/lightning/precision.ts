/** The `precision` of a Lightning `Trainer` or `Fabric`. */

import type { ArgumentValue, Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import type { Json } from '../../text/json.js'
import { lookUp } from '../../text/records.js'
import { calleePlace, callSite } from '../../values/places.js'
import type { SubjectBuilder } from '../../workload/builder.js'
import type { LaunchValue } from '../../workload/claim.js'
import type { Precision } from '../../workload/words.js'
import { claimArgument, claimFolded } from '../claim-argument.js'
import { programVariable } from '../program-variable.js'
import { codeText } from '../pytorch/evidence.js'
import type { ReaderContext } from '../reader.js'

const formats: Record<string, Precision> = {
  '32': 'fp32',
  '32-true': 'fp32',
  '16': 'fp16-mixed',
  '16-mixed': 'fp16-mixed',
  bf16: 'bf16-mixed',
  'bf16-mixed': 'bf16-mixed',
  '16-true': 'fp16',
  'bf16-true': 'bf16',
  '64': 'fp64',
  '64-true': 'fp64',
  'transformer-engine': 'fp8',
  'transformer-engine-float16': 'fp8',
}

export function precisionFrom(value: Json): Precision | undefined {
  if (value === null) return 'fp32'
  return lookUp(formats, String(value).toLowerCase())
}

export interface PrecisionSource {
  /** Kept for the change: 'v1' for versions before 2, else 'v2'. */
  anchor: string
  /** The variable that carries the argument where it is left out, and the launcher's flag. */
  variable: string
}

export function readPrecision(
  python: PythonModule,
  call: Call,
  source: PrecisionSource,
  context: ReaderContext,
  training: SubjectBuilder<'Training'>,
): void {
  const key = 'precision'
  const place = calleePlace(call)
  const site = callSite(call, source.anchor)
  const argument = python.argument(call, key)
  const elsewhere = decidedElsewhere(python, call)
  if (elsewhere !== null) {
    training.unknown(key, key, elsewhere, place, { site })
    return
  }
  const set = argument.state === 'absent' ? programVariable(python, source.variable, context.binding) : null
  if (set !== null) {
    const at = { start: set.value.start, end: set.value.end }
    claimFolded(training, key, source.variable, set.folded, at, precisionFrom, site)
    return
  }
  if (argument.state === 'absent') {
    const launched = fromLaunch(source, context)
    if (launched !== null) {
      const { value } = launched.given
      const known = typeof value === 'string' ? precisionFrom(value) : undefined
      if (known === undefined) training.unknown(key, launched.key, 'a value of the launch', place, { site })
      else
        training.known(key, launched.key, known, place, {
          site: { ...site, anchor: 'launch' },
          channel: launched.channel,
          location: launched.given.location,
        })
      return
    }
  }
  if (isShort(argument)) {
    claimArgument(training, key, key, call, argument, {
      convert: precisionFrom,
      otherwise: 'fp32',
      anchor: source.anchor,
    })
    return
  }
  const lowered = lowersByHand(python)
  if (lowered === null) {
    claimArgument(training, key, key, call, argument, {
      convert: precisionFrom,
      otherwise: 'fp32',
      anchor: source.anchor,
    })
  } else training.unknown(key, key, lowered, place, { site })
}

function isShort(argument: ArgumentValue): boolean {
  if (argument.state !== 'given' || argument.folded.state !== 'known') return false
  return precisionFrom(argument.folded.value) !== 'fp32'
}

/** Plugins and strategy objects may bring a format of their own. */
function decidedElsewhere(python: PythonModule, call: Call): string | null {
  const plugins = python.argument(call, 'plugins')
  if (plugins.state === 'unknown') return plugins.because
  if (plugins.state === 'given' && !plainPlugins(python, plugins.expr)) return 'a plugin'
  const strategy = python.argument(call, 'strategy')
  if (strategy.state === 'unknown') return strategy.because
  if (strategy.state === 'given') {
    const made = python.definition(strategy.expr)
    if (made.type === 'call' && !plainStrategy(python, made)) return 'the strategy'
    const named = strategy.folded.state === 'known' ? String(strategy.folded.value) : ''
    if (/colossal|bagua/.test(named)) return 'the strategy'
  }
  return null
}

function plainPlugins(python: PythonModule, expr: Expr): boolean {
  const value = python.definition(expr)
  if (value.type === 'constant') return value.value === null || typeof value.value === 'string'
  const items = value.type === 'list' || value.type === 'tuple' ? value.items : [value]
  return items.every((item) => {
    const one = python.definition(item)
    if (one.type !== 'call') return false
    return /(Environment|CheckpointIO|BatchNorm\w*|Plugin_)$/.test(
      python.text.slice(one.callee.start, one.callee.end),
    )
  })
}

function plainStrategy(python: PythonModule, made: Expr & { type: 'call' }): boolean {
  const name = python.nameOf(made.callee)
  if (name === null || !name.startsWith('lightning.')) return false
  return made.args.every(
    (one) => one.star === 0 && !/precision|^config$|dtype|fp16|bf16|^accelerator$/.test(one.name ?? ''),
  )
}

interface Launched {
  key: string
  given: LaunchValue
  channel: 'launch flag' | 'launch environment'
}

function fromLaunch({ variable }: PrecisionSource, context: ReaderContext): Launched | null {
  const launch = context.binding?.launch
  if (launch === undefined) return null
  // `fabric run --precision bf16-mixed script.py`
  const flag = /^(fabric|lightning)/.test(launch.launcher) ? launch.launcherFlags.precision : undefined
  if (flag !== undefined) return { key: '--precision', given: flag, channel: 'launch flag' }
  const set = lookUp(launch.environment, variable)
  return set === undefined ? null : { key: variable, given: set, channel: 'launch environment' }
}

const shortening =
  /\bautocast\b|\.(half|bfloat16)\s*\(\)|torch\.(bfloat16|float16|half)\b|load_in_[48]bit|BitsAndBytesConfig|set_default_dtype|\.double\s*\(\)|torch\.(float64|double)\b/

/** The step control of these solvers compares errors that short formats drown. */
const solvers = ['torchdiffeq.', 'torchdyn.', 'torchsde.']

/** Weights or arithmetic that the module itself shortens, or that a short format would spoil. */
export function lowersByHand(python: PythonModule): string | null {
  if (python.uses(...solvers)) return 'a solver of differential equations'
  if (shortening.test(codeText(python))) return 'a format that the code sets itself'
  const uses = [
    'torch.autocast',
    '.half',
    '.bfloat16',
    '.double',
    'torch.bfloat16',
    'torch.float16',
    'torch.half',
    'torch.float64',
  ]
  return python.uses(...uses) ? 'a format that another module sets' : null
}
