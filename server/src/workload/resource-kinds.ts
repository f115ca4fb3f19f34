/**
 * The words of the workload: what a subject can be, and the settings that each kind of subject has.
 *
 * Readers fill settings, rules judge them. A rule that needs a special case for one framework lacks a word here.
 */

import type { DatasetSettings, InputPipelineSettings, PreprocessingSettings } from './settings/data.js'
import type {
  ComputeSettings,
  ParallelismSettings,
  ProgramSettings,
  ScalingSettings,
  ServingSettings,
} from './settings/machines.js'
import type { OperationSettings } from './settings/operation.js'
import type { PipelineSettings, StepSettings } from './settings/pipeline.js'
import type { QueueSettings } from './settings/queue.js'
import type { SearchSettings } from './settings/search.js'
import type { FitSettings, ModelSettings, NetworkSettings, TrainingSettings } from './settings/training.js'

export type * from './settings/data.js'
export type * from './settings/machines.js'
export type * from './settings/operation.js'
export type * from './settings/pipeline.js'
export type * from './settings/queue.js'
export type * from './settings/search.js'
export type * from './settings/training.js'

export interface ResourceKinds {
  Search: SearchSettings
  Training: TrainingSettings
  Fit: FitSettings
  InputPipeline: InputPipelineSettings
  Preprocessing: PreprocessingSettings
  Dataset: DatasetSettings
  Compute: ComputeSettings
  Program: ProgramSettings
  Parallelism: ParallelismSettings
  Operation: OperationSettings
  Model: ModelSettings
  Network: NetworkSettings
  Step: StepSettings
  Pipeline: PipelineSettings
  Serving: ServingSettings
  Scaling: ScalingSettings
  Queue: QueueSettings
}

export type ResourceKind = keyof ResourceKinds

export type SettingName<W extends ResourceKind> = keyof ResourceKinds[W] & string
