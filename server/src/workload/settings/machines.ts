/** Requests for machines, the processes on them, pools, services. */
import type { Location } from '../../text/location.js'
import type { StepWork } from './pipeline.js'

export interface ComputeSettings {
  /** `own cluster`: machines of somebody's own behind a batch system; its scripts run on the first node. */
  provider: 'aws' | 'gcp' | 'azure' | 'kubernetes' | 'own cluster' | 'other'
  /** The cloud by its name, where it is none of these and rents out accelerators by the piece: 'runpod'. */
  gpuCloud: string
  /** The job's name as its author wrote it. */
  name: string
  instanceType: string
  /** The service that rents the machine out at a price of its own; absent: the machine's own price holds. */
  managedBy: 'sagemaker' | 'vertex'
  /** What the platform charges on top of its machines, at a price that no list here has: 'DBUs'. */
  chargedApart: string
  /**
   * What it runs on though no person works there, at the dearer rate for machines that people work on: 'all-purpose
   * cluster'. `again`: something starts it again and again.
   */
  interactiveRate: { machine: string; again: boolean }
  /** Nodes (machines) of the job. */
  nodes: number
  /** Accelerators per node. */
  gpus: number
  /** They belong to a machine that is there anyway, of which it is shown so many. */
  shown: true
  /** It may run on machines with this accelerator, computes on one, and asks for none: 'nvidia.com/gpu'. */
  unaskedAccelerator: string
  /** Some, but their number is a variable that whoever starts the job fills in. */
  gpusFilledIn: boolean
  /** Catalogue name of the accelerator: 'A100-40GB'. */
  gpuModel: string
  /** Catalogue names of the accelerators that it may get, where several are allowed. */
  gpuChoices: string[]
  /** vCPUs per node. */
  cpus: number
  /** Cores that a node's tasks get where the request names none, unless the cluster says otherwise. */
  unaskedCores: number
  /** Bytes of shared memory (`/dev/shm`) that each container has; null: as much as the machine gives. */
  sharedMemory: number | null
  spot: boolean
  /** Seconds after which the platform ends the job; null: never. */
  timeLimit: number | null
  /** Seconds between two starts by a schedule. */
  startedEvery: number
  /** The time limit ends one call of many that the machine serves one after another. */
  limitsCalls: boolean
  /** Seconds after which the platform ends a session that people work in. */
  sessionLimit: number
  /** Runs after the first that a failure starts; null: no limit. */
  retries: number | null
  /** What keeps a fault of the program from being retried: 'podFailurePolicy'. */
  retryFilter: string
  /** Seconds that a spot job may wait and run together; null: not given. */
  maxWait: number | null
  /** Where the platform keeps checkpoints; null: nowhere. */
  checkpointStore: string | null
  /** What is written goes with the machine, and nothing here takes it elsewhere. */
  losesFiles: boolean
  /** Its platform ends no job by itself, and bills it for as long as it runs. */
  neverEnded: boolean
  /** What ends the job in the end all the same, outside of the project: 'the partition'. */
  limitedBy: string
  /** True when each trial of a search runs as a job of its own. */
  trials: boolean
  /** The conditions under which its program starts it, and whether each of them holds then. */
  branches: { condition: Location; holds: boolean }[]
  /** What the code that runs on it does, where the request itself tells. */
  work: StepWork[]
  /** The library by which that code could compute on an accelerator; null: it has none. */
  acceleratorLibrary: string | null
  /** Why accelerators that one launch leaves idle may serve another: 'background commands', 'bash run.sh'. */
  sharing: string
  /** The option that would divide the work of several machines, where it is not given. */
  undividedBy: string
  /** Capacity that was bought ahead (reservation, training plan, block). */
  reserved: boolean
  /** Seconds that a warm pool is held; null: none. */
  keepAlive: number | null
  /** Jobs that the program starts with this request; null: several, or how many is not known. */
  jobsStarted: number | null
  /** Where its data lies, as far as addresses tell: the cloud, and the region in the name of the bucket. */
  dataPlaces: { address: string; cloud: 'aws' | 'gcp' | 'azure'; region: string | null; location: Location }[]
  /** People work on it by hand: a notebook, a workstation in the cloud. */
  interactive: boolean
  /** Seconds without use after which it stops by itself; null: it never does. */
  idleStop: number | null
  /** What ends it in the same program: 'terminate_instances'. */
  endedBy: string
  /** The call that ends it, which a failure before it keeps from being made: 'terminate_pod'. */
  endSkipped: string
  /** The file ends machines of this cloud, whichever. */
  endsMachines: string
  /** Where another file of the project, in another folder, ends such machines. */
  endedElsewhere: Location
  /** Somebody can tell whose job it is: it carries tags or labels. */
  tagged: boolean
  /** The platform reads metrics out of what the job prints. */
  readsMetrics: boolean
  /** Nobody else may use the rest of its nodes. */
  exclusive: boolean
  /** Accelerators of one of its nodes, asked for or not, where the name of what it runs on says so. */
  gpusOnNode: number
  /** What each of its nodes should have its own value of, though the first node fills it in for all: '$SLURM_NODEID'. */
  rankOfFirst: string
  /** Processes on each node that its launch starts, where a flag says so. */
  processes: number
  /** A service (server, notebook, shell) rather than a job that ends. */
  service: boolean
  /** A single machine that is made to train, by what it starts or by its name. */
  trains: boolean
  /** True when spot capacity is asked for on the job itself (not on a pool). */
  choosesCapacity: boolean
  region: string
  /** Where it is no job itself but the command line that starts one: the job's file, as written. */
  startsFile: string
  /** The pool that it asks for by name: 'gpu-cluster'. */
  poolName: string
  /** Whoever sends it names the pool, which is of this kind: 'Batch compute environment'. */
  poolKind: string
  /** The platform takes the cheapest machine that holds the accelerators asked for, where none is named. */
  takesCheapest: boolean
  /** Labels that its machines must carry: '{"cloud.google.com/gke-nodepool": "a100"}'. */
  poolLabels: Record<string, string>
  /** The queue that it waits in, which chooses its machines, and the namespace that both stand in. */
  queue: string
  namespace: string
}

/** What a Python program does, seen as a whole: one subject for each file that can be launched. */
export interface ProgramSettings {
  /** How the code uses the devices of a node. `none`: it uses one. `trials`: one device for each trial. */
  parallelism: 'none' | 'data-parallel' | 'distributed' | 'model-parallel' | 'trials' | 'spawned'
  /** Devices that each of its processes uses, where something else starts these. */
  devicesEach: number
  /** Accelerators that its code says it takes, on each node or of all that the job has; absent: it says nothing of it. */
  devices: { count: number; of: 'node' | 'job' }
  /** Tasks and workers ask the scheduler that hands accelerators out for some; those that ask for none see none. */
  asksForAccelerators: boolean
  /** It gives tasks and workers to that scheduler; else all that it does runs in the process that the job starts. */
  handsOut: boolean
  /** It, what it imports, or what imports it, trains. */
  trains: boolean
  /** Seconds that the cells of a notebook that train took when they were run last, by what is kept with them. */
  trainedSeconds: number
  /** Whoever starts it has something trained. */
  startsTraining: boolean
  /** The library call by which it runs a trained model over data: 'SentenceTransformer.encode'; null: it does not. */
  infers: string | null
  usesAccelerator: boolean
  /** What it trains is so small that a step is hardly more than the start of its kernels: 'a few dense layers (`MlpPolicy`)'. */
  lightNetwork: string
  /** The library with which it trains in the process that starts the work of Spark, on tables that it brings there. */
  trainsOnDriver: string
  /** It saves while it trains and can continue from what it saved. */
  resumes: boolean
  /** Where its checkpoints lie, in a folder that its platform keeps only of a job that ends by itself: 'SM_MODEL_DIR'. */
  resultFolder: string
  /** How its files outlive its machine: it names a folder that stays, or sends them away, which may be once all is over. */
  takesAway: 'folder' | 'upload'
  /** Metrics that it reports again and again while it trains. A name that ends in `*` stands for all that begin so. */
  reports: { what: 'epochs' | 'steps'; count: number | null; metrics: string[] }
  /** Metrics that it prints as `name=value`: while it trains, and `once` when all is over. */
  prints: { what: 'epochs'; count: number | null; metrics: string[]; once: string[] }
  /** How it learns which of several machines it runs on: 'SM_HOSTS', '--rank'; null: it does not. */
  readsRank: string | null
  /** What it does, in the order in which it first happens. */
  work: StepWork[]
  /** The library by which it could compute on an accelerator; null: it has none. */
  acceleratorLibrary: string | null
}

/** One use of several devices in code: a wrapper around the model. */
export interface ParallelismSettings {
  /** `layers in turn`: each device holds some layers, and waits for those of the others. */
  method: 'data-parallel' | 'distributed' | 'layers in turn'
  /** Devices that it is restricted to; absent: all. */
  devices: number
  /** Accelerators that are reserved for each of its processes, which compute on one. */
  reservedEach: number
  /** What the wrapped model is for. */
  purpose: 'training' | 'inference'
  /** The same file also offers the better method, so this one is a fallback. */
  fallback: boolean
  /** What does it better, as a sentence, where that is not one process for each device, or asks for another version. */
  instead: string
  /** Nobody wrote it: the library wraps the model by itself when one process sees several devices. */
  implicit: boolean
  /** What carries gradients between processes: 'nccl', 'gloo', 'mpi'. */
  backend: string
  /** The graph is walked after each forward pass to find parameters without a gradient. */
  findsUnused: boolean
  /** Why parameters may well be without a gradient: 'several heads', 'layer drop'. */
  unusedBecause: string
  /** Backward passes for one step of the optimiser; null: more than one, but how many is not known. */
  accumulation: number | null
  /** Gradients are exchanged after each backward pass, though several make up one step. */
  exchangesEach: boolean
}

/** An endpoint that answers requests, as a program starts it. */
export interface ServingSettings {
  /** As messages call it: 'SageMaker'. */
  platform: string
  /** What is billed for each replica: 'ml.g5.2xlarge'. */
  machine: string
  /** The service that rents it out at a price of its own; absent: its name tells, or its own price holds. */
  managedBy: 'sagemaker' | 'vertex'
  gpuCloud: ComputeSettings['gpuCloud']
  /** Accelerators of one replica, and which. */
  gpus: number
  gpuModel: string
  /** What it serves, as the program names it: 'distilbert-base-uncased'; its parameters, and how its weights lie in memory at most. */
  model: string
  parameters: number
  weightBits: 4 | 8 | 16 | 32
  /** The library of the server that computes on an accelerator; null: it computes on processors only. */
  acceleratorLibrary: string | null
  /** Accelerators over which its server spreads the model and its copies, as the command says; one where it says nothing. */
  spreadOver: number
  /** Tokens of a request and its answer at most, where the server is told. */
  sequenceLength: number
  region: string
  /** Replicas that run at all times. */
  minReplicas: number
  /** A policy of its own changes the number of replicas. */
  autoscaled: boolean
  /** As its author calls it. */
  name: string
  /** The kind and the name by which other files speak of it: 'Deployment/vllm'. */
  object: string
  /** Resources that each of its containers asks for: 'cpu', 'memory'; a share of them can be measured. */
  requested: string[]
  /** The platform can take the last replica away while nobody asks. */
  scalesToZero: boolean
  /** Who depends on it, as names and labels tell; the key of the claim quotes them. */
  environment: 'development' | 'production'
  /** The same program ends it. */
  tornDown: boolean
  /** The call of the same program that ends it, where a failure before it skips that: 'delete_endpoint'. */
  endSkipped: string
  /** Where the call that would end it is commented out. */
  tearDownComment: Location
  /** What a program or a command has made is ended by this, if by anything: 'delete_endpoint'. */
  endsBy: string
  /** Why each run of its program makes another one beside those that are there, as a clause: 'no `endpoint` is given'. */
  anew: string
  /** The file ends endpoints, whichever. */
  endsEndpoints: boolean
  /** Where another file of the project ends endpoints. */
  endedElsewhere: Location
  /** The conditions under which its program starts it, and whether each of them holds then. */
  branches: { condition: Location; holds: boolean }[]
  /**
   * The program does more than deploy: it trains, or tries out what it has deployed. `part of a series`: another one
   * may end it. `deployment`: it is meant to stay. `repeated`: each run of a schedule deploys another one.
   */
  purpose: 'trial' | 'part of a series' | 'deployment' | 'repeated'
}

/** A pool of machines that grows and shrinks with the work, or should. */
export interface ScalingSettings {
  /** As its author wrote it: 'gpu'. */
  name: string
  /** As messages call it: 'node group', 'node pool', 'compute cluster'. */
  kind: string
  provider: ComputeSettings['provider']
  region: string
  /** What one machine is: 'g5.12xlarge', and its accelerators. */
  machine: string
  gpus: number
  gpuModel: string
  /** Each job gets whole machines, whatever it asks for. */
  exclusive: boolean
  /** Machines that it keeps whatever happens, and at most; null: no limit. */
  minimum: number
  maximum: number | null
  /** Machines that it is made with, where only something beside the pool takes any of them away. */
  initial: number
  /** What the project installs or calls to give pools another size: 'cluster-autoscaler'. */
  resizedBy: string
  /** The file installs or calls it, for whichever pools. */
  resizesPools: string
  /** Machines that services of the project take at all times. */
  taken: number
  /** Zones in each of which it keeps the minimum; absent: the minimum is that of the whole pool. */
  zones: number
  /** Nothing changes their number. */
  fixed: boolean
  /** What takes machines away at set times, also those of the minimum: 'aws_autoscaling_schedule'. */
  schedule: string
  /** How its machines are bought. `reserved`: ahead, so that an idle one costs nothing more. */
  capacity: 'on-demand' | 'spot' | 'mixed' | 'reserved'
  /** Seconds that a machine without work is kept; null: for ever. */
  idleDelay: number | null
  /** What keeps machines without work for ever, as a clause: '`consolidateAfter: Never`'. */
  blockedBy: string
  /** Keys of the taints that keep other work away. */
  taints: string[]
  /** Other pools of the same cluster, whose work could land here. */
  otherPools: number
  /** The cluster is described as a whole, and has no other machines. */
  onlyPool: boolean
  /** What its name, labels and taints say that it is for. */
  purpose: 'training' | 'serving' | 'other'
  /** Labels that its machines carry. */
  labels: Record<string, string>
  /** What it makes more and fewer of, by kind and name: 'Deployment/vllm'. */
  target: string
  /** Replicas of the target at least and at most. */
  leastReplicas: number
  mostReplicas: number
  /** It takes the last replica away as well. */
  reachesZero: boolean
  /** Requests wait in a queue until there is a replica, so there may be none. */
  queued: boolean
  /** What it goes by: 'cpu', 'memory', or a name of its own. */
  metrics: string[]
  /** Per cent of what was asked for that it aims at. */
  utilization: number
  /** Resources whose use cannot be measured, since the target does not ask for them. */
  unmeasured: string[]
  /** It takes the place of an autoscaler that is there, rather than standing beside it. */
  replaces: boolean
  /** What else scales the same target: 'HorizontalPodAutoscaler "vllm"'. */
  rivals: string[]
}
