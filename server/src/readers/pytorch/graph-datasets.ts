/**
 * Data sets of PyTorch Geometric that compute the same of a graph whenever it is read (`transform`), where `pre_transform`
 * computes it once and keeps it on disk. Source: PyTorch Geometric 2.5, data/dataset.py and transforms.
 */
import type { Change, Refusal } from '../../edit/write.js'
import { resultAt } from '../../python/definition-places.js'
import type { Call, PythonModule } from '../../python/module.js'
import { fixedArgument, mayBePassed, numberIn, passedExpression } from '../../values/argument.js'
import { calleePlace, callSite } from '../../values/places.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import { byHand, changeOf, rangeOf } from '../change-answer.js'
import { claimedCall } from '../claim-argument.js'
import { claimPreparedAgain } from '../prepared-again.js'
import { defineReader, type FragmentFacts } from '../reader.js'
import { onlyEpochs } from './data-loader.js'
import { codeText, trainingEvidence } from './evidence.js'
import { hotCode } from './hot-code.js'

const dataset = /^torch_geometric\.datasets\.|^ogb\.(\w+\.)+Pyg\w+Dataset$/
/** Data sets that are one graph, which is read once. */
const oneGraph =
  /\.(Planetoid|Coauthor|Amazon|Reddit2?|Flickr|Yelp|CitationFull|CoraFull|WikiCS|WebKB|Actor|HeterophilousGraphDataset|WikipediaNetwork|KarateClub|DBLP|IMDB|OGB_MAG|AMiner|MovieLens\w*|\w*Node\w*|\w*Link\w*)$/
const loaders = ['torch_geometric.loader.', 'lightning.', 'torch_geometric.data.lightning.']
/** Decompositions, powers of the adjacency matrix, searches for neighbours. */
const costly =
  /^(AddLaplacianEigenvectorPE|AddRandomWalkPE|AddGPSE|GDC|SIGN|SVDFeatureReduction|TwoHop|LineGraph|LocalDegreeProfile|RootedEgoNets|KNNGraph|RadiusGraph|Delaunay|GenerateMeshNormals)$/
/** What is different each time. */
const drawing = /^(Random\w+|SamplePoints|FixedPoints|RootedRWSubgraph|HalfHop)$/

export const graphDatasetReader = defineReader({
  name: 'graph-dataset',
  title: 'PyTorch Geometric',
  languages: ['python'],
  triggers: ['torch_geometric'],
  read(facts, _context, claims) {
    const python = facts.python
    if (python === undefined || !python.uses(...loaders)) return
    const evidence = trainingEvidence(python)
    if (evidence.role !== 'training') return
    const sets = python.calls.filter(({ name }) => dataset.test(name ?? '') && !oneGraph.test(name ?? ''))
    const costlySets = sets.filter((one) => costlyOf(python, one).length > 0)
    const trained = costlySets.filter((one) => !isHeldOut(python, one))
    // What is said of the larger set is meant for the others as well.
    const told =
      trained.length > 0 ? trained : costlySets.filter((one) => isReadInEpochs(python, one)).slice(0, 1)
    for (const call of told) readDataset(python, call, claims)
  },
  change: computeBefore,
})

function readDataset(python: PythonModule, call: Call, claims: ClaimBuilder): void {
  const steps = costlyOf(python, call)
  const place = calleePlace(call)
  const epochs = onlyEpochs(python)
  claimPreparedAgain(claims, {
    keeper: 'pre_transform',
    key: 'transform',
    steps: steps.map((one) => ({
      what: one.call.method,
      location: claims.locate(one.python === python ? calleePlace(one.call) : place),
    })),
    epochs: epochs === null ? null : numberIn(epochs.trips),
    overlapped: true,
    place,
    site: callSite(call),
    scope: call.function?.qualified ?? '',
    evidence: trainingEvidence(python),
    apart: 'graphs',
  })
}

function costlyOf(python: PythonModule, call: Call): Transform[] {
  return (transformsOf(python, call)?.fixed ?? []).filter(({ call: { method } }) => costly.test(method))
}

/** The loop over epochs, or a function that it calls, goes through a loader of the set. */
function isReadInEpochs(python: PythonModule, { assignedTo }: Call): boolean {
  const epochs = python.loops.find(({ role }) => role === 'epoch')
  if (epochs === undefined || assignedTo === null) return false
  const makers = python.calls.filter(
    ({ name, expr: { args } }) =>
      name?.startsWith('torch_geometric.loader.') === true &&
      args[0]?.value.type === 'name' &&
      args[0].value.id === assignedTo,
  )
  const { statements } = hotCode(python, epochs.node.body, epochs.function)
  const code = statements.map(({ statement: { start, end } }) => codeText(python, start, end))
  return makers.some(
    (one) => one.assignedTo !== null && code.some((text) => new RegExp(`\\b${one.assignedTo}\\b`).test(text)),
  )
}

/** `split='test'`, `train=False`: read once, or once in an epoch beside the set that is trained on. */
function isHeldOut(python: PythonModule, call: Call): boolean {
  const split = fixedArgument(python.argument(call, 'split'))
  return (
    (typeof split === 'string' && /^(test|val|valid|validation)$/.test(split)) ||
    fixedArgument(python.argument(call, 'train')) === false
  )
}

interface Transform {
  call: Call
  python: PythonModule
}

interface Transforms {
  /** Those before the first that draws, or that is not the library's: they give the same each time. */
  fixed: Transform[]
  rest: boolean
}

/** Null: none is seen. */
function transformsOf(python: PythonModule, call: Call): Transforms | null {
  const given = passedExpression(python.argument(call, 'transform'))
  if (given === null) return null
  const made = resultAt(python, given)
  const first = made.python.callOf(made.expr)
  if (first?.name?.startsWith('torch_geometric.transforms.') !== true) return null
  if (first.method !== 'Compose') {
    const fixed = drawing.test(first.method) ? [] : [{ call: first, python: made.python }]
    return { fixed, rest: fixed.length === 0 }
  }
  const listed = passedExpression(made.python.argument(first, 'transforms', 0))
  const list = listed === null ? null : made.python.definition(listed)
  if (list?.type !== 'list' && list?.type !== 'tuple') return null
  const fixed: Transform[] = []
  for (const item of list.items) {
    const one = made.python.callOf(item)
    if (one?.name?.startsWith('torch_geometric.transforms.') !== true || drawing.test(one.method))
      return { fixed, rest: true }
    fixed.push({ call: one, python: made.python })
  }
  return { fixed, rest: false }
}

function computeBefore(claim: Claim, _value: unknown, facts: FragmentFacts): Change | Refusal {
  const { python, path } = facts
  const call = claimedCall(python, claim.site)
  if (python === undefined || call === null) return { reason: 'the call is no longer in the file' }
  if (call.expr.args.some(({ star }) => star > 0)) return byHand(claim)
  if (mayBePassed(python.argument(call, 'pre_transform')))
    return { reason: 'put them into pre_transform, behind what it does already' }
  const transforms = transformsOf(python, call)
  if (transforms?.rest !== false)
    return { reason: 'put what comes before the first random transform into pre_transform' }
  const drawn = transforms.fixed.some((one) => one.call.method === 'AddLaplacianEigenvectorPE')
  const signs = drawn ? '; the signs of eigenvectors are then drawn once' : ''
  return changeOf(
    `Compute them once, when the data set is made (pre_transform); remove what it has processed before${signs}`,
    [{ kind: 'rename keyword', path, call: rangeOf(facts, call), name: 'transform', to: 'pre_transform' }],
  )
}
