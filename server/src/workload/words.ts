/**
 * The words of the workload: what a subject can be, and the settings that each kind of subject has.
 *
 * Readers fill settings, rules judge them. A rule that needs a special case for one framework lacks a word here.
 */

import type { InputPipelineSettings, PreprocessingSettings } from './words/data.js'
import type {
  ComputeSettings,
  LaunchSettings,
  ParallelismSettings,
  ProgramSettings,
  ScalingSettings,
  ServingSettings,
} from './words/machines.js'
import type { OperationSettings } from './words/operation.js'
import type { PipelineSettings, StepSettings } from './words/pipeline.js'
import type { QueueSettings } from './words/queue.js'
import type { SearchSettings } from './words/search.js'
import type { ModelSettings, TrainingSettings } from './words/training.js'

export type * from './words/data.js'
export type * from './words/machines.js'
export type * from './words/operation.js'
export type * from './words/pipeline.js'
export type * from './words/queue.js'
export type * from './words/search.js'
export type * from './words/training.js'

export interface Words {
  Search: SearchSettings
  Training: TrainingSettings
  InputPipeline: InputPipelineSettings
  Preprocessing: PreprocessingSettings
  Compute: ComputeSettings
  Launch: LaunchSettings
  Program: ProgramSettings
  Parallelism: ParallelismSettings
  Operation: OperationSettings
  Model: ModelSettings
  Step: StepSettings
  Pipeline: PipelineSettings
  Serving: ServingSettings
  Scaling: ScalingSettings
  Queue: QueueSettings
}

export type Word = keyof Words

export type SettingName<W extends Word> = keyof Words[W] & string
