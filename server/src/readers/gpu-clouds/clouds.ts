/**
 * Clouds that rent out machines with GPUs by the hour. Sources: vast-ai/vast-cli (`create instance`, `destroy instance`),
 * runpod/runpodctl (`create pod`, `pod create`, `remove pod`), runpod/runpod-python (`create_pod`, `terminate_pod`), the REST and
 * GraphQL interfaces of RunPod (`POST /pods/{id}/stop`, `podStop`).
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
}

export const clouds: Cloud[] = [
  {
    name: 'vast',
    scripts: /(^|[/_.-])vast(_?ai)?([/_.-]|$)/i,
    starts: /^vastai (create|launch) instance\b/,
    ends: /\bvast(ai)? (destroy|stop) instances?\b|\b(destroy|stop)_instances?\b/,
    ending: 'vastai destroy instance',
    flags: null,
  },
  {
    name: 'runpod',
    scripts: /(^|[/_.-])run_?pod([/_.-]|$)/i,
    starts: /^runpodctl (create pods?|pod create)\b/,
    ends: /\brunpodctl ((remove|stop) pods?|pod (delete|remove|stop)|"?\$\S+ pod)\b|\b(terminate|stop)_pod\b|\bpod(Stop|Terminate)\b|\/pods\/[^\s"'/]+\/stop\b|--(terminate|stop)-after\b/,
    ending: 'runpodctl remove pod',
    flags: { model: /^--gpu(Type|-id|-type)$/, count: /^--gpu(Count|-count)$/ },
  },
]

/** What ends a machine of the cloud in a text, as it is spelled; null: nothing does. */
export function endingIn(cloud: Cloud, text: string): string | null {
  return cloud.ends.exec(text)?.[0] ?? null
}

/** What a script shows its users ends nothing: `echo "vastai destroy instance <id>"`, and no more does a comment. */
export function withoutComments(text: string): string {
  return withoutPrinted(text).replace(/^.*<\w+>.*$|^[ \t]*#.*$/gm, '')
}
