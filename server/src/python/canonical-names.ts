/**
 * One name per thing: libraries export the same object under several paths, and readers test one of them.
 * Rows are [written prefix, canonical prefix]; the longest prefix wins.
 */
const prefixes: [string, string][] = [
  ['pytorch_lightning', 'lightning.pytorch'],
  ['lightning.pytorch', 'lightning.pytorch'],
  ['lightning.fabric', 'lightning.fabric'],
  ['lightning_fabric', 'lightning.fabric'],
  ['lightning.Trainer', 'lightning.pytorch.Trainer'],
  ['lightning.LightningModule', 'lightning.pytorch.LightningModule'],
  ['lightning.LightningDataModule', 'lightning.pytorch.LightningDataModule'],
  ['lightning.Fabric', 'lightning.fabric.Fabric'],
  ['lightning.Callback', 'lightning.pytorch.Callback'],
  ['lightning.fabric.fabric.Fabric', 'lightning.fabric.Fabric'],
  ['lightning.pytorch.trainer.Trainer', 'lightning.pytorch.Trainer'],
  ['lightning.pytorch.trainer.trainer.Trainer', 'lightning.pytorch.Trainer'],
  // The same class, with what the command line says (`call-arguments.ts`).
  ['lightning.pytorch.Trainer.from_argparse_args', 'lightning.pytorch.Trainer'],
  ['lightning.pytorch.core.LightningModule', 'lightning.pytorch.LightningModule'],
  ['lightning.pytorch.core.lightning.LightningModule', 'lightning.pytorch.LightningModule'],
  ['lightning.pytorch.core.module.LightningModule', 'lightning.pytorch.LightningModule'],
  ['lightning.pytorch.core.datamodule.LightningDataModule', 'lightning.pytorch.LightningDataModule'],
  ['lightning.pytorch.callbacks.early_stopping.EarlyStopping', 'lightning.pytorch.callbacks.EarlyStopping'],
  [
    'lightning.pytorch.callbacks.model_checkpoint.ModelCheckpoint',
    'lightning.pytorch.callbacks.ModelCheckpoint',
  ],
  ['lightning.pytorch.cli.LightningCLI', 'lightning.pytorch.cli.LightningCLI'],
  ['lightning.pytorch.utilities.cli.LightningCLI', 'lightning.pytorch.cli.LightningCLI'],
  ['tensorflow.keras', 'keras'],
  ['tensorflow.python.keras', 'keras'],
  ['tensorflow.compat.v1.keras', 'keras'],
  ['tf_keras', 'keras'],
  ['tensorflow.contrib.keras', 'keras'],
  ['tensorflow.keras.api._v2.keras', 'keras'],
  ['keras.api._v2.keras', 'keras'],
  ['keras.src', 'keras'],
  ['keras.layers.convolutional', 'keras.layers'],
  ['keras.layers.core', 'keras.layers'],
  ['keras.layers.recurrent', 'keras.layers'],
  ['keras.layers.pooling', 'keras.layers'],
  ['keras.layers.normalization', 'keras.layers'],
  ['keras.layers.embeddings', 'keras.layers'],
  ['keras.callbacks.early_stopping', 'keras.callbacks'],
  ['keras.engine.Model', 'keras.Model'],
  ['keras.models.Model', 'keras.Model'],
  ['keras.models.Sequential', 'keras.Sequential'],
  ['keras.engine.training.Model', 'keras.Model'],
  ['keras.callbacks.callbacks', 'keras.callbacks'],
  ['torch.cuda.amp.autocast', 'torch.autocast'],
  ['torch.cuda.amp.autocast_mode.autocast', 'torch.autocast'],
  ['torch.amp.autocast', 'torch.autocast'],
  ['torch.amp.autocast_mode.autocast', 'torch.autocast'],
  ['torch.cpu.amp.autocast', 'torch.autocast'],
  ['torch.cuda.amp.GradScaler', 'torch.amp.GradScaler'],
  ['torch.cuda.amp.grad_scaler.GradScaler', 'torch.amp.GradScaler'],
  ['torch.GradScaler', 'torch.amp.GradScaler'],
  ['torch.distributed.fsdp.sharded_grad_scaler.ShardedGradScaler', 'torch.amp.GradScaler'],
  ['torch.autograd.no_grad', 'torch.no_grad'],
  ['torch.autograd.grad_mode.no_grad', 'torch.no_grad'],
  ['torch.autograd.inference_mode', 'torch.inference_mode'],
  ['torch.autograd.grad_mode.inference_mode', 'torch.inference_mode'],
  ['torch.autograd.set_grad_enabled', 'torch.set_grad_enabled'],
  ['torch.autograd.grad_mode.set_grad_enabled', 'torch.set_grad_enabled'],
  ['torch.utils.data.dataloader.DataLoader', 'torch.utils.data.DataLoader'],
  ['torch.utils.data.dataset', 'torch.utils.data'],
  ['torchdata.stateful_dataloader.StatefulDataLoader', 'torch.utils.data.DataLoader'],
  ['torch_geometric.loader.DataLoader', 'torch_geometric.loader.DataLoader'],
  ['torch_geometric.data.DataLoader', 'torch_geometric.loader.DataLoader'],
  ['torch_geometric.loader.dataloader.DataLoader', 'torch_geometric.loader.DataLoader'],
  ['torch.nn.parallel.DataParallel', 'torch.nn.DataParallel'],
  ['torch.nn.parallel.data_parallel.DataParallel', 'torch.nn.DataParallel'],
  ['torch.nn.parallel.distributed.DistributedDataParallel', 'torch.nn.parallel.DistributedDataParallel'],
  // Up to PyTorch 1.4, for Gloo.
  ['torch.nn.parallel.DistributedDataParallelCPU', 'torch.nn.parallel.DistributedDataParallel'],
  ['torch.nn.modules.module.Module', 'torch.nn.Module'],
  ['torch.distributed.fsdp.fully_sharded_data_parallel', 'torch.distributed.fsdp'],
  // Subclasses that add rates for embeddings (unsloth/trainer.py).
  ['unsloth.UnslothTrainer', 'trl.SFTTrainer'],
  ['unsloth.trainer.UnslothTrainer', 'trl.SFTTrainer'],
  ['unsloth.UnslothTrainingArguments', 'trl.SFTConfig'],
  ['unsloth.trainer.UnslothTrainingArguments', 'trl.SFTConfig'],
  ['kerastuner', 'keras_tuner'],
  ['sklearn.model_selection._search', 'sklearn.model_selection'],
  ['sklearn.grid_search', 'sklearn.model_selection'],
  ['sklearn.cross_validation', 'sklearn.model_selection'],
  ['sklearn.pipeline.Pipeline', 'sklearn.pipeline.Pipeline'],
  ['imblearn.pipeline', 'sklearn.pipeline'],
  ['dask_ml.model_selection.GridSearchCV', 'dask_ml.model_selection.GridSearchCV'],
  ['accelerate.accelerator.Accelerator', 'accelerate.Accelerator'],
  ['transformers.trainer.Trainer', 'transformers.Trainer'],
  ['transformers.training_args.TrainingArguments', 'transformers.TrainingArguments'],
  ['transformers.training_args_seq2seq.Seq2SeqTrainingArguments', 'transformers.Seq2SeqTrainingArguments'],
  ['transformers.trainer_seq2seq.Seq2SeqTrainer', 'transformers.Seq2SeqTrainer'],
  ['transformers.trainer_callback', 'transformers'],
  ['transformers.hf_argparser.HfArgumentParser', 'transformers.HfArgumentParser'],
  ['trl.trainer', 'trl'],
  ['trl.trainer.sft_config', 'trl'],
  ['trl.trainer.sft_trainer', 'trl'],
  ['trl.trainer.dpo_config', 'trl'],
  ['trl.trainer.dpo_trainer', 'trl'],
  ['datasets.arrow_dataset.Dataset', 'datasets.Dataset'],
  ['datasets.load.load_dataset', 'datasets.load_dataset'],
  ['datasets.fingerprint', 'datasets'],
  ['fastai2', 'fastai'],
  ['fastai.vision.all', 'fastai'],
  ['fastai.text.all', 'fastai'],
  ['fastai.tabular.all', 'fastai'],
  ['fastai.medical.imaging', 'fastai'],
  ['fastai.collab', 'fastai'],
  ['fastai.basics', 'fastai'],
  ['fastai.learner', 'fastai'],
  ['fastai.vision.learner', 'fastai'],
  ['fastai.vision.data', 'fastai'],
  ['fastai.text.learner', 'fastai'],
  ['fastai.text.data', 'fastai'],
  ['fastai.tabular.learner', 'fastai'],
  ['fastai.data.all', 'fastai'],
  ['fastai.data.block', 'fastai'],
  ['fastai.callback.all', 'fastai'],
  ['fastai.callback.tracker', 'fastai'],
  ['fastai.callback.fp16', 'fastai'],
  ['ultralytics.models.YOLO', 'ultralytics.YOLO'],
  ['ultralytics.models.RTDETR', 'ultralytics.RTDETR'],
  ['ultralytics.models.yolo.model.YOLO', 'ultralytics.YOLO'],
  ['ultralytics.yolo.engine.model.YOLO', 'ultralytics.YOLO'],
  ['ultralytics.engine.model.YOLO', 'ultralytics.YOLO'],
  ['sagemaker.estimator.Estimator', 'sagemaker.estimator.Estimator'],
  ['sagemaker.pytorch.estimator.PyTorch', 'sagemaker.pytorch.PyTorch'],
  ['sagemaker.tensorflow.estimator.TensorFlow', 'sagemaker.tensorflow.TensorFlow'],
  ['sagemaker.huggingface.estimator.HuggingFace', 'sagemaker.huggingface.HuggingFace'],
  ['sagemaker.sklearn.estimator.SKLearn', 'sagemaker.sklearn.SKLearn'],
  ['sagemaker.xgboost.estimator.XGBoost', 'sagemaker.xgboost.XGBoost'],
  ['sagemaker.mxnet.estimator.MXNet', 'sagemaker.mxnet.MXNet'],
]

const table = new Map(prefixes)
/** First dotted part of every row: names outside these cannot change. */
const roots = new Set(prefixes.map(([written]) => written.split('.')[0]!))
const memo = new Map<string, string>()

/** The canonical spelling of a dotted library name. */
export function canonicalName(dotted: string): string {
  const known = memo.get(dotted)
  if (known !== undefined) return known
  const dot = dotted.indexOf('.')
  if (!roots.has(dot === -1 ? dotted : dotted.slice(0, dot))) return dotted
  let name = dotted
  // Two rounds: a first rewrite ('tensorflow.keras' to 'keras') can make a second row apply.
  for (let round = 0; round < 2; round++) {
    for (let end = name.length; end > 0; end = name.lastIndexOf('.', end - 1)) {
      const canonical = table.get(name.slice(0, end))
      if (canonical === undefined) continue
      name = canonical + name.slice(end)
      break
    }
  }
  if (memo.size < 20_000) memo.set(dotted, name)
  return name
}

/** What `from MODULE import *` brings, for the names that readers ask about. */
export const starExports: Record<string, string[]> = {
  'torch.utils.data': ['DataLoader', 'Dataset', 'TensorDataset', 'IterableDataset', 'random_split', 'Subset'],
  'torch.nn': [
    'Module',
    'DataParallel',
    'Linear',
    'Conv2d',
    'Embedding',
    'LSTM',
    'BCELoss',
    'CrossEntropyLoss',
  ],
  'sklearn.model_selection': [
    'GridSearchCV',
    'RandomizedSearchCV',
    'KFold',
    'StratifiedKFold',
    'cross_val_score',
  ],
  'sklearn.pipeline': ['Pipeline', 'make_pipeline', 'FeatureUnion'],
  'keras.models': ['Model', 'Sequential', 'load_model'],
  'keras.callbacks': [
    'EarlyStopping',
    'ModelCheckpoint',
    'ReduceLROnPlateau',
    'LearningRateScheduler',
    'TensorBoard',
    'CSVLogger',
  ],
  'keras.layers': ['Dense', 'Conv1D', 'Conv2D', 'Conv3D', 'LSTM', 'GRU', 'Bidirectional', 'Embedding'],
  'fastai.callback.wandb': ['WandbCallback'],
  // All of its `all` modules are spelled so.
  fastai: [
    'Learner',
    'vision_learner',
    'cnn_learner',
    'unet_learner',
    'text_classifier_learner',
    'language_model_learner',
    'tabular_learner',
    'collab_learner',
    'DataBlock',
    'DataLoaders',
    'ImageDataLoaders',
    'SegmentationDataLoaders',
    'TextDataLoaders',
    'ImageBlock',
    'MaskBlock',
    'TextBlock',
    'URLs',
    'untar_data',
    'EarlyStoppingCallback',
    'SaveModelCallback',
    'ReduceLROnPlateau',
    'MixedPrecision',
  ],
  transformers: [
    'Trainer',
    'TrainingArguments',
    'Seq2SeqTrainer',
    'Seq2SeqTrainingArguments',
    'EarlyStoppingCallback',
  ],
}

/** Classes that take what another class of the library takes, since they extend it: [class, base]. */
const extensions: [RegExp, string][] = [
  [/^transformers\.Seq2SeqTrainer$|^trl\.(\w+\.)*\w+Trainer$/, 'transformers.Trainer'],
  [/^transformers\.Seq2SeqTrainingArguments$/, 'transformers.TrainingArguments'],
]

/** What one of several classes is in any case; null: they have nothing in common that readers know. */
export function commonClass(names: readonly string[]): string | null {
  const [first] = names
  if (first === undefined) return null
  if (names.every((name) => name === first)) return first
  const bases = new Set(names.map((name) => extensions.find(([known]) => known.test(name))?.[1] ?? name))
  return bases.size === 1 ? [...bases][0]! : null
}
