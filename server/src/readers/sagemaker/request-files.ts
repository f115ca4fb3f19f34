/**
 * Requests to the SageMaker API in files: `--cli-input-json` and `--cli-input-yaml` of the command line, and states of
 * Step Functions that start jobs. Source: developer guide of Step Functions, "Create and manage Amazon SageMaker AI
 * jobs"; Amazon States Language, "Retry".
 */
import { at, entry, items, text } from '../../config/access.js'
import type { ConfigMap, ConfigNode } from '../../config/node.js'
import { lookUp } from '../../text/records.js'
import { ConfigSource } from '../../values/config-source.js'
import { convert, orDefault } from '../../values/operations.js'
import { asQuotedNumber } from '../../values/parse.js'
import { effective } from '../../values/value.js'
import type { ClaimBuilder, Place } from '../../workload/builder.js'
import { type Keys, nodePlace } from '../config-change.js'
import { defineReader } from '../reader.js'
import { changeRequest } from './change-request.js'
import { fileRequest } from './file-request.js'
import { claimProcessingRequest, claimTransformRequest } from './job-requests.js'
import type { Request } from './request.js'
import type { RequestKind } from './request-calls.js'
import { claimTrainingRequest, type TrainingFacts } from './training-request.js'
import { claimTuning } from './tuning-request.js'

export const sagemakerRequestFilesReader = defineReader({
  name: 'sagemaker-request-files',
  languages: ['json', 'yaml'],
  triggers: ['ResourceConfig', 'ProcessingResources', 'TransformResources'],
  read(facts, _context, claims) {
    for (const document of facts.config?.documents ?? []) {
      const root = document.root
      if (root.kind !== 'map') continue
      const kind = kindOf(root)
      if (kind !== null) {
        const shown = root.entries.find((one) => one.key.endsWith('JobName')) ?? root.entries[0]!
        const header = { start: shown.keyStart, end: shown.keyEnd }
        readRequest(kind, fileRequest(claims, root, document.index, [], '', header))
      } else readStates(claims, document.index, root)
    }
  },
  change: changeRequest,
})

/** What a document asks for, if it is a request and not the answer to one. */
function kindOf(root: ConfigMap): RequestKind | null {
  const has = (key: string) => entry(root, key)?.value.kind === 'map'
  if (root.entries.some((one) => /^(CreationTime|\w+JobArn|\w+JobStatus)$/.test(one.key))) return null
  if (has('HyperParameterTuningJobConfig')) return 'tuning'
  if (has('AlgorithmSpecification') && has('ResourceConfig')) return 'training'
  if (has('ProcessingResources') && has('AppSpecification')) return 'processing'
  return has('TransformResources') && has('TransformInput') ? 'transform' : null
}

function readRequest(kind: RequestKind, request: Request, retries?: TrainingFacts['retries']): void {
  if (kind === 'processing') claimProcessingRequest(request)
  else if (kind === 'transform') claimTransformRequest(request)
  else if (kind === 'training') {
    const more = retries === undefined ? {} : { retries }
    claimTrainingRequest(request, { prefix: [], trials: false, jobs: null, ...more })
  } else {
    claimTuning(request)
  }
}

/** `arn:aws:states:::sagemaker:createTrainingJob.sync`; partitions of other countries have names of their own. */
const task =
  /^arn:aws[\w-]*:states:::sagemaker:create(TrainingJob|HyperParameterTuningJob|ProcessingJob|TransformJob)(\.sync)?$/
const kinds: Record<string, RequestKind> = {
  TrainingJob: 'training',
  HyperParameterTuningJob: 'tuning',
  ProcessingJob: 'processing',
  TransformJob: 'transform',
}

/** Tasks anywhere in a state machine, also those of branches and of definitions inside other templates. */
function readStates(claims: ClaimBuilder, document: number, root: ConfigNode): void {
  const open: { node: ConfigNode; keys: Keys }[] = [{ node: root, keys: [] }]
  for (let visited = 0; open.length > 0 && visited < 50_000; visited++) {
    const { node, keys } = open.pop()!
    if (node.kind === 'list') {
      node.items.forEach((item, index) => {
        open.push({ node: item, keys: [...keys, index] })
      })
      continue
    }
    if (node.kind !== 'map') continue
    const resource = entry(node, 'Resource')
    const kind = lookUp(kinds, task.exec(text(resource?.value) ?? '')?.[1] ?? '')
    if (kind === undefined || resource === undefined) {
      for (const one of node.entries) open.push({ node: one.value, keys: [...keys, one.key] })
      continue
    }
    // `Arguments` where the state is written in JSONata.
    const key = entry(node, 'Parameters') === undefined ? 'Arguments' : 'Parameters'
    const request = at(node, key)
    if (request?.kind !== 'map') continue
    const header: Place = { start: resource.keyStart, end: resource.value.end }
    const name = typeof keys.at(-1) === 'string' ? String(keys.at(-1)) : ''
    readRequest(
      kind,
      fileRequest(claims, request, document, [...keys, key], name, header),
      retriesOf(claims, node, document, keys),
    )
  }
}

/** How often a failure of the job itself starts it again; undefined: only faults of the service do. */
function retriesOf(
  claims: ClaimBuilder,
  state: ConfigNode,
  document: number,
  keys: Keys,
): TrainingFacts['retries'] {
  for (const [index, retrier] of items(at(state, 'Retry')).entries()) {
    const shown = nodePlace(retrier)
    const source = new ConfigSource(retrier, claims, { document, keys: [...keys, 'Retry', index], shown })
    const errors = effective(source.get('ErrorEquals'))
    if (!Array.isArray(errors)) continue
    if (!errors.some((one) => one === 'States.ALL' || one === 'States.TaskFailed')) continue
    const count = orDefault(convert(source.get('MaxAttempts'), asQuotedNumber), 3)
    if (effective(count) !== undefined) return count
  }
  return undefined
}
