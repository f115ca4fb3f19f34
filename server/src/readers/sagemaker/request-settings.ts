/** Keys of requests to the SageMaker API that are settings by themselves. Source: SageMaker API reference (2017-07-24). */
import { lookUp } from '../../text/records.js'
import { asCount, asGiven, asText } from '../../values/parse.js'
import type { Key } from '../../values/source.js'
import { settingTable } from '../setting-table.js'
import { offered } from './machine.js'
import {
  defaultMaxRun,
  processingFamilies,
  strategies,
  trainingFamilies,
  transformFamilies,
} from './names.js'

const asSwitch = (value: unknown): boolean | undefined => (typeof value === 'boolean' ? value : undefined)
const changed = (value: unknown, _: unknown, key: string): string => `Set ${key} to ${value}`

/** The machines of a job; they stand in any of the maps at these keys. */
function machineRows(kind: string, families: ReadonlySet<string>, ...maps: Key[][]) {
  const keys = (key: string) => maps.map((map) => [...map, key])
  return {
    instanceType: {
      keys: keys('InstanceType'),
      parse: asText,
      write: (type: string) => offered(type, kind, families),
      title: (_: string, written: unknown) => `Use ${written}`,
    },
    nodes: {
      keys: keys('InstanceCount'),
      parse: asCount,
      write: Number,
      title: (value: number) => `Start ${value} machine: InstanceCount: ${value}`,
    },
  }
}

/** Trials may be given several machines to choose from. */
const clusters = (key: string): Key[][] => [
  ['ResourceConfig', key],
  ['HyperParameterTuningResourceConfig', key],
]

/** From the definition of a training job down. */
export const trainingSettings = settingTable('Compute', {
  ...machineRows('training', trainingFamilies, ['ResourceConfig'], ['HyperParameterTuningResourceConfig']),
  reserved: {
    keys: clusters('TrainingPlanArn'),
    parse: (value) => typeof value === 'string' && value !== '',
    otherwise: false,
  },
  keepAlive: {
    keys: clusters('KeepAlivePeriodInSeconds'),
    parse: asCount,
    otherwise: null,
    write: (seconds) => seconds ?? undefined,
    title: changed,
  },
  spot: {
    keys: ['EnableManagedSpotTraining'],
    parse: asSwitch,
    otherwise: false,
    write: Boolean,
    title: (spot) => (spot ? 'Run on managed spot capacity' : 'Run on demand'),
  },
  timeLimit: {
    keys: [['StoppingCondition', 'MaxRuntimeInSeconds']],
    parse: asCount,
    otherwise: defaultMaxRun,
    write: Number,
    title: changed,
  },
  maxWait: {
    keys: [['StoppingCondition', 'MaxWaitTimeInSeconds']],
    parse: asCount,
    otherwise: null,
    write: Number,
    title: changed,
  },
})

/** Of the request itself, also where the job is defined inside of it. */
export const jobSettings = settingTable('Compute', {
  tagged: {
    keys: ['Tags'],
    parse: asGiven,
    otherwise: false,
    write: () => ['team', 'project'].map((key) => ({ Key: key, Value: 'TODO' })),
    title: () => 'Tag the job with its team and project (fill them in)',
    safety: 'display',
  },
})

/** A processing job that sets no limit is ended after a day. */
export const processingSettings = settingTable('Compute', {
  ...machineRows('processing', processingFamilies, ['ProcessingResources', 'ClusterConfig']),
  timeLimit: {
    keys: [['StoppingCondition', 'MaxRuntimeInSeconds']],
    parse: asCount,
    otherwise: 86_400,
    write: Number,
    title: changed,
  },
})

export const transformSettings = settingTable(
  'Compute',
  machineRows('transform', transformFamilies, ['TransformResources']),
)

const config = 'HyperParameterTuningJobConfig'

export const tuningSettings = settingTable('Search', {
  strategy: { keys: [[config, 'Strategy']], parse: (value) => lookUp(strategies, String(value)) },
  trialCap: { keys: [[config, 'ResourceLimits', 'MaxNumberOfTrainingJobs']], parse: asCount },
  parallelism: {
    keys: [[config, 'ResourceLimits', 'MaxParallelTrainingJobs']],
    parse: asCount,
    write: Number,
    title: (value, _, key) => `At most ${value} jobs at once (${key})`,
  },
  timeLimit: { keys: [[config, 'ResourceLimits', 'MaxRuntimeInSeconds']], parse: asCount },
  earlyTermination: {
    keys: [[config, 'TrainingJobEarlyStoppingType']],
    parse: (value) => (typeof value === 'string' ? value === 'Auto' : undefined),
    otherwise: false,
    write: () => 'Auto',
    title: () => "Stop weak jobs early (TrainingJobEarlyStoppingType: 'Auto')",
  },
})

export const requestTables = [
  trainingSettings,
  jobSettings,
  processingSettings,
  transformSettings,
  tuningSettings,
]
