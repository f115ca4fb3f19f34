/** Every reader. The byte pre-filter of the project is derived from their triggers. */
import { accelerateReader } from './huggingface/accelerate.js'
import { huggingfaceDatasetsReader } from './huggingface/datasets.js'
import { implicitDataParallelReader } from './huggingface/implicit-data-parallel.js'
import { huggingfaceTrainerReader } from './huggingface/trainer.js'
import { kubernetesReader } from './kubernetes/job.js'
import { lightningReader } from './lightning/trainer.js'
import { programReader } from './python/program.js'
import { dataLoaderReader } from './pytorch/data-loader.js'
import { dataParallelReader } from './pytorch/data-parallel.js'
import { pytorchLoopReader } from './pytorch/loop.js'
import { sparseReader } from './pytorch/sparse.js'
import type { Reader } from './reader.js'
import { sagemakerReader } from './sagemaker/estimator.js'
import { shellReader } from './shell/reader.js'
import { sklearnSearchReader } from './sklearn/search.js'
import { slurmReader } from './slurm/reader.js'
import { wandbSweepReader } from './wandb/sweep.js'

export const readers: readonly Reader[] = [
  pytorchLoopReader,
  dataLoaderReader,
  dataParallelReader,
  sparseReader,
  accelerateReader,
  huggingfaceTrainerReader,
  implicitDataParallelReader,
  huggingfaceDatasetsReader,
  lightningReader,
  programReader,
  sklearnSearchReader,
  wandbSweepReader,
  shellReader,
  slurmReader,
  kubernetesReader,
  sagemakerReader,
]
