/** Arguments of the estimators of the SageMaker Python SDK that are settings by themselves. Source: SDK 2.257, estimator.py. */
import type { Call } from '../../python/module.js'
import { asBoolean, asGiven, asNumber, asText, orNone } from '../../values/parse.js'
import { settingTable } from '../setting-table.js'
import { offered } from './machine.js'
import { defaultMaxRun, frameworkEstimators, trainingFamilies } from './names.js'
import { parameterDefault } from './parameters.js'

const tagRow = {
  keys: ['tags'],
  parse: asGiven,
  otherwise: false,
  write: () => ['team', 'project'].map((key) => ({ Key: key, Value: 'TODO' })),
  title: () => 'Tag the job with its team and project (fill them in)',
  safety: 'display',
} as const

/** `old`: version 1, whose arguments begin with `train_`; both are understood. */
function table(framework: boolean, old: boolean) {
  const named = (name: string) => (old ? [`train_${name}`, name] : [name, `train_${name}`])
  const at = (position: number) => (framework ? {} : { position })
  return settingTable(
    'Compute',
    {
      instanceType: {
        keys: named('instance_type'),
        ...at(3),
        parse: asText,
        write: (type) => offered(type, 'training', trainingFamilies),
        title: (_, written) => `Use ${written}`,
      },
      nodes: {
        keys: named('instance_count'),
        ...at(2),
        parse: asNumber,
        otherwise: 1,
        write: Number,
        title: (count, _, key) => `Start ${count} machine: ${key}=${count}`,
      },
      reserved: { keys: ['training_plan'], parse: (value) => value !== null, otherwise: false },
      spot: {
        keys: named('use_spot_instances'),
        parse: asBoolean,
        otherwise: false,
        write: Boolean,
        title: (spot) => (spot ? 'Run on managed spot capacity' : 'Run on demand'),
      },
      timeLimit: {
        keys: named('max_run'),
        parse: (value) => (value === null ? defaultMaxRun : asNumber(value)),
        otherwise: defaultMaxRun,
        write: Number,
      },
      maxWait: { keys: named('max_wait'), parse: orNone(asNumber), otherwise: null, write: Number },
      keepAlive: {
        keys: ['keep_alive_period_in_seconds'],
        parse: orNone(asNumber),
        otherwise: null,
        write: (seconds) => seconds ?? undefined,
      },
      checkpointStore: { keys: ['checkpoint_s3_uri'], parse: orNone(asText), otherwise: null },
      tagged: tagRow,
    },
    { defaultOf: parameterDefault },
  )
}

export const frameworkSettings = table(true, false)
export const containerSettings = table(false, false)
const oldFrameworkSettings = table(true, true)
const oldContainerSettings = table(false, true)

/** The arguments of this estimator, under the names of the version that it is written for. */
export function settingsOf(call: Call) {
  const old = call.expr.args.some((argument) => argument.name?.startsWith('train_instance_'))
  if (frameworkEstimators.has(call.name ?? '')) return old ? oldFrameworkSettings : frameworkSettings
  return old ? oldContainerSettings : containerSettings
}
