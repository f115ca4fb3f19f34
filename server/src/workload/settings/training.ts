/** What a training loop, or the object that runs one, says of itself. */
import type { CountedLayers } from '../../text/counted-layers.js'
import type { Experience } from '../../text/experience.js'
import type { TreeWork } from '../../text/tree-work.js'

/** From most to least precise. `-mixed`: autocast over fp32 weights; without: the weights themselves. */
export type Precision = 'fp64' | 'fp32' | 'tf32' | 'bf16-mixed' | 'fp16-mixed' | 'bf16' | 'fp16' | 'fp8'

export type OptimizerName =
  | 'adamw'
  /** One kernel steps all parameters. */
  | 'adamw fused'
  | 'adamw 8 bit'
  | 'adafactor'
  | 'lion'
  | 'lion 8 bit'
  | 'sgd'
  | 'sgd momentum'
  | 'rmsprop'
  | 'adagrad'
  | 'adadelta'

export interface Rhythm {
  count: number
  unit: 'epochs' | 'steps'
}

export interface TrainingSettings {
  precision: Precision
  /** The one 16-bit format that its library computes in without a scale for the loss that somebody has to write. */
  onlyShortFormat: 'bf16'
  /** Its library takes the 16-bit format that the card has, whatever `precision` says. */
  formatByCard: true
  /** Upper limit of passes over the data. */
  epochs: number
  /** Epochs that are so many steps each, whatever the data holds. */
  countedEpochs: { epochs: number; steps: number }
  /** Loaders are made anew in each epoch, and their workers with them. */
  remakesLoaders: boolean
  /** Of the last of several calls that train one model in turn: how many there are, and their epochs in all. */
  stages: { calls: number; epochs: number }
  /** Upper limit of optimiser steps; null: none. */
  maxSteps: number | null
  /** True when a validation metric is computed while training. */
  validation: boolean
  /** Where it is said how often the model is evaluated, and saved, while it trains. */
  evaluatedEvery: Rhythm
  savedEvery: Rhythm
  /** True when something ends the run when the metric stalls. */
  earlyStopping: boolean
  /** What would end the run is there and does nothing, as a clause: '`EarlyStopping` is imported and never used'. */
  stoppingWanted: string
  /** Epochs after which its schedule has lowered the learning rate so far that it trains no more. */
  rateFadesAfter: number
  /** The weights of the epoch are kept that is best by a metric of validation. */
  keepsBest: boolean
  /** The logged metric that early stopping would watch, and whether lower is better. */
  monitor: { name: string; lowerIsBetter: boolean }
  /** The loop is a library's own, which takes early stopping as a callback. */
  managed: boolean
  /** It shares its work with other machines only where a launcher tells each process its rank. */
  needsLauncher: boolean
  /** The network whose weights are frozen but for a head: 'vgg16'. */
  frozenNetwork: string
  /** Samples of an epoch, where the code takes so many of a data set. */
  samples: number
  /** Training starts from pretrained weights. */
  fineTuning: boolean
  /** True when the learning-rate schedule is laid out over all epochs. */
  fullHorizonSchedule: boolean
  /** A mean reward from which on the task of the environment counts as solved. */
  solvedAt: { environment: string; reward: number }
  /** Self-supervised, adversarial or reinforcement learning: validation loss does not tell when to stop. */
  openEnded: string
  /** True when the run writes something that it could resume from, and reads it again. */
  resumable: boolean
  /** What a run that goes on from its checkpoint does not get back from it: the number of epochs done, the state of the optimiser, or anything, as each start writes to a folder of its own. */
  resumesWithout: 'the epochs' | 'the optimiser' | 'the saved optimiser' | 'its files'
  /** An option that is named for going on from a checkpoint, and that nothing uses: '--resume'. */
  unusedResumeOption: string
  /** The loss refuses autocast (BCELoss, binary_cross_entropy): its name. */
  autocastRefusedBy: string
  /** Times that a step takes its network forward and back, where it is more than one: for each view of a picture. */
  forwards: number
  /** Gradients of gradients are taken (gradient penalties, meta-learning). */
  secondOrder: boolean
  /** What sets the pace instead of matrix work ('an environment', 'sparse operations'); short formats gain little there. */
  boundBy: string
  /** Boosting rounds at most: trees that are added one after the other. */
  rounds: number
  /** What it takes to grow the trees of boosting. */
  trees: TreeWork
  /** Data that is not trained on is at hand where the run starts. */
  heldOutData: boolean
  /** Share of each new tree that is added. */
  learningRate: number
  /** What writes the texts that it learns from: the training itself, or an engine that is made for it. */
  generation: 'training' | 'engine'
  /** Where it computes, as the code itself says: on the processor, or on whatever else. */
  device: 'cpu' | 'accelerator'
  /** The library places the model by itself, on an accelerator where it finds one. */
  automaticDevice: boolean
  /** Epochs (boosting: rounds) without improvement after which early stopping ends the run. */
  patience: number
  /** Epochs from one validation to the next, where patience counts validations. */
  validatedEvery: number
  /** The metric that early stopping watches, and the direction that it takes for better. */
  stopMetric: string
  stopDirection: 'lower' | 'higher'
  /** That metric is computed on the data of training, which a network goes on fitting. */
  stopsByTraining: boolean
  /** First epoch after which early stopping may act. */
  stopStart: number
  /** Names under which metrics are reported, where all of them are known. */
  reportedMetrics: string[]
  /** What keeps early stopping that is written from acting, as a sentence: 'It is not among the callbacks of `fit()`'. */
  stoppingGap: string
  /** Why nothing ends the run: '`while True` without a `break`'. `untilStopped`: early stopping would end it. */
  endless: { because: string; untilStopped: boolean }
  /** When the run saves what it could go on from. */
  saves: 'never' | 'at the end' | 'while it runs'
  /** What would save it, and nothing uses: 'ModelCheckpoint', a function of the program. */
  unusedCheckpoint: string
  /** How many of its checkpoints are kept; null: all of them. */
  keptCheckpoints: number | null
  /** Checkpoints that the run writes in all, where their rhythm is not that of the epochs. */
  checkpointCount: number
  /** What one holds: the weights alone, or also what the optimiser needs to go on. */
  checkpointHolds: 'weights' | 'training state'
  /** One of the files that it writes holds what the optimiser needs to go on, whichever of them are kept. */
  savesState: boolean
  /** Why old checkpoints may be wanted: 'they are averaged'. */
  checkpointsFor: string
  /** Metrics of the run outlive it: a tracker, a log that is kept. */
  tracked: boolean
  /** The model or the step goes through a compiler. */
  compiled: boolean
  /** Why a compiler would gain little or fail: 'quantised weights', 'batches of changing length'. */
  compileHindered: string
  /** The model that is trained, as its source names it: 'bert-base-uncased', 'resnet50'. */
  model: string
  parameters: number
  /** A network that the program defines itself, followed layer by layer for one sample of this shape (without batch). */
  layers: {
    name: string
    input: number[]
    parameters: number
    /** Bytes that a sample leaves for the backward pass, in fp32 and under autocast. */
    full: number
    mixed: number
    /** Multiplications of the forward pass, in billions. */
    products: number
    operations: number
  }
  /** Networks that the program defines itself, whose layers are counted, not followed: one of them is trained, or all are. */
  countedLayers: { name: string; networks: CountedLayers[] }
  /** Bits of the weights as they are loaded; adapters and optimisers may keep others. */
  weightBits: 4 | 8 | 16 | 32
  /** Samples that one device takes at a time. */
  batchSize: number
  /** What the network is made of, where that leaves room for batches of hundreds: 'dense layers'. */
  lightNetwork: string
  /** Batches whose gradients make up one step of the optimiser. */
  accumulation: number
  /** Tokens of a sequence at most. */
  sequenceLength: number
  /** Edge of the images in pixels. */
  imageEdge: number
  optimizer: OptimizerName
  /** Small matrices that are trained in place of the weights; null: all weights are trained. */
  adapters: { rank: number; targets: 'attention' | 'all' } | null
  /** Activations are computed again in the backward pass rather than kept. */
  checkpointing: boolean
  /** The loss is taken over the whole vocabulary for every token. */
  languageHead: boolean
  /** Its samples are single sentences, as they are where each word is labelled. */
  sentences: boolean
  /** Its network is the program's own, built around the published one that `model` names. */
  ownNetwork: boolean
  /** `eager`: attention writes out its scores. `flash`: the FlashAttention library is asked for by name. */
  attention: 'fused' | 'eager' | 'flash'
  /** How states are shared among devices; null: each keeps them all. */
  sharding: {
    kind: 'deepspeed' | 'fsdp'
    stage: 1 | 2 | 3
    offload: { optimizer: boolean; parameters: boolean }
  } | null
}

/** An estimator that is fitted in one go: nothing ends it early, and nothing is saved on the way. */
export interface FitSettings {
  trees: TreeWork
  /** Of an agent: what it learns from. */
  experience: Experience
  /** The code puts an agent on an accelerator that its network is too small for: what that is made of, 'a few dense layers'. */
  needlesslyPlaced: string
}

/** A network that a program makes: by a name that is known, or of layers of its own. */
export interface NetworkSettings {
  /** 'resnet50', 'bert-base-uncased', 'yolov8n'. */
  name: string
  /** So many of it in one network, each computed for each sample. */
  copies: number
  /** Some of its weights may not be trained. */
  partlyFrozen: boolean
  /** One of the project's own, by its layers. */
  countedLayers: CountedLayers
}

/** A model that is loaded or defined. */
export interface ModelSettings {
  /** Where its weights come from: 'meta-llama/Llama-3.1-8B'. */
  id: string
  parameters: number
  /** The format that the weights are loaded in. */
  weights: Precision
  /** What is done with the weights. `frozen`: they only carry adapters, or none of them is trained. */
  use: 'trained' | 'frozen' | 'inference'
  /** What goes through it batch by batch: '`encode()` over a corpus'. */
  over: string
  /** As the program calls it: 'resnet50', 'BertForSequenceClassification'. */
  architecture: string
  /** What the weights are before training. */
  start: 'random' | 'pretrained'
  /** What the weights of this architecture that can be had were trained on: 'ImageNet'. */
  pretrainedOn: string
  /** What it is trained to do: 'text classification', and among how many classes. */
  task: string
  classes: number
  /** The largest of its family; the next smaller one, and its parameters. */
  smaller: { id: string; parameters: number }
  /** A smaller model takes part in the same project. */
  compared: boolean
  /** Devices that share the weights. */
  devices: number
  /** Weights or arithmetic are in 8 bits or fewer. */
  quantized: boolean
}
