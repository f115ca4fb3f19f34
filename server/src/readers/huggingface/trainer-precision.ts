/** The number format that a Trainer computes in. */

import type { ArgumentValue, Folded, PythonModule } from '../../python/module.js'
import type { Json } from '../../text/json.js'
import { lookUp } from '../../text/records.js'
import { asBoolean } from '../../values/parse.js'
import { calleePlace, callSite, configuredSite } from '../../values/places.js'
import { effective } from '../../values/value.js'
import type { ClaimOptions, Place, SubjectBuilder } from '../../workload/builder.js'
import type { Precision } from '../../workload/words.js'
import { claimFolded } from '../claim-argument.js'
import { type Section, sectionsInFile, sectionsOf, sourceOf, verdictOf } from '../deepspeed/configuration.js'
import { onLaunchLine } from '../launch-flag.js'
import { programVariable } from '../program-variable.js'
import type { ReaderContext } from '../reader.js'
import { isBefore } from '../versions.js'
import { launchFormats, launchPrecision } from './launch-precision.js'
import { firstBf16 } from './trainer-changes.js'
import { field, type TrainerArguments } from './training-arguments.js'
import { transformersVersion, weightsOf } from './weights.js'

interface Switch {
  key: 'fp16' | 'bf16'
  argument: ArgumentValue
  /** Null: not readable, or left out. */
  on: boolean | null
}

function switchOf(
  python: PythonModule,
  made: TrainerArguments,
  key: Switch['key'],
  context: ReaderContext,
): Switch {
  const argument = field(python, made, key, context.binding)
  const { state } = argument
  const value =
    state === 'given' && argument.folded.state === 'known' ? asBoolean(argument.folded.value) : undefined
  return { key, argument, on: value ?? null }
}

export function readPrecision(
  python: PythonModule,
  made: TrainerArguments,
  context: ReaderContext,
  training: SubjectBuilder<'Training'>,
): void {
  const place = calleePlace(made.call)
  const site = callSite(made.call, made.parsed ? 'parsed' : 'arguments')
  const deepspeed = field(python, made, 'deepspeed', context.binding)
  if (deepspeed.state !== 'absent' && fromDeepSpeed(python, made, deepspeed, training, place, site)) return
  const switches = [switchOf(python, made, 'bf16', context), switchOf(python, made, 'fp16', context)]
  const on = switches.find((one) => one.on === true)
  if (on !== undefined) {
    training.known('precision', on.key, on.key === 'bf16' ? 'bf16-mixed' : 'fp16-mixed', placeOf(on, place), {
      site,
      ...origin(on.argument, site),
    })
    return
  }
  const open = switches.find((one) => one.argument.state !== 'absent' && one.on === null)
  if (open !== undefined && !isNone(open.argument)) {
    training.unknown('precision', open.key, reason(open.argument), place, { site })
    return
  }
  const off = switches.find(
    (one) => one.argument.state === 'given' && one.on === false && !isNone(one.argument),
  )
  const bf16 = switches[0]!.argument
  if (made.family.halfByDefault && (bf16.state === 'absent' || isNone(bf16))) {
    // The library says so in its code, whatever a launch or a user's settings bring.
    training.default('precision', 'bf16', 'bf16-mixed', place, { site, channel: 'code' })
    return
  }
  const variable = 'ACCELERATE_MIXED_PRECISION'
  const set = programVariable(python, variable, context.binding)
  // Both switches off leave it to the variable; fp32 is what holds without it too.
  if (set !== null && formatOf(set.folded) !== 'fp32') {
    const at = { start: set.value.start, end: set.value.end }
    claimFolded(training, 'precision', variable, set.folded, at, precisionFrom, site)
    return
  }
  if (fromLaunch(made, context, training, place, site)) return
  const weights = weightsOf(python, transformersVersion(python, context.versions)?.major ?? null)
  if (weights.state === 'unknown') {
    training.unknown('precision', 'bf16', weights.because, place, { site })
  } else if (weights.state === 'short') {
    training.known('precision', weights.key, weights.value, weights.place, { site })
  } else if (off !== undefined && isExplained(python, off.argument)) {
    training.unknown('precision', off.key, 'its comment', placeOf(off, place), { site })
  } else if (off !== undefined) {
    training.known('precision', off.key, 'fp32', placeOf(off, place), {
      site,
      ...origin(off.argument, site),
    })
  } else {
    const key = isBefore(context.versions, ['transformers'], firstBf16) ? 'fp16' : 'bf16'
    training.default('precision', key, 'fp32', place, {
      site,
      ...(made.parsed && context.binding !== null ? onLaunchLine(context.binding) : {}),
      ...inFile(bf16, site),
      overridable:
        besideAccelerate(python, context) || (bf16.state === 'absent' && bf16.overridable === true),
    })
  }
}

/** `fp16=False,  # no GPU here`: the reason stands beside the switch. */
function isExplained(python: PythonModule, argument: ArgumentValue): boolean {
  if (
    argument.state !== 'given' ||
    argument.folded.state !== 'known' ||
    argument.folded.location !== undefined
  )
    return false
  const { start, end } = argument.span
  const line = python.text.indexOf('\n', end)
  return python.tree.comments.some(
    (one) =>
      one.start >= start &&
      one.end <= (line < 0 ? python.text.length : line) &&
      /\b(cpu|mps|mac|metal|no gpu|nans?|overflow\w*|(in|un)?stab\w*|diverge\w*|precision|accura\w*)\b/i.test(
        one.text,
      ),
  )
}

/**
 * A DeepSpeed configuration that switches a format on decides; without one, or with `auto`, the Trainer's own arguments
 * do: Accelerate writes the section that they ask for (accelerate, utils/dataclasses.py, DeepSpeedPlugin).
 */
function fromDeepSpeed(
  python: PythonModule,
  made: TrainerArguments,
  argument: ArgumentValue & { state: 'given' | 'unknown' },
  training: SubjectBuilder<'Training'>,
  place: Place,
  site: Place,
): boolean {
  const folded = argument.state === 'given' ? argument.folded : null
  if (folded?.state === 'known' && !folded.value) return false
  const sections = deepspeedSections(python, made, argument)
  const verdict = sections === null ? null : verdictOf(sections)
  if (verdict?.state === 'auto' || (verdict?.state === 'known' && verdict.value === 'fp32')) return false
  if (verdict?.state === 'known' && verdict.section !== null) {
    const { key, at, overridable } = verdict.section
    training.known('precision', `${key}.enabled`, verdict.value, place, {
      site,
      overridable,
      ...(at === undefined ? {} : { location: at.location }),
    })
  } else training.unknown('precision', 'bf16', 'the DeepSpeed configuration', place, { site })
  return true
}

function deepspeedSections(
  python: PythonModule,
  made: TrainerArguments,
  argument: ArgumentValue & { state: 'given' | 'unknown' },
): Section[] | null {
  if (argument.state === 'unknown') return null
  const { folded, expr } = argument
  if (folded.state === 'known' && typeof folded.value === 'string') {
    const root = python.configurationFile(folded.value)
    return root === null ? null : sectionsInFile(root)
  }
  return expr === made.call.expr ? null : sectionsOf(python, sourceOf(python, expr))
}

function precisionFrom(value: Json): Precision | undefined {
  return typeof value === 'string' ? lookUp(launchFormats, value.toLowerCase()) : undefined
}

function formatOf(folded: Folded): Precision | undefined {
  return folded.state === 'known' ? precisionFrom(folded.value) : undefined
}

function placeOf(one: Switch, otherwise: Place): Place {
  return one.argument.state === 'given' ? { ...one.argument.span } : otherwise
}

function isNone(argument: ArgumentValue): boolean {
  return argument.state === 'given' && argument.folded.state === 'known' && argument.folded.value === null
}

function reason(argument: ArgumentValue): string {
  if (argument.state === 'unknown') return argument.because
  return argument.state === 'given' && argument.folded.state === 'unknown'
    ? argument.folded.because
    : 'a value that is not understood'
}

function origin(argument: ArgumentValue, site: Place): ClaimOptions {
  if (argument.state !== 'given' || argument.folded.state !== 'known') return {}
  const { channel, overridable, location, configured } = argument.folded
  return {
    channel,
    overridable,
    ...(location === undefined ? {} : { location }),
    ...(configured === undefined ? {} : { site: configuredSite(site, configured) }),
  }
}

/** What is left out of a file of arguments belongs there. */
function inFile(argument: ArgumentValue, site: Place): ClaimOptions {
  if (argument.state !== 'absent' || argument.configured === undefined) return {}
  return { location: argument.configured.location, site: configuredSite(site, argument.configured) }
}

/** Without a launch line in the project, code around Accelerate is likely to be started by its launcher. */
function besideAccelerate(python: PythonModule, context: ReaderContext): boolean {
  return context.binding === null && python.usesHere('accelerate.', 'accelerate.Accelerator')
}

/** A Trainer that is asked for neither format takes that of the launch. */
function fromLaunch(
  made: TrainerArguments,
  context: ReaderContext,
  training: SubjectBuilder<'Training'>,
  place: Place,
  site: Place,
): boolean {
  if (context.binding === null) return false
  const found = launchPrecision(context.binding)
  switch (found.state) {
    case 'none':
      return false
    case 'unknown':
      training.unknown('precision', 'mixed_precision', found.because, place, { site })
      return true
    case 'user configuration':
      training.default('precision', 'bf16', 'fp32', place, {
        site,
        ...(made.parsed && context.binding !== null ? onLaunchLine(context.binding) : {}),
        overridable: true,
        channel: 'user configuration',
      })
      return true
    case 'known':
      // `--mixed_precision no` is what holds without it too: the Trainer's own switch is what is missing.
      if (found.value === 'fp32') return false
      training.known('precision', found.key, found.value, place, {
        site,
        channel: found.channel,
        location: found.from.location,
      })
      return true
    case 'file':
      if (effective(found.claim) === 'fp32') return false
      training.known('precision', found.claim.key, effective(found.claim) as Precision, place, {
        site,
        channel: 'named file',
        location: found.claim.location,
      })
      return true
  }
}
