/**
 * Libraries that readers know. Their names never stand for a module of the project, unless it lies beside the file
 * that imports it: a repository with a folder `datasets/` still means the library when it says `import datasets`.
 */
export const libraries = new Set(
  (
    'torch torchvision torchaudio torchtext torch_geometric torchdata torchmetrics pytorch_lightning lightning ' +
    'lightning_fabric transformers trl peft accelerate datasets evaluate diffusers tokenizers bitsandbytes deepspeed ' +
    'tensorflow keras tf_keras tensorflow_datasets jax flax optax sklearn dask_ml cuml xgboost lightgbm catboost ' +
    'numpy scipy pandas polars optuna ray hyperopt skopt keras_tuner kerastuner wandb mlflow sagemaker boto3 google ' +
    'azure kfp airflow apache_beam prefect metaflow zenml dagster flytekit horovod fastai ultralytics ignite composer ' +
    'timm cv2 PIL librosa albumentations monai webdataset gym gymnasium stable_baselines3 hydra omegaconf click ' +
    'typer fire absl tqdm matplotlib seaborn'
  ).split(' '),
)
