/** Options of Slurm's commands. Source: manuals of sbatch and srun, 24.05; those of containers are pyxis's. */
import { sbatchFlags, sbatchLong } from '../config/directives.js'
import { table } from './option-table.js'

/** What both take with a value. */
const ofBoth =
  'account array begin chdir clusters comment constraint container container-id core-spec cpu-freq cpus-per-gpu cpus-per-task deadline ' +
  'dependency distribution error exclude export extra-node-info gpu-bind gpu-freq gpus gpus-per-node gpus-per-socket gpus-per-task gres ' +
  'gres-flags hint input job-name licenses mail-type mail-user mem mem-bind mem-per-cpu mem-per-gpu network nodefile nodelist nodes ' +
  'ntasks ntasks-per-core ntasks-per-gpu ntasks-per-node ntasks-per-socket open-mode output partition profile qos reservation signal ' +
  'switches threads-per-core time time-min tmp tres-bind tres-per-task'

export const sbatchOptions = table(`${ofBoth} export-file wrap`, [...sbatchFlags].join(' '), sbatchLong)

export const srunOptions = table(
  `${ofBoth} container-env container-image container-mounts container-name container-workdir cpu-bind environment environment-file epilog ` +
    'g het-group jobid mpi prolog relative slurmd-debug task-epilog task-prolog threads wait',
  'bcast contiguous container-mount-home container-readonly container-remap-root container-writable disable-status exact exclusive help ' +
    'hold immediate kill-on-bad-exit label multi-prog nice no-allocate no-container-mount-home no-kill overcommit overlap oversubscribe ' +
    'preserve-env propagate pty quiet reboot spread-job unbuffered use-min-nodes verbose version whole',
  {
    ...sbatchLong,
    E: 'preserve-env',
    K: 'kill-on-bad-exit',
    l: 'label',
    r: 'relative',
    T: 'threads',
    u: 'unbuffered',
    X: 'disable-status',
    Z: 'no-allocate',
  },
)
