import { at, entries, items, map, number, text, textWithTemplates, written } from '../../config/access.js'
import type { ConfigDocument, ConfigMap, ConfigNode } from '../../config/node.js'
import type { Change, Refusal } from '../../edit/write.js'
import type { Json } from '../../text/json.js'
import { ConfigSource, nodeValue } from '../../values/config-source.js'
import { convert, orDefault, stated } from '../../values/operations.js'
import { asQuotedNumber, asSwitch, asWord } from '../../values/parse.js'
import type { ClaimBuilder, Place, SubjectBuilder } from '../../workload/builder.js'
import type { Claim, Evidence } from '../../workload/claim.js'
import { handedOut } from '../../workload/sharing.js'
import { byHand } from '../change-answer.js'
import { type Keys, keyedPlace, nodePlace, writeKeys } from '../config-change.js'
import { claimScript } from '../job-script.js'
import { claimType } from '../machine-claims.js'
import { isAcceleratedType } from '../pool-claims.js'
import { defineReader, type FragmentFacts, type ReaderContext } from '../reader.js'
import { settingTable } from '../setting-table.js'

/** The command line may bring a limit as well. */
const jobSettings = settingTable('Compute', {
  timeLimit: { keys: ['timeout_s'], parse: asQuotedNumber, otherwise: null, openDefault: true },
  retries: {
    keys: ['max_retries'],
    parse: (value) => {
      const count = asQuotedNumber(value)
      return count === undefined ? undefined : count < 0 ? null : count
    },
  },
})

export const anyscaleReader = defineReader({
  name: 'anyscale',
  title: 'Anyscale',
  settings: [jobSettings],
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
  compute.known('sharing', 'entrypoint', handedOut, place)
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
  claimType(compute, 'instance_type', stated(compute.locator.origin(place), type))
  const least = number(at(node, 'min_nodes') ?? at(node, 'min_workers'))
  const most = number(at(node, 'max_nodes') ?? at(node, 'max_workers'))
  if (least !== undefined && least === most) compute.known('nodes', 'min_nodes', least, place)
  else compute.unknown('nodes', 'max_nodes', 'it grows and shrinks', place)
  const market = at(node, 'market_type')
  const site = keyedPlace(market ?? given, document.index, [...keys, 'market_type'])
  const asked = convert(
    nodeValue(market, place, compute.locator, { site }),
    asWord(markets),
    'either of both',
  )
  compute.say('spot', 'market_type', orDefault(asked, false))
  compute.say('spot', 'use_spot', convert(nodeValue(at(node, 'use_spot'), place, compute.locator), asSwitch))
}

const markets = new Map([
  ['spot', true],
  ['on_demand', false],
])

function claimTimes(compute: SubjectBuilder<'Compute'>, { document, root }: Job, place: Place): void {
  const options = { document: document.index, keys: [], shown: place }
  jobSettings.claim(compute, new ConfigSource(root, compute.locator, options), {}, ['timeLimit'])
  const keyed = new ConfigSource(root, compute.locator, { ...options, withKey: true })
  jobSettings.claim(compute, keyed, {}, ['retries'])
}

function changeJob(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const { keys } = claim.site
  if (keys === undefined) return byHand(claim)
  const set = (title: string, to: Json, after?: string) =>
    writeKeys(claim, facts, title, [{ keys, value: to, ...(after === undefined ? {} : { after }) }])
  switch (claim.setting) {
    case 'timeLimit':
      return set(`End the job after ${Number(value) / 3600} hours: timeout_s: ${value}`, Number(value))
    case 'retries':
      return set(`Retry at most once: max_retries: ${value}`, Number(value))
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
