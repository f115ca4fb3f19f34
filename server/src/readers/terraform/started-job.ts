/** A machine that trains by itself: its start script launches a program. It is a job, and nobody's workstation. */
import { instance } from '../../catalog/instances.js'
import { entries, textWithTemplates } from '../../config/access.js'
import type { HclValue } from '../../config/hcl-module.js'
import type { NamedText } from '../../text/named-text.js'
import { define } from '../../text/records.js'
import { derived } from '../../values/operations.js'
import { effective } from '../../values/value.js'
import type { Evidence } from '../../workload/claim.js'
import { claimScript } from '../job-script.js'
import { attachedModel, claimWholeType } from '../machine-claims.js'
import type { ReaderContext } from '../reader.js'
import { claimScriptFile } from '../script-file.js'
import { trainsAtStart } from '../shell/failures.js'
import { launchesOf } from '../shell/launches.js'
import { type Block, regionOf } from './block.js'
import { claimCapacity, claimStop } from './machine-use.js'

const scripts = {
  aws: [['user_data'], ['user_data_base64']],
  gcp: [['metadata_startup_script'], ['metadata', 'startup-script']],
}

/** False where the machine starts no training. */
export function readStartedJob(
  block: Block,
  context: ReaderContext,
  provider: 'aws' | 'gcp',
  spot: boolean,
): boolean {
  const { claims } = block.module
  const key = provider === 'aws' ? 'instance_type' : 'machine_type'
  const type = block.text(key)
  const script = scriptOf(block, provider)
  if (script === undefined || effective(type) === undefined || block.value.path !== claims.path) return false
  const { commands } = context.shell(script.text)
  if (
    !trainsAtStart(
      commands,
      launchesOf(commands, () => claims.locate(block.header)),
    )
  )
    return false
  const { header, module } = block
  const keys = module.keysOf(block.value)
  const place = { ...header, document: 0, ...(keys === undefined ? {} : { keys }) }
  const machine = instance(effective(type)!)
  const attached = block.number('guest_accelerator', 0, 'count')
  const gpus = provider === 'gcp' ? (effective(attached) ?? machine?.gpuCount) : machine?.gpuCount
  const accelerator = gpus === undefined ? 'maybe' : gpus > 0 ? 'gpu' : 'none'
  const evidence: Evidence = { role: 'job', accelerator, small: null, notebook: false }
  const job = `${block.value.path}#${provider}:${block.name}`
  const compute = claims.subject('Compute', place, block.name, evidence, job)
  compute.known('provider', 'Terraform', provider, place)
  compute.known('service', 'machine', false, place)
  compute.known('trials', 'machine', false, place)
  compute.known('nodes', 'machine', 1, place)
  const region = regionOf(block, provider)
  if (region !== undefined) compute.known('region', 'region', region, header)
  claimWholeType(compute, key, type)
  claimCapacity(compute, block, provider, spot)
  const model = derived(block.text('guest_accelerator', 0, 'type'), attachedModel)
  if (provider === 'gcp') {
    compute.say('gpus', 'guest_accelerator', attached)
    compute.say('gpuModel', 'guest_accelerator', model)
  }
  claimStop(compute, block, provider)
  const holds = {
    holder: `"${block.name}"`,
    gpus: gpus ?? null,
    model: effective(model) ?? machine?.gpu?.name ?? null,
    evidence,
  }
  const { value, text, file } = script
  const { node } = value
  const work =
    file === undefined
      ? claimScript(claims, context, { node, text, job, folder: null, nodes: 1, machine: holds })
      : claimScriptFile(claims, context, {
          script: file,
          place: { start: node.start, end: node.end },
          job,
          nodes: 1,
          variables: variablesOf(block, value),
          machine: holds,
        })
  if (work?.sharing != null) compute.known('sharing', 'start script', work.sharing, place)
  return true
}

interface StartScript {
  value: HclValue
  text: string
  /** It stands in a file of its own. */
  file?: NamedText
}

function scriptOf(block: Block, provider: 'aws' | 'gcp'): StartScript | undefined {
  for (const keys of scripts[provider]) {
    const value = block.at(...keys)
    if (value === undefined) continue
    const text = textWithTemplates(value.node)
    if (text !== undefined) return { value, text }
    const file = block.module.textOf(value)
    if (file !== undefined) return { value, text: file.text, file }
  }
  return undefined
}

/** What `templatefile` puts into the script, as far as it can be read. */
function variablesOf(
  { module }: Block,
  { node, path, overridable }: HclValue,
): Record<string, string | null> {
  const given = node.kind === 'unknown' ? node.file?.variables : undefined
  const found: Record<string, string | null> = {}
  for (const { key, value } of given === undefined ? [] : entries(given)) {
    const held = module.scope.resolve({ node: value, path, overridable }).node
    const isPlain = held.kind === 'scalar' && held.value !== null
    define(found, key, isPlain ? String(held.value) : null)
  }
  return found
}
