/** What tells a program how many processes there are, and which of them it is. */
import { once } from '../text/once.js'
import type { PythonModule } from './module.js'

/** By scheduler, service and launcher. */
const words =
  /\b(SM_HOSTS|SM_CURRENT_HOST|current_host|SMDATAPARALLEL\w*|WORLD_SIZE|world_size|RANK|LOCAL_RANK|local_rank|node_rank|JOB_COMPLETION_INDEX|AZ_BATCH\w*|TF_CONFIG|CLUSTER_SPEC|ClusterSpec|train_and_evaluate|VC_\w+|VK_TASK_INDEX|SLURM_\w+|PMI_RANK|OMPI_COMM\w*|SKYPILOT_NODE\w*|AWS_BATCH_JOB_(NODE|ARRAY)\w*|num_machines|machine_rank|num_nodes|nnodes|RAY_ADDRESS|resourceconfig)\b/

/** A word that this module or one that it imports asks for; null: none does. */
export function rankSource(python: Pick<PythonModule, 'code' | 'tree' | 'imported'>): string | null {
  const own = once(python.tree, 'word of a rank', () => words.exec(python.code)?.[0])
  return own ?? python.imported.find(({ readsRank }) => readsRank !== undefined)?.readsRank ?? null
}
