/**
 * Requests to AWS Batch in files, as `--cli-input-json`, `--cli-input-yaml` and programs take them: definitions of jobs, and the properties
 * of a container by themselves. Source: AWS Batch API reference, RegisterJobDefinition; no time limit and one attempt by default.
 */
import { at, entry, items, text } from '../../config/access.js'
import type { ConfigEntry, ConfigMap, ConfigNode } from '../../config/node.js'
import type { Change, Refusal } from '../../edit/write.js'
import { ConfigSource } from '../../values/config-source.js'
import { convert, orDefault, stated, unreadable } from '../../values/operations.js'
import { asQuotedNumber, asText } from '../../values/parse.js'
import { effective, type Given } from '../../values/value.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import { ownProcesses } from '../../workload/sharing.js'
import { byHand } from '../change-answer.js'
import { type Keys, writeKeys } from '../config-change.js'
import { claimContainer } from '../kubernetes/containers.js'
import { defineReader, type FragmentFacts, type ReaderContext } from '../reader.js'
import { changeJobOperation, isJobOperation, machineOfJob } from '../shell/job-operations.js'
import { definitionSettings } from './batch-request.js'

export const awsBatchFilesReader = defineReader({
  name: 'aws-batch-files',
  title: 'AWS Batch, requests in files',
  settings: [definitionSettings],
  languages: ['json', 'yaml'],
  triggers: ['resourceRequirements'],
  read(facts, context, claims) {
    for (const { root, index } of facts.config?.documents ?? [])
      if (root.kind === 'map') readDefinition(claims, context, root, index)
  },
  change,
})

const single: Keys = ['containerProperties']
/** Of a job on several nodes, the group that begins with the main one. */
const several: Keys = ['nodeProperties', 'nodeRangeProperties', 0, 'container']

/** Where the document describes its container; null: it is no definition of a job, or the answer to a request for some. */
function containerIn(root: ConfigMap): Keys | null {
  if (['jobDefinitionArn', 'revision', 'createdAt'].some((key) => entry(root, key) !== undefined)) return null
  for (const keys of [single, several]) if (at(root, ...keys)?.kind === 'map') return keys
  const alone = at(root, 'resourceRequirements')?.kind === 'list' && text(at(root, 'image')) !== undefined
  return alone ? [] : null
}

function readDefinition(
  claims: ClaimBuilder,
  context: ReaderContext,
  root: ConfigMap,
  document: number,
): void {
  const base = containerIn(root)
  const container = base === null ? undefined : at(root, ...base)
  if (base === null || container?.kind !== 'map') return
  const first = entry(root, 'jobDefinitionName') ?? root.entries[0]!
  const place = { start: first.keyStart, end: first.keyEnd }
  const source = new ConfigSource(root, claims, { document, keys: [], shown: place })
  const gpus = gpusOf(source, container, base)
  const count = effective(gpus)
  const id = `${claims.path}#${document}:batch`
  const evidence = {
    role: 'job',
    accelerator: count === undefined ? 'maybe' : count > 0 ? 'gpu' : 'cpu',
    small: null,
    notebook: false,
  } as const
  const name = source.get('jobDefinitionName')
  const compute = claims.subject('Compute', place, String(effective(name) ?? ''), evidence, id)
  compute.say('name', 'jobDefinitionName', convert(name, asText))
  compute.known('provider', first.key, 'aws', place)
  // The environment of the queue decides on spot.
  compute.known('choosesCapacity', first.key, false, place)
  compute.known('service', first.key, false, place)
  compute.known('trials', first.key, false, place)
  compute.say('gpus', 'resourceRequirements', gpus)
  const many = base === several
  const nodes = many ? (effective(source.number('nodeProperties', 'numNodes')) ?? null) : 1
  if (nodes !== null) compute.known('nodes', 'numNodes', nodes, place)
  if (many) compute.known('sharing', 'nodeProperties', ownProcesses.nodes, place)
  // Whoever sends a job may set both of these as well; a container by itself has neither.
  if (base.length > 0) definitionSettings.claim(compute, source)
  if (entry(at(root, 'retryStrategy'), 'evaluateOnExit') !== undefined)
    compute.known('retryFilter', 'evaluateOnExit', 'evaluateOnExit', place)
  const machine = machineOfJob(count, nodes, evidence)
  claimContainer(claims, context, asContainer(container), id, `${id}:0`, nodes, machine)
}

/** `"resourceRequirements": [{"type": "GPU", "value": "4"}]`. */
function gpusOf(source: ConfigSource, container: ConfigNode, base: Keys): Given<number> {
  const keys = [...base, 'resourceRequirements']
  const listed = at(container, 'resourceRequirements')
  const all = source.get(...keys)
  if (listed === undefined) return stated(all, 0)
  if (listed.kind !== 'list') return unreadable(all, 'a number that is not readable')
  const index = items(listed).findIndex((one) => text(at(one, 'type')) === 'GPU')
  return index < 0
    ? stated(all, 0)
    : orDefault(convert(source.get(...keys, index, 'value'), asQuotedNumber), 1)
}

/** The container as Kubernetes writes one, so that one extraction serves both. */
function asContainer(node: ConfigMap): ConfigMap {
  const command = entry(node, 'command')
  const words = items(command?.value).map(filledIn)
  const named = (key: string, as: string): ConfigEntry[] => {
    const found = entry(node, key)
    return found === undefined ? [] : [{ ...found, key: as }]
  }
  return {
    ...node,
    entries: [
      ...named('image', 'image'),
      ...(command?.value.kind === 'list'
        ? [{ ...command, key: 'args', value: { ...command.value, items: words } }]
        : []),
      ...named('environment', 'env'),
    ],
  }
}

/** `Ref::day` is a parameter that whoever sends the job fills in. */
function filledIn(word: ConfigNode): ConfigNode {
  return /^Ref::/.test(text(word) ?? '')
    ? { kind: 'unknown', because: 'a parameter of the job', start: word.start, end: word.end }
    : word
}

function change(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  if (isJobOperation(claim)) return changeJobOperation(claim, facts)
  if (claim.setting !== 'gpus') return definitionSettings.change(claim, value, facts)
  const { keys } = claim.site
  if (keys?.at(-1) !== 'value') return byHand(claim)
  // The service takes no zero.
  if (value === 0)
    return writeKeys(claim, facts, 'Ask for no GPU: remove it from resourceRequirements', [
      { keys: keys.slice(0, -1), value: undefined },
    ])
  return writeKeys(claim, facts, `Ask for ${value === 1 ? 'one GPU' : `${value} GPUs`}`, [
    { keys, value: String(value) },
  ])
}
