/**
 * Accelerate around a hand-written loop: the precision of `Accelerator(...)`, which code, the launch line, the launch's
 * environment or the launch's configuration file can bring. What the code says wins over all of them.
 */

import { entries } from '../../config/access.js'
import type { ConfigDocument } from '../../config/node.js'
import type { Change, Refusal } from '../../edit/write.js'
import { usesMatch } from '../../python/library-uses.js'
import type { Call, PythonModule } from '../../python/module.js'
import { isLeftOut, passedPlace } from '../../values/argument.js'
import { CallSource } from '../../values/call-source.js'
import { absent, convert, orDefault, unreadable } from '../../values/operations.js'
import { calleePlace, callSite } from '../../values/places.js'
import { effective, type Given, isGiven } from '../../values/value.js'
import { isWrittenIn, writeArgument } from '../../values/write-argument.js'
import type { ClaimBuilder, SubjectBuilder } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import type { Precision } from '../../workload/resource-kinds.js'
import { claimedCall } from '../claim-argument.js'
import { ownVariable } from '../launched-value.js'
import { type CodeTest, hasCard, hasCardWithBf16, ifPossible } from '../pytorch/bf16-units.js'
import { defineReader, type FragmentFacts, type ReaderContext } from '../reader.js'
import { isConfigured, writeConfigured } from '../write-configured.js'
import { writeLaunchValue } from '../write-launch-value.js'
import { accelerateDocument, readAccelerateDocument } from './accelerate-config.js'
import {
  asLaunchFormat,
  launchPrecision,
  namesFile,
  precisionVariable,
  userDefault,
} from './launch-precision.js'

/** Accelerate's own word for a format. */
function wordOf(value: unknown): string | null {
  return value === 'bf16-mixed' ? 'bf16' : value === 'fp16-mixed' ? 'fp16' : null
}

export const accelerateReader = defineReader({
  name: 'accelerate',
  languages: ['python', 'yaml'],
  triggers: ['Accelerator', 'accelerate', 'mixed_precision', 'compute_environment'],
  layer: 1,
  read(facts, context, claims) {
    if (facts.python !== undefined) readCode(facts.python, context, claims)
    for (const document of facts.config?.documents ?? []) readAccelerateDocument(document, facts, claims)
  },
  change: changePrecision,
})

function readCode(python: PythonModule, context: ReaderContext, claims: ClaimBuilder): void {
  const made = python.callsMade('accelerate.Accelerator').filter((call) => !onlyTells(python, call))
  if (made.length === 0 || preparesNothing(python)) return
  // The loop is the subject; the accelerator only adds to it.
  const training = claims.extend('Training')
  for (const call of made) readAccelerator(python, call, context, training)
}

/** One that a class keeps to ask which process it is in, as a progress bar does. */
function onlyTells(python: PythonModule, { assignedTo, function: func }: Call): boolean {
  const node = func?.class?.node
  if (node === undefined || assignedTo === null || !/^self\.\w+$/.test(assignedTo)) return false
  const code = python.code.slice(node.start, node.end)
  const uses = [
    ...code.matchAll(new RegExp(`\\b${assignedTo.replace('.', '\\.')}\\b(?!\\s*=[^=])(\\.\\w+)?`, 'g')),
  ]
  return uses.length > 0 && uses.every(([, used]) => used !== undefined && tells.test(used))
}

const tells = /^\.(print|is_\w*process|wait_for_everyone|num_processes|process_index|local_process_index)$/

const takes = /\.(prepare\w*|autocast|backward)$/

/** An accelerator that only prints, waits or frees memory has no part in what the loop computes in. */
function preparesNothing(python: PythonModule): boolean {
  if (python.methodCalls('backward').some(({ expr }) => expr.args.length > 0)) return false
  if (python.calls.some(({ method }) => /^(prepare\w*|autocast)$/.test(method))) return false
  return ![...python.importers, ...python.imported, ...python.programs].some((module) =>
    usesMatch(module, takes),
  )
}

function readAccelerator(
  python: PythonModule,
  call: Call,
  context: ReaderContext,
  training: SubjectBuilder<'Training'>,
): void {
  const key = 'mixed_precision'
  const { locator } = training
  const { binding } = context
  const source = new CallSource(python, call, locator)
  const say = (word: string, value: Given<Precision>) => training.say('precision', word, value)
  // The switch of versions before 0.15.
  const half = source.get('fp16')
  if (isGiven(half) && effective(half) !== false && effective(half) !== null) {
    say(
      'fp16',
      convert(half, (on) => (on === true ? 'fp16-mixed' : undefined)),
    )
    return
  }
  const written = source.get(key)
  // None is what is left out: an option whose default is None keeps every other channel open.
  if (isGiven(written) && effective(written) !== null) {
    say(key, convert(written, asLaunchFormat))
    return
  }
  const place = passedPlace(source.argument(key)) ?? calleePlace(call)
  const left = locator.origin(place, { site: callSite(call), channel: 'library default' })
  if (isGiven(source.get('deepspeed_plugin'))) {
    say(key, unreadable(left, 'the DeepSpeed plugin'))
    return
  }
  const own = ownVariable(python, precisionVariable, binding, left, locator)
  if (isGiven(own)) {
    say(precisionVariable, convert(own, asLaunchFormat))
    return
  }
  const notebook = python.callsTo('accelerate.notebook_launcher')[0]
  if (notebook !== undefined) {
    const options = { positions: { [key]: notebookPosition } }
    const given = new CallSource(python, notebook, locator, options).get(key)
    say(key, orDefault(convert(given, asLaunchFormat), 'fp32'))
  } else if (binding === null || (isGiven(written) && written.overridable)) say(key, userDefault(left))
  else {
    const launched = launchPrecision(binding, left)
    if (launched !== null) say(launched.key, launched.value)
    else if (namesFile(binding) || binding.launch.launcher.startsWith('deepspeed'))
      say(key, unreadable(left, 'the configuration of the launch'))
    else say(key, orDefault(absent(left), 'fp32', false))
  }
}

const notebookPosition = 3

function changePrecision(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const word = wordOf(value)
  if (word === null || claim.setting !== 'precision') return { reason: 'Accelerate supports bf16 and fp16' }
  const title = `Set mixed_precision to ${word}`
  if (facts.config !== undefined) return changeDocument(claim, word, title, facts)
  if (facts.python === undefined) {
    const written = writeLaunchValue(claim, word, facts)
    return 'reason' in written ? written : { title, safety: 'unsafe', writes: [written], imports: [] }
  }
  const call = claimedCall(facts.python, claim.site)
  if (call === null) return { reason: 'the call is no longer in the file' }
  const position = call.name === 'accelerate.notebook_launcher' ? notebookPosition : null
  const argument = facts.python.argument(call, 'mixed_precision', position)
  const test = facts.card === undefined ? testOf(facts.python, call, word, facts) : null
  const asks = test !== null && isWrittenIn(call, argument)
  // What nobody writes is left to the launch.
  const otherwise = position === null && isLeftOut(argument) ? 'None' : '"no"'
  const code = !asks ? `"${word}"` : `"${word}" if ${test.text} else ${otherwise}`
  const written = writeArgument(facts, call, 'mixed_precision', argument, code)
  if ('reason' in written) return written
  return {
    title: asks ? `${title} where the device can` : test === null ? title : `${title}${ifPossible}`,
    safety: asks || test === null ? 'unsafe' : 'display',
    writes: [written],
    imports: asks ? test.imports : [],
  }
}

/** It refuses to start in a format that the device does not have. */
function testOf(
  { tree }: PythonModule,
  { expr }: Call,
  word: string,
  { path, fragment }: FragmentFacts,
): CodeTest {
  const use = { path, fragment: fragment.index, offset: expr.start }
  return word === 'bf16' ? hasCardWithBf16(tree, use) : hasCard(tree, use)
}

function changeDocument(claim: Claim, word: string, title: string, facts: FragmentFacts): Change | Refusal {
  const document: ConfigDocument | undefined = facts.config?.documents[claim.site.document ?? 0]
  // A file of the program's own, from which it takes the argument.
  if (document !== undefined && !accelerateDocument(document) && isConfigured(claim, facts))
    return writeConfigured(claim, word, facts)
  if (document === undefined || !accelerateDocument(document)) return { reason: 'the file has changed' }
  const hasKey = entries(document.root).some((one) => one.key === 'mixed_precision')
  return {
    title,
    safety: 'unsafe',
    writes: [
      {
        kind: 'set key',
        path: facts.path,
        fragment: facts.fragment.index,
        document: document.index,
        keys: ['mixed_precision'],
        value: word,
        ...(hasKey ? {} : { after: 'distributed_type' }),
      },
    ],
    imports: [],
  }
}
