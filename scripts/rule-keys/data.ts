/** Keys that the rules of `data/` judge. */

import type { RuleKeys } from '../rule-keys.js'

export const data: Readonly<Record<string, RuleKeys>> = {
  'data/cache-disabled': {
    others: [
      ['Hugging Face Datasets', '`load_from_cache_file`', 'true'],
      ['Hugging Face Datasets', '`disable_caching()`, `set_caching_enabled(…)`', 'enabled'],
      ['Hugging Face Datasets', '`load_dataset(download_mode=…)`', '`reuse_dataset_if_exists`'],
      ['Hugging Face Datasets', '`HF_HOME`, `HF_DATASETS_CACHE`', '`~/.cache/huggingface`'],
      ['LLaMA-Factory', '`overwrite_cache`', 'false'],
    ],
  },
  'data/heavy-getitem': {
    others: [
      ['PyTorch', '`__getitem__`, `__iter__`, `collate_fn`'],
      ['Keras', '`PyDataset.__getitem__`'],
      ['Hugging Face Datasets', '`map`, `set_transform`'],
      ['tf.data', '`tf.py_function`, `from_generator`'],
    ],
  },
  'data/no-loader-workers': {
    settings: ['InputPipeline.workers'],
    others: [
      ['fastai', '`num_workers`', 'all cores, at most 16'],
      ['Ultralytics', '`workers`', '8'],
      ['OpenMMLab', '`num_workers`, `workers_per_gpu`'],
      ['detectron2', '`DATALOADER.NUM_WORKERS`', '4'],
      ['NeMo', '`model.train_ds.num_workers`'],
    ],
  },
  'data/no-prefetch': { others: [['tf.data', '`prefetch(…)`', 'added by TensorFlow 2.12 and later']] },
  'data/padding-waste': {
    settings: ['InputPipeline.packed'],
    others: [
      ['Hugging Face tokenizers', '`padding`, `pad_to_max_length`', 'no padding'],
      ['Keras', '`pad_sequences(maxlen=…)`', 'to the longest of all'],
      ['Axolotl', '`sample_packing`, `pad_to_sequence_len`'],
      ['LLaMA-Factory', '`packing`, `neat_packing`'],
      ['torchtune', '`dataset.packed`'],
    ],
  },
  'data/remote-read-per-sample': {
    others: [
      ['PyTorch', 'requests in `__getitem__`, `__iter__`, `collate_fn`'],
      ['tf.data', '`tf.io.read_file` in `map`'],
    ],
  },
  'data/sequential-map': {
    others: [
      ['tf.data', '`map(num_parallel_calls=…)`', 'sequential; stateless functions in parallel from 2.7 on'],
      ['tf.data', '`interleave(num_parallel_calls=…)`', 'sequential'],
    ],
  },
  'data/setup-on-gpu-time': {
    others: [
      ['SLURM, PBS, LSF', 'commands of the batch script'],
      ['Kubernetes', '`command`, `args`'],
      [
        'Kubernetes',
        '`HF_HOME`, `HF_HUB_CACHE`, `--download-dir`, `volumeMounts`',
        '`/root/.cache/huggingface`',
      ],
      ['Azure ML', '`command`'],
      ['Python', '`subprocess`, `os.system`, `urlretrieve`, `gdown`'],
      ['Notebooks', '`!` and `%%bash` lines'],
    ],
  },
  'data/slow-transfer': {
    settings: ['InputPipeline.pinnedMemory', 'InputPipeline.persistentWorkers'],
    readers: ['pytorch-data-loader'],
    others: [['PyTorch', '`.to(…, non_blocking=…)`', 'false']],
  },
  'data/unbatched-map': {
    others: [
      ['Hugging Face Datasets', '`map(batched=…)`', 'false'],
      ['Hugging Face Datasets', '`map(num_proc=…)`', 'none'],
      ['pandas', '`apply(…)` with a tokenizer'],
    ],
  },
  'data/uncached-preprocessing': {
    others: [
      ['pandas', '`apply`, `iterrows`, `read_csv`, joins and groupings'],
      ['Text', 'spaCy, NLTK, vectorizers, `SentenceTransformer.encode`'],
      ['Audio and images', 'librosa, decoders, HOG'],
      ['tf.data', '`map` without `cache` behind it'],
      ['PyTorch Geometric', '`transform` of data sets'],
    ],
  },
  'data/worker-count-mismatch': {
    settings: ['InputPipeline.workers'],
    others: [
      ['SLURM', '`--cpus-per-task`'],
      ['Kubernetes', '`limits.cpu`, a volume at `/dev/shm`', '64 MiB of shared memory'],
      ['Compose, Docker', '`shm_size`, `--shm-size`', '64 MiB'],
    ],
  },
}
