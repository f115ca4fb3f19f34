/** `gcloud ai endpoints deploy-model`: replicas that answer requests. Source: reference of the Google Cloud CLI. */
import { instance } from '../../catalog/instances.js'
import type { Change, Refusal } from '../../edit/write.js'
import { both, convert, derived, orDefault, orUnknown } from '../../values/operations.js'
import { asCount } from '../../values/parse.js'
import type { ClaimBuilder, SubjectBuilder } from '../../workload/builder.js'
import type { Claim, Evidence } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import { addOptions } from '../command-lines/change.js'
import { type CloudCommand, cloudCommands, optionOf } from '../command-lines/cloud-command.js'
import { OptionSource } from '../command-lines/option-source.js'
import { acceleratorModel } from '../machine-claims.js'
import { defineReader, type FragmentFacts } from '../reader.js'
import { settingTable } from '../setting-table.js'
import { attachedOf } from './accelerators.js'

const replicaSettings = settingTable('Serving', {
  minReplicas: { keys: ['min-replica-count'], parse: asCount, otherwise: 1 },
})

export const gcloudEndpointReader = defineReader({
  name: 'gcloud-endpoint',
  title: 'gcloud',
  settings: [replicaSettings],
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
  serving.known('managedBy', 'gcloud ai endpoints', 'vertex', head)
  serving.known('purpose', 'deploy-model', 'deployment', head)
  const ended = one.beside.some((other) => ending.test(other.words.map((word) => word.raw).join(' ')))
  serving.known('tornDown', 'gcloud ai endpoints deploy-model', ended, head)
  serving.known('endsBy', 'deploy-model', 'gcloud ai endpoints undeploy-model', head)
  const source = new OptionSource(one, claims)
  claimMachine(serving, source)
  replicaSettings.claim(serving, source)
  const { value: least } = replicaSettings.read('minReplicas', source)
  const { site } = source.atCommand()
  serving.say('minReplicas', 'min-replica-count', { ...least, site })
  // A ceiling that is not given is the floor.
  const most = convert(source.get('max-replica-count'), asCount)
  const scales = orDefault(
    both(most, least, (high, low) => high > low),
    false,
  )
  serving.say('autoscaled', 'max-replica-count', { ...scales, site })
}

function claimMachine(serving: SubjectBuilder<'Serving'>, source: OptionSource): void {
  const type = source.text('machine-type')
  serving.say('machine', 'machine-type', type)
  const held = convert(type, (name) => instance(name)?.gpuCount)
  serving.say('gpus', 'machine-type', orUnknown(held, 'a machine that is not known'))
  serving.say('gpuModel', 'machine-type', derived(type, acceleratorModel))
  const attached = attachedOf(source)
  if (attached === null) return
  serving.say('gpus', 'accelerator', attached.gpus)
  serving.say('gpuModel', 'accelerator', attached.model)
}

/** One replica at least, as many as before at most. */
function changeEndpoint(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  if (claim.setting !== 'minReplicas' || typeof value !== 'number' || value < 2) return byHand(claim)
  const { start, end, fragment } = claim.site
  const command = facts.shell?.commands.find((one) => one.start === start && one.end === end)
  const least = command?.words.find((word) => /^--min-replica-count=\d+$/.test(word.raw))
  if (command === undefined || least === undefined) return { reason: 'min-replica-count is set elsewhere' }
  const most = command.words.find((word) => /^--max-replica-count=\d+$/.test(word.raw))
  const lower = {
    kind: 'replace text' as const,
    path: facts.path,
    fragment,
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
