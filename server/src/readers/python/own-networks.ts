/** Networks of a project's own, in whichever of its modules a program makes them, by their layers. */
import { madeNetworkCalls } from '../../python/networks/size.js'
import { calleePlace } from '../../values/places.js'
import { kerasNetworks } from '../keras/counted-layers.js'
import { defineReader } from '../reader.js'

export const ownNetworksReader = defineReader({
  name: 'python-own-networks',
  languages: ['python'],
  triggers: ['torch', 'keras'],
  read({ python }, _context, claims) {
    if (python === undefined || python.evidence.role === 'test') return
    const torch = madeNetworkCalls(python).map(({ call, size }) => ({
      call,
      name: call.method,
      layers: size,
    }))
    for (const { call, name, layers } of [...torch, ...kerasNetworks(python)]) {
      const place = calleePlace(call)
      const network = claims.subject('Network', place, call.function?.qualified ?? '', python.evidence)
      const key = name ?? 'layers'
      if (layers === null) network.unknown('countedLayers', key, `the layers of ${key}`, place)
      else network.known('countedLayers', key, layers, place)
    }
  },
})
