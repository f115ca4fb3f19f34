/**
 * Accelerate around a hand-written loop: the precision of `Accelerator(...)`, which code, the launch line, the launch's
 * environment or the launch's configuration file can bring. What the code says wins over all of them.
 */

import { entries } from '../../config/access.js'
import type { ConfigDocument } from '../../config/node.js'
import type { Change, Refusal } from '../../edit/write.js'
import type { Call, PythonModule } from '../../python/module.js'
import type { Json } from '../../text/json.js'
import { lookUp } from '../../text/records.js'
import { calleePlace, callSite } from '../../values/places.js'
import { effective } from '../../values/value.js'
import { writeArgument } from '../../values/write-argument.js'
import type { ClaimBuilder, Place, SubjectBuilder } from '../../workload/builder.js'
import type { Binding, Claim, LaunchValue } from '../../workload/claim.js'
import type { Precision } from '../../workload/words.js'
import { claimArgument, claimedCall, claimFolded } from '../claim-argument.js'
import { programVariable } from '../program-variable.js'
import { defineReader, type ReaderContext, type UnitFacts } from '../reader.js'
import { writeLaunchValue } from '../write-launch-value.js'
import { accelerateDocument, readAccelerateDocument } from './accelerate-config.js'

const formats: Record<string, Precision> = { no: 'fp32', fp16: 'fp16-mixed', bf16: 'bf16-mixed', fp8: 'fp8' }

/** Accelerate's own word for a format. */
function wordOf(value: unknown): string | null {
  return value === 'bf16-mixed' ? 'bf16' : value === 'fp16-mixed' ? 'fp16' : null
}

function convert(value: Json): Precision | undefined {
  return typeof value === 'string' ? lookUp(formats, value.toLowerCase()) : undefined
}

export const accelerateReader = defineReader({
  name: 'accelerate',
  languages: ['python', 'yaml'],
  triggers: ['Accelerator', 'accelerate', 'mixed_precision', 'compute_environment'],
  layer: 1,
  read(facts, context, claims) {
    if (facts.python !== undefined) readCode(facts.python, context, claims)
    for (const document of facts.config?.documents ?? []) readAccelerateDocument(document, facts.path, claims)
  },
  change: changePrecision,
})

function readCode(python: PythonModule, context: ReaderContext, claims: ClaimBuilder): void {
  const made = python.callsTo('accelerate.Accelerator')
  if (made.length === 0) return
  // The loop is the subject; the accelerator only adds to it.
  const training = claims.extend('Training')
  for (const call of made) readAccelerator(python, call, context, training)
}

function readAccelerator(
  python: PythonModule,
  call: Call,
  context: ReaderContext,
  training: SubjectBuilder<'Training'>,
): void {
  const key = 'mixed_precision'
  const argument = python.argument(call, key)
  const given =
    argument.state === 'given' && argument.folded.state === 'known' && argument.folded.value === null
  // None is what is left out: an option whose default is None keeps every other channel open.
  const leftOut = argument.state === 'absent' || given
  if (!leftOut) {
    claimArgument(training, 'precision', key, call, argument, { convert })
    return
  }
  const place = argument.state === 'given' ? { ...argument.span } : calleePlace(call)
  const site = callSite(call)
  const plugin = python.argument(call, 'deepspeed_plugin')
  if (plugin.state !== 'absent') {
    training.unknown('precision', key, 'the DeepSpeed plugin', place, { site })
    return
  }
  const variable = 'ACCELERATE_MIXED_PRECISION'
  const set = programVariable(python, variable, context.binding)
  if (set !== null) {
    const at = { start: set.value.start, end: set.value.end }
    claimFolded(training, 'precision', variable, set.folded, at, convert, site)
    return
  }
  const open = argument.state === 'given' && argument.folded.state === 'known' && argument.folded.overridable
  const notebook = python.callsTo('accelerate.notebook_launcher')[0]
  if (notebook !== undefined) {
    claimArgument(training, 'precision', key, notebook, python.argument(notebook, key, 3), {
      convert,
      otherwise: 'fp32',
    })
    return
  }
  if (context.binding === null || open) {
    // The user's own `accelerate config` may hold it.
    training.default('precision', key, 'fp32', place, {
      site,
      overridable: true,
      channel: 'user configuration',
    })
    return
  }
  readLaunch(context.binding, training, key, place, site)
}

function readLaunch(
  binding: Binding,
  training: SubjectBuilder<'Training'>,
  key: string,
  place: Place,
  site: Place,
): void {
  const { launch } = binding
  const flag = launch.launcherFlags.mixed_precision ?? launch.launcherFlags['mixed-precision']
  if (flag !== undefined) {
    fromLaunch(training, `--${key}`, flag, 'launch flag', place, site)
    return
  }
  if (launch.launcherFlags.fp16 !== undefined || launch.launcherFlags.use_deepspeed !== undefined) {
    training.unknown('precision', key, 'another flag of the launch line', place, { site })
    return
  }
  const variable = launch.environment.ACCELERATE_MIXED_PRECISION
  const throughAccelerate = launch.launcher.startsWith('accelerate')
  const file = binding.settings.find((claim) => claim.setting === 'precision')
  // The launcher writes the variable itself, from its flag or its file.
  if (variable !== undefined && (!throughAccelerate || file === undefined)) {
    fromLaunch(training, 'ACCELERATE_MIXED_PRECISION', variable, 'launch environment', place, site)
    return
  }
  if (throughAccelerate && file !== undefined) {
    fromFile(training, file, place, site)
    return
  }
  const named = launch.files.some((one) => one.flag.replaceAll('-', '_') === 'config_file')
  if (named || launch.launcher.startsWith('deepspeed')) {
    training.unknown('precision', key, 'the configuration of the launch', place, { site })
  } else if (throughAccelerate) {
    training.default('precision', key, 'fp32', place, {
      site,
      overridable: true,
      channel: 'user configuration',
    })
  } else training.default('precision', key, 'fp32', place, { site })
}

function fromLaunch(
  training: SubjectBuilder<'Training'>,
  key: string,
  given: LaunchValue,
  channel: 'launch flag' | 'launch environment',
  place: Place,
  site: Place,
): void {
  const value = typeof given.value === 'string' ? convert(given.value) : undefined
  if (value === undefined)
    training.unknown('precision', key, 'a value of the launch', place, { site, channel })
  else
    training.known('precision', key, value, place, {
      site,
      channel,
      location: given.location,
    })
}

/** The file's own claim, now certain, since this launch uses it. */
function fromFile(training: SubjectBuilder<'Training'>, file: Claim, place: Place, site: Place): void {
  const value = effective(file)
  if (value === undefined) {
    const because = file.state === 'unknown' ? file.because : 'its configuration'
    training.unknown('precision', file.key, because, place, { site, channel: 'named file' })
    return
  }
  const there: Place = { start: file.site.start, end: file.site.end }
  if (file.site.document !== undefined) there.document = file.site.document
  if (file.site.keys !== undefined) there.keys = file.site.keys
  training.known('precision', file.key, value as Precision, place, {
    site: there,
    channel: 'named file',
    location: file.location,
    state: file.state === 'default' ? 'default' : 'known',
  })
}

function changePrecision(claim: Claim, value: unknown, facts: UnitFacts): Change | Refusal {
  const word = wordOf(value)
  if (word === null || claim.setting !== 'precision') return { reason: 'Accelerate knows bf16 and fp16' }
  const title = `Set mixed_precision to ${word}`
  if (facts.config !== undefined) return changeDocument(claim, word, title, facts)
  if (facts.python === undefined) {
    const written = writeLaunchValue(claim, word, facts)
    return 'reason' in written ? written : { title, safety: 'unsafe', writes: [written], imports: [] }
  }
  const call = claimedCall(facts.python, claim.site)
  if (call === null) return { reason: 'the call is not in the file any more' }
  const position = call.name === 'accelerate.notebook_launcher' ? 3 : null
  const written = writeArgument(
    facts,
    call,
    'mixed_precision',
    facts.python.argument(call, 'mixed_precision', position),
    `"${word}"`,
  )
  if ('reason' in written) return written
  return { title, safety: 'unsafe', writes: [written], imports: [] }
}

function changeDocument(claim: Claim, word: string, title: string, facts: UnitFacts): Change | Refusal {
  const document: ConfigDocument | undefined = facts.config?.documents[claim.site.document ?? 0]
  if (document === undefined || !accelerateDocument(document)) return { reason: 'the file has changed' }
  const hasKey = entries(document.root).some((one) => one.key === 'mixed_precision')
  return {
    title,
    safety: 'unsafe',
    writes: [
      {
        kind: 'set key',
        path: facts.path,
        unit: facts.unit.index,
        document: document.index,
        keys: ['mixed_precision'],
        value: word,
        ...(hasKey ? {} : { after: 'distributed_type' }),
      },
    ],
    imports: [],
  }
}
