/** Where the data of a SageMaker job lies, and which region the job runs in, as far as the program tells. */

import type { Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { childrenOf } from '../../syntax/python-children.js'
import { once } from '../../text/once.js'
import { passedExpression } from '../../values/argument.js'
import { calleePlace } from '../../values/places.js'
import { effective } from '../../values/value.js'
import type { ClaimBuilder, Place, SubjectBuilder } from '../../workload/builder.js'
import type { ComputeSettings } from '../../workload/resource-kinds.js'
import { claimRegion } from './region.js'

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
  const fits = fitsOf(python)
  const starts = [...(fits.get(call) ?? []), ...(call.assignedTo === null ? (fits.get(null) ?? []) : [])]
  for (const start of starts) for (const argument of start.expr.args) data.push(argument.value)
  for (const key of ['checkpoint_s3_uri', 'output_path', 'model_uri']) {
    const given = passedExpression(python.argument(call, key))
    if (given !== null) data.push(given)
  }
  claimAddresses(python, claims, compute, 'fit', calleePlace(call), data)
}

/** Calls of `fit` by what made the object; null: nobody knows. */
function fitsOf(python: PythonModule): ReadonlyMap<Call | null, readonly Call[]> {
  return once(python, 'calls of fit', () => {
    const fits = new Map<Call | null, Call[]>()
    for (const one of python.methodCalls('fit')) {
      const before = fits.get(one.receiverCall)
      if (before === undefined) fits.set(one.receiverCall, [one])
      else before.push(one)
    }
    return fits
  })
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

/** Addresses of buckets in an expression, names followed. */
function collect(
  python: PythonModule,
  claims: ClaimBuilder,
  expr: Expr,
  places: Places,
  depth: number,
): void {
  if (depth > 6 || places.length >= most) return
  const value = effective(python.fold(expr))
  if (value === undefined || (value !== null && typeof value === 'object')) {
    follow(python, claims, expr, places, depth)
    return
  }
  const [, scheme, host] = (typeof value === 'string' && /^(s3|gs|https):\/\/([^/]+)/.exec(value)) || []
  const cloud = scheme === undefined || host === undefined ? null : cloudOf(scheme, host)
  if (cloud === null) return
  const address = String(value)
  places.push({
    address: address.length > 60 ? `${address.slice(0, 59)}…` : address,
    cloud,
    region: cloud === 'aws' ? (regionInName.exec(host!)?.[1] ?? null) : null,
    location: claims.locate(expr),
  })
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
