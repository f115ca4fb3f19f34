/** What a program that is known by its model takes at a time where nobody says so. */
import type { Network } from './network.js'

/** Samples on one device, and a clause that says whose default that is. */
export interface OwnBatch {
  samples: number
  assumption: string
}

/** Samples of all devices, fewer the larger the edge of a picture is. Source: NVlabs/stylegan2-ada-pytorch, train.py, configuration auto. */
function ofStyleGan2Ada(edge: number, devices: number): number {
  return Math.max(Math.min(devices * Math.min(Math.floor(4096 / edge), 32), 64), devices)
}

/** Null: programs differ. */
export function ownBatch(name: string, network: Network, edge: number, devices: number): OwnBatch | null {
  const of = (samples: number, whose: string) => ({
    samples: Math.max(1, Math.floor(samples)),
    assumption: `batch not given: ${Math.max(1, Math.floor(samples))} on each device, the default of ${whose}`,
  })
  if (/stylegan2[- ]?ada/i.test(name))
    return of(ofStyleGan2Ada(edge, devices) / devices, 'its program (configuration auto)')
  if (/\bultralytics\b|\byolo(v?(5|8|9|1\d)|e|-?world)/i.test(name)) return of(16 / devices, 'Ultralytics')
  // Detectron, Detectron2, mmdetection, torchvision.
  if (network.networkClass === 'detector' && network.unit === 'coco') return of(2, 'the usual libraries')
  return null
}
