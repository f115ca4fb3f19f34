/**
 * Commands that run another command and leave it as it is: how many of their words belong to themselves. Data, from
 * the manuals and `--help` of each tool.
 */
import { type OptionTable, table } from './option-table.js'

export interface Wrapper extends OptionTable {
  /** Words of the command (`conda run`). */
  words: string[]
  /** Words of its own between its options and the command (`timeout 4h`, the image of `singularity exec`). */
  skip: number
  /** Options whose values are `NAME=value` in the environment of the command. */
  environment?: string[]
  /** Options that name a Python module to run, as those of `python` do. */
  modules?: string[]
  /** The word of its own names the file of the cluster that runs the command. */
  onCluster?: true
  /** Its options may stand behind its own words, and what it runs stands behind `--`. */
  behindDashes?: true
}

const wrapper = (words: string, options: OptionTable, skip = 0, rest: Partial<Wrapper> = {}): Wrapper => ({
  words: words.split(' '),
  skip,
  ...options,
  ...rest,
})

const nothing = table('')
const container = table(
  'B bind b home H workdir pwd env env-file overlay app network dns hostname scratch S ',
  'nv rocm contain containall cleanenv C c e writable writable-tmpfs no-home fakeroot f pid p ipc i uts u net n nvccli no-mount w userns U compat',
)
export const wrappers: Wrapper[] = [
  wrapper('env', table('u unset C chdir S split-string', 'i ignore-environment 0 null')),
  wrapper('nohup', nothing),
  wrapper('time', table('f format o output', 'p v a portability verbose append')),
  wrapper('timeout', table('k kill-after s signal', 'foreground preserve-status v verbose'), 1),
  wrapper('stdbuf', table('i input o output e error')),
  wrapper('unbuffer', table('', 'p')),
  wrapper(
    'xvfb-run',
    table(
      'e error-file f auth-file n server-num p xauth-protocol s server-args w wait',
      'a auto-servernum l listen-tcp',
    ),
  ),
  wrapper('nice', table('n adjustment')),
  wrapper('ionice', table('c class n classdata', 't ignore')),
  wrapper(
    'chrt',
    table(
      'T sched-runtime P sched-period D sched-deadline',
      'f fifo b batch i idle o other r rr R reset-on-fork',
    ),
    1,
  ),
  wrapper('taskset', table('', 'c cpu-list a all-tasks'), 1),
  wrapper(
    'numactl',
    table('i interleave p preferred m membind N cpunodebind C physcpubind', 'l localalloc a all b balancing'),
    0,
  ),
  wrapper('setsid', table('', 'c ctty f fork w wait')),
  wrapper(
    'sudo',
    table(
      'u user g group h host p prompt C close-from D chdir T command-timeout',
      'E preserve-env H set-home n non-interactive S stdin b background i login k',
    ),
  ),
  wrapper('exec', table('a', 'c l')),
  wrapper('command', table('', 'p v V')),
  wrapper('builtin', nothing),
  wrapper('eatmydata', nothing),
  wrapper('catchsegv', nothing),
  wrapper('tini', table('p', 's g v w')),
  wrapper('dumb-init', table('r rewrite', 'c single-child v verbose')),
  wrapper(
    'nsys profile',
    table(
      'o output t trace s sample c capture-range y delay d duration w show-output x stop-on-exit e env-var p cudabacktrace gpu-metrics-device gpu-metrics-devices gpu-metrics-set gpu-metrics-frequency stats export f force-overwrite capture-range-end cuda-memory-usage kill sampling-period nvtx-capture python-sampling python-sampling-frequency python-backtrace cuda-graph-trace cpuctxsw backtrace session-new nic-metrics wait pytorch',
    ),
  ),
  wrapper(
    'ncu',
    table(
      'o export k kernel-name kernel-id s launch-skip c launch-count set section metrics target-processes nvtx-include',
      'f force-overwrite nvtx',
    ),
  ),
  wrapper(
    'nvprof',
    table('o export-profile log-file profile-from-start', 'f profile-child-processes profile-all-processes'),
  ),
  wrapper('py-spy record', table('o output f format r rate d duration', 's subprocesses n native')),
  wrapper('coverage run', table('source omit include rcfile', 'p parallel-mode a append branch')),
  wrapper('viztracer', table('o output-file tracer-entries')),
  wrapper('poetry run', nothing),
  wrapper('pipenv run', nothing),
  wrapper('pdm run', table('p project', 's site-packages')),
  wrapper('rye run', nothing),
  wrapper('hatch run', nothing),
  wrapper('pixi run', table('e environment manifest-path', 'frozen locked no-install')),
  wrapper(
    'uv run',
    table(
      'p python with with-requirements with-editable extra group only-group no-group env-file directory project package index index-url extra-index-url default-index find-links',
      'frozen locked isolated no-sync all-extras active no-project no-dev dev exact offline q quiet v verbose refresh s script',
    ),
    0,
    { modules: ['m', 'module'] },
  ),
  ...['conda run', 'mamba run', 'micromamba run'].map((name) =>
    wrapper(name, table('n name p prefix cwd', 'no-capture-output live-stream v verbose dev s')),
  ),
  ...['singularity', 'apptainer'].flatMap((name) => [
    wrapper(`${name} exec`, container, 1, { environment: ['env'] }),
    wrapper(`${name} run`, container, 1, { environment: ['env'] }),
  ]),
  // Those of clusters that choose the image themselves.
  ...['singularity_wrapper', 'apptainer_wrapper'].map((name) => wrapper(`${name} exec`, container)),
  wrapper(
    'docker exec',
    table('e env w workdir u user env-file', 'i t d it ti interactive tty detach privileged'),
    1,
    { environment: ['e', 'env'] },
  ),
  wrapper('bsub', table('q J n W o e gpu R M P m app G sp w u cwd', 'K I Is Ip x N B r', {}, true)),
  wrapper(
    'ray job submit',
    table(
      'address working-dir runtime-env runtime-env-json submission-id metadata-json entrypoint-num-cpus entrypoint-num-gpus entrypoint-memory entrypoint-resources verify headers log-style',
      'no-wait',
    ),
  ),
  // The configuration of the cluster stands before the script.
  wrapper(
    'ray submit',
    table(
      'n cluster-name p port-forward extra-screen-args',
      'stop start screen tmux no-config-cache disable-usage-stats',
    ),
    1,
    { onCluster: true },
  ),
  wrapper(
    'shifter',
    table('image i volume v env e env-file module m workdir w user', 'entrypoint verbose', {}),
    0,
    { environment: ['env', 'e'] },
  ),
  wrapper('enroot start', table('c conf e env m mount', 'r root w rw', {}), 1, { environment: ['env', 'e'] }),
  wrapper('udocker run', table('v volume e env w workdir u user name entrypoint', 'rm nobanner novol'), 1, {
    environment: ['e', 'env'],
  }),
  wrapper(
    'ch-run',
    table('b bind c cd g gid u uid m mount set-env unset-env', 'w write private-tmp no-home'),
    1,
    {
      environment: ['set-env'],
    },
  ),
  wrapper(
    'gantry run',
    table(
      '',
      'allow-dirty y yes show-logs no-logs preemptible not-preemptible host-networking leader-selection',
    ),
  ),
  ...['submit', 'submit-dist', 'training', 'workload', 'pytorch', 'mpi'].map((name) =>
    wrapper(`runai ${name}`, nothing, 0, { behindDashes: true }),
  ),
  wrapper('doppler run', table('p project c config command t token', 'no-fallback preserve-env silent')),
  wrapper('dotenv run', table('', 'override no-override')),
  wrapper('chronic', nothing),
  wrapper('ltrace', nothing),
  wrapper('pipx run', nothing),
]

/** Modules that run another Python program: profilers, debuggers, tracers. */
export const wrapperModules: Record<string, OptionTable> = {
  cProfile: table('o s', ''),
  profile: table('o s', ''),
  pdb: table('c', ''),
  debugpy: table('listen connect log-to', 'wait-for-client'),
  trace: table(
    'f file C coverdir ignore-module ignore-dir',
    't trace c count T trackcalls l listfuncs s summary g timing',
  ),
  kernprof: table('o outfile s setup u unit p prof-mod', 'l line-by-line b builtin v view'),
  scalene: table('outfile profile-interval', 'cli html json reduced-profile'),
  memory_profiler: table('precision o', 'pdb-mmem'),
  'torch.utils.bottleneck': nothing,
  coverage: table('source rcfile', 'p a'),
}

/** Modules that are tools, not programs of a project. */
export const toolModules = new Set(
  (
    'pip venv virtualenv pytest unittest http.server json.tool ensurepip build twine ipykernel compileall black flake8 ' +
    'mypy ruff isort pylint site sysconfig zipfile tarfile timeit py_compile tensorboard jupyter notebook ipython wandb ' +
    'pre_commit nltk.downloader spacy bitsandbytes xformers.info torch.utils.collect_env gdown setuptools vllm sglang'
  ).split(' '),
)

/** Options of the interpreter itself. */
export const pythonOptions = table('W X check-hash-based-pycs', 'b B d E h i I O OO q s S u v V x P')
