/**
 * Where the cache of the datasets library is switched off or thrown away: in code, in framework configs, and on the way to a
 * run. It is on by itself, so only what is written is claimed.
 */

import { entries, entry, scalar, text } from '../../config/access.js'
import type { ConfigDocument, ConfigNode } from '../../config/node.js'
import type { ShellCommand, ShellFacts } from '../../config/shell-facts.js'
import type { Change, Refusal, Write } from '../../edit/write.js'
import type { Call, PythonModule } from '../../python/module.js'
import type { Json } from '../../text/json.js'
import type { Origin } from '../../text/origin.js'
import { lookUp } from '../../text/records.js'
import { knownArgument, passedPlace, textArgument } from '../../values/argument.js'
import { CallSource } from '../../values/call-source.js'
import { originOf } from '../../values/operations.js'
import { calleePlace, callSite } from '../../values/places.js'
import type { Locator } from '../../values/source.js'
import { effective } from '../../values/value.js'
import { writeArgument } from '../../values/write-argument.js'
import type { ClaimBuilder, Place } from '../../workload/builder.js'
import type { Claim, Evidence } from '../../workload/claim.js'
import { claimedCall } from '../claim-argument.js'
import { claimUncached, type Uncached } from '../claim-uncached.js'
import { isSetByLaunch } from '../launch-flag.js'
import { trainingEvidence } from '../pytorch/evidence.js'
import { defineReader, type FragmentFacts, type ReaderContext } from '../reader.js'
import { launchesOf } from '../shell/launches.js'
import { removeLine } from '../shell/remove-line.js'
import { isConfigured, writeConfigured } from '../write-configured.js'
import { dropLaunchFlag } from '../write-launch-value.js'
import { fewSamples, fewTrainingSamples } from './samples.js'

export const huggingfaceDatasetsReader = defineReader({
  name: 'huggingface-datasets',
  languages: ['python', 'yaml', 'json', 'shell'],
  triggers: [
    'disable_caching',
    'set_caching_enabled',
    'load_from_cache_file',
    'force_redownload',
    'FORCE_REDOWNLOAD',
    'overwrite_cache',
    'cache/huggingface',
    'HF_HOME',
    'HF_DATASETS_CACHE',
    'load_dataset',
  ],
  read(facts, context, claims) {
    if (facts.python !== undefined) readCode(facts.python, context, claims)
    for (const document of facts.config?.documents ?? []) readFrameworkConfig(document, facts.path, claims)
    if (facts.shell !== undefined) readShell(facts.shell, claims)
  },
  change: changeCache,
})

// Code.

/** Methods of a data set that keep their result under a fingerprint of the function and the data. */
const cachedMethods =
  /^(map|filter|sort|shuffle|select|train_test_split|flatten_indices|class_encode_column|cast)$/
const switches = ['datasets.disable_caching', 'datasets.set_caching_enabled']

function readCode(python: PythonModule, context: ReaderContext, claims: ClaimBuilder): void {
  if (!python.uses('datasets.') && ![...python.imports].some((name) => /^datasets(\.|$)/.test(name))) return
  const evidence = trainingEvidence(python)
  // A script that only converts data runs once: there is nothing to keep.
  if (evidence.role !== 'training' && evidence.role !== 'tuning') return
  const demonstration = demonstrates(python)
  for (const call of python.calls) {
    const found =
      switchedOff(python, call) ?? recomputed(python, call, claims) ?? downloadedAgain(python, call, claims)
    if (found !== null)
      claimUncached(claims, evidence, call.function?.qualified ?? '', { ...found, demonstration })
  }
  readPlace(python, context, claims, evidence)
}

function switchedOff(python: PythonModule, call: Call): Uncached | null {
  if (call.name === null || !switches.includes(call.name)) return null
  if (call.name === 'datasets.set_caching_enabled') {
    const on = python.argument(call, 'boolean', 0)
    if (knownArgument(on) !== false) return null
  }
  // Under a condition it may be meant for a case that never comes.
  if (call.conditional || trainsInTurns(python, call) || standsBehindTraining(python, call)) return null
  return {
    key: `${call.method}()`,
    transformation: 'every `map` and `filter`',
    because: `\`${python.text.slice(call.expr.start, call.expr.end)}\` turns the cache off`,
    place: calleePlace(call),
    site: callSite(call, { kind: 'switch', name: call.method }),
  }
}

/** Each turn of a loop behind it makes new data and trains on it: there is nothing to find in a cache. */
function trainsInTurns(python: PythonModule, call: Call): boolean {
  if (call.function === null) return false
  return python.loops.some(
    ({ node, function: where, effects }) =>
      where === call.function && node.start > call.expr.end && effects.calls.has('.train'),
  )
}

/** What is prepared behind the training is for its evaluation, which another run does with other weights. */
function standsBehindTraining(python: PythonModule, { expr, function: func }: Call): boolean {
  const told = python.calls.filter(
    (call) => call.method === 'train' && call.receiver !== null && call.function === func,
  )
  // `model.train()` is only a mode: the loop that trains may come behind it.
  const trainsLater = python.loops.some(
    (loop) => loop.function === func && loop.node.start > expr.end && loop.effects.trains,
  )
  return !trainsLater && told.length > 0 && told.every((call) => call.expr.end < expr.start)
}

function recomputed(python: PythonModule, call: Call, locator: Locator): Uncached | null {
  if (!cachedMethods.test(call.method) || call.expr.callee.type !== 'attribute') return null
  if (!call.expr.args.some((one) => one.name === 'load_from_cache_file' || one.star === 2)) return null
  const key = 'load_from_cache_file'
  const off = isOff(
    new CallSource(python, call, locator, { target: { kind: 'argument', name: key } }),
    key,
    (value) => value === false,
  )
  if (off === null) return null
  const [what] = call.expr.args
  const func = what === undefined || what.name !== null ? null : python.text.slice(what.start, what.end)
  const shown = func !== null && /^[\w.]{1,40}$/.test(func) ? `${call.method}(${func})` : call.method
  return {
    key,
    transformation: `\`${shown}\``,
    because: `\`${key}\` is False`,
    place: off.place,
    site: callSite(call, { kind: 'argument', name: key }),
    ...(off.origin === null ? {} : { origin: off.origin }),
    // Choosing and ordering rows is quick beside computing them.
    light: call.method !== 'map',
  }
}

function downloadedAgain(python: PythonModule, call: Call, locator: Locator): Uncached | null {
  if (call.name !== 'datasets.load_dataset' && call.name !== 'datasets.load_dataset_builder') return null
  const key = 'download_mode'
  const source = new CallSource(python, call, locator, { target: { kind: 'argument', name: key } })
  const expr = source.expression(key)
  // `DownloadMode.FORCE_REDOWNLOAD`
  const enumerated = expr?.type === 'attribute' && expr.attr === 'FORCE_REDOWNLOAD'
  const off = enumerated
    ? { place: { start: expr.start, end: expr.end }, origin: null }
    : isOff(source, key, (value) => value === 'force_redownload')
  if (off === null) return null
  const data = python.argument(call, 'path', 0)
  const id = textArgument(data)
  const named = id === null ? '' : ` of ${id}`
  return {
    key,
    transformation: `the download and preparation${named}`,
    because: `\`${key}\` asks for a new download`,
    place: off.place,
    site: callSite(call, { kind: 'argument', name: key }),
    ...(off.origin === null ? {} : { origin: off.origin }),
  }
}

function isOff(
  source: CallSource,
  key: string,
  off: (value: Json) => boolean,
): { place: Place; origin: Origin | null } | null {
  const value = source.get(key)
  const place = passedPlace(source.argument(key))
  const known = effective(value)
  if (place === null || known === undefined || !off(known)) return null
  return { place, origin: originOf(value) }
}

/** `max_train_samples` and its like: a run over so little is a demonstration. */
function demonstrates(python: PythonModule): boolean {
  if (fewTrainingSamples(python) !== null) return true
  return python.programArguments.some((argument) => {
    if (!/^max_(train_)?samples$/.test(argument.name) || argument.default === null) return false
    return Number(effective(python.fold(argument.default)) ?? Number.NaN) <= fewSamples
  })
}

// The place of the cache.

const variables = ['HF_DATASETS_CACHE', 'HF_HOME']

/** A job whose cache lies in a folder that goes with the machine. */
function readPlace(
  python: PythonModule,
  context: ReaderContext,
  claims: ClaimBuilder,
  evidence: Evidence,
): void {
  const { binding } = context
  if (binding === null || binding.launch.job === null) return
  const load = python.callsTo('datasets.load_dataset')[0]
  if (load === undefined) return
  for (const key of variables) {
    const set = lookUp(binding.launch.environment, key)
    if (set === undefined || typeof set.value !== 'string' || !/^\/tmp(\/|$)/.test(set.value)) continue
    claimUncached(claims, evidence, load.function?.qualified ?? '', {
      key,
      transformation: 'every download and `map`',
      because: `the cache is in \`${set.value}\`, which is lost with the machine (\`${key}\`)`,
      place: calleePlace(load),
      site: callSite(load, { kind: 'refused', reason: 'use a persistent folder in the job' }),
      // The folder may well outlive the job on machines that are kept.
      options: { channel: 'launch environment', location: set.location, overridable: true },
    })
    return
  }
}

// Framework configs of LLaMA-Factory.

const jobEvidence = (path: string): Evidence => ({
  role: /(^|\/)tests?\//.test(path) ? 'test' : 'job',
  accelerator: 'maybe',
  small: null,
  notebook: false,
})

function isFrameworkConfig(document: ConfigDocument): boolean {
  const { root } = document
  const has = (key: string) => entry(root, key) !== undefined
  return has('model_name_or_path') && (has('stage') || has('finetuning_type') || has('template'))
}

/** `alpaca_en_demo, llava_1k_en`: the few rows that come with the program to try it out. */
function areSamples(root: ConfigNode): boolean {
  const names = (text(entry(root, 'dataset')?.value) ?? '').split(',').map((name) => name.trim())
  return names.every((name) => /(^|_)(demo|\dk|identity)(_|$)/.test(name))
}

function readFrameworkConfig(document: ConfigDocument, path: string, claims: ClaimBuilder): void {
  if (!isFrameworkConfig(document)) return
  const given = entry(document.root, 'overwrite_cache')
  if (given === undefined || scalar(given.value)?.value !== true) return
  const cap = scalar(entry(document.root, 'max_samples')?.value)?.value
  const place: Place = {
    start: given.keyStart,
    end: given.value.end,
    document: document.index,
    keys: ['overwrite_cache'],
  }
  claimUncached(claims, jobEvidence(path), 'recipe', {
    key: 'overwrite_cache',
    transformation: 'the tokenisation of the whole data set',
    because: '`overwrite_cache` is true',
    place,
    site: place,
    demonstration: (typeof cap === 'number' && cap <= fewSamples) || areSamples(document.root),
    // Conversations and preferences are read by several processes in a minute; a corpus for pretraining is not.
    light: text(entry(document.root, 'stage')?.value) !== 'pt' || typeof cap === 'number',
  })
}

// Shell.

const cacheFolder = /(^|\/)\.cache\/huggingface(\/(datasets|hub)?)?(\/?\*?)$/

/** `rm -rf ~/.cache/huggingface` before a program starts. */
function readShell(shell: ShellFacts, claims: ClaimBuilder): void {
  const removals = shell.commands.filter(removesCache)
  if (removals.length === 0) return
  const launches = launchesOf(shell.commands, (span) => claims.locate(span))
  for (const command of removals) {
    if (!launches.some((launch) => launch.command.start > command.end)) continue
    const place: Place = { start: command.start, end: command.end }
    claimUncached(claims, jobEvidence(claims.path), '', {
      key: 'rm',
      transformation: 'every download and `map`',
      because: `\`${command.words.map((word) => word.raw).join(' ')}\` empties the cache first`,
      place,
      site: { ...place, target: { kind: 'command line' } },
    })
  }
}

function removesCache(command: ShellCommand): boolean {
  if (command.unreachable) return false
  const [program, ...rest] = command.words
  if (program?.text !== 'rm') return false
  const recursive = rest.some((word) => /^(-\w*[rR]|--recursive)/.test(word.text ?? ''))
  return recursive && rest.some((word) => cacheFolder.test(word.text ?? word.outline ?? word.raw))
}

// Changes.

function changeCache(claim: Claim, _value: unknown, facts: FragmentFacts): Change | Refusal {
  const fragment = facts.fragment.index
  if (isSetByLaunch(claim)) {
    const write = dropLaunchFlag(claim, facts)
    const title = 'Keep the cache: leave out the flag'
    return 'reason' in write ? write : { title, safety: 'unsafe', writes: [write], imports: [] }
  }
  if (claim.key !== 'overwrite_cache' && isConfigured(claim, facts))
    return writeConfigured(claim, claim.key === 'download_mode' ? 'reuse_dataset_if_exists' : true, facts)
  if (facts.config !== undefined) {
    const document = facts.config.documents[claim.site.document ?? 0]
    if (document === undefined || !entries(document.root).some((one) => one.key === 'overwrite_cache'))
      return { reason: 'the file has changed' }
    const write: Write = {
      kind: 'set key',
      path: facts.path,
      fragment,
      document: document.index,
      keys: ['overwrite_cache'],
      value: false,
    }
    return { title: 'Keep the cache', safety: 'unsafe', writes: [write], imports: [] }
  }
  return claim.site.target?.kind === 'command line'
    ? removeLine('Keep the cache', claim.site, facts)
    : changeCode(claim, facts)
}

function changeCode(claim: Claim, facts: FragmentFacts): Change | Refusal {
  const { python, path } = facts
  const fragment = facts.fragment.index
  if (python === undefined) return { reason: 'this is not written in Python' }
  const call = claimedCall(python, claim.site)
  if (call === null) return { reason: 'the call is no longer in the file' }
  const { target } = claim.site
  if (target?.kind === 'switch') {
    const { statement } = call
    if (statement.type !== 'expr' || statement.value !== call.expr)
      return { reason: 'it is part of a larger statement' }
    return {
      title: `Remove ${python.text.slice(call.expr.start, call.expr.end)}`,
      safety: 'unsafe',
      writes: [
        {
          kind: 'remove statement',
          path,
          statement: { fragment, start: statement.start, end: statement.end },
        },
      ],
      imports: [],
    }
  }
  const key = target?.kind === 'argument' ? target.name : claim.key
  const title = `Use the cache (no ${key})`
  const written = call.expr.args.find((one) => one.name === key)
  // Left out, it is the library's default; an option of the program keeps its place and changes its own default.
  const plain = written?.value.type === 'constant' || python.nameOf(written?.value ?? call.expr) !== null
  const write: Write | Refusal = plain
    ? {
        kind: 'remove keyword',
        path,
        call: { fragment, start: call.expr.start, end: call.expr.end },
        name: key,
      }
    : writeArgument(
        facts,
        call,
        key,
        python.argument(call, key),
        key === 'load_from_cache_file' ? 'True' : '"reuse_dataset_if_exists"',
      )
  if ('reason' in write) return write
  const inFile = write.kind === 'set key' ? `Set ${write.keys.at(-1)} to ${write.value}` : null
  return { title: inFile ?? title, safety: 'unsafe', writes: [write], imports: [] }
}
