/** The jobs of a project, the scripts that they start, the pools that they run on, and what could not be resolved. */

import type { PriceSettings } from '../catalog/price-book.js'
import { type HourlyCost, hourlyCost } from '../estimate/hourly.js'
import type { Judgement, LinkedLaunch } from '../linking/runs.js'
import { requestOf, servingRequest } from '../rules/machine-request.js'
import { poolRequest } from '../rules/scaling/pool-words.js'
import type { Location } from '../text/location.js'
import type { SourceFile } from '../text/source-file.js'
import { effective } from '../values/value.js'
import type { SubjectView } from '../workload/claim.js'
import type { ResourceKind } from '../workload/resource-kinds.js'
import { LineNumbers } from './line-numbers.js'

/** What a job or one machine of a pool runs on; null: not known. */
export interface GraphMachine {
  instanceType: string | null
  region: string | null
  /** Per machine. */
  gpus: number | null
  gpuModel: string | null
}

/** US dollars per hour; null: no such price is known. */
export interface GraphCost {
  onDemand: number | null
  spot: number | null
  /** The machine is not named: the cheapest listed one stands for it. */
  atLeast: boolean
  /** ISO date at which the prices were read; empty: the user's own. */
  asOf: string
  region: string
  assumptions: string[]
}

export interface JobGraph {
  /** One entry for each command that a job starts; a job whose program cannot be read has one as well. */
  jobs: (GraphMachine & {
    /** Entries of one job share it. */
    id: string
    name: string
    path: string
    line: number
    launcher: string | null
    script: string | null
    unresolved: string | null
    nodes: number | null
    /** Asked for; null: not known. */
    spot: boolean | null
    /** Of all machines of the job. */
    cost: GraphCost | null
    pool: { path: string; line: number } | null
  })[]
  pools: (GraphMachine & {
    name: string
    kind: string
    path: string
    line: number
    minimum: number | null
    /** Null: no limit, or not known. */
    maximum: number | null
    /** Of one machine. */
    cost: GraphCost | null
  })[]
  /** Endpoints and servers that answer requests. */
  services: (GraphMachine & {
    name: string
    platform: string
    path: string
    line: number
    /** What it serves, as far as it is named. */
    model: string | null
    /** That run at all times; null: not known. */
    replicas: number | null
    /** Of one replica. */
    cost: GraphCost | null
  })[]
}

export interface GraphInput {
  launches: readonly LinkedLaunch[]
  judgements: readonly Judgement[]
  pricesFor(path: string): PriceSettings
  sourceOf(path: string): Promise<SourceFile | undefined>
  /** ISO date. */
  today: string
}

export async function jobGraph(input: GraphInput): Promise<JobGraph> {
  const { today } = input
  const lines = new LineNumbers(input.sourceOf)
  const place = async (location: Location) => ({
    path: location.path,
    line: await lines.line(location, location.start),
  })
  const graph: JobGraph = { jobs: [], pools: [], services: [] }
  const launched = new Set<string>()
  const computes = new Map<string, SubjectView<'Compute'>>()
  for (const { runs } of input.judgements) {
    const view = runs[0]!
    if (isA(view, 'Compute') && view.subject.job !== null) computes.set(view.subject.job, view)
    else if (isA(view, 'Serving') && isDescribed(view))
      graph.services.push(await serviceOf(view, place, input))
    else if (isA(view, 'Scaling')) {
      const { settings, subject } = view
      const request = poolRequest(view)
      graph.pools.push({
        name: effective(settings.name) ?? effective(settings.kind) ?? 'pool',
        kind: effective(settings.kind) ?? 'pool',
        ...(await place(subject.location)),
        instanceType: request.instanceType ?? null,
        region: request.region ?? null,
        gpus: request.gpus ?? null,
        gpuModel: request.gpuModel ?? null,
        minimum: effective(settings.minimum) ?? null,
        maximum: effective(settings.maximum) ?? null,
        cost: costOf(hourlyCost(request, input.pricesFor(subject.location.path), today)),
      })
    }
  }
  for (const { launch, script, unresolved } of input.launches) {
    const compute = launch.job === null ? undefined : computes.get(launch.job)
    if (launch.job !== null) launched.add(launch.job)
    const fallback = launch.program.path ?? launch.program.module ?? launch.program.command ?? launch.launcher
    graph.jobs.push({
      id: launch.job ?? launch.id,
      name: (compute === undefined ? undefined : effective(compute.settings.name)) ?? fallback,
      ...(await place(launch.calledAt ?? launch.location)),
      launcher: launch.launcher,
      script,
      unresolved,
      ...(await machineOf(compute, place, input)),
    })
  }
  for (const [id, compute] of computes) {
    if (launched.has(id)) continue
    graph.jobs.push({
      id,
      name: effective(compute.settings.name) ?? compute.subject.scope,
      ...(await place(compute.subject.location)),
      launcher: null,
      script: null,
      unresolved: 'no program that it starts could be read',
      ...(await machineOf(compute, place, input)),
    })
  }
  graph.jobs.sort(byPlace)
  graph.pools.sort(byPlace)
  graph.services.sort(byPlace)
  return graph
}

/** Something more is known than that it serves. */
function isDescribed({ settings }: SubjectView<'Serving'>): boolean {
  const { machine, gpus, model } = settings
  return effective(machine) !== undefined || (effective(gpus) ?? 0) > 0 || effective(model) !== undefined
}

async function serviceOf(
  view: SubjectView<'Serving'>,
  place: (location: Location) => Promise<{ path: string; line: number }>,
  { pricesFor, today }: GraphInput,
): Promise<JobGraph['services'][number]> {
  const { settings, subject } = view
  const request = servingRequest(view)
  return {
    name: effective(settings.name) ?? 'endpoint',
    platform: effective(settings.platform) ?? 'endpoint',
    ...(await place(subject.location)),
    instanceType: request.instanceType ?? null,
    region: request.region ?? null,
    gpus: request.gpus ?? null,
    gpuModel: request.gpuModel ?? null,
    model: effective(settings.model) ?? null,
    replicas: effective(settings.minReplicas) ?? null,
    cost: costOf(hourlyCost(request, pricesFor(subject.location.path), today)),
  }
}

type MachineOfJob = Pick<
  JobGraph['jobs'][number],
  'instanceType' | 'region' | 'nodes' | 'gpus' | 'gpuModel' | 'spot' | 'cost' | 'pool'
>

async function machineOf(
  compute: SubjectView<'Compute'> | undefined,
  place: (location: Location) => Promise<{ path: string; line: number }>,
  { pricesFor, today }: GraphInput,
): Promise<MachineOfJob> {
  const request = compute === undefined ? {} : requestOf(compute)
  const pool = compute?.run.job.pool
  return {
    instanceType: request.instanceType ?? null,
    region: request.region ?? null,
    nodes: request.nodes ?? null,
    gpus: request.gpus ?? null,
    gpuModel: request.gpuModel ?? null,
    spot: (compute === undefined ? undefined : effective(compute.settings.spot)) ?? null,
    cost:
      compute === undefined
        ? null
        : costOf(hourlyCost(request, pricesFor(compute.subject.location.path), today)),
    pool: pool === undefined ? null : await place(pool),
  }
}

function costOf(cost: HourlyCost | undefined): GraphCost | null {
  if (cost === undefined) return null
  const { onDemand, spot, atLeast, price, assumptions } = cost
  return { onDemand, spot, atLeast, asOf: price.asOf, region: price.region, assumptions }
}

function isA<W extends ResourceKind>(view: SubjectView, kind: W): view is SubjectView & SubjectView<W> {
  return view.subject.kind === kind
}

function byPlace(a: { path: string; line: number }, b: { path: string; line: number }): number {
  return a.path === b.path ? a.line - b.line : a.path < b.path ? -1 : 1
}
