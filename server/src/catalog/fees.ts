/**
 * What a managed service asks on top of the machine: factors on the on-demand price of the plain machine. Read from
 * list prices of both (2021 to 2026-09); the tables list no service for all of its machines. Those of t3 and of Vertex's
 * endpoints are recalled.
 */

export type Service = 'sagemaker' | 'vertex'

interface Fee {
  machines: RegExp
  factor: number
}

const sagemaker: readonly Fee[] = [
  { machines: /^(g4dn|g5|g6|g6e)\.xlarge$/, factor: 1.4 },
  { machines: /^(g4dn|g5|g6|g6e)\./, factor: 1.25 },
  { machines: /^p3\.2xlarge$/, factor: 1.25 },
  { machines: /^p3\.8xlarge$/, factor: 1.2 },
  { machines: /^(p3|p3dn|p4d|p4de|p5|trn1|trn1n)\./, factor: 1.15 },
  { machines: /^inf2\.xlarge$/, factor: 1.31 },
  { machines: /^inf2\./, factor: 1.2 },
  { machines: /^([mcr][5-7]i?|t3)\./, factor: 1.2 },
]

/** The factor, or undefined where it was not seen for this kind of machine. `type` without the prefix `ml.`. */
export function feeFactor(service: Service, type: string): number | undefined {
  // Vertex AI, training and endpoints: machine and accelerator alike.
  if (service === 'vertex') return 1.15
  return sagemaker.find((fee) => fee.machines.test(type))?.factor
}
