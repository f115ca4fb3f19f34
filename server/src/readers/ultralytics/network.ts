/**
 * The network that Ultralytics trains, and the batches that it takes. Source: ultralytics 8.3, cfg/default.yaml, engine/trainer.py: `batch`
 * is that of all devices together; a share of the memory or -1 is found out when it starts.
 */
import { model as known } from '../../catalog/models.js'
import type { Json } from '../../text/json.js'
import type { Place, SubjectBuilder } from '../../workload/builder.js'
import type { TrainingSettings } from '../../workload/resource-kinds.js'

/** Pictures in a batch, and pixels of their longer edge (cfg/default.yaml). */
export const batchByDefault = 16
export const edgeByDefault = 640
/** `optimizer=auto` takes one of these; their states are as large at most. */
export const optimizerByDefault: TrainingSettings['optimizer'] = 'adamw'

/** 'yolov8n' of `YOLO('weights/yolov8n.pt')`; undefined: no network that is known by its name. */
export function networkNamed(file: Json): string | undefined {
  if (typeof file !== 'string') return undefined
  const name = /([^/\\]+?)(\.pt|\.ya?ml)?$/.exec(file)?.[1]
  return name !== undefined && known(name) !== undefined ? name : undefined
}

/** Devices that `device=0,1,2`, `[0, 1]` name, one without that; null, also for undefined: how many is not known. */
export function devicesNamed(device: Json | undefined): number | null {
  if (device === undefined) return null
  if (device === null) return 1
  if (Array.isArray(device)) return Math.max(1, device.length)
  const words = String(device)
    .split(',')
    .filter((word) => word.trim() !== '')
  return words.length === 0
    ? 1
    : words.every((word) => /^\s*(\d+|cuda(:\d+)?|cpu|mps)\s*$/.test(word))
      ? words.length
      : null
}

/** Samples of a batch on each device; undefined: it is found out when it starts. */
export function batchOnEach(batch: number | undefined, devices: number | null): number | undefined {
  if (batch === undefined || batch < 1 || devices === null) return undefined
  return Math.max(1, Math.floor(batch / devices))
}

/** All weights are trained in fp32 beside casts, and each device holds all of them. */
export function claimMethod(training: SubjectBuilder<'Training'>, place: Place): void {
  training.known('weightBits', 'YOLO', 32, place)
  training.known('adapters', 'YOLO', null, place)
  training.known('checkpointing', 'YOLO', false, place)
  training.known('sharding', 'YOLO', null, place)
}
