/** Every reader, made by `npm run generate`. The byte pre-filter of the project is derived from their triggers. */

import { airflowReader } from './airflow/dag.js'
import { awsBatchFilesReader } from './aws/batch-files.js'
import { awsBatchRequestReader } from './aws/batch-request.js'
import { awsCommandsReader } from './aws/commands.js'
import { awsEndpointCommandsReader } from './aws/endpoint-commands.js'
import { awsMachinesReader } from './aws/machines.js'
import { parallelClusterReader } from './aws/parallel-cluster.js'
import { azureClusterReader } from './azure/cluster.js'
import { azureCommandReader } from './azure/command.js'
import { azureCommandLineReader } from './azure/command-line.js'
import { azureComponentFileReader } from './azure/component-file.js'
import { azureComponentReader } from './azure/component-step.js'
import { azureComputeReader } from './azure/compute-file.js'
import { azureComputeInstanceReader } from './azure/compute-instance.js'
import { azureDeploymentReader } from './azure/deployment-file.js'
import { azureEndpointReader } from './azure/endpoint.js'
import { azureJobReader } from './azure/job-file.js'
import { azurePipelineFileReader } from './azure/pipeline-file.js'
import { azureScriptRunReader } from './azure/script-run.js'
import { azureStepsReader } from './azure/steps.js'
import { azureSweepReader } from './azure/sweep.js'
import { azureVirtualMachineReader } from './azure/virtual-machine.js'
import { azureWebserviceReader } from './azure/webservice.js'
import { azureDevopsReader } from './azure-devops/pipeline.js'
import { batchReader } from './batch/reader.js'
import { catboostReader } from './boosting/catboost.js'
import { catboostSearchReader } from './boosting/catboost-search.js'
import { lightgbmReader } from './boosting/lightgbm.js'
import { sklearnBoostingReader } from './boosting/sklearn.js'
import { xgboostReader } from './boosting/xgboost.js'
import { circleciReader } from './circleci/workflow.js'
import { clearmlReader } from './clearml/optimizer.js'
import { cdkReader } from './cloudformation/cdk.js'
import { cloudformationReader } from './cloudformation/reader.js'
import { composeReader } from './compose/services.js'
import { composerReader } from './composer/trainer.js'
import { dagsterReader } from './dagster/ops.js'
import { dbxExecuteReader } from './databricks/execute-command.js'
import { databricksReader } from './databricks/file.js'
import { databricksRequestReader } from './databricks/request.js'
import { deepspeedReader } from './deepspeed/engine.js'
import { detectron2ConfigReader } from './detectron2/config-file.js'
import { lazyConfigReader } from './detectron2/lazy-config.js'
import { detectron2Reader } from './detectron2/trainer.js'
import { determinedReader } from './determined/experiment.js'
import { imageBuildsReader } from './docker/builds.js'
import { dockerImageReader } from './docker/image.js'
import { dockerRunReader } from './docker/run.js'
import { readmeReader } from './documentation/readme.js'
import { dstackReader } from './dstack/configuration.js'
import { dstackPythonReader } from './dstack/python-task.js'
import { dvcExperimentsReader } from './dvc/experiments.js'
import { dvcReader } from './dvc/pipeline.js'
import { eksctlReader } from './eksctl/cluster.js'
import { nodeGroupCommandsReader } from './eksctl/commands.js'
import { fastaiReader } from './fastai/learner.js'
import { flyteReader } from './flyte/tasks.js'
import { axolotlReader } from './framework-configs/axolotl.js'
import { llamafactoryReader } from './framework-configs/llamafactory.js'
import { nemoReader } from './framework-configs/nemo.js'
import { sdScriptsReader } from './framework-configs/sd-scripts.js'
import { torchtuneReader } from './framework-configs/torchtune.js'
import { trainerConfigReader } from './framework-configs/trainer-configs.js'
import { trlConfigReader } from './framework-configs/trl.js'
import { cloudRunReader } from './gcloud/cloud-run.js'
import { gcloudEndpointReader } from './gcloud/endpoint.js'
import { gcloudInstancesReader } from './gcloud/instances.js'
import { gcloudJobsReader } from './gcloud/jobs.js'
import { gcloudPoolsReader } from './gcloud/pools.js'
import { githubReader } from './github/workflow.js'
import { gitlabReader } from './gitlab/pipeline.js'
import { googleBatchReader } from './google-batch/job.js'
import { rentedInstancesReader } from './gpu-clouds/instances.js'
import { podProgramReader } from './gpu-clouds/pod-program.js'
import { podScriptReader } from './gpu-clouds/pod-script.js'
import { guildReader } from './guild/command.js'
import { htcondorReader } from './htcondor/submit.js'
import { accelerateReader } from './huggingface/accelerate.js'
import { huggingfaceDatasetsReader } from './huggingface/datasets.js'
import { huggingfaceFreshWeightsReader } from './huggingface/fresh-weights.js'
import { implicitDataParallelReader } from './huggingface/implicit-data-parallel.js'
import { inferenceEndpointReader } from './huggingface/inference-endpoint.js'
import { layerSplitReader } from './huggingface/layer-split.js'
import { huggingfaceMappingReader } from './huggingface/mapping.js'
import { huggingfaceModelsReader } from './huggingface/models.js'
import { modelsByNameReader } from './huggingface/models-by-name.js'
import { huggingfacePackingReader } from './huggingface/packing.js'
import { huggingfacePaddingReader } from './huggingface/padding.js'
import { parameterSearchReader } from './huggingface/parameter-search.js'
import { huggingfaceRankMappingReader } from './huggingface/rank-mapping.js'
import { huggingfaceRecordsReader } from './huggingface/records.js'
import { sentenceTransformersReader } from './huggingface/sentence-transformers.js'
import { huggingfaceTrainerReader } from './huggingface/trainer.js'
import { huggingfaceOperationsReader } from './huggingface/trainer-operations.js'
import { hydraLauncherReader } from './hydra/launcher.js'
import { hydraMultirunProgramReader, hydraMultirunReader } from './hydra/multirun.js'
import { hydraSweeperReader } from './hydra/sweeper.js'
import { hyperoptReader } from './hyperopt/fmin.js'
import { igniteReader } from './ignite/engine.js'
import { jaxReader } from './jax/loop.js'
import { karpenterReader } from './karpenter/node-pool.js'
import { kerasFreshWeightsReader } from './keras/fresh-weights.js'
import { kerasFrozenReader } from './keras/frozen.js'
import { kerasReader } from './keras/model.js'
import { kerasMultiGpuReader } from './keras/multi-gpu.js'
import { kerasPaddedSequencesReader } from './keras/padded-sequences.js'
import { kerasRecordsReader } from './keras/records.js'
import { kerasTunerReader } from './keras-tuner/tuner.js'
import { compiledPipelineReader } from './kubeflow/compiled.js'
import { kubeflowReader } from './kubeflow/pipeline.js'
import { autoscalerReader } from './kubernetes/autoscaler.js'
import { configMapReader } from './kubernetes/config-map.js'
import { katibReader } from './kubernetes/experiment.js'
import { inferenceServiceReader } from './kubernetes/inference-service.js'
import { kubernetesReader } from './kubernetes/job.js'
import { jobSetReader } from './kubernetes/job-set.js'
import { jupyterHubReader } from './kubernetes/jupyterhub.js'
import { kaitoReader } from './kubernetes/kaito.js'
import { kubeaiReader } from './kubernetes/kubeai.js'
import { kueueReader } from './kubernetes/kueue.js'
import { longRunningReader } from './kubernetes/long-running.js'
import { modelCacheReader } from './kubernetes/model-cache.js'
import { poolScalersReader } from './kubernetes/pool-scalers.js'
import { kubeRayClusterReader } from './kubernetes/ray-cluster.js'
import { rayJobReader } from './kubernetes/ray-job.js'
import { trainingJobReader } from './kubernetes/training-job.js'
import { argoReader } from './kubernetes/workflow.js'
import { largeModelReader } from './large-model.js'
import { lightningDataParallelReader } from './lightning/data-parallel.js'
import { lightningOperationsReader } from './lightning/operations.js'
import { lightningRecordsReader } from './lightning/records.js'
import { lightningReader } from './lightning/trainer.js'
import { luigiReader } from './luigi/tasks.js'
import { metaflowReader } from './metaflow/flow.js'
import { modalReader } from './modal/functions.js'
import { monaiDatasetReader } from './monai/datasets.js'
import { nemoRunReader } from './nemo-run/executor.js'
import { nniReader } from './nni/experiment.js'
import { nniInCodeReader } from './nni/experiment-in-code.js'
import { nniReportsReader } from './nni/reports.js'
import { nomadReader } from './nomad/job.js'
import { notebookRuntimeReader } from './notebooks/reader.js'
import { openmmlabReader } from './openmmlab/config.js'
import { mmengineRunnerReader } from './openmmlab/runner.js'
import { optunaReader } from './optuna/study.js'
import { forcedRunsReader } from './pipelines/forced-runs.js'
import { functionCachesReader } from './pipelines/function-caches.js'
import { polyaxonReader } from './polyaxon/operation.js'
import { prefectReader } from './prefect/flows.js'
import { publishedScriptsReader } from './published-scripts/reader.js'
import { arrayTaskReader } from './python/array-task.js'
import { dataSetsReader } from './python/data-sets.js'
import { distributedFilesReader } from './python/distributed-files.js'
import { endlessRoundsReader } from './python/endless-rounds.js'
import { enlargedPicturesReader } from './python/enlarged-pictures.js'
import { generatedBatchesReader } from './python/generated-batches.js'
import { gridLoopReader } from './python/grid-loop.js'
import { hookedEvaluationsReader } from './python/hooked-evaluations.js'
import { idleReader } from './python/idle.js'
import { modelLoadsReader } from './python/model-loads.js'
import { namedNetworksReader } from './python/named-networks.js'
import { ownNetworksReader } from './python/own-networks.js'
import { pictureEdgesReader } from './python/picture-edges.js'
import { preprocessingReader } from './python/preprocessing.js'
import { printsReader } from './python/prints.js'
import { programReader } from './python/program.js'
import { refusedOptionsReader } from './python/refused-options.js'
import { renderedStepsReader } from './python/rendered-steps.js'
import { repeatedTrainingsReader } from './python/repeated-trainings.js'
import { retriesReader } from './python/retries.js'
import { pythonSettingUpReader } from './python/setting-up.js'
import { singleRecordsReader } from './python/single-records.js'
import { startedLaunchesReader } from './python/started-launches.js'
import { swallowedReader } from './python/swallowed.js'
import { textLengthsReader } from './python/text-lengths.js'
import { thrownAwayCachesReader } from './python/thrown-away-caches.js'
import { uncheckedProgramsReader } from './python/unchecked-programs.js'
import { utilisationReader } from './python/utilisation-switches.js'
import { dataLoaderReader } from './pytorch/data-loader.js'
import { dataParallelReader } from './pytorch/data-parallel.js'
import { pytorchDistributedReader } from './pytorch/distributed.js'
import { pytorchFreshWeightsReader } from './pytorch/fresh-weights.js'
import { pytorchFrozenReader } from './pytorch/frozen.js'
import { graphDatasetReader } from './pytorch/graph-datasets.js'
import { pytorchLoopReader } from './pytorch/loop.js'
import { pytorchModesReader } from './pytorch/modes.js'
import { oneSampleStepsReader } from './pytorch/one-sample-steps.js'
import { pytorchOperationsReader } from './pytorch/operations.js'
import { pytorchRecordsReader } from './pytorch/records.js'
import { pytorchSamplesReader } from './pytorch/sample-operations.js'
import { singleDecodesReader } from './pytorch/single-decodes.js'
import { sparseReader } from './pytorch/sparse.js'
import { anyscaleReader } from './ray/anyscale.js'
import { rayClusterReader } from './ray/cluster.js'
import { rayDataReader } from './ray/data.js'
import { rayDownReader } from './ray/down.js'
import { rayExperimentReader } from './ray/experiment-file.js'
import { rayReservedReader } from './ray/reserved.js'
import { rllibReader } from './ray/rllib.js'
import { rayTuneReader } from './ray/tune.js'
import { rayWorkersReader } from './ray/workers.js'
import type { Reader } from './reader.js'
import { runaiReader } from './runai/submit.js'
import { sagemakerEndpointReader } from './sagemaker/endpoint.js'
import { sagemakerReader } from './sagemaker/estimator.js'
import { sagemakerTrainerReader } from './sagemaker/model-trainer.js'
import { sagemakerPipelineReader } from './sagemaker/pipeline-steps.js'
import { sagemakerProcessorReader } from './sagemaker/processor.js'
import { sagemakerRequestFilesReader } from './sagemaker/request-files.js'
import { sagemakerRequestsReader } from './sagemaker/requests.js'
import { sagemakerScalingReader } from './sagemaker/scaling.js'
import { sagemakerTunerReader } from './sagemaker/tuner.js'
import { skoptReader } from './scikit-optimize/search.js'
import { askedTrialsReader } from './search/asked-trials.js'
import { drawnTrialsReader } from './search/drawn-trials.js'
import { plainSearchesReader } from './search/plain-searches.js'
import { endpointEndingsReader } from './serving/endpoint-endings.js'
import { servingReader } from './serving/server.js'
import { shellEndpointReader } from './shell/endpoint.js'
import { shellFailuresReader } from './shell/failures.js'
import { shellGridReader } from './shell/grid-loop.js'
import { notebookSetupReader } from './shell/notebook-setup.js'
import { shellReader } from './shell/reader.js'
import { shellStagesReader } from './shell/stages.js'
import { sklearnCoresReader } from './sklearn/cores.js'
import { sklearnForestsReader } from './sklearn/forests.js'
import { sklearnObjectiveReader } from './sklearn/objective.js'
import { sklearnPatienceReader } from './sklearn/patience.js'
import { sklearnGridReader } from './sklearn/redundant-dimensions.js'
import { sklearnSearchReader } from './sklearn/search.js'
import { skypilotReader } from './skypilot/cluster.js'
import { skypilotTaskReader } from './skypilot/task.js'
import { slurmReader } from './slurm/reader.js'
import { snakemakeReader } from './snakemake/workflow.js'
import { sparkTuningReader } from './spark/cross-validator.js'
import { sparkDataReader } from './spark/uncached.js'
import { agentEvaluationsReader } from './stable-baselines/evaluations.js'
import { stableBaselinesReader } from './stable-baselines/learn.js'
import { submititReader } from './submitit/executor.js'
import { swiftCommandReader } from './swift/command.js'
import { tensorflowDeterminismReader } from './tensorflow/determinism.js'
import { tensorflowReader } from './tensorflow/eager.js'
import { tensorflowEstimatorReader } from './tensorflow/estimator.js'
import { tensorflowGraphLoopReader } from './tensorflow/graph-loop.js'
import { tensorflowInputReader } from './tensorflow/input.js'
import { tensorflowLoopReader } from './tensorflow/loop.js'
import { tensorflowWrittenRecordsReader } from './tensorflow/written-records.js'
import { terraformReader } from './terraform/reader.js'
import { tfxReader } from './tfx/pipeline.js'
import { torchxComponentReader } from './torchx/component.js'
import { torchxReader } from './torchx/run.js'
import { plainTrainersReader } from './trainers/plain-trainers.js'
import { ultralyticsCommandReader } from './ultralytics/command.js'
import { ultralyticsFreshWeightsReader } from './ultralytics/fresh-weights.js'
import { ultralyticsReader } from './ultralytics/train.js'
import { vertexBatchReader } from './vertex/batch.js'
import { vertexCustomJobReader } from './vertex/custom-job.js'
import { vertexEndpointReader } from './vertex/endpoint.js'
import { vertexJobReader } from './vertex/job-file.js'
import { vertexStudyReader } from './vertex/study-file.js'
import { vertexTuningReader } from './vertex/tuning-job.js'
import { wandbAgentReader } from './wandb/agent-command.js'
import { wandbReportsReader } from './wandb/reports.js'
import { wandbSweepReader } from './wandb/sweep.js'
import { wandbWatchReader } from './wandb/watch.js'
import { zenmlReader } from './zenml/steps.js'

export const readers: readonly Reader[] = [
  airflowReader,
  awsBatchFilesReader,
  awsBatchRequestReader,
  awsCommandsReader,
  awsEndpointCommandsReader,
  awsMachinesReader,
  parallelClusterReader,
  azureClusterReader,
  azureCommandLineReader,
  azureCommandReader,
  azureComponentFileReader,
  azureComponentReader,
  azureComputeReader,
  azureComputeInstanceReader,
  azureDeploymentReader,
  azureEndpointReader,
  azureJobReader,
  azurePipelineFileReader,
  azureScriptRunReader,
  azureStepsReader,
  azureSweepReader,
  azureVirtualMachineReader,
  azureWebserviceReader,
  azureDevopsReader,
  batchReader,
  catboostSearchReader,
  catboostReader,
  lightgbmReader,
  sklearnBoostingReader,
  xgboostReader,
  circleciReader,
  clearmlReader,
  cdkReader,
  cloudformationReader,
  composeReader,
  composerReader,
  dagsterReader,
  dbxExecuteReader,
  databricksReader,
  databricksRequestReader,
  deepspeedReader,
  detectron2ConfigReader,
  lazyConfigReader,
  detectron2Reader,
  determinedReader,
  imageBuildsReader,
  dockerImageReader,
  dockerRunReader,
  readmeReader,
  dstackReader,
  dstackPythonReader,
  dvcExperimentsReader,
  dvcReader,
  eksctlReader,
  nodeGroupCommandsReader,
  fastaiReader,
  flyteReader,
  axolotlReader,
  llamafactoryReader,
  nemoReader,
  sdScriptsReader,
  torchtuneReader,
  trainerConfigReader,
  trlConfigReader,
  cloudRunReader,
  gcloudEndpointReader,
  gcloudInstancesReader,
  gcloudJobsReader,
  gcloudPoolsReader,
  githubReader,
  gitlabReader,
  googleBatchReader,
  rentedInstancesReader,
  podProgramReader,
  podScriptReader,
  guildReader,
  htcondorReader,
  accelerateReader,
  huggingfaceDatasetsReader,
  huggingfaceFreshWeightsReader,
  implicitDataParallelReader,
  inferenceEndpointReader,
  layerSplitReader,
  huggingfaceMappingReader,
  modelsByNameReader,
  huggingfaceModelsReader,
  huggingfacePackingReader,
  huggingfacePaddingReader,
  parameterSearchReader,
  huggingfaceRankMappingReader,
  huggingfaceRecordsReader,
  sentenceTransformersReader,
  huggingfaceOperationsReader,
  huggingfaceTrainerReader,
  hydraLauncherReader,
  hydraMultirunProgramReader,
  hydraMultirunReader,
  hydraSweeperReader,
  hyperoptReader,
  igniteReader,
  jaxReader,
  karpenterReader,
  kerasFreshWeightsReader,
  kerasFrozenReader,
  kerasReader,
  kerasMultiGpuReader,
  kerasPaddedSequencesReader,
  kerasRecordsReader,
  kerasTunerReader,
  compiledPipelineReader,
  kubeflowReader,
  autoscalerReader,
  configMapReader,
  katibReader,
  inferenceServiceReader,
  jobSetReader,
  kubernetesReader,
  jupyterHubReader,
  kaitoReader,
  kubeaiReader,
  kueueReader,
  longRunningReader,
  modelCacheReader,
  poolScalersReader,
  kubeRayClusterReader,
  rayJobReader,
  trainingJobReader,
  argoReader,
  largeModelReader,
  lightningDataParallelReader,
  lightningOperationsReader,
  lightningRecordsReader,
  lightningReader,
  luigiReader,
  metaflowReader,
  modalReader,
  monaiDatasetReader,
  nemoRunReader,
  nniInCodeReader,
  nniReader,
  nniReportsReader,
  nomadReader,
  notebookRuntimeReader,
  openmmlabReader,
  mmengineRunnerReader,
  optunaReader,
  forcedRunsReader,
  functionCachesReader,
  polyaxonReader,
  prefectReader,
  publishedScriptsReader,
  arrayTaskReader,
  dataSetsReader,
  distributedFilesReader,
  endlessRoundsReader,
  enlargedPicturesReader,
  generatedBatchesReader,
  gridLoopReader,
  hookedEvaluationsReader,
  idleReader,
  modelLoadsReader,
  namedNetworksReader,
  ownNetworksReader,
  pictureEdgesReader,
  preprocessingReader,
  printsReader,
  programReader,
  refusedOptionsReader,
  renderedStepsReader,
  repeatedTrainingsReader,
  retriesReader,
  pythonSettingUpReader,
  singleRecordsReader,
  startedLaunchesReader,
  swallowedReader,
  textLengthsReader,
  thrownAwayCachesReader,
  uncheckedProgramsReader,
  utilisationReader,
  dataLoaderReader,
  dataParallelReader,
  pytorchDistributedReader,
  pytorchFreshWeightsReader,
  pytorchFrozenReader,
  graphDatasetReader,
  pytorchLoopReader,
  pytorchModesReader,
  oneSampleStepsReader,
  pytorchOperationsReader,
  pytorchRecordsReader,
  pytorchSamplesReader,
  singleDecodesReader,
  sparseReader,
  anyscaleReader,
  rayClusterReader,
  rayDataReader,
  rayDownReader,
  rayExperimentReader,
  rayReservedReader,
  rllibReader,
  rayTuneReader,
  rayWorkersReader,
  runaiReader,
  sagemakerEndpointReader,
  sagemakerReader,
  sagemakerTrainerReader,
  sagemakerPipelineReader,
  sagemakerProcessorReader,
  sagemakerRequestFilesReader,
  sagemakerRequestsReader,
  sagemakerScalingReader,
  sagemakerTunerReader,
  skoptReader,
  askedTrialsReader,
  drawnTrialsReader,
  plainSearchesReader,
  endpointEndingsReader,
  servingReader,
  shellEndpointReader,
  shellFailuresReader,
  shellGridReader,
  notebookSetupReader,
  shellReader,
  shellStagesReader,
  sklearnCoresReader,
  sklearnForestsReader,
  sklearnObjectiveReader,
  sklearnPatienceReader,
  sklearnGridReader,
  sklearnSearchReader,
  skypilotReader,
  skypilotTaskReader,
  slurmReader,
  snakemakeReader,
  sparkTuningReader,
  sparkDataReader,
  agentEvaluationsReader,
  stableBaselinesReader,
  submititReader,
  swiftCommandReader,
  tensorflowDeterminismReader,
  tensorflowReader,
  tensorflowEstimatorReader,
  tensorflowGraphLoopReader,
  tensorflowInputReader,
  tensorflowLoopReader,
  tensorflowWrittenRecordsReader,
  terraformReader,
  tfxReader,
  torchxComponentReader,
  torchxReader,
  plainTrainersReader,
  ultralyticsCommandReader,
  ultralyticsFreshWeightsReader,
  ultralyticsReader,
  vertexBatchReader,
  vertexCustomJobReader,
  vertexEndpointReader,
  vertexJobReader,
  vertexStudyReader,
  vertexTuningReader,
  wandbAgentReader,
  wandbReportsReader,
  wandbSweepReader,
  wandbWatchReader,
  zenmlReader,
]
