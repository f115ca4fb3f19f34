/**
 * Words of the SageMaker Python SDK, version 2 (and their spelling in version 1, which notebooks still carry): the
 * estimators, their arguments, and what starts the script inside the container.
 */
import type { SearchSettings } from '../../workload/resource-kinds.js'

/** Estimators that run a script of the user's under one framework; their first positional argument is the script. */
const frameworks = [
  'pytorch.PyTorch',
  'tensorflow.TensorFlow',
  'huggingface.HuggingFace',
  'sklearn.SKLearn',
  'sklearn.estimator.SKLearn',
  'xgboost.XGBoost',
  'xgboost.estimator.XGBoost',
  'mxnet.MXNet',
  'mxnet.estimator.MXNet',
  'chainer.Chainer',
  'chainer.estimator.Chainer',
  'rl.RLEstimator',
  'rl.estimator.RLEstimator',
]

/** Algorithms and containers that SageMaker or the user brings. */
const containers = [
  'estimator.Estimator',
  'estimator.EstimatorBase',
  'estimator.Framework',
  'jumpstart.estimator.JumpStartEstimator',
  'KMeans',
  'PCA',
  'LinearLearner',
  'FactorizationMachines',
  'LDA',
  'NTM',
  'KNN',
  'IPInsights',
  'Object2Vec',
  'RandomCutForest',
]

export const frameworkEstimators = new Set(frameworks.map((name) => `sagemaker.${name}`))
export const containerEstimators = new Set(containers.map((name) => `sagemaker.${name}`))

/** Of these, the ones whose container computes on processors only (developer guide, "Common parameters for built-in algorithms"). */
export const onProcessorsOnly = new Set(
  ['sklearn.SKLearn', 'sklearn.estimator.SKLearn', 'RandomCutForest', 'LDA'].map(
    (name) => `sagemaker.${name}`,
  ),
)

export const tuners = ['sagemaker.tuner.HyperparameterTuner', 'sagemaker.HyperparameterTuner']

/** Strategies of automatic model tuning, as the SDK and the API spell them. */
export const strategies: Record<string, SearchSettings['strategy']> = {
  Bayesian: 'bayesian',
  Random: 'random',
  Hyperband: 'hyperband',
  Grid: 'grid',
}

/** Images that train epoch by epoch: frameworks, and algorithms that support early stopping (developer guide). */
export const epochwiseImages =
  /linear-learner|image-classification|object-detection|semantic-segmentation|seq2seq|ipinsights|pytorch|tensorflow|mxnet|huggingface/

/** Seconds; SDK 2.257, `EstimatorBase.__init__(max_run=24 * 60 * 60)`. */
export const defaultMaxRun = 86_400

/**
 * Families of machines that training jobs can have, of those in the catalogue, and a general one without a GPU (API
 * reference, TrainingInstanceType). EC2 has more.
 */
export const trainingFamilies = new Set(['p2', 'p3', 'p4d', 'p4de', 'p5', 'g4dn', 'g5', 'g6', 'g6e', 'm6i'])

/** The same of processing and of transform jobs, with machines without a GPU (ProcessingInstanceType, TransformInstanceType). */
export const processingFamilies = new Set([
  'p2',
  'p3',
  'p5',
  'g4dn',
  'g5',
  'g6',
  'g6e',
  'm5',
  'm6i',
  'm7i',
  'c5',
])
export const transformFamilies = new Set(['p2', 'p3', 'g4dn', 'g5', 'g6', 'm5', 'm6i', 'm7i', 'c5'])
