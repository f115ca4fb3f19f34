/**
 * Model servers on Kubernetes that can go down to no replica at all: KServe `InferenceService` (serving.kserve.io/v1beta1,
 * before that serving.kubeflow.org) and Knative `Service` (serving.knative.dev/v1; Cloud Run speaks it too).
 */
import { at, entries, entry, map, number, written } from '../../config/access.js'
import type { ConfigEntry, ConfigMap, ConfigNode } from '../../config/node.js'
import { lookUp } from '../../text/records.js'
import type { ClaimBuilder, Place, SubjectBuilder } from '../../workload/builder.js'
import { defineReader } from '../reader.js'
import { carryOut, type Keys } from './change-plan.js'
import { type KubernetesObject, manifestLanguages, objectsIn, placeOf, specPlace } from './objects.js'
import { isPatch } from './pod.js'
import { claimServing, type Floor } from './serving.js'

/** Modes of KServe in which a plain Deployment serves, which keeps one replica at least. */
const plainModes = /^(RawDeployment|Standard|ModelMesh)$/
/** `predictor.minReplicas` where it is not given (KServe, DefaultMinReplicas). */
const leastByDefault = 1

const scaleAnnotations = ['autoscaling.knative.dev/min-scale', 'autoscaling.knative.dev/minScale']

export const inferenceServiceReader = defineReader({
  name: 'kserve',
  languages: manifestLanguages,
  triggers: ['serving.kserve.io/v1', 'serving.kubeflow.org/v1', 'serving.knative.dev/v1'],
  read(facts, _context, claims) {
    for (const object of objectsIn(facts)) {
      const { kind, version } = object
      if (kind === 'InferenceService' && /^serving\.(kserve\.io|kubeflow\.org)\/v1beta1$/.test(version))
        readInferenceService(claims, object, ['spec'])
      // The version before distinguished the default from the canary.
      else if (kind === 'InferenceService' && version === 'serving.kubeflow.org/v1alpha2')
        readInferenceService(claims, object, ['spec', 'default'])
      else if (kind === 'Service' && version === 'serving.knative.dev/v1') readKnative(claims, object)
    }
  },
  change: carryOut,
})

function readInferenceService(claims: ClaimBuilder, object: KubernetesObject, above: string[]): void {
  const predictor = at(object.root, ...above, 'predictor')
  const place = specPlace(object)
  if (predictor === undefined || predictor.kind !== 'map' || place === null) return
  const framework = frameworkOf(predictor)
  const pod = podOf(predictor, framework)
  const mode = written(at(object.root, 'metadata', 'annotations', 'serving.kserve.io/deploymentMode'))
  const plain = mode !== undefined && plainModes.test(mode)
  const floor: Floor = {
    key: 'minReplicas',
    node: at(predictor, 'minReplicas') ?? null,
    otherwise: leastByDefault,
    keys: [...object.base, ...above, 'predictor', 'minReplicas'],
    ...(plain
      ? { plan: { reason: 'give `maxReplicas` a number above it, or add a ScaledObject of KEDA' } }
      : {}),
  }
  const own = entry(at(object.root, ...above), 'predictor')!
  const shown: Place = { ...place, start: own.keyStart, end: own.keyEnd }
  const keys = [...object.base, ...above, 'predictor']
  const container = framework === null ? undefined : [framework.key, 'resources']
  const serving = claimServing(claims, object, 'KServe', pod, floor, shown, keys, container)
  if (serving === null) return
  const format = processorFormat(predictor)
  if (format !== null) {
    const place: Place = { start: format.node.start, end: format.node.end }
    serving.known('acceleratorLibrary', format.name, null, place)
  }
  if (mode === undefined) serving.default('scalesToZero', 'deploymentMode', true, shown)
  else serving.known('scalesToZero', 'deploymentMode', !plainModes.test(mode), shown)
  if (mode !== undefined && /^(RawDeployment|Standard)$/.test(mode))
    claimScaler(serving, object, predictor, shown)
}

/** A plain Deployment gets a HorizontalPodAutoscaler between both numbers; without a ceiling of its own that moves nothing. */
function claimScaler(
  serving: SubjectBuilder<'Serving'>,
  object: KubernetesObject,
  predictor: ConfigMap,
  shown: Place,
): void {
  const kind = written(at(object.root, 'metadata', 'annotations', 'serving.kserve.io/autoscalerClass'))
  // Another one is looked for by its target.
  if (kind !== undefined && !/^(hpa|none)$/.test(kind)) return
  const [floor, ceiling] = ['minReplicas', 'maxReplicas'].map((key) => at(predictor, key))
  const least = floor === undefined ? leastByDefault : number(floor)
  if (kind === 'none') serving.known('autoscaled', 'autoscalerClass', false, shown)
  else if (ceiling === undefined) serving.default('autoscaled', 'maxReplicas', false, shown)
  else if (least !== undefined && number(ceiling) !== undefined)
    serving.known('autoscaled', 'maxReplicas', number(ceiling)! > least, placeOf(ceiling))
}

/** Formats whose servers (sklearnserver, xgbserver, lgbserver, pmmlserver, MLServer) predict on the CPU. */
const onProcessors: Record<string, string> = {
  sklearn: 'scikit-learn',
  xgboost: 'XGBoost',
  lightgbm: 'LightGBM',
  pmml: 'PMML',
}

/** `model: {modelFormat: {name: sklearn}}`, before that `sklearn: {…}`; null: another, or a runtime of its own. */
function processorFormat(predictor: ConfigNode): { name: string; node: ConfigNode } | null {
  if (at(predictor, 'containers') !== undefined) return null
  const node = at(predictor, 'model', 'modelFormat', 'name')
  if (node !== undefined) {
    const name = lookUp(onProcessors, written(node) ?? '')
    const runtime = at(predictor, 'model', 'runtime')
    const plain =
      runtime === undefined || /sklearn|xgb|lgb|lightgbm|pmml|mlserver/i.test(written(runtime) ?? '')
    return name !== undefined && plain ? { name, node } : null
  }
  for (const { key, value } of entries(predictor)) {
    const name = lookUp(onProcessors, key)
    if (name !== undefined) return { name, node: value }
  }
  return null
}

/** The model server that the framework names (`model`, `sklearn`); null: containers of one's own. */
function frameworkOf(predictor: ConfigMap): ConfigEntry | null {
  if (at(predictor, 'containers') !== undefined) return null
  return predictor.entries.find((one) => map(entry(one.value, 'resources')?.value) !== undefined) ?? null
}

/** The pod that KServe makes: with a container for the model server. */
function podOf(predictor: ConfigMap, framework: ConfigEntry | null): ConfigMap {
  if (framework === null) return predictor
  const { start, end } = framework.value
  const list: ConfigNode = { kind: 'list', items: [framework.value], start, end }
  return {
    ...predictor,
    entries: [...predictor.entries, { key: 'containers', keyStart: start, keyEnd: start, value: list }],
  }
}

function readKnative(claims: ClaimBuilder, object: KubernetesObject): void {
  const template: Keys = ['spec', 'template', 'metadata', 'annotations']
  const annotations = at(object.root, ...template)
  const name = scaleAnnotations.find((one) => entry(annotations, one) !== undefined)
  const place = specPlace(object)
  const pod = at(object.root, 'spec', 'template', 'spec')
  // Without the annotation the last replica goes by itself.
  if (name === undefined || place === null || pod === undefined) return
  const floor: Floor = {
    key: name,
    node: at(annotations, name)!,
    otherwise: 0,
    keys: [...object.base, ...template, name],
  }
  const gpu = isPatch(pod) ? undefined : pod
  const cloudRun = JSON.stringify(entries(annotations).map((one) => one.key)).includes('run.googleapis.com/')
  const platform = cloudRun ? 'Cloud Run' : 'Knative'
  const keys: Keys = [...object.base, 'spec', 'template', 'spec']
  const serving = claimServing(claims, object, platform, gpu, floor, place, keys)
  serving?.known('scalesToZero', object.kind, true, place)
}
