import { effective } from '../../values/value.js'
import { defineRule } from '../rule.js'

/** Data that its owners serve to the public, mostly free of charge. */
const open =
  /^(s3|gs):\/\/(sagemaker-(sample-files|example|solutions)|jumpstart|aws-ml-blog|registry|tfds|tensorflow-datasets|gcp-public|commoncrawl|nyc-tlc|fast-ai|open-?data|cloud-samples-data)/i

export default defineRule({
  name: 'compute/cross-region-data',
  judges: 'Compute',
  checklist: ['observability/egress-and-storage'],
  severity: 'warning',
  summary:
    'A job that reads its data from another region or cloud pays for each byte, each time it reads it.',
  check(judged, { report }) {
    const { dataPlaces, region, provider } = judged.settings
    const places = effective(dataPlaces)
    const cloud = effective(provider)
    if (dataPlaces === undefined || places === undefined) return
    for (const place of places) {
      if (open.test(place.address)) continue
      if (
        cloud !== undefined &&
        (cloud === 'aws' || cloud === 'gcp' || cloud === 'azure') &&
        place.cloud !== cloud
      ) {
        report({
          at: place.location,
          message: `The job runs on ${names[cloud]}, and its data lies at ${place.address}: every pass over it is paid as traffic to the internet.`,
        })
        continue
      }
      const here = effective(region)
      if (here === undefined || place.region === null || place.region === here) continue
      report({
        at: place.location,
        // The name of a bucket is a guess, though a good one.
        severity: 'information',
        confidence: 'medium',
        message: `The job runs in ${here}, and its data lies in ${place.region} by the name of the bucket (${place.address}): every pass that reads it again pays for traffic between regions.`,
        related: [{ location: region!.location, message: 'the region of the job' }],
      })
    }
  },
})

const names = { aws: 'AWS', gcp: 'Google Cloud', azure: 'Azure' }
