/** What runs until somebody ends it, on accelerators: Pods, Deployments, StatefulSets, notebooks of Kubeflow. */
import { defineReader } from '../reader.js'
import { changeJobOperation } from '../shell/job-operations.js'
import { objectsOf, specPlace } from './objects.js'
import { acceleratorNames, acceleratorsOf } from './pod.js'
import { carryOut, type Keys } from './recipe.js'
import { claimWorkload, groupAt, type PodGroup, replicasAt } from './workload.js'

const kinds: Record<string, RegExp> = {
  Pod: /^v1$/,
  Deployment: /^apps\/v1/,
  StatefulSet: /^apps\/v1/,
  Notebook: /^kubeflow\.org\/v1/,
}

export const longRunningReader = defineReader({
  name: 'kubernetes-service',
  languages: ['yaml', 'json'],
  triggers: acceleratorNames,
  read(facts, context, claims) {
    for (const document of facts.config?.documents ?? []) {
      for (const object of objectsOf(document)) {
        const place = specPlace(object)
        if (place === null || kinds[object.kind]?.test(object.version) !== true || object.trial) continue
        const template: Keys = object.kind === 'Pod' ? [] : ['spec', 'template']
        const replicas = replicasAt(object, ['spec', 'replicas'])
        const group = groupAt(object, template, replicas)
        if (group === null || acceleratorsOf(group.pod) === null) continue
        const groups: PodGroup[] = [group]
        const service = object.kind === 'Pod' ? {} : { service: true }
        const { compute } = claimWorkload(claims, context, { object, place, groups, ...service })
        if (object.kind === 'Notebook') compute.known('interactive', object.kind, true, place)
      }
    }
  },
  change(claim, value, facts) {
    if (claim.site.anchor === 'waiting' || claim.site.anchor === 'set up')
      return changeJobOperation(claim, facts)
    return carryOut(claim, value, facts)
  },
})
