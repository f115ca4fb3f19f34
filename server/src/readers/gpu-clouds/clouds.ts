/**
 * Clouds that rent out machines with GPUs by the hour. Sources: vast-ai/vast-cli (`create instance`, `destroy instance`),
 * runpod/runpodctl (`create pod`, `pod create`, `remove pod`), runpod/runpod-python (`create_pod`, `terminate_pod`), the REST and
 * GraphQL interfaces of RunPod (`POST /pods`, `DELETE /pods/{id}`, `POST /pods/{id}/stop`, `podFindAndDeployOnDemand`, `podStop`,
 * `terminateAfter`), the interface of Lambda (`POST /instance-operations/launch`, `/instance-operations/terminate`).
 */
import { withoutPrinted } from '../command-lines/printed-text.js'

export interface Cloud {
  name: string
  /** Paths of scripts that run on its machines: `scripts/runpod_train.sh`, `vast/setup.sh`. */
  scripts: RegExp
  /** How a script asks for an instance. */
  starts: RegExp
  /** What ends one, in a program or in the script that an instance starts with. */
  ends: RegExp
  /** As a message calls that. */
  ending: string
  /** Flags for the kind of GPU and for their number; null: an offer is chosen by its number. */
  flags: { model: RegExp; count: RegExp } | null
  /** A program that holds none of these has nothing to do with it. */
  mentioned: RegExp
  /** Its own library for Python; `modelAt`: where the kind of GPU stands among the arguments without a name. */
  library: { creates: string; modelAt: number } | null
  /** How clients that people write for it call what rents a machine. */
  client: RegExp
  /**
   * Keys of a request that name the kind of GPU, and keys of which one stands beside them. `scales`: keys, or a part of the address, of
   * a request for a service that the cloud scales by itself.
   */
  body: { models: string[]; besides: string[]; scales: RegExp | null } | null
  /** What rents a machine in a query. */
  query: RegExp | null
  /** One GPU unless more are asked for. */
  single: boolean
}

export const clouds: Cloud[] = [
  {
    name: 'vast',
    scripts: /(^|[/_.-])vast(_?ai)?([/_.-]|$)/i,
    starts: /^vastai (create|launch) instance\b/,
    ends: /\bvast(ai)? (destroy|stop) instances?\b|\b(destroy|stop)_instances?\b/,
    ending: 'vastai destroy instance',
    flags: null,
    mentioned: /vast[-_.]?ai|vast_?(client|api)|_vast\b/i,
    library: null,
    client: /^(create|launch|rent|start|provision)_(new_|gpu_|vast_)?instance$/,
    body: null,
    query: null,
    single: false,
  },
  {
    name: 'runpod',
    scripts: /(^|[/_.-])run_?pod([/_.-]|$)/i,
    starts: /^runpodctl (create pods?|pod create)\b/,
    ends: /\brunpodctl ((remove|stop) pods?|pod (delete|remove|stop)|"?\$\S+ pod)\b|\b(terminate|stop)_pod\b|\bpod(Stop|Terminate)\b|\/pods\/[^\s"'/]+\/stop\b|--(terminate|stop)-after\b|\b(terminate|stop)After\b|["']DELETE["'],\s*f?["'][^"'\s]*\/pods\/|\.delete\(\s*f?["'][^"'\s]*\/pods\//,
    ending: 'runpodctl remove pod',
    flags: { model: /^--gpu(Type|-id|-type)$/, count: /^--gpu(Count|-count)$/ },
    mentioned: /run_?pod/i,
    library: { creates: 'runpod.create_pod', modelAt: 2 },
    client:
      /^(create|launch|rent|start|provision|deploy)_(new_|gpu_|training_|on_demand_|spot_|runpod_)?pod$/,
    body: {
      models: ['gpuTypeIds', 'gpuTypeId'],
      besides: ['imageName', 'templateId', 'cloudType', 'computeType', 'name'],
      scales:
        /^(workers(Min|Max)|scaler(Type|Value)|idleTimeout|executionTimeoutMs|flashboot)$|\/endpoints\b/,
    },
    query: /\b(podFindAndDeployOnDemand|podRentInterruptable)\b(?=\s*\()/g,
    single: true,
  },
  {
    name: 'lambda',
    scripts: /(^|[/_.-])lambda_?(labs|cloud)([/_.-]|$)/i,
    starts: /^lambda-?cloud (launch|up)\b/,
    ends: /\/terminate\b|\bterminate_instances?\b/,
    ending: 'POST /instance-operations/terminate',
    flags: null,
    mentioned: /lambda(labs|cloud|\.ai|_cloud|_labs)|instance-operations/i,
    library: null,
    client: /^(launch|create|start|provision)_(lambda_|gpu_)?instance$/,
    body: {
      models: ['instance_type_name'],
      besides: ['ssh_key_names', 'region_name', 'quantity'],
      scales: null,
    },
    query: null,
    single: false,
  },
]

/** What ends a machine of the cloud in a text, as it is spelled; null: nothing does. */
export function endingIn(cloud: Cloud, text: string): string | null {
  return cloud.ends.exec(text)?.[0] ?? null
}

/** The same where it is the name of an operation in a query: `podTerminate`. */
export function mutationIn(cloud: Cloud, text: string): string | null {
  const said = endingIn(cloud, text)
  return said !== null && /^pod[A-Z]\w+$/.test(said) ? said : null
}

/** What a script shows its users ends nothing: `echo "vastai destroy instance <id>"`, and no more does a comment. */
export function withoutComments(text: string): string {
  return withoutPrinted(text).replace(/^.*<\w+>.*$|^[ \t]*#.*$/gm, '')
}
