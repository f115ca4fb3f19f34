/** Layers of timm that other networks are made of, as those of torch.nn that they hold. Source: timm.layers, timm 1.0. */
import { argument } from './layer-sizes.js'
import type { Given, Layer, Value } from './values.js'

const layer = (kind: string, ...positional: Value[]): Layer => ({
  is: 'layer',
  kind,
  given: { positional, named: new Map(), open: false },
})

/** Undefined: it is none of these. */
export function libraryLayer(name: string, given: () => Given): Value {
  const kind = /^timm\.(?:models\.)?(?:layers|vision_transformer)\.(?:\w+\.)*(\w+)$/.exec(name)?.[1]
  if (kind === undefined) return undefined
  const at = (key: string, position: number, otherwise: Value): Value => {
    const value = argument(given(), key, position)
    return value === 'absent' ? otherwise : value
  }
  switch (kind) {
    case 'PatchEmbed': {
      const patch = at('patch_size', 1, 16)
      return layer('Conv2d', at('in_chans', 2, 3), at('embed_dim', 3, 768), patch, patch)
    }
    case 'Attention':
      return layer('MultiheadAttention', at('dim', 0, undefined), 1)
    case 'Mlp': {
      const width = at('in_features', 0, undefined)
      const inner = at('hidden_features', 1, width)
      return layer(
        'Sequential',
        layer('Linear', width, inner),
        layer('Linear', inner, at('out_features', 2, width)),
      )
    }
    case 'DropPath':
      return layer('Identity')
    default:
      return undefined
  }
}
