/** Where the data of a SageMaker job lies, and which region the job runs in, as far as the program tells. */

import type { Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { childrenOf } from '../../syntax/python-children.js'
import { calleePlace } from '../../values/places.js'
import type { ClaimBuilder, Place, SubjectBuilder } from '../../workload/builder.js'
import type { ComputeSettings } from '../../workload/words.js'

type Places = ComputeSettings['dataPlaces']

const regionInName =
  /(?:^|[-.])((?:us|eu|ap|ca|sa|me|af)(?:-gov)?-(?:north|south|east|west|central|northeast|northwest|southeast|southwest)-\d)(?:[-./]|$)/
const most = 20

export function claimData(
  python: PythonModule,
  claims: ClaimBuilder,
  compute: SubjectBuilder<'Compute'>,
  call: Call,
): void {
  claimRegion(python, compute)
  const data: Expr[] = []
  const starts = python.calls.filter(
    (one) =>
      one.method === 'fit' &&
      (one.receiverCall === call || (one.receiverCall === null && call.assignedTo === null)),
  )
  for (const start of starts) for (const argument of start.expr.args) data.push(argument.value)
  for (const key of ['checkpoint_s3_uri', 'output_path', 'model_uri']) {
    const given = python.argument(call, key)
    if (given.state === 'given') data.push(given.expr)
  }
  claimAddresses(python, claims, compute, 'fit', calleePlace(call), data)
}

/** Addresses of buckets in these expressions. */
export function claimAddresses(
  python: PythonModule,
  claims: ClaimBuilder,
  compute: SubjectBuilder<'Compute'>,
  key: string,
  place: Place,
  data: Expr[],
): void {
  const places: Places = []
  for (const expr of data) collect(python, claims, expr, places, 0)
  if (places.length > 0) compute.known('dataPlaces', key, places, place)
}

export function claimRegion(python: PythonModule, compute: SubjectBuilder<'Compute'>): void {
  const region = regionOf(python)
  if (region !== null) compute.known('region', 'region_name', region.name, region.expr)
}

/** The one region that the program names: `boto3.Session(region_name=…)`, `boto3.client(…, region_name=…)`. */
function regionOf(python: PythonModule): { name: string; expr: Expr } | null {
  let found: { name: string; expr: Expr } | null = null
  for (const call of python.calls) {
    if (!/^(Session|client|resource|setup_default_session)$/.test(call.method)) continue
    const given = python.argument(
      call,
      'region_name',
      call.method === 'client' || call.method === 'resource' ? 1 : null,
    )
    if (given.state !== 'given') continue
    const { folded } = given
    if (folded.state !== 'known' || typeof folded.value !== 'string' || folded.overridable) return null
    if (found !== null && found.name !== folded.value) return null
    found ??= { name: folded.value, expr: given.expr }
  }
  return found
}

/** Addresses of buckets in an expression, names followed. */
function collect(
  python: PythonModule,
  claims: ClaimBuilder,
  expr: Expr,
  places: Places,
  depth: number,
): void {
  if (depth > 6 || places.length >= most) return
  const folded = python.fold(expr)
  if (folded.state === 'known') {
    if (typeof folded.value !== 'string') {
      if (folded.value !== null && typeof folded.value === 'object')
        follow(python, claims, expr, places, depth)
      return
    }
    const match = /^(s3|gs|https):\/\/([^/]+)/.exec(folded.value)
    if (match === null) return
    const cloud = cloudOf(match[1]!, match[2]!)
    if (cloud === null) return
    places.push({
      address: folded.value.length > 60 ? `${folded.value.slice(0, 59)}…` : folded.value,
      cloud,
      region: cloud === 'aws' ? (regionInName.exec(match[2]!)?.[1] ?? null) : null,
      location: claims.locate(expr),
    })
    return
  }
  follow(python, claims, expr, places, depth)
}

function follow(python: PythonModule, claims: ClaimBuilder, expr: Expr, places: Places, depth: number): void {
  const value = python.definition(expr)
  const next = value === expr ? childrenOf(expr) : [value]
  for (const child of next) collect(python, claims, child, places, depth + 1)
}

function cloudOf(scheme: string, host: string): 'aws' | 'gcp' | 'azure' | null {
  if (scheme === 's3') return 'aws'
  if (scheme === 'gs') return 'gcp'
  return /\.blob\.core\.windows\.net$/.test(host) ? 'azure' : null
}
