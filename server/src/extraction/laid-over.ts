/** A manifest with everything that kustomizations or the values of a chart lay over it. */
import { withValues } from '../config/chart-values.js'
import { LaidTexts } from '../config/laid-texts.js'
import type { ConfigFacts } from '../config/node.js'
import { type Patch, withPatches } from '../config/overlay.js'
import type { Layout } from '../workload/builder.js'
import type { Overlay } from './manifests.js'

export function patchesOf({ documents, values }: Overlay): Patch[] {
  const patches = documents.flatMap((one) => one.patches)
  return values === undefined ? patches : [...patches, { kind: 'merge', origin: 0, node: values }]
}

/** `text`: what `facts` were read from. */
export function laidOver(facts: ConfigFacts, text: string, overlay: Overlay): ConfigFacts {
  const texts = textsOf(text, overlay)
  const { values } = overlay
  const documents = facts.documents.map((document) => {
    const { root } = document
    if (values !== undefined) return { ...document, root: withValues(root, text, values, texts) }
    const own = overlay.documents.find((one) => one.index === document.index)
    return own === undefined ? document : { ...document, root: withPatches(root, own.patches, texts) }
  })
  return { ...facts, documents }
}

/** `text`: that of the manifest. */
export function layoutOf(text: string, overlay: Overlay): Layout {
  const { path, origins } = overlay
  return { path, texts: textsOf(text, overlay), origins }
}

/** The manifest's own text, then those of `Overlay.origins`, as far as nodes of them are used. */
export function textsOf(text: string, overlay: Overlay): LaidTexts {
  const lengths = [text.length, ...overlay.origins.map(() => 0)]
  for (const { origin, node } of patchesOf(overlay))
    lengths[origin + 1] = Math.max(lengths[origin + 1] ?? 0, node?.end ?? 0)
  return new LaidTexts(lengths)
}
