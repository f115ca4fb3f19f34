/** Queues that jobs wait in, which choose the machines that they run on. */

/** One link of the way from a job to its machines, each an object of its own, often in a file of its own. */
export interface QueueSettings {
  /** The queue that jobs name, the one of the whole cluster behind it, or a kind of machines that this has. */
  kind: 'local' | 'cluster' | 'flavour'
  name: string
  namespace: string
  /** Of the queue that jobs name: the one behind it. */
  behind: string
  /** Of the queue of the cluster: the kinds of machines with accelerators that it has. */
  flavours: string[]
  /** Of a kind of machines: labels that they all carry, and what these say. */
  labels: Record<string, string>
  gpuModel: string
  instanceType: string
  spot: boolean
}
