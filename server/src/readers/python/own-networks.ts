/** Networks of a project's own, in whichever of its modules a program makes them, by their layers. */
import { madeNetworkCalls } from '../../python/networks/size.js'
import { calleePlace } from '../../values/places.js'
import { kerasNetworks } from '../keras/counted-layers.js'
import { isMadeOf } from '../pytorch/published-network.js'
import { defineReader } from '../reader.js'

export const ownNetworksReader = defineReader({
  name: 'python-own-networks',
  languages: ['python'],
  triggers: ['torch', 'keras'],
  read({ python }, _context, claims) {
    if (python === undefined || python.evidence.role === 'test') return
    const torch = madeNetworkCalls(python).map(({ call, size, around }) => ({
      call,
      name: call.method,
      layers: size,
      around,
    }))
    const keras = kerasNetworks(python).map((one) => ({ ...one, around: null }))
    for (const { call, name, layers, around } of [...torch, ...keras]) {
      const place = calleePlace(call)
      const network = claims.subject('Network', place, call.function?.qualified ?? '', python.evidence)
      const key = name ?? 'layers'
      if (layers === null && isMadeOf(around)) {
        network.known('name', key, around.name, place)
        if (around.copies > 1) network.known('copies', key, around.copies, place)
        if (around.frozen) network.known('partlyFrozen', key, true, place)
      } else if (layers === null) network.unknown('countedLayers', key, `the layers of ${key}`, place)
      else network.known('countedLayers', key, layers, place)
    }
  },
})
