/**
 * Experiments of NNI: YAML files for `nnictl create`, of version 2 and before. Source: nni, experiment/config/*.py;
 * docs, "Experiment Config Reference" and its legacy form.
 */
import { at, entries, entry, items, map, text, written } from '../../config/access.js'
import type { ConfigDocument, ConfigEntry, ConfigMap, ConfigNode } from '../../config/node.js'
import type { Change, Refusal } from '../../edit/write.js'
import { gridSize } from '../../estimate/grid.js'
import { ConfigSource } from '../../values/config-source.js'
import { asQuotedNumber } from '../../values/parse.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Claim, Evidence } from '../../workload/claim.js'
import type { Dimension } from '../../workload/resource-kinds.js'
import { byHand } from '../change-answer.js'
import { keyedPlace, writeKeys } from '../config-change.js'
import { claimScript } from '../job-script.js'
import { defineReader, type FragmentFacts, type ReaderContext } from '../reader.js'
import { settingTable } from '../setting-table.js'
import {
  dimensionOf,
  endsByItself,
  limitOf,
  secondsOf,
  spaceInFile,
  stopsByItself,
  strategyOf,
} from './search.js'

const evidence: Evidence = { role: 'job', accelerator: 'none', small: null, notebook: false }

/** Names of one setting, in version 2 and before. */
const spellings = {
  command: [['trialCommand'], ['trial', 'command']],
  folder: [['trialCodeDirectory'], ['trial', 'codeDir']],
  spaceFile: [['searchSpaceFile'], ['searchSpacePath']],
} as const

const experimentSettings = settingTable('Search', {
  trialCap: { keys: ['maxTrialNumber', 'maxTrialNum'], parse: asQuotedNumber, otherwise: null },
  timeLimit: {
    keys: ['maxExperimentDuration', 'maxExecDuration'],
    parse: (value) => {
      const seconds = secondsOf(String(value))
      return seconds === undefined ? undefined : limitOf(seconds)
    },
    otherwise: null,
  },
  parallelism: {
    keys: ['trialConcurrency'],
    parse: asQuotedNumber,
    write: Number,
    title: (count) => `Run ${count} trials at a time`,
  },
})

export const nniReader = defineReader({
  name: 'nni',
  title: 'NNI, in a file',
  settings: [experimentSettings],
  languages: ['yaml'],
  triggers: ['trialCommand', 'trialConcurrency'],
  read(facts, context, claims) {
    for (const document of facts.config?.documents ?? []) {
      const root = map(document.root)
      if (root !== undefined) readExperiment(claims, context, document, root, facts.named)
    }
  },
  change: changeExperiment,
})

function given(root: ConfigMap, names: readonly (readonly string[])[]): ConfigEntry | undefined {
  for (const path of names) {
    const found = entry(at(root, ...path.slice(0, -1)), path.at(-1)!)
    if (found !== undefined) return found
  }
  return undefined
}

function readExperiment(
  claims: ClaimBuilder,
  context: ReaderContext,
  document: ConfigDocument,
  root: ConfigMap,
  named: FragmentFacts['named'],
): void {
  const command = given(root, spellings.command)
  const tuner = entry(root, 'tuner') ?? entry(root, 'advisor')
  const concurrency = entry(root, 'trialConcurrency')
  if (command === undefined || tuner === undefined || concurrency === undefined) return
  const job = `${claims.path}#${document.index}:experiment`
  const folder = given(root, spellings.folder)
  claimScript(claims, context, {
    node: command.value,
    job,
    folder: folder === undefined ? '' : (text(folder.value) ?? null),
    nodes: null,
    machine: null,
  })
  const tunerName =
    entry(tuner.value, 'name') ??
    entry(tuner.value, 'builtinTunerName') ??
    entry(tuner.value, 'builtinAdvisorName')
  const place = keyedPlace(
    tunerName?.value ?? { start: tuner.keyStart, end: tuner.keyEnd },
    document.index,
    [],
  )
  const search = claims.subject(
    'Search',
    place,
    text(at(root, 'experimentName')) ?? 'experiment',
    evidence,
    job,
  )
  const name = text(tunerName?.value)?.toLowerCase()
  const strategy = strategyOf(name)
  if (strategy === undefined) search.unknown('strategy', 'tuner', 'a tuner of its own', place)
  else search.known('strategy', 'tuner', strategy, place)
  search.known('unit', 'trialCommand', 'run', place)
  search.known('folds', 'trialCommand', 1, place)
  search.known('alternatives', 'tuner', ['bayesian'], place)
  search.known('persisted', 'experiment', true, place)
  const grid = inlineSpace(root) ?? spaceInFile(text(given(root, spellings.spaceFile)?.value), named, claims)
  if (grid !== null && grid.length > 0)
    search.known('space', 'searchSpace', { grids: [grid], ...gridSize([grid]) }, place)
  const { start, end } = place
  const source = new ConfigSource(root, claims, { document: document.index, keys: [], shown: { start, end } })
  if (!endsByItself(name)) experimentSettings.claim(search, source, {}, ['trialCap', 'timeLimit'])
  experimentSettings.claim(search, source, {}, ['parallelism'])
  const stops =
    stopsByItself(name) || entry(root, 'assessor') !== undefined || entry(root, 'advisor') !== undefined
  if (stops) search.known('earlyTermination', 'assessor', true, place)
  else search.default('earlyTermination', 'assessor', false, place)
  // The tuner goes by what the trial reports as its result, which has no name.
  search.known('metric', 'report_final_result', 'default', place)
  search.known('terminationGapIfReported', 'assessor', 'the experiment has no assessor', place)
}

function inlineSpace(root: ConfigMap): Dimension[] | null {
  const inline = entries(at(root, 'searchSpace'))
  if (inline.length === 0) return null
  return inline.map(({ key, value }) =>
    dimensionOf(
      key,
      text(at(value, '_type')),
      items(at(value, '_value')).map((one: ConfigNode) => written(one)),
    ),
  )
}

function changeExperiment(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const root = map(facts.config?.documents[claim.site.document ?? 0]?.root)
  if (root === undefined) return { reason: 'the file has changed' }
  const old = entry(root, 'trial') !== undefined
  const trialKey = old ? 'maxTrialNum' : 'maxTrialNumber'
  switch (claim.setting) {
    case 'trialCap':
      return writeKeys(claim, facts, `Stop after ${value} trials (${trialKey})`, [
        { keys: [trialKey], value: value as number, after: 'trialConcurrency' },
      ])
    case 'parallelism':
      return experimentSettings.change(claim, value, facts)
    case 'strategy': {
      const { trials } = value as { trials: number }
      const name = old ? 'builtinTunerName' : 'name'
      return writeKeys(claim, facts, `Search by TPE, at most ${trials} trials`, [
        { keys: ['tuner', name], value: 'TPE' },
        { keys: [trialKey], value: trials, after: 'trialConcurrency' },
      ])
    }
    case 'earlyTermination':
      return writeKeys(claim, facts, 'Stop weak trials early (Medianstop)', [
        {
          keys: ['assessor'],
          value: old
            ? { builtinAssessorName: 'Medianstop', classArgs: { optimize_mode: modeOf(root) } }
            : { name: 'Medianstop', classArgs: { optimize_mode: modeOf(root) } },
          after: 'tuner',
        },
      ])
    default:
      return byHand(claim)
  }
}

function modeOf(root: ConfigMap): string {
  return text(at(root, 'tuner', 'classArgs', 'optimize_mode')) ?? 'maximize'
}
