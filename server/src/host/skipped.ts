/**
 * Folders that hold what others wrote or what a run left behind. Skipped by name wherever they stand; a project brings
 * one back with `exclude = ["!outputs/"]`, and a path given on the command line is always read.
 */
const names = new Set([
  // Version control and editors
  '.git',
  '.hg',
  '.svn',
  '.history',
  '.idea',
  // Environments and vendored code
  'node_modules',
  'bower_components',
  '.venv',
  'venv',
  '.direnv',
  '.pyenv',
  '.pixi',
  '__pypackages__',
  'site-packages',
  'dist-packages',
  'third_party',
  'third-party',
  '3rdparty',
  '_vendor',
  // Caches and build output
  '__pycache__',
  '.ipynb_checkpoints',
  '.ipynb_aml_checkpoints',
  '.virtual_documents',
  '.mypy_cache',
  '.ruff_cache',
  '.costlint',
  '.costlint_cache',
  '.pytest_cache',
  '.pytype',
  '.cache',
  '.eggs',
  '.tox',
  '.nox',
  '_build',
  'buck-out',
  'bazel-out',
  '.terraform',
  // What runs leave behind
  'outputs',
  'multirun',
  '.hydra',
  'wandb',
  'mlruns',
  // The code of each run, as Sacred keeps it.
  '_sources',
  'lightning_logs',
  '.aim',
  '.neptune',
])

export function isSkippedFolder(name: string): boolean {
  return names.has(name) || name.endsWith('.egg-info') || name.endsWith('.dist-info')
}

/** Files whose presence says that the whole folder is an environment or a cache. */
const markers = new Set(['pyvenv.cfg', 'conda-meta', 'CACHEDIR.TAG'])

export function marksSkippedFolder(name: string): boolean {
  return markers.has(name)
}
