/**
 * Jobs of Nomad: tasks that hold GPUs, and what they run. Source: Nomad 1.9, job specification (`device`: one by default; `count`: one
 * by default; `restart`: three attempts in a batch job) and the driver configurations of docker, exec and raw_exec.
 */
import { gpu } from '../../catalog/gpus.js'
import { at, entries, items, map, number, text, written } from '../../config/access.js'
import type { ConfigEntry, ConfigMap, ConfigNode } from '../../config/node.js'
import type { Change, Refusal } from '../../edit/write.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Claim, Evidence } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import { type Keys, keyedPlace, nodePlace, writeKeys } from '../config-change.js'
import { claimContainer } from '../kubernetes/containers.js'
import { defineReader, type FragmentFacts, type ReaderContext } from '../reader.js'
import { machineOfJob } from '../shell/job-operations.js'
import { smallByName } from '../tried-out.js'

export const nomadReader = defineReader({
  name: 'nomad',
  title: 'Nomad',
  languages: ['hcl'],
  triggers: ['datacenters', 'driver'],
  read(facts, context, claims) {
    const root = facts.config?.documents[0]?.root
    for (const [index, job] of items(at(root, 'job')).entries()) {
      items(at(job, 'group')).forEach((group, groupIndex) => {
        items(at(group, 'task')).forEach((task, taskIndex) => {
          const keys: Keys = ['job', index, 'group', groupIndex, 'task', taskIndex]
          const [ownJob, ownGroup, ownTask] = [job, group, task].map(map)
          if (ownJob === undefined || ownGroup === undefined || ownTask === undefined) return
          readTask(claims, context, { job: ownJob, group: ownGroup, task: ownTask, keys })
        })
      })
    }
  },
  change: changeTask,
})

interface Task {
  job: ConfigMap
  group: ConfigMap
  task: ConfigMap
  keys: Keys
}

function readTask(claims: ClaimBuilder, context: ReaderContext, { job, group, task, keys }: Task): void {
  const devices = items(at(task, 'resources', 0, 'device'))
  const index = devices.findIndex((one) => /(^|\/)gpu(\/|$)|nvidia/.test(map(one)?.labels?.[0] ?? ''))
  const name = job.labels?.[0] ?? 'job'
  const id = `${claims.path}#${[job, group, task].map(({ labels }) => labels?.[0] ?? '').join(':')}`
  const device = devices[index]
  const count = at(device, 'count')
  const gpus = device === undefined ? 0 : count === undefined ? 1 : number(count)
  const evidence: Evidence = {
    role: 'job',
    accelerator: device === undefined ? 'none' : 'gpu',
    small: smallByName(name),
    notebook: false,
  }
  if (device !== undefined) {
    const path: Keys = [...keys, 'resources', 0, 'device', index, 'count']
    const place = count === undefined ? nodePlace(device) : keyedPlace(count, 0, path)
    const compute = claims.subject('Compute', place, name, evidence, id)
    compute.known('provider', 'Nomad', 'own cluster', place)
    compute.known('choosesCapacity', 'Nomad', false, place)
    compute.known('name', 'job', name, nodePlace(job))
    const type = at(job, 'type')
    const kind = type === undefined ? 'service' : text(type)
    if (kind === undefined) compute.unknown('service', 'type', 'a variable', nodePlace(type!))
    else compute.known('service', 'type', !/batch$/.test(kind), place)
    compute.known('trials', 'parameterized', false, place)
    if (gpus === undefined) compute.unknown('gpus', 'count', 'a variable', place)
    else if (count === undefined) compute.default('gpus', 'count', gpus, place)
    else compute.known('gpus', 'count', gpus, place)
    const copies = at(group, 'count')
    const nodes = copies === undefined ? 1 : number(copies)
    if (nodes === undefined) compute.unknown('nodes', 'count', 'a variable', nodePlace(copies!))
    else if (copies === undefined) compute.default('nodes', 'count', 1, place)
    else compute.known('nodes', 'count', nodes, nodePlace(copies))
    const model = modelOf(device)
    if (model !== null) compute.known('gpuModel', 'device.model', model.name, nodePlace(model.node))
  }
  const container = containerOf(task)
  if (container === null) return
  claimContainer(claims, context, container, id, `${id}:0`, 1, machineOfJob(gpus, 1, evidence))
}

/** `constraint { attribute = "${device.model}" value = "Tesla T4" }`, here or as an affinity. */
function modelOf(device: ConfigNode): { name: string; node: ConfigNode } | null {
  for (const constraint of items(at(device, 'constraint'))) {
    const attribute = at(constraint, 'attribute')
    const asked = attribute?.kind === 'unknown' ? (attribute.text ?? '') : (text(attribute) ?? '')
    const value = at(constraint, 'value')
    const model = /device\.model\}?$/.test(asked) ? gpu(text(value) ?? '') : undefined
    if (model !== undefined && value !== undefined) return { name: model.name, node: value }
  }
  return null
}

/** The task as Kubernetes writes a container, so that one extraction serves both; null: it says no command. */
function containerOf(task: ConfigMap): ConfigNode | null {
  const config = map(items(at(task, 'config'))[0])
  const command = at(config, 'command')
  const entrypoint = at(config, 'entrypoint')
  const words = [
    ...items(entrypoint),
    ...(command === undefined ? [] : [command]),
    ...items(at(config, 'args')),
  ]
  if (config === undefined || words.length === 0) return null
  const { start, end } = config
  const list = (all: ConfigNode[]): ConfigNode => ({ kind: 'list', items: all, start, end })
  const named = (key: string, value: ConfigNode): ConfigEntry => ({
    key,
    keyStart: start,
    keyEnd: start,
    value,
  })
  const image = at(config, 'image')
  const environment = items(at(task, 'env')).flatMap((block) =>
    entries(block).map(({ key, value }): ConfigNode => {
      const said = written(value)
      const name: ConfigNode = { kind: 'scalar', value: key, raw: key, start: value.start, end: value.end }
      return {
        kind: 'map',
        entries: [named('name', name), ...(said === undefined ? [] : [named('value', value)])],
        start: value.start,
        end: value.end,
      }
    }),
  )
  return {
    kind: 'map',
    entries: [
      ...(image === undefined ? [] : [named('image', image)]),
      named('command', list(words)),
      named('env', list(environment)),
    ],
    start,
    end,
  }
}

function changeTask(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const { keys } = claim.site
  if (claim.setting !== 'gpus' || keys === undefined || typeof value !== 'number' || value < 1)
    return byHand(claim)
  const title = `Hold ${value === 1 ? 'one GPU' : `${value} GPUs`}: count = ${value}`
  return writeKeys(claim, facts, title, [{ keys, value }])
}
