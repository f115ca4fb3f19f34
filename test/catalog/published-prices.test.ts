/**
 * What a user sees against published list prices, over all kinds of machines and ways to rent them. The figures stand in the
 * lists that are named, and were read on the days that are named; equal to five digits.
 */
import assert from 'node:assert/strict'
import { listPrices, type PriceSettings } from '../../server/src/catalog/price-book.js'
import { price } from '../../server/src/catalog/prices.js'
import { hourlyCost, type MachineRequest, moneyText } from '../../server/src/estimate/hourly.js'

const today = '2026-11-26'

interface Listed {
  what: string
  request: MachineRequest
  onDemand: number
  spot?: number
  region: string
}

const listed: Listed[] = [
  // aws/karpenter-provider-aws, zz_generated.pricing_aws.go, 2026-07-20: EC2 after the cut of June 2025.
  {
    what: 'EC2',
    request: { instanceType: 'g5.xlarge', region: 'us-east-1' },
    onDemand: 1.006,
    spot: 0.636,
    region: 'us-east-1',
  },
  { what: 'EC2, A100', request: { instanceType: 'p4d.24xlarge' }, onDemand: 21.9576, region: 'us-east-1' },
  { what: 'EC2, H100', request: { instanceType: 'p5.48xlarge' }, onDemand: 55.04, region: 'us-east-1' },
  {
    what: 'EC2, B200',
    request: { instanceType: 'p6-b200.48xlarge', region: 'us-west-2' },
    onDemand: 113.9328,
    region: 'us-west-2',
  },
  {
    what: 'EC2, Trainium',
    request: { instanceType: 'trn1.32xlarge' },
    onDemand: 21.5,
    spot: 4.515,
    region: 'us-east-1',
  },
  {
    what: 'EC2 in Ireland',
    request: { instanceType: 'p4d.24xlarge', region: 'eu-west-1' },
    onDemand: 23.7157,
    region: 'eu-west-1',
  },
  {
    what: 'EC2 in Tokyo',
    request: { instanceType: 'p3.2xlarge', region: 'ap-northeast-1' },
    onDemand: 4.194,
    region: 'ap-northeast-1',
  },
  {
    what: 'four machines',
    request: { instanceType: 'p5.48xlarge', nodes: 4 },
    onDemand: 220.16,
    region: 'us-east-1',
  },
  // The list of SageMaker, 2026-09-27.
  {
    what: 'SageMaker, xlarge',
    request: { instanceType: 'ml.g5.xlarge', managedBy: 'sagemaker' },
    onDemand: 1.4084,
    region: 'us-east-1',
  },
  {
    what: 'SageMaker',
    request: { instanceType: 'ml.g5.2xlarge', managedBy: 'sagemaker' },
    onDemand: 1.515,
    region: 'us-east-1',
  },
  {
    what: 'SageMaker, H100',
    request: { instanceType: 'ml.p5.48xlarge', managedBy: 'sagemaker' },
    onDemand: 63.296,
    region: 'us-east-1',
  },
  // 23.71569 of EC2 in Ireland, and 15 %.
  {
    what: 'SageMaker in Ireland',
    request: { instanceType: 'ml.p4d.24xlarge', region: 'eu-west-1' },
    onDemand: 27.273,
    region: 'eu-west-1',
  },
  // cloudpilot-ai/karpenter-provider-gcp, 2026-08-03: the accelerators of A2, A3 and G2 are in the price.
  {
    what: 'A2',
    request: { instanceType: 'a2-highgpu-1g', gpus: 1, gpuModel: 'A100-40GB' },
    onDemand: 3.6734,
    region: 'us-central1',
  },
  { what: 'A2 ultra', request: { instanceType: 'a2-ultragpu-8g' }, onDemand: 40.5504, region: 'us-central1' },
  { what: 'A3', request: { instanceType: 'a3-highgpu-8g' }, onDemand: 88.49, region: 'us-central1' },
  { what: 'G2', request: { instanceType: 'g2-standard-8' }, onDemand: 0.8536, region: 'us-central1' },
  // N1 has none: 0.379998 and 0.35 for each T4.
  {
    what: 'N1 with two T4',
    request: { instanceType: 'n1-standard-8', gpus: 2, gpuModel: 'T4', region: 'us-central1' },
    onDemand: 1.08,
    region: 'us-central1',
  },
  // Vertex AI: 15 % on the machine and on its accelerators.
  {
    what: 'Vertex AI, A2',
    request: { instanceType: 'a2-highgpu-1g', managedBy: 'vertex' },
    onDemand: 4.2244,
    region: 'us-central1',
  },
  {
    what: 'Vertex AI, N1 with a T4',
    request: { instanceType: 'n1-standard-8', managedBy: 'vertex', gpus: 1, gpuModel: 'T4' },
    onDemand: 0.8395,
    region: 'us-central1',
  },
  // skypilot-catalog, gcp/vms.csv, 2025: slices of TPUs.
  {
    what: 'TPU v5e, 8 chips',
    request: { instanceType: 'tpu-v5litepod-8' },
    onDemand: 9.6,
    region: 'us-central1',
  },
  { what: 'TPU v4, 4 chips', request: { instanceType: 'tpu-v4-8' }, onDemand: 12.88, region: 'us-central2' },
  { what: 'TPU v6e, 8 chips', request: { instanceType: 'tpu-v6e-8' }, onDemand: 21.6, region: 'us-central1' },
  // Azure/karpenter-provider-azure, 2026-06-18: Linux. Azure ML asks nothing on top.
  { what: 'Azure, V100', request: { instanceType: 'Standard_NC6s_v3' }, onDemand: 3.06, region: 'eastus' },
  {
    what: 'Azure ML spells it so',
    request: { instanceType: 'STANDARD_NC6S_V3', provider: 'azure' },
    onDemand: 3.06,
    region: 'eastus',
  },
  {
    what: 'Azure in Europe',
    request: { instanceType: 'Standard_NC24ads_A100_v4', region: 'westeurope' },
    onDemand: 4.775,
    region: 'westeurope',
  },
  {
    what: 'Azure, H100',
    request: { instanceType: 'Standard_ND96isr_H100_v5' },
    onDemand: 98.32,
    region: 'eastus',
  },
  // Lambda, 2026-05-28; CoreWeave, 2026-05-24.
  {
    what: 'Lambda',
    request: { instanceType: 'gpu_1x_a10', provider: 'lambda' },
    onDemand: 1.29,
    region: 'global',
  },
  {
    what: 'CoreWeave',
    request: { instanceType: 'b200-8x', provider: 'coreweave' },
    onDemand: 68.8,
    region: 'us',
  },
]

describe('published list prices', () => {
  for (const { what, request, onDemand, spot, region } of listed) {
    it(`${what}: ${request.instanceType} is $${onDemand} an hour`, () => {
      const cost = hourlyCost(request, listPrices, today)
      assert.ok(cost, 'no price')
      assert.ok(
        Math.abs(cost.onDemand! - onDemand) <= Math.max(1.01e-4, 1e-5 * onDemand),
        String(cost.onDemand),
      )
      if (spot !== undefined) assert.ok(Math.abs(cost.spot! - spot) < 1e-4, String(cost.spot))
      assert.equal(cost.price.region, region)
      assert.notEqual(cost.price.source, '')
    })
  }

  it('clouds that rent out accelerators by the piece: their own prices, and nobody else’s', () => {
    const at = (gpuCloud: string, gpuModel: string, gpus: number) =>
      hourlyCost({ gpuCloud, gpuModel, gpus, takesCheapest: true, nodes: 1 }, listPrices, today)
    assert.equal(at('nebius', 'H100-SXM', 8)!.onDemand, 30.8)
    // Sold by the piece; machines of strangers, at 1.39, are another market.
    assert.equal(at('runpod', 'A100-80GB', 4)!.onDemand, 7.16)
    assert.match(at('runpod', 'A100-80GB', 4)!.price.type, /^4×A100-80GB at runpod$/)
    assert.equal(at('runpod', 'TPU v4', 1), undefined)
    assert.equal(at('a-cloud-that-nobody-lists', 'H100-SXM', 1), undefined)
  })

  it('what is sold in Capacity Blocks only is no price on demand', () => {
    assert.equal(price({ type: 'p5e.48xlarge', region: 'us-east-2' })!.block, true)
    assert.equal(price({ type: 'p5.48xlarge' })!.block, false)
  })
})

describe('prices of the user’s', () => {
  const mine: PriceSettings = {
    region: 'us-east-1',
    discount: 0.2,
    machines: [
      { type: 'p4d.24xlarge', region: 'us-east-1', onDemand: 14.2, spot: 9.1 },
      { type: 'Standard_ND96isr_H100_v5', region: null, onDemand: 60, spot: null },
    ],
    accelerators: [],
  }
  const cost = (request: MachineRequest) => hourlyCost({ nodes: 1, ...request }, mine, today)!

  it('stand in place of the list, without a discount on top', () => {
    assert.equal(cost({ instanceType: 'p4d.24xlarge' }).onDemand, 14.2)
    assert.equal(cost({ instanceType: 'p4d.24xlarge' }).spot, 9.1)
    assert.equal(cost({ instanceType: 'Standard_ND96isr_H100_v5', region: 'westeurope' }).onDemand, 60)
    assert.deepEqual(cost({ instanceType: 'p4d.24xlarge' }).assumptions, [])
  })

  it('hold for the region that they name; elsewhere the list holds, less the discount', () => {
    assert.equal(cost({ instanceType: 'p4d.24xlarge', region: 'eu-west-1' }).onDemand, 18.9726)
    assert.equal(cost({ instanceType: 'ml.p4d.24xlarge' }).onDemand, 20.201)
  })

  it('leave spot prices alone', () => {
    assert.equal(cost({ instanceType: 'g5.xlarge' }).onDemand, 0.8048)
    assert.equal(cost({ instanceType: 'g5.xlarge' }).spot, 0.636)
  })
})

describe('old prices', () => {
  it('are those that were read more than 180 days ago', () => {
    const old = (instanceType: string, region?: string) =>
      hourlyCost({ instanceType, ...(region === undefined ? {} : { region }) }, listPrices, today)!.old
    assert.equal(old('g5.xlarge', 'us-east-1'), false)
    assert.equal(old('g5.xlarge', 'eu-west-1'), true)
    assert.equal(old('ml.p3.2xlarge'), true)
    assert.equal(old('tpu-v4-8'), true)
    assert.equal(hourlyCost({ instanceType: 'g5.xlarge' }, listPrices, '2027-01-16')!.old, false)
    assert.equal(hourlyCost({ instanceType: 'g5.xlarge' }, listPrices, '2027-01-17')!.old, true)
  })

  it('are called so where money is written', () => {
    const usd = {
      range: [2, 3] as [number, number],
      per: 'hour',
      asOf: '2026-01-21',
      region: 'eu-west-1',
      today,
    }
    assert.equal(moneyText(usd), '$2.00–3.00 per hour (eu-west-1, old prices, of 2026-01-21)')
    assert.equal(
      moneyText({ ...usd, asOf: '2026-07-20' }),
      '$2.00–3.00 per hour (eu-west-1, prices of 2026-07-20)',
    )
  })
})
