/** Every rule, made by `npm run generate`. */

import checkpointBloat from './compute/checkpoint-bloat.js'
import cpuForGpuCode from './compute/cpu-for-gpu-code.js'
import crossRegionData from './compute/cross-region-data.js'
import exclusiveNode from './compute/exclusive-node.js'
import gpuForCpuCode from './compute/gpu-for-cpu-code.js'
import gpuForDataPrep from './compute/gpu-for-data-prep.js'
import idleCores from './compute/idle-cores.js'
import interactiveCluster from './compute/interactive-cluster.js'
import multiGpuNotebook from './compute/multi-gpu-notebook.js'
import oversizedInstance from './compute/oversized-instance.js'
import trainingOnCpu from './compute/training-on-cpu.js'
import unsuitableAccelerator from './compute/unsuitable-accelerator.js'
import cacheDisabled from './data/cache-disabled.js'
import heavyGetitem from './data/heavy-getitem.js'
import noLoaderWorkers from './data/no-loader-workers.js'
import noPrefetch from './data/no-prefetch.js'
import paddingWaste from './data/padding-waste.js'
import remoteReadPerSample from './data/remote-read-per-sample.js'
import sequentialMap from './data/sequential-map.js'
import setupOnGpuTime from './data/setup-on-gpu-time.js'
import slowTransfer from './data/slow-transfer.js'
import unbatchedMap from './data/unbatched-map.js'
import uncachedPreprocessing from './data/uncached-preprocessing.js'
import workerCountMismatch from './data/worker-count-mismatch.js'
import dataParallel from './distributed/data-parallel.js'
import findUnusedParameters from './distributed/find-unused-parameters.js'
import glooBackend from './distributed/gloo-backend.js'
import idleGpus from './distributed/idle-gpus.js'
import needlessMultiNode from './distributed/needless-multi-node.js'
import noSampler from './distributed/no-sampler.js'
import processMismatch from './distributed/process-mismatch.js'
import repeatedJob from './distributed/repeated-job.js'
import serialStep from './distributed/serial-step.js'
import syncEveryMicroStep from './distributed/sync-every-micro-step.js'
import blindRetries from './lifecycle/blind-retries.js'
import endpointLeftRunning from './lifecycle/endpoint-left-running.js'
import gpuHeldIdle from './lifecycle/gpu-held-idle.js'
import idleWarmPool from './lifecycle/idle-warm-pool.js'
import ineffectiveEarlyStopping from './lifecycle/ineffective-early-stopping.js'
import noAutostop from './lifecycle/no-autostop.js'
import noCheckpoint from './lifecycle/no-checkpoint.js'
import noDeadline from './lifecycle/no-deadline.js'
import noEarlyStopping from './lifecycle/no-early-stopping.js'
import onDemandInterruptible from './lifecycle/on-demand-interruptible.js'
import refusedArgument from './lifecycle/refused-argument.js'
import spotWithoutCheckpoint from './lifecycle/spot-without-checkpoint.js'
import unboundedTraining from './lifecycle/unbounded-training.js'
import enlargedPictures from './model/enlarged-pictures.js'
import fromScratch from './model/from-scratch.js'
import frozenBackboneRecomputed from './model/frozen-backbone-recomputed.js'
import fullFinetune from './model/full-finetune.js'
import noBaseline from './model/no-baseline.js'
import optimizerState from './model/optimizer-state.js'
import unquantizedServing from './model/unquantized-serving.js'
import metricsDisabled from './observability/metrics-disabled.js'
import noCostTags from './observability/no-cost-tags.js'
import noObjective from './observability/no-objective.js'
import noTracking from './observability/no-tracking.js'
import swallowedFailures from './observability/swallowed-failures.js'
import catchUp from './pipeline/catch-up.js'
import duplicateJob from './pipeline/duplicate-job.js'
import modelLoadPerElement from './pipeline/model-load-per-element.js'
import monolithicStep from './pipeline/monolithic-step.js'
import overlappingRuns from './pipeline/overlapping-runs.js'
import stepCacheDisabled from './pipeline/step-cache-disabled.js'
import trainsOnEveryPush from './pipeline/trains-on-every-push.js'
import volatileCacheKey from './pipeline/volatile-cache-key.js'
import float64 from './precision/float64.js'
import fullPrecision from './precision/full-precision.js'
import fullPrecisionWeights from './precision/full-precision-weights.js'
import tf32Disabled from './precision/tf32-disabled.js'
import unsupportedFormat from './precision/unsupported-format.js'
import type { Rule } from './rule.js'
import alwaysOnReplica from './scaling/always-on-replica.js'
import blockedScaleDown from './scaling/blocked-scale-down.js'
import fixedEndpoint from './scaling/fixed-endpoint.js'
import idleFloor from './scaling/idle-floor.js'
import misconfiguredAutoscaler from './scaling/misconfigured-autoscaler.js'
import onDemandPool from './scaling/on-demand-pool.js'
import slowScaleDown from './scaling/slow-scale-down.js'
import untaintedPool from './scaling/untainted-pool.js'
import gridSearch from './search/grid-search.js'
import linearScale from './search/linear-scale.js'
import manualGrid from './search/manual-grid.js'
import redundantDimension from './search/redundant-dimension.js'
import unboundedConcurrency from './search/unbounded-concurrency.js'
import unboundedTrials from './search/unbounded-trials.js'
import uncachedPipeline from './search/uncached-pipeline.js'
import unprunedTrials from './search/unpruned-trials.js'
import unsavedStudy from './search/unsaved-study.js'
import debugMode from './training/debug-mode.js'
import deterministicMode from './training/deterministic-mode.js'
import eagerAttention from './training/eager-attention.js'
import eagerStep from './training/eager-step.js'
import emptyCacheInLoop from './training/empty-cache-in-loop.js'
import evalWithGradients from './training/eval-with-gradients.js'
import frequentEvalOrSave from './training/frequent-eval-or-save.js'
import needlessMemorySaving from './training/needless-memory-saving.js'
import notCompiled from './training/not-compiled.js'
import profilerLeftOn from './training/profiler-left-on.js'
import retainedGraph from './training/retained-graph.js'
import slowGeneration from './training/slow-generation.js'
import slowRecurrentLayer from './training/slow-recurrent-layer.js'
import syncInLoop from './training/sync-in-loop.js'
import tinyBatch from './training/tiny-batch.js'
import unbatchedInference from './training/unbatched-inference.js'
import wastedPass from './training/wasted-pass.js'

export const rules: readonly Rule[] = [
  checkpointBloat,
  cpuForGpuCode,
  crossRegionData,
  exclusiveNode,
  gpuForCpuCode,
  gpuForDataPrep,
  idleCores,
  interactiveCluster,
  multiGpuNotebook,
  oversizedInstance,
  trainingOnCpu,
  unsuitableAccelerator,
  cacheDisabled,
  heavyGetitem,
  noLoaderWorkers,
  noPrefetch,
  paddingWaste,
  remoteReadPerSample,
  sequentialMap,
  setupOnGpuTime,
  slowTransfer,
  unbatchedMap,
  uncachedPreprocessing,
  workerCountMismatch,
  dataParallel,
  findUnusedParameters,
  glooBackend,
  idleGpus,
  needlessMultiNode,
  noSampler,
  processMismatch,
  repeatedJob,
  serialStep,
  syncEveryMicroStep,
  blindRetries,
  endpointLeftRunning,
  gpuHeldIdle,
  idleWarmPool,
  ineffectiveEarlyStopping,
  noAutostop,
  noCheckpoint,
  noDeadline,
  noEarlyStopping,
  onDemandInterruptible,
  refusedArgument,
  spotWithoutCheckpoint,
  unboundedTraining,
  enlargedPictures,
  fromScratch,
  frozenBackboneRecomputed,
  fullFinetune,
  noBaseline,
  optimizerState,
  unquantizedServing,
  metricsDisabled,
  noCostTags,
  noObjective,
  noTracking,
  swallowedFailures,
  catchUp,
  duplicateJob,
  modelLoadPerElement,
  monolithicStep,
  overlappingRuns,
  stepCacheDisabled,
  trainsOnEveryPush,
  volatileCacheKey,
  float64,
  fullPrecisionWeights,
  fullPrecision,
  tf32Disabled,
  unsupportedFormat,
  alwaysOnReplica,
  blockedScaleDown,
  fixedEndpoint,
  idleFloor,
  misconfiguredAutoscaler,
  onDemandPool,
  slowScaleDown,
  untaintedPool,
  gridSearch,
  linearScale,
  manualGrid,
  redundantDimension,
  unboundedConcurrency,
  unboundedTrials,
  uncachedPipeline,
  unprunedTrials,
  unsavedStudy,
  debugMode,
  deterministicMode,
  eagerAttention,
  eagerStep,
  emptyCacheInLoop,
  evalWithGradients,
  frequentEvalOrSave,
  needlessMemorySaving,
  notCompiled,
  profilerLeftOn,
  retainedGraph,
  slowGeneration,
  slowRecurrentLayer,
  syncInLoop,
  tinyBatch,
  unbatchedInference,
  wastedPass,
]
