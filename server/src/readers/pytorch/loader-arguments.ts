/** Calls that make data loaders, and where they take the arguments that are read. */
import type { Call, Func, PythonModule } from '../../python/module.js'
import { lookUp } from '../../text/records.js'
import { CallSource } from '../../values/call-source.js'
import { asBoolean, asNumber } from '../../values/parse.js'
import type { Locator } from '../../values/source.js'
import { settingTable } from '../setting-table.js'
import { loaderBase } from './loader-use.js'

/** Positions of the arguments that are read; null: keyword only. */
interface Positions {
  batch: number | null
  workers: number | null
  pinned: number | null
  /** Samples of a batch where nothing is said; absent: one. Null: a batch is made of parts of a graph, each with many samples. */
  usual?: number | null
}

const loaders: Record<string, Positions> = {
  'torch.utils.data.DataLoader': { batch: 1, workers: 5, pinned: 7 },
  'torch_geometric.loader.DataLoader': { batch: 1, workers: null, pinned: null },
  'torch_geometric.loader.DenseDataLoader': { batch: 1, workers: null, pinned: null },
  // These sample a graph for each batch.
  'torch_geometric.loader.NeighborLoader': { batch: null, workers: null, pinned: null },
  'torch_geometric.loader.LinkNeighborLoader': { batch: null, workers: null, pinned: null },
  'torch_geometric.loader.HGTLoader': { batch: null, workers: null, pinned: null },
  'torch_geometric.loader.ClusterLoader': { batch: null, workers: null, pinned: null, usual: null },
  'torch_geometric.loader.ShaDowKHopSampler': { batch: null, workers: null, pinned: null },
  'torch_geometric.loader.GraphSAINTSampler': { batch: 1, workers: null, pinned: null },
  'torch_geometric.loader.GraphSAINTNodeSampler': { batch: 1, workers: null, pinned: null },
  'torch_geometric.loader.GraphSAINTEdgeSampler': { batch: 1, workers: null, pinned: null },
  'torch_geometric.loader.GraphSAINTRandomWalkSampler': { batch: 1, workers: null, pinned: null },
  'dgl.dataloading.GraphDataLoader': { batch: null, workers: null, pinned: null },
  // The same loader, which can be gone on with where it was left.
  'torchdata.stateful_dataloader.StatefulDataLoader': { batch: 1, workers: 5, pinned: 7 },
  'streaming.StreamingDataLoader': { batch: 1, workers: 5, pinned: 7 },
  'streaming.base.StreamingDataLoader': { batch: 1, workers: 5, pinned: 7 },
  'webdataset.WebLoader': { batch: 1, workers: 5, pinned: 7 },
  'litdata.StreamingDataLoader': { batch: null, workers: null, pinned: null },
  'torchio.SubjectsLoader': { batch: null, workers: null, pinned: null },
  'torchio.data.SubjectsLoader': { batch: null, workers: null, pinned: null },
  // What it is given goes to a loader of PyTorch.
  'pytorch_forecasting.TimeSeriesDataSet.to_dataloader': { batch: 1, workers: null, pinned: null, usual: 64 },
  'monai.data.DataLoader': { batch: null, workers: 1, pinned: null },
  'monai.data.dataloader.DataLoader': { batch: null, workers: 1, pinned: null },
}

export const loaderSettings = settingTable('InputPipeline', {
  workers: { keys: ['num_workers'], parse: asNumber, otherwise: 0 },
  pinnedMemory: { keys: ['pin_memory'], parse: asBoolean, otherwise: false },
  persistentWorkers: { keys: ['persistent_workers'], parse: asBoolean, otherwise: false },
})

export function loaderArguments(python: PythonModule, call: Call, locator: Locator): CallSource {
  const { workers, pinned } = positionsOf(python, call) ?? { workers: null, pinned: null }
  const positions: Record<string, number> = {}
  if (workers !== null) positions.num_workers = workers
  if (pinned !== null) positions.pin_memory = pinned
  return new CallSource(python, call, locator, { positions })
}

/** `series.to_dataloader(…)`, mostly of what a function has made. */
function ofDataset(python: PythonModule, { receiver, method }: Call): string | null {
  if (method !== 'to_dataloader') return null
  const known =
    receiver === null ? python.uses('pytorch_forecasting.') : /\.TimeSeriesDataSet$/.test(receiver)
  return known ? 'pytorch_forecasting.TimeSeriesDataSet.to_dataloader' : null
}

/** Where a call that makes a loader takes its arguments; undefined: it makes none. */
export function positionsOf(python: PythonModule, call: Call) {
  return lookUp(
    loaders,
    call.name ?? ofDataset(python, call) ?? loaderBase(python, call) ?? extendedLoader(python, call) ?? '',
  )
}

const plainLoader = 'torch.utils.data.DataLoader'
const ofLoaders =
  /^(dataset|batch_size|shuffle|sampler|batch_sampler|num_workers|collate_fn|pin_memory|drop_last|timeout|worker_init_fn|prefetch_factor|persistent_workers|multiprocessing_context|generator)$/

/** `SoundLoader(data, batch_size=8)` of a class of the project that hands all of it on to the loader that it extends. */
function extendedLoader(python: PythonModule, { expr: { callee, args }, name }: Call): string | null {
  if (name !== null || (callee.type !== 'name' && callee.type !== 'attribute')) return null
  const bases = (python.classOf(callee) ?? python.importedClass(callee))?.bases ?? []
  if (!bases.includes(plainLoader)) return null
  // A constructor may say some of it itself.
  const own = python.classOf(callee)
  const init = own?.methods.get('__init__')
  if (own === null && python.importedClass(callee)?.methods.includes('__init__') === true) return null
  if (init !== undefined && !handsAllOn(init)) return null
  const keywords = args.flatMap((one) => one.name ?? [])
  return keywords.length > 0 &&
    args.every(({ star }) => star === 0) &&
    keywords.every((one) => ofLoaders.test(one))
    ? plainLoader
    : null
}

/** Its batches are made of parts of a graph, each with many samples. */
export function countsParts(python: PythonModule, call: Call): boolean {
  return positionsOf(python, call)?.usual === null
}

/** `super().__init__(*args, **kwargs)` */
function handsAllOn({ calls }: Func): boolean {
  const site = calls.find(({ method, expr }) => method === '__init__' && expr.callee.type === 'attribute')
  return (
    site?.expr.args.every(({ star }) => star > 0) === true && site.expr.args.some(({ star }) => star === 2)
  )
}
