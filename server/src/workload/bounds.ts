/**
 * What a number can be, setting by setting. Users' files hold `1e308`, `-3` and `.inf` where a count is due: past these
 * bounds a number is no number that anything could be computed from, so it is unknown.
 */
import { lookUp } from '../text/records.js'
import { originOf, unreadable } from '../values/operations.js'
import type { Value } from '../values/value.js'
import type { Launch } from './claim.js'
import type { ResourceKind, ResourceKinds, SettingName } from './resource-kinds.js'

type NumberSettings<W extends ResourceKind> = {
  [K in SettingName<W>]: number extends ResourceKinds[W][K] ? K : never
}[SettingName<W>]

type NumberSetting = { [W in ResourceKind]: NumberSettings<W> }[ResourceKind]

type Bound = readonly [least: number, most: number]

/** Machines, devices and processes: more than any cluster has. */
const machines: Bound = [0, 100_000]
/** Passes, steps, trials. People write a million and more where they mean no limit. */
const count: Bound = [0, 1e12]
const atLeastOne: Bound = [1, 1e12]
/** Up to three hundred years. */
const seconds: Bound = [0, 1e10]
const weights: Bound = [0, 1e15]

const bounds: Record<NumberSetting, Bound> = {
  accumulation: atLeastOne,
  batchSize: atLeastOne,
  checkpointCount: count,
  classes: count,
  concurrentRuns: count,
  copies: [1, 1000],
  cpus: machines,
  devices: machines,
  devicesEach: count,
  epochs: count,
  evaluatedSamples: count,
  every: count,
  folds: [1, 1e6],
  forwards: [1, 100],
  gpus: machines,
  gpusOnNode: [1, 16],
  idleDelay: seconds,
  idleStop: seconds,
  imageEdge: [1, 1e6],
  imagesAtOnce: atLeastOne,
  interval: seconds,
  jobsStarted: count,
  keepAlive: seconds,
  keptCheckpoints: count,
  learningRate: [0, 1e6],
  leastReplicas: machines,
  madeBy: machines,
  maximum: machines,
  initial: machines,
  maxSteps: count,
  maxWait: seconds,
  minimum: machines,
  minReplicas: machines,
  mostReplicas: machines,
  nodes: machines,
  otherPools: machines,
  paddedTo: atLeastOne,
  parallelism: count,
  parameters: weights,
  passes: count,
  patience: count,
  rateFadesAfter: count,
  validatedEvery: count,
  pictureEdge: [1, 1e6],
  processes: machines,
  reservedEach: machines,
  retries: count,
  rounds: count,
  rows: count,
  samples: atLeastOne,
  runLimit: seconds,
  seconds,
  sequenceLength: atLeastOne,
  sessionLimit: seconds,
  share: [0, 1],
  sharedMemory: weights,
  spreadOver: machines,
  startedEvery: seconds,
  stopStart: count,
  taken: machines,
  timeLimit: seconds,
  times: count,
  trainedSeconds: seconds,
  trialCap: count,
  unaskedCores: machines,
  utilization: [0, 10_000],
  workers: machines,
  zones: [1, 100],
}

const outOfRange = 'a number out of range'

/** The value as it is, or unknown where a number in it cannot be. */
export function withinBounds<T>(setting: string, value: Value<T>): Value<T> {
  const bound = lookUp<Bound>(bounds, setting)
  switch (value.state) {
    case 'known':
    case 'default':
      return isPossible(value.value, bound) ? value : unreadable(originOf(value), outOfRange)
    case 'choice': {
      const options = value.options.map((option) => {
        const settled = option.value
        const possible = settled.state === 'unknown' || isPossible(settled.value, bound)
        return possible
          ? option
          : { ...option, value: { ...originOf(settled), state: 'unknown' as const, because: outOfRange } }
      })
      return { ...value, options }
    }
    default:
      return value
  }
}

/** No number that a setting is made of is larger, offsets of places included. */
const largest = 1e15

function isPossible(value: unknown, bound: Bound | undefined): boolean {
  if (typeof value === 'number') {
    const [least, most] = bound ?? [-largest, largest]
    return value >= least && value <= most
  }
  if (typeof value !== 'object' || value === null) return true
  return Object.values(value).every((part) => isPossible(part, undefined))
}

/** The launch, its processes and nodes unknown where they cannot be so many. */
export function countable<T extends Pick<Launch, 'processes' | 'nodes'>>(launch: T): T {
  const { processes, nodes } = launch
  return {
    ...launch,
    processes: isPossible(processes, machines) ? processes : null,
    nodes: isPossible(nodes, machines) ? nodes : null,
  }
}
