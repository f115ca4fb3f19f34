/** `gcloud ai endpoints deploy-model`: replicas that answer requests. Source: reference of the Google Cloud CLI. */
import { gpu } from '../../catalog/gpus.js'
import { instance } from '../../catalog/instances.js'
import type { Change, Refusal } from '../../edit/write.js'
import type { ClaimBuilder, SubjectBuilder } from '../../workload/builder.js'
import type { Claim, Evidence } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import { addOptions, commandSite } from '../command-lines/change.js'
import {
  type CloudCommand,
  cloudCommands,
  numberOf,
  optionOf,
  pieceOf,
  piecesOf,
  valuePlace,
} from '../command-lines/cloud-command.js'
import { defineReader, type UnitFacts } from '../reader.js'

export const gcloudEndpointReader = defineReader({
  name: 'gcloud-endpoint',
  languages: ['shell', 'yaml'],
  triggers: ['deploy-model'],
  read(facts, context, claims) {
    for (const one of cloudCommands('gcloud', facts, context, /^ai endpoints deploy-model\b/))
      readDeploy(claims, one)
  },
  change: changeEndpoint,
})

const ending = /\b(undeploy-model|endpoints\s+delete|mutate-deployed-model)\b/

function readDeploy(claims: ClaimBuilder, one: CloudCommand): void {
  const { head } = one
  const evidence: Evidence = { role: 'job', accelerator: 'maybe', small: null, notebook: false }
  const name = optionOf(one, 'display-name')
  const serving = claims.subject('Serving', head, name?.value ?? 'gcloud', evidence)
  serving.known('platform', 'gcloud ai endpoints', 'Vertex AI', head)
  serving.known('purpose', 'deploy-model', 'deployment', head)
  const ended = one.beside.some((other) => ending.test(other.words.map((word) => word.raw).join(' ')))
  serving.known('tornDown', 'gcloud ai endpoints deploy-model', ended, head)
  claimMachine(serving, one)
  const least = optionOf(one, 'min-replica-count')
  const most = optionOf(one, 'max-replica-count')
  const [low, high] = [numberOf(least), numberOf(most)]
  const site = commandSite(one)
  if (least === undefined) serving.default('minReplicas', 'min-replica-count', 1, head, { site })
  else if (low == null)
    serving.unknown('minReplicas', 'min-replica-count', 'a variable', least.place, { site })
  else serving.known('minReplicas', 'min-replica-count', low, valuePlace(least), { site })
  if (most !== undefined && high != null)
    serving.known('maxReplicas', 'max-replica-count', high, valuePlace(most))
  // A ceiling that is not given is the floor.
  if (most === undefined) serving.default('autoscaled', 'max-replica-count', false, head, { site })
  else if (high == null || low === null)
    serving.unknown('autoscaled', 'max-replica-count', 'a variable', head, { site })
  else serving.known('autoscaled', 'max-replica-count', high > (low ?? 1), head, { site })
}

function claimMachine(serving: SubjectBuilder<'Serving'>, one: CloudCommand): void {
  const type = optionOf(one, 'machine-type')
  if (typeof type?.value === 'string') serving.known('machine', 'machine-type', type.value, valuePlace(type))
  const machine = instance(type?.value ?? '')
  const attached = optionOf(one, 'accelerator')
  if (attached !== undefined) {
    const pieces = piecesOf(attached)
    const card = pieceOf(pieces, 'type')?.value
    const count = pieceOf(pieces, 'count')
    const many = count === undefined ? 1 : /^\d+$/.test(count.value ?? '') ? Number(count.value) : null
    if (card == null || many === null) serving.unknown('gpus', 'accelerator', 'a variable', attached.place)
    else {
      serving.known('gpus', 'accelerator', many, attached.place)
      const model = gpu(card)
      if (model !== undefined) serving.known('gpuModel', 'accelerator', model.name, attached.place)
    }
  } else if (type !== undefined && machine !== undefined) {
    serving.known('gpus', 'machine-type', machine.gpuCount, valuePlace(type))
    if (machine.gpu !== null) serving.known('gpuModel', 'machine-type', machine.gpu.name, valuePlace(type))
  } else serving.unknown('gpus', 'machine-type', 'a machine that is not known', one.head)
}

/** One replica at least, as many as before at most. */
function changeEndpoint(claim: Claim, value: unknown, facts: UnitFacts): Change | Refusal {
  if (claim.setting !== 'minReplicas' || typeof value !== 'number' || value < 2) return byHand(claim)
  const { start, end, unit } = claim.site
  const command = facts.shell?.commands.find((one) => one.start === start && one.end === end)
  const least = command?.words.find((word) => /^--min-replica-count=\d+$/.test(word.raw))
  if (command === undefined || least === undefined)
    return { reason: 'min-replica-count is set in another place' }
  const most = command.words.find((word) => /^--max-replica-count=\d+$/.test(word.raw))
  const lower = {
    kind: 'replace text' as const,
    path: facts.path,
    unit,
    start: least.start,
    end: least.end,
    text: '--min-replica-count=1',
  }
  const title = `Scale between 1 and ${value} replicas`
  // The ceiling is there, and equal to the floor.
  if (most !== undefined) return { title, safety: 'unsafe', writes: [lower], imports: [] }
  const added = addOptions(claim, facts, title, [`--max-replica-count=${value}`])
  return 'reason' in added ? added : { ...added, writes: [lower, ...added.writes] }
}
