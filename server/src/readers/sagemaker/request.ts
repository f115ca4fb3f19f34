/**
 * Requests to the SageMaker API, wherever they are written: arguments of boto3, `config=` of an Airflow operator, JSON
 * for the command line, a state of Step Functions. One way to ask for a value by the keys of the API.
 */
import { instance } from '../../catalog/instances.js'
import type { Json } from '../../text/json.js'
import { asCount } from '../../values/parse.js'
import type { ClaimBuilder, ClaimOptions, Place, SubjectBuilder } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import type { SettingName, Word, Words } from '../../workload/words.js'

export type Key = string | number

export type Said =
  | { state: 'absent' }
  | { state: 'known'; value: Json; place: Place; options: ClaimOptions }
  | { state: 'unknown'; because: string; place: Place }

export interface Request {
  claims: ClaimBuilder
  /** Id of the job that the request starts. */
  job: string
  scope: string
  /** Without its accelerator, which the machine tells. */
  evidence: Evidence
  /** What is shown for a key that is not given. */
  header: Place
  read(...keys: Key[]): Said
  /** Keys of a map; null where they cannot all be known. */
  keysOf(...keys: Key[]): string[] | null
  /** How many items a list has; null: it is none, or that is not known. */
  length(...keys: Key[]): number | null
  /** What a change of these keys edits; its anchor tells them. */
  site(...keys: Key[]): Place
  /** The text of a value that may be computed: `image_uris.retrieve('xgboost', …)`. */
  textOf(...keys: Key[]): string
}

/** Between the keys in the anchor of a site. */
export const between = '/'

export function anchorOf(keys: Key[]): string {
  return keys.join(between)
}

/** Absent: the service's own default, where it has one; without it nothing is claimed. */
export function claimSaid<W extends Word, K extends SettingName<W>>(
  subject: SubjectBuilder<W>,
  request: Request,
  setting: K,
  keys: Key[],
  convert: (value: Json) => Words[W][K] | undefined,
  otherwise?: Words[W][K],
): void {
  const key = String(keys.at(-1))
  const site = request.site(...keys)
  const said = request.read(...keys)
  if (said.state === 'absent') {
    if (otherwise !== undefined) subject.default(setting, key, otherwise, request.header, { site })
  } else if (said.state === 'unknown') subject.unknown(setting, key, said.because, said.place, { site })
  else {
    const value = convert(said.value)
    if (value === undefined)
      subject.unknown(setting, key, 'a value that is not understood', said.place, { site })
    else subject.known(setting, key, value, said.place, { ...said.options, site })
  }
}

export function textAt(request: Request, ...keys: Key[]): string | null {
  const said = request.read(...keys)
  return said.state === 'known' && typeof said.value === 'string' ? said.value : null
}

/** The evidence of a request for this machine. */
export function evidenceOf(request: Request, type: string | null): Evidence {
  const gpus = type === null ? undefined : instance(type)?.gpuCount
  return { ...request.evidence, accelerator: gpus === undefined ? 'maybe' : gpus > 0 ? 'gpu' : 'cpu' }
}

/** `InstanceType` and `InstanceCount` of the map at `keys`. */
export function claimCluster(compute: SubjectBuilder<'Compute'>, request: Request, keys: Key[]): void {
  const typeKeys = [...keys, 'InstanceType']
  const said = request.read(...typeKeys)
  const site = request.site(...typeKeys)
  if (said.state === 'known' && typeof said.value === 'string') {
    const options = { ...said.options, site }
    compute.known('instanceType', 'InstanceType', said.value, said.place, options)
    const machine = instance(said.value)
    if (machine === undefined)
      compute.unknown('gpus', 'InstanceType', 'an instance type that the catalogue does not know', said.place)
    else {
      compute.known('gpus', 'InstanceType', machine.gpuCount, said.place, options)
      compute.known('cpus', 'InstanceType', machine.vcpus, said.place, options)
      if (machine.gpu !== null)
        compute.known('gpuModel', 'InstanceType', machine.gpu.name, said.place, options)
    }
  } else {
    const because = said.state === 'unknown' ? said.because : 'no instance type is given'
    const place = said.state === 'absent' ? request.header : said.place
    compute.unknown('instanceType', 'InstanceType', because, place, { site })
    compute.unknown('gpus', 'InstanceType', because, place, { site })
  }
  claimSaid(compute, request, 'nodes', [...keys, 'InstanceCount'], asCount)
}
