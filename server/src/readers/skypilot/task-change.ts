/** What is written into a task to change one of its settings. */
import { at, entries, entry, map, number, text, textWithTemplates, written } from '../../config/access.js'
import type { ConfigNode } from '../../config/node.js'
import type { Change, Refusal } from '../../edit/write.js'
import type { Json } from '../../text/json.js'
import type { Claim } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import { writeKeys } from '../config-change.js'
import type { FragmentFacts } from '../reader.js'
import { policyKeys } from './service.js'
import { cloudNamed, onPods } from './task-file.js'

const uploading =
  /\b(s3|gs|gcs|az|abfss?|r2):\/\/|\b(aws s3|gsutil|gcloud storage|rclone|azcopy|scp|(hf|huggingface-cli) upload)\b|push[-_]to[-_]hub/i

/** A bucket is mounted, or its commands send something away. */
export function keepsResults(root: ConfigNode | undefined): boolean {
  const mounted = entries(at(root, 'file_mounts')).some(
    ({ value }) => map(value) !== undefined && /^MOUNT/i.test(written(at(value, 'mode')) ?? 'MOUNT'),
  )
  const volumes = entries(at(root, 'volumes')).length > 0
  return mounted || volumes || uploading.test(textWithTemplates(at(root, 'run')) ?? '')
}

/** Clouds whose machines can only be taken down. Source: SkyPilot, sky/clouds (`CloudImplementationFeatures.STOP`). */
const withoutStop = /^(runpod|lambda|fluidstack|cudo|shadeform)$/

function neverStops(resources: ConfigNode | undefined): boolean {
  return withoutStop.test(cloudNamed(resources))
}

const accelerators = ['resources', 'accelerators']

/** What its clouds have, and how it spells the names of the catalogue. Source: `sky show-gpus`. */
const listed = /^(T4|L4|A10G?|L40S?|A100-(40|80)GB|H100-SXM|H200|V100)$/
function skyName(card: string): string {
  return card === 'A100-40GB' ? 'A100' : card.replace(/-SXM$/, '')
}

export function changeTask(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const set = (title: string, keys: (string | number)[], to: Json, after?: string) =>
    writeKeys(claim, facts, title, [{ keys, value: to, ...(after === undefined ? {} : { after }) }])
  const resources = facts.config?.documents[claim.site.document ?? 0]?.root
  const present = (key: string) => entry(at(resources, 'resources'), key) !== undefined
  switch (claim.setting) {
    case 'spot':
      return set(
        'Run on spot capacity: use_spot: true (start it with `sky jobs launch`, which resumes after an interruption)',
        ['resources', 'use_spot'],
        value === true,
        present('accelerators') ? 'accelerators' : undefined,
      )
    case 'nodes':
      return set(`Run it on ${value} node: num_nodes: ${value}`, ['num_nodes'], Number(value))
    case 'idleStop': {
      const minutes = Math.round(Number(value) / 60)
      const keys = ['resources', 'autostop']
      const isWorkstation = minutes >= 60
      const stays = neverStops(at(resources, 'resources')) || onPods(at(resources, 'resources'))
      const kept = !isWorkstation && keepsResults(resources)
      // What lies on its disk outlives a stop, but nothing of it a machine that is taken down.
      if (!kept && !stays)
        return set(`Stop the cluster after ${minutes} idle minutes: autostop`, keys, minutes)
      const title = `Take the cluster down after ${minutes} idle minutes: autostop`
      const down = { idle_minutes: minutes, down: true }
      if (kept) return set(title, keys, down)
      const change = set(`${title}, where its files are kept elsewhere`, keys, down)
      return 'reason' in change ? change : { ...change, safety: 'display' }
    }
    case 'gpuModel': {
      if (!listed.test(String(value))) return byHand(claim)
      const asked = /^[^:{}[\]]+(?::(\d+))?$/.exec(text(at(resources, ...accelerators)) ?? '')
      if (asked === null) return { reason: 'the accelerators are written in several places' }
      const to = `${skyName(String(value))}:${asked[1] ?? 1}`
      return set(`Ask for another kind of GPU: accelerators: ${to}`, accelerators, to)
    }
    case 'gpus': {
      const keys = accelerators
      const node = at(resources, ...keys)
      if (claim.site.keys?.[1] !== 'accelerators' || node === undefined)
        return { reason: 'the accelerators are written in several places' }
      const title = `Request ${value} GPU`
      if (node.kind === 'map' && node.entries.length === 1) {
        const [only] = node.entries
        if (number(only!.value) !== undefined) return set(title, [...keys, only!.key], Number(value))
      }
      const kind = /^([^:]+)(:|$)/.exec(text(node) ?? '')?.[1]
      return kind === undefined
        ? { reason: 'the accelerators cannot be read' }
        : set(title, keys, `${kind}:${value}`)
    }
    case 'minReplicas':
      return value === 0
        ? set('Keep no replica without traffic: min_replicas: 0', [...policyKeys, 'min_replicas'], 0)
        : { reason: 'say under replica_policy how many replicas there may be, and at which load' }
    default:
      return byHand(claim)
  }
}
