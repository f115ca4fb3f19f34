/**
 * Jobs of Anyscale in YAML: `anyscale job submit`. Source: reference of the job API: no limit of time, one retry, machines
 * on demand; the cluster goes with the job. The older form has `worker_node_types` with `min_workers`.
 */
import { instance } from '../../catalog/instances.js'
import {
  at,
  boolean,
  entries,
  entry,
  isNothing,
  items,
  map,
  number,
  text,
  textWithTemplates,
  written,
} from '../../config/access.js'
import type { ConfigDocument, ConfigMap, ConfigNode } from '../../config/node.js'
import type { Change, Refusal } from '../../edit/write.js'
import type { Json } from '../../text/json.js'
import type { ClaimBuilder, Place, SubjectBuilder } from '../../workload/builder.js'
import type { Claim, Evidence } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import { type Keys, keyedPlace, nodePlace, writeKeys } from '../config-change.js'
import { claimScript } from '../job-script.js'
import { isAcceleratedType } from '../pool-claims.js'
import { defineReader, type ReaderContext, type UnitFacts } from '../reader.js'

export const anyscaleReader = defineReader({
  name: 'anyscale',
  languages: ['yaml'],
  triggers: ['compute_config'],
  read(facts, context, claims) {
    for (const document of facts.config?.documents ?? []) {
      const root = map(document.root)
      const entrypoint = at(root, 'entrypoint')
      const config = map(at(root, 'compute_config'))
      if (root !== undefined && entrypoint !== undefined && config !== undefined)
        readJob(claims, context, { document, root, entrypoint, config })
    }
  },
  change: changeJob,
})

interface Job {
  document: ConfigDocument
  root: ConfigMap
  entrypoint: ConfigNode
  config: ConfigMap
}

interface Group {
  node: ConfigNode
  keys: Keys
  type: string
}

/** The groups of workers with accelerators. */
function groupsOf(config: ConfigMap): Group[] {
  return ['worker_nodes', 'worker_node_types'].flatMap((key) =>
    items(at(config, key)).flatMap((node, index) => {
      const type = text(at(node, 'instance_type'))
      return type !== undefined && isAcceleratedType(type)
        ? [{ node, keys: ['compute_config', key, index], type }]
        : []
    }),
  )
}

function readJob(claims: ClaimBuilder, context: ReaderContext, job: Job): void {
  const { document, root, entrypoint, config } = job
  const [group, ...others] = groupsOf(config)
  const shown = at(group?.node, 'instance_type') ?? entrypoint
  const place = nodePlace(shown)
  const name = text(at(root, 'name'))
  const evidence: Evidence = {
    role: 'job',
    accelerator: group === undefined ? 'none' : 'gpu',
    small: null,
    notebook: false,
  }
  const id = `${claims.path}#${document.index}:anyscale`
  const compute = claims.subject('Compute', place, name ?? 'job', evidence, id)
  if (name !== undefined) compute.known('name', 'name', name, nodePlace(at(root, 'name')!))
  compute.known('provider', 'compute_config', 'other', place)
  compute.known('choosesCapacity', 'market_type', true, place)
  compute.known('reserved', 'compute_config', false, place)
  compute.known('trials', 'entrypoint', false, place)
  compute.known('service', 'entrypoint', false, place)
  // Ray itself hands accelerators to tasks and actors.
  compute.known('sharing', 'entrypoint', 'Ray', place)
  if (group === undefined)
    compute.unknown('gpus', 'compute_config', 'machines that the platform chooses', place)
  else if (others.length > 0) compute.unknown('gpus', 'worker_nodes', 'several groups of workers', place)
  else claimWorkers(compute, document, group)
  claimTimes(compute, job, place)
  claimScript(claims, context, {
    node: entrypoint,
    job: id,
    environment: Object.fromEntries(
      entries(at(root, 'env_vars')).map(({ key, value }) => [
        key,
        { value: written(value) ?? null, location: claims.locate(value) },
      ]),
    ),
    folder: folderOf(at(root, 'working_dir')),
    nodes: 1,
    image: textWithTemplates(at(root, 'image_uri')) ?? null,
    machine: null,
  })
}

function folderOf(node: ConfigNode | undefined): string | null {
  const path = text(node)
  return path === undefined || /^[~/]|:\/\//.test(path) ? null : path.replace(/^\.\/?/, '')
}

function claimWorkers(
  compute: SubjectBuilder<'Compute'>,
  document: ConfigDocument,
  { node, keys, type }: Group,
): void {
  const given = at(node, 'instance_type')!
  const place = keyedPlace(given, document.index, [...keys, 'instance_type'])
  const machine = instance(type)
  compute.known('instanceType', 'instance_type', type, place)
  if (machine === undefined) compute.unknown('gpus', 'instance_type', 'a machine that is not known', place)
  else {
    compute.known('gpus', 'instance_type', machine.gpuCount, place)
    if (machine.gpu !== null) compute.known('gpuModel', 'instance_type', machine.gpu.name, place)
  }
  const least = number(at(node, 'min_nodes') ?? at(node, 'min_workers'))
  const most = number(at(node, 'max_nodes') ?? at(node, 'max_workers'))
  if (least !== undefined && least === most) compute.known('nodes', 'min_nodes', least, place)
  else compute.unknown('nodes', 'max_nodes', 'it grows and shrinks', place)
  const market = at(node, 'market_type')
  const site = keyedPlace(market ?? given, document.index, [...keys, 'market_type'])
  const old = boolean(at(node, 'use_spot'))
  if (old !== undefined) compute.known('spot', 'use_spot', old, nodePlace(at(node, 'use_spot')!))
  else if (market === undefined) compute.default('spot', 'market_type', false, place, { site })
  else if (/^(SPOT|ON_DEMAND)$/.test(text(market) ?? ''))
    compute.known('spot', 'market_type', text(market) === 'SPOT', nodePlace(market), { site })
  else compute.unknown('spot', 'market_type', 'either of both', nodePlace(market), { site })
}

function claimTimes(compute: SubjectBuilder<'Compute'>, { document, root }: Job, place: Place): void {
  const limit = entry(root, 'timeout_s')
  const site = keyedPlace(limit?.value ?? place, document.index, ['timeout_s'])
  // The command line may bring one.
  if (limit === undefined || isNothing(limit.value))
    compute.default('timeLimit', 'timeout_s', null, place, { site, overridable: true })
  else {
    const seconds = number(limit.value)
    if (seconds === undefined) compute.unknown('timeLimit', 'timeout_s', 'a template', site, { site })
    else compute.known('timeLimit', 'timeout_s', seconds, site, { site })
  }
  const retries = entry(root, 'max_retries')
  const count = number(retries?.value)
  if (retries === undefined || count === undefined) return
  const shown = { start: retries.keyStart, end: retries.value.end }
  compute.known('retries', 'max_retries', count < 0 ? null : count, shown, {
    site: keyedPlace(shown, document.index, ['max_retries']),
  })
}

function changeJob(claim: Claim, value: unknown, facts: UnitFacts): Change | Refusal {
  const { keys } = claim.site
  if (keys === undefined) return byHand(claim)
  const set = (title: string, to: Json, after?: string) =>
    writeKeys(claim, facts, title, [{ keys, value: to, ...(after === undefined ? {} : { after }) }])
  switch (claim.setting) {
    case 'timeLimit':
      return set(`End the job after ${Number(value) / 3600} hours: timeout_s: ${value}`, Number(value))
    case 'retries':
      return set(`Start it again once at most: max_retries: ${value}`, Number(value))
    case 'spot':
      return set(
        'Run on spot machines: market_type: SPOT',
        value === true ? 'SPOT' : 'ON_DEMAND',
        'instance_type',
      )
    case 'instanceType':
      return set(`Use ${value}`, String(value))
    default:
      return byHand(claim)
  }
}
