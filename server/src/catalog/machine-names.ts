/**
 * Machine types of clouds that are not in the table of machines: their names tell the accelerators. Sources: the pages on
 * machine types of Exoscale, OVHcloud, Scaleway, DigitalOcean, Lambda, Vultr, Oracle, Akamai (Linode), IBM, CoreWeave, Crusoe
 * and Hyperstack.
 */
import { lookUp } from '../text/records.js'
import { gpu } from './gpus.js'
import { instance } from './instances.js'

export interface Accelerators {
  /** Name of the catalogue; null: a card that it does not know. */
  model: string | null
  count: number
}

interface Scheme {
  name: RegExp
  /** Groups of the name: the card as gpu() may know it, and their number. */
  read(groups: string[]): [card: string, count: number] | null
}

/** GB of the flavour with one card. */
const ovh: Record<string, [string, number]> = {
  t1: ['V100', 45],
  t2: ['V100-32GB', 45],
  a100: ['A100-80GB', 180],
  h100: ['H100-PCIe', 380],
  l4: ['L4', 90],
  l40s: ['L40S', 90],
  a10: ['A10', 45],
  rtx5000: ['RTX5000', 28],
}
const oracle: Record<string, string> = { 'gpu2.': 'P100', 'gpu3.': 'V100', 'gpu4.': 'A100-40GB' }

const schemes: Scheme[] = [
  {
    name: /^gpu(2|3|a5000|)\.(small|medium|large|huge)$/,
    read: ([kind, size]) => {
      const [card, counts] = {
        '': ['P100', [1, 2, 3, 4]] as const,
        '2': ['V100', [1, 2, 3, 4]] as const,
        '3': ['A40', [1, 2, 4, 8]] as const,
        a5000: ['A5000', [1, 2, 4, 8]] as const,
      }[kind as '' | '2' | '3' | 'a5000']
      return [card, counts[['small', 'medium', 'large', 'huge'].indexOf(size!)]!]
    },
  },
  {
    name: /^(t[12]|a100|h100|l4|l40s|a10|rtx5000)-(?:le-)?(\d+)$/,
    read: ([family, memory]) => {
      const [card, one] = lookUp(ovh, family!)!
      const count = Number(memory) / one
      return Number.isInteger(count) ? [card, count] : null
    },
  },
  { name: /^([a-z]+\d+s?)-(?:sxm-)?(\d)-(\d+)g$/, read: ([card, n, gb]) => [`${card}-${gb}GB`, Number(n)] },
  { name: /^gpu-([a-z]*\d+[a-z]*?)x(\d)-\d+gb/, read: ([card, n]) => [card!, Number(n)] },
  {
    name: /^gpu_(\d)x_([a-z]+\d+s?)(?:_(\d+)gb)?(?:_\w+)?$/,
    read: ([n, card, gb]) => [gb === undefined ? card! : `${card}-${gb}GB`, Number(n)],
  },
  { name: /^vcg-(a100|l40s|a40|h100)-\d+c-\d+g-(?:80|48)vram$/, read: ([card]) => [card!, 1] },
  { name: /^(?:vm|bm)\.(gpu[234]\.)(\d)$/, read: ([family, n]) => [lookUp(oracle, family!)!, Number(n)] },
  {
    name: /^(?:vm|bm)\.gpu\.([a-z]+\d+s?)(-v2)?\.(?:b\.)?(\d)$/,
    read: ([card, second, n]) => [second === undefined ? card! : `${card}-80GB`, Number(n)],
  },
  { name: /^g1-gpu-rtx6000-(\d)$/, read: ([n]) => ['RTX6000', Number(n)] },
  { name: /^g2-gpu-(rtx4000)a(\d)-\w+$/, read: ([card, n]) => [`${card} Ada`, Number(n)] },
  { name: /^gx\d\w?-\d+x\d+x(\d)([a-z]+\d+s?)$/, read: ([n, card]) => [card!, Number(n)] },
  { name: /^g[dn]-(\d)x([a-z]+\d+s?)(?:ib)?-i\d+$/, read: ([n, card]) => [card!, Number(n)] },
  {
    name: /^([a-z]+\d+s?)-(\d+)gb(?:-[a-z-]+)?\.(\d)x$/,
    read: ([card, gb, n]) => [`${card}-${gb}GB`, Number(n)],
  },
  { name: /^n\d-([a-z]+\d+s?)(?:-[a-z]+)*x(\d)$/, read: ([card, n]) => [card!, Number(n)] },
]

/** What a machine type holds, by the table of machines or by its name; null: neither knows it, or it has none. */
export function acceleratorsOfType(type: string): Accelerators | null {
  const known = instance(type)
  if (known !== undefined)
    return known.gpuCount > 0 ? { model: known.gpu?.name ?? null, count: known.gpuCount } : null
  const name = type.trim().toLowerCase()
  if (name.length > 60) return null
  for (const scheme of schemes) {
    const found = scheme.name.exec(name)
    const read = found === null ? null : scheme.read(found.slice(1))
    if (read === null) continue
    const [card, count] = read
    return { model: (gpu(card) ?? gpu(card.replace(/-\d+GB$/, '')))?.name ?? null, count }
  }
  return null
}
