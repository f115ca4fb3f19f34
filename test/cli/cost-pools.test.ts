/** `costlint cost` of what is always on, and of pools that grow and shrink. */
import assert from 'node:assert/strict'
import { jobs } from './cost-projects.js'
import { runHere } from './here.js'

const nodePool = `apiVersion: karpenter.sh/v1
kind: NodePool
metadata: {name: gpu}
spec:
  template:
    spec:
      requirements:
        - {key: node.kubernetes.io/instance-type, operator: In, values: ["g4dn.xlarge"]}
        - {key: karpenter.sh/capacity-type, operator: In, values: ["on-demand"]}
`

const cluster = `name: gpu
type: amlcompute
tier: low_priority
size: Standard_NC24s_v3
min_instances: 0
max_instances: 2
`

describe('costlint cost of what stays', () => {
  it('says what is not known of a pool: how many machines it keeps', async () => {
    const { out } = await runHere({ 'pool.yaml': nodePool }, ['cost'])
    assert.match(out, /\$0\.53 an hour/)
    assert.match(out, /0 of 1 job priced; 1 keeps an unknown number of machines\./)
  })

  it('does not count a pool that may shrink to nothing as always on', async () => {
    const { out } = await runHere({ 'cluster.yml': cluster }, ['cost'])
    assert.doesNotMatch(out, /Always on/)
    assert.match(out, /0 of 1 job priced; 1 may shrink to nothing\./)
    // Two machines at 12.24 USD, of which low priority takes off half at least.
    assert.match(out, /at most \$8,900 a month/)
    assert.match(out, /no spot price is known: 20 to 50 % of the price on demand is assumed/)
  })

  it('saves of a pool that grows no more than what its least number of machines costs', async () => {
    const file = `cluster_name: tune
max_workers: 8
provider: {type: aws, region: us-east-1}
available_node_types:
  head:
    node_config: {InstanceType: m5.large}
    resources: {}
  worker:
    min_workers: 2
    max_workers: 8
    node_config: {InstanceType: g4dn.xlarge, InstanceMarketOptions: {MarketType: spot}}
    resources: {}
head_node_type: head
`
    const { out } = await runHere({ 'cluster.yaml': file }, ['cost'])
    // Two to eight machines at 0.19 USD on spot, of which half to nine tenths of two can be saved.
    assert.match(out, /\$280–1,100 a month · of which \$140–250 can be saved/)
  })

  const queue = (capacity: string) => `Region: us-east-1
HeadNode:
  InstanceType: m5.large
Scheduling:
  Scheduler: slurm
  SlurmQueues:
    - Name: gpu
      CapacityType: ${capacity}
      ComputeResources:
        - Name: nodes
          InstanceType: g5.12xlarge
          MinCount: 3
          MaxCount: 3
`

  it('saves of each machine of a pool what spot capacity saves, and of the rest what idle ones cost', async () => {
    const [found] = await jobs({ 'cluster.yaml': queue('ONDEMAND') })
    // Spot leaves 46.2 to 44.1 % of the bill, of which half to nine tenths is for nothing.
    const { low, high } = found!.saving!
    const share = (part: number) => Math.round((100 * part) / found!.usd!.low)
    assert.deepEqual([share(low), share(high)], [77, 96])
  })

  it('counts the machines of all worker pools', async () => {
    const machine =
      "'machine_spec': {'machine_type': 'n1-standard-8', 'accelerator_type': 'NVIDIA_TESLA_T4', 'accelerator_count': 1}"
    const pool = (count: number) =>
      `{${machine}, 'replica_count': ${count}, 'container_spec': {'image_uri': 'team/train'}}`
    const job = (...pools: string[]) => `from google.cloud import aiplatform

job = aiplatform.CustomJob(display_name='train', worker_pool_specs=[${pools.join(', ')}])
job.run(timeout=86400)
`
    const [one] = await jobs({ 'run.py': job(pool(1)) })
    const [four] = await jobs({ 'run.py': job(pool(1), pool(3)) })
    assert.ok(one!.usdPerHour!.high > 0)
    assert.ok(Math.abs(four!.usdPerHour!.high - 4 * one!.usdPerHour!.high) < 1e-6)
  })

  it('bills what is always on by the month', async () => {
    const pool = `resource "aws_eks_node_group" "gpu" {
  cluster_name   = "ml"
  instance_types = ["g5.xlarge"]
  scaling_config {
    desired_size = 2
    min_size     = 2
    max_size     = 2
  }
}
`
    const [found] = await jobs({ 'pool.tf': pool })
    assert.deepEqual([found!.kind, found!.per], ['pool', 'month'])
    // 2 × 730 h at $1.006.
    assert.equal(Math.round(found!.usd!.low), 1469)
  })

  it('counts the machines of a pool in each of its zones', async () => {
    const pool = (place: string) => `resource "google_container_node_pool" "gpu" {
  cluster    = "training"
  ${place}
  node_count = 2
  node_config { machine_type = "a2-highgpu-1g" }
}
`
    const month = async (place: string) => (await jobs({ 'pool.tf': pool(place) }))[0]!.usd!.low
    const zonal = await month('location = "us-central1-a"')
    const named = 'location = "us-central1"\n  node_locations = ["us-central1-a", "us-central1-b"]'
    assert.equal((await month(named)) / zonal, 2)
    assert.equal((await month('location = "us-central1"')) / zonal, 3)
  })

  it('saves of a pool that its cards price no more than the machines of its minimum cost', async () => {
    const pool = (most: number) => `resource "google_container_node_pool" "gpu" {
  cluster  = "serving"
  location = "us-central1-a"
  autoscaling {
    min_node_count = 1
    max_node_count = ${most}
  }
  node_config {
    machine_type = "n1-standard-4"
    spot = true
    guest_accelerator {
      type  = "nvidia-l4"
      count = 1
    }
  }
}
`
    const saved = async (most: number) => (await jobs({ 'pool.tf': pool(most) }))[0]!
    const [one, nine] = [await saved(1), await saved(9)]
    assert.ok(nine.usd!.high! > 5 * one.usd!.high!)
    assert.ok(nine.saving!.high! <= one.usd!.high!, JSON.stringify([one, nine]))
  })

  it('bills machines by the month that stay up until somebody stops them, and not what stops by itself', async () => {
    const instance = 'resource "aws_instance" "dev" {\n  instance_type = "p3.8xlarge"\n}\n'
    const [workstation] = await jobs({ 'main.tf': instance })
    assert.equal(workstation!.kind, 'service')
    assert.equal(workstation!.per, 'month')
    assert.equal(Math.round(workstation!.usd!.low / 100), 89)
    assert.ok(workstation!.saving!.high > 0.5 * workstation!.usd!.low)
    const stopping = 'resources:\n  accelerators: A100:1\n  autostop: 30m\nrun: echo ready\n'
    assert.deepEqual(
      (await jobs({ 'dev.yaml': stopping })).filter(({ per }) => per === 'month'),
      [],
    )
  })

  it('does not bill capacity that is reserved as if it were bought on demand', async () => {
    const { out } = await runHere({ 'cluster.yaml': queue('CAPACITY_BLOCK') }, ['cost'])
    assert.doesNotMatch(out, /Always on|a month/)
    assert.match(out, /what its reserved capacity costs, which is agreed or paid ahead/)
  })
})
