/** Backbones whose weights are frozen, and which are run over the same samples in every epoch all the same. */

import type { Change, Refusal } from '../../edit/write.js'
import type { PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { namesIn } from '../../syntax/python-children.js'
import { numberIn } from '../../values/argument.js'
import { foldedValue } from '../../values/folded-value.js'
import { convert } from '../../values/operations.js'
import { asNumber } from '../../values/parse.js'
import { calleePlace, callSite } from '../../values/places.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import { claimOperation } from '../operation-claims.js'
import { defineReader, type FragmentFacts } from '../reader.js'
import { trainingEvidence, trainsAnywhere } from './evidence.js'
import { hasNewHead } from './frozen-passes.js'
import { frozenNetworks, frozenRuns } from './frozen-runs.js'
import { usesAny } from './library-uses.js'
import { epochLoopOf } from './loop-facts.js'

export const pytorchFrozenReader = defineReader({
  name: 'pytorch-frozen',
  languages: ['python'],
  triggers: ['torch', 'requires_grad', 'freeze_base_model'],
  read(facts, _context, claims) {
    const { python } = facts
    if (python === undefined || python.evidence.role === 'test' || !trainsAnywhere(python)) return
    claimFrozen(python, claims)
    const evidence = trainingEvidence(python)
    for (const found of frozenRuns(python)) {
      const at = calleePlace(found.call)
      const operation = claimOperation(claims, {
        kind: 'frozen features',
        place: 'epoch',
        key: found.name,
        at,
        site: callSite(found.call),
        scope: found.call.function?.qualified ?? '',
        evidence: found.apart && evidence.smallNetwork === true ? { ...evidence, small: null } : evidence,
        subject: found.architecture,
        weight: isLarge(found.architecture) ? 'severe' : 'ordinary',
        apart: 'frozen features',
      })
      const { epochs, definedIn } = found
      if (definedIn !== null) operation.known('definedIn', found.name, definedIn, at)
      if (numberIn(epochs) !== null)
        operation.say('times', 'epochs', convert(foldedValue(epochs, at, at, claims), asNumber))
    }
  },
  change: sketch,
})

/** Published networks of some 300 million parameters and more, by their names: `dinov2_vitl14`, `bert-large`, `ViT-H-14`. */
const large =
  /vit[-_]?(l|h|g|large|huge|giant|so400m)(?![a-z])|vit[lhg]\d+|[-_.]?(large|huge|giant|xl|xxl|so400m)(?![a-z])|(?<![a-z\d.])\d{1,3}(\.\d)?b(?![a-z])/i
/** The larger kinds of networks that are light all the same. */
const light = /mobile|efficientnet|albert|squeeze|shuffle|mnasnet|ghost|tiny/i

function isLarge(architecture: string): boolean {
  return large.test(architecture) && !light.test(architecture)
}

/** The one published network that is frozen but for its head: nothing goes back through it. */
function claimFrozen(python: PythonModule, claims: ClaimBuilder): void {
  if (!/requires_grad|freeze/.test(python.text) || usesAny(python, ['peft.', 'loralib.'])) return
  const [first, ...others] = frozenNetworks(python)
  if (first !== undefined && others.length === 0)
    claims.extend('Training').known('frozenNetwork', first.name, first.architecture, calleePlace(first.call))
}

/** Embeds the data before the first epoch; the loop is for the author to change. */
function sketch(claim: Claim, _value: unknown, facts: FragmentFacts): Change | Refusal {
  const { python, path } = facts
  const found =
    python === undefined
      ? undefined
      : frozenRuns(python).find(({ call }) => call.expr.start === claim.site.start)
  if (python === undefined || found === undefined) return { reason: 'the call is no longer in the file' }
  const refusal = {
    reason: 'embed the data once before the first epoch, and train the head on the embeddings',
  }
  const { loop, call } = found
  if (
    loop === null ||
    loop.node.type !== 'for' ||
    found.name.startsWith('self.') ||
    hasNewHead(python, found.name)
  )
    return refusal
  const outer = epochLoopOf(python, loop)
  const { target, iterable } = loop.node
  if (
    outer === null ||
    target.type !== 'tuple' ||
    iterable.type !== 'name' ||
    outer.function !== loop.function
  )
    return refusal
  const textOf = ({ start, end }: Expr) => python.text.slice(start, end)
  const batch = new Set(namesIn(target))
  if (
    !call.expr.args.every(
      ({ value }) =>
        [...textOf(value).matchAll(/\b[a-z_]\w*/gi)].some(([name]) => batch.has(name)) &&
        python.definition(value) === value,
    )
  )
    return refusal
  const rest = target.items.slice(1).map(textOf).join(', ')
  return {
    title: 'Embed the data once before the first epoch',
    safety: 'display',
    writes: [
      {
        kind: 'insert lines',
        path,
        where: 'before',
        statement: { fragment: facts.fragment.index, start: outer.node.start, end: outer.node.end },
        lines: [
          '# Train on these in the loop below, in a new order for each epoch.',
          'with torch.inference_mode():',
          `    embedded = [(${textOf(call.expr)}, ${rest}) for ${textOf(target)} in ${textOf(iterable)}]`,
        ],
      },
    ],
    imports: [],
  }
}
