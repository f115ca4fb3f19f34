/** What runs until somebody ends it, on accelerators: Pods, Deployments, StatefulSets, notebooks of Kubeflow. */
import { at, items, number, text } from '../../config/access.js'
import type { ConfigNode } from '../../config/node.js'
import { lookUp } from '../../text/records.js'
import type { ClaimBuilder, Place, SubjectBuilder } from '../../workload/builder.js'
import { defineReader } from '../reader.js'
import { changeJobOperation, isJobOperation } from '../shell/job-operations.js'
import { carryOut, type Keys } from './change-plan.js'
import { type KubernetesObject, manifestLanguages, objectsIn, specPlace } from './objects.js'
import { acceleratorNames, acceleratorsOf, isPatch } from './pod.js'
import { claimServing, requestedOf } from './serving.js'
import { claimWorkbench } from './workbench.js'
import {
  claimTimeLimit,
  claimWorkload,
  deadlinePlan,
  groupAt,
  type PodGroup,
  replicasAt,
} from './workload.js'

const kinds: Record<string, RegExp> = {
  Pod: /^v1$/,
  Deployment: /^apps\/v1/,
  StatefulSet: /^apps\/v1/,
  Notebook: /^kubeflow\.org\/v1/,
}

export const longRunningReader = defineReader({
  name: 'kubernetes-service',
  languages: manifestLanguages,
  triggers: acceleratorNames,
  read(facts, context, claims) {
    for (const object of objectsIn(facts)) {
      const place = specPlace(object)
      if (place === null || lookUp(kinds, object.kind)?.test(object.version) !== true || object.trial)
        continue
      const template: Keys = object.kind === 'Pod' ? [] : ['spec', 'template']
      const replicas = replicasAt(object, ['spec', 'replicas'])
      const group = groupAt(object, template, replicas)
      if (group === null) continue
      if (acceleratorsOf(group.pod) === null) {
        claimUnasked(claims, object, group.pod, place)
        continue
      }
      const groups: PodGroup[] = [group]
      const service = object.kind === 'Pod' ? {} : { service: true }
      const workload = { object, place, groups, ...service }
      const claimed = claimWorkload(claims, context, workload)
      const { compute, work } = claimed
      // A pod that runs a program to its end is a job by another name.
      if (object.kind === 'Pod' && work.some((one) => !one.service && !one.probes))
        claimTimeLimit(claimed, workload, {
          given: [],
          plan: deadlinePlan(object, ['spec'], { what: 'pod', after: 'restartPolicy' }),
        })
      if (object.kind === 'Pod' && work.some((one) => one.workbench))
        claimWorkbench(compute, group.pod, place)
      if (object.kind === 'Notebook') claimNotebook(compute, place)
      // Ranks of a training that only borrow the kind: nothing may change their number.
      else if (object.kind !== 'Pod' && !work.some((one) => one.trains) && !joinsAScheduler(group.pod))
        claimReplicas(claims, object, group, place)
    }
  },
  change(claim, value, facts) {
    if (isJobOperation(claim)) return changeJobOperation(claim, facts)
    return carryOut(claim, value, facts)
  },
})

/** A node of another scheduler: requests come to that, and jobs that it has placed would be lost with a replica. */
function joinsAScheduler(pod: ConfigNode): boolean {
  return items(at(pod, 'containers')).some((container) => {
    const words = [...items(at(container, 'command')), ...items(at(container, 'args'))]
    const mounts = items(at(container, 'volumeMounts')).map((one) => text(at(one, 'mountPath')) ?? '')
    return (
      /slurm/i.test(text(at(container, 'image')) ?? '') ||
      words.some((word) => /\bslurmd\b/.test(text(word) ?? '')) ||
      mounts.some((path) => /^\/etc\/(slurm|munge)\b/.test(path))
    )
  })
}

/** Images of servers that are slow without an accelerator. */
const computing =
  /(^|\/)(ollama|vllm|vllm-openai|text-generation-inference|tritonserver|sglang|lmdeploy|llama\.cpp|comfyui|stable-diffusion)\b|\bcuda\b|-gpu\b/i

/** A toleration lets a pod onto machines with accelerators; without a request it is given none of them. */
function claimUnasked(claims: ClaimBuilder, object: KubernetesObject, pod: ConfigNode, place: Place): void {
  const tolerated = items(at(pod, 'tolerations'))
    .map((one) => at(one, 'key'))
    .find((key) => acceleratorNames.includes(text(key) ?? ''))
  const computes = items(at(pod, 'containers')).some((one) => computing.test(text(at(one, 'image')) ?? ''))
  if (tolerated === undefined || !computes) return
  const compute = claims.subject('Compute', place, object.kind, {
    role: 'job',
    accelerator: 'gpu',
    small: null,
    notebook: false,
  })
  compute.known('provider', object.kind, 'kubernetes', place)
  const shown = { start: tolerated.start, end: tolerated.end }
  compute.known('unaskedAccelerator', 'tolerations', text(tolerated)!, shown)
}

/**
 * The controller of Kubeflow's notebooks ends those that nobody uses where `ENABLE_CULLING` is set, and leaves it off by
 * itself. Its configuration is mostly kept elsewhere. Source: kubeflow, components/notebook-controller, culling_controller.go.
 */
function claimNotebook(compute: SubjectBuilder<'Compute'>, place: Place): void {
  compute.known('interactive', 'Notebook', true, place)
  const reason = 'set `ENABLE_CULLING: "true"` and `CULL_IDLE_TIME` for the notebook controller'
  compute.default('idleStop', 'ENABLE_CULLING', null, place, {
    overridable: true,
    site: { ...place, target: { kind: 'refused', reason } },
  })
}

/** Replicas of a plain Deployment stay as they are unless an autoscaler, in whatever file, changes their number. */
function claimReplicas(
  claims: ClaimBuilder,
  object: KubernetesObject,
  { pod, keys }: PodGroup,
  place: Place,
): void {
  const floor = {
    key: 'replicas',
    node: at(object.root, 'spec', 'replicas') ?? null,
    otherwise: 1,
    keys: [...object.base, 'spec', 'replicas'],
    plan: { reason: 'add a ScaledObject of KEDA, or an HPA that scales on waiting requests' },
  }
  const serving = claimServing(claims, object, 'Kubernetes', pod, floor, place, keys)
  if (serving === null) return
  serving.known('scalesToZero', object.kind, false, place)
  if (isPatch(pod)) serving.unknown('autoscaled', autoscaler, 'a patch of another manifest', place)
  else if (worksAlone(object, pod) || items(at(pod, 'containers')).some((one) => answers(one)))
    serving.default('autoscaled', autoscaler, false, place)
  const requested = requestedOf(pod)
  if (requested !== null && !isPatch(pod)) serving.known('requested', 'resources.requests', requested, place)
}

/** Somebody sends it requests: several that have neither a port nor a probe, and are no model server, may wait for each other. */
function answers(container: ConfigNode): boolean {
  if (at(container, 'command') === undefined && modelServer.test(text(at(container, 'image')) ?? ''))
    return true
  return ['ports', 'readinessProbe', 'livenessProbe', 'startupProbe'].some(
    (key) => at(container, key) !== undefined,
  )
}

const modelServer =
  /[/](vllm-openai|tritonserver|text-generation-inference|text-embeddings-inference|sglang|lmdeploy|ollama)(:|@|$)/i

/** One replica, which holds a machine for nobody else (`pause`). */
function worksAlone(object: KubernetesObject, pod: ConfigNode): boolean {
  const replicas = at(object.root, 'spec', 'replicas')
  if (replicas !== undefined && number(replicas) !== 1) return false
  return !items(at(pod, 'containers')).every((one) => /(^|\/)pause(:|@|$)/.test(text(at(one, 'image')) ?? ''))
}

const autoscaler = 'HorizontalPodAutoscaler'
