/** Pipelines of TFX: `Pipeline(…, components=[…], enable_cache=False)`. Source: tfx 1.15, orchestration/pipeline.py. */
import type { Call, PythonModule } from '../../python/module.js'
import { passedExpression } from '../../values/argument.js'
import { CallSource } from '../../values/call-source.js'
import { asBoolean } from '../../values/parse.js'
import { calleePlace } from '../../values/places.js'
import { isGiven } from '../../values/value.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { StepWork } from '../../workload/resource-kinds.js'
import { describeAllSteps, stepEvidence } from '../pipelines/describe-step.js'
import { whyUncached } from '../pipelines/why-uncached.js'
import { defineReader } from '../reader.js'
import { settingTable } from '../setting-table.js'

const pipelines = /^tfx\.(\w+\.)*Pipeline$/

const stepSettings = settingTable('Step', {
  cached: {
    keys: ['enable_cache'],
    parse: asBoolean,
    write: (cached) => cached,
    title: () => 'Run only the components whose inputs have changed: enable_cache=True',
  },
})

export const tfxReader = defineReader({
  name: 'tfx',
  title: 'TFX',
  settings: [stepSettings],
  languages: ['python'],
  triggers: ['enable_cache'],
  read({ python }, _context, claims) {
    if (python === undefined) return
    for (const call of python.calls) if (pipelines.test(call.name ?? '')) readPipeline(python, call, claims)
  },
  change: (claim, value, facts) => stepSettings.change(claim, value, facts),
})

function readPipeline(python: PythonModule, call: Call, claims: ClaimBuilder): void {
  const source = new CallSource(python, call, claims, { withName: true })
  if (!isGiven(source.get('enable_cache'))) return
  const all = describeAllSteps(
    claims,
    componentsOf(python, call),
    { place: calleePlace(call), scope: call.function?.qualified ?? '' },
    { engine: 'TFX', key: 'enable_cache', unit: 'job', evidence: stepEvidence(python) },
  )
  stepSettings.claim(all, source)
  const reason = whyUncached(python, call.statement, null)
  if (reason !== null) all.known('uncachedFor', 'enable_cache', reason.because, calleePlace(call))
}

/** What the components that TFX brings are for, by their class. */
const works: readonly (readonly [RegExp, StepWork])[] = [
  [/ExampleGen$/, 'download'],
  [/^(Transform|StatisticsGen|SchemaGen)$/, 'prepare'],
  [/^Trainer$/, 'train'],
  [/^Tuner$/, 'tune'],
  [/^Evaluator$/, 'evaluate'],
  [/^(Pusher|InfraValidator)$/, 'deploy'],
]

function componentsOf(python: PythonModule, call: Call): { name: string; purpose: StepWork[] }[] {
  const given = passedExpression(python.argument(call, 'components'))
  const list = given === null ? null : python.definition(given)
  if (list === null || list.type !== 'list') return []
  return list.items.flatMap((item) => {
    const made = python.callOf(item)
    if (made === null) return []
    const work = works.find(([name]) => name.test(made.method))?.[1]
    return [{ name: made.method, purpose: work === undefined ? [] : [work] }]
  })
}
