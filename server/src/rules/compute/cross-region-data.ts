import { effective } from '../../values/value.js'
import { defineRule } from '../rule.js'
import { unless } from '../silence.js'

/** Data that its owners serve to the public, mostly free of charge. */
const open =
  /^(s3|gs):\/\/(sagemaker-(sample-files|example|solutions)|jumpstart|aws-ml-blog|registry|tfds|tensorflow-datasets|gcp-public|commoncrawl|nyc-tlc|fast-ai|open-?data|cloud-samples-data)/i

export default defineRule({
  name: 'compute/cross-region-data',
  judges: 'Compute',
  checklist: ['observability/egress-and-storage'],
  severity: 'warning',
  finds: 'data that is read from another region or cloud',
  summary:
    'A job that reads its data from another region or cloud pays for every byte, every time it reads it.',
  check(view, { report, silent }) {
    const { dataPlaces, region, provider } = view.settings
    const places = effective(dataPlaces)
    const cloud = effective(provider)
    if (dataPlaces === undefined || places === undefined)
      return silent(unless(view, 'dataPlaces', 'the job reads no data from a bucket'))
    silent(unless(view, cloud === undefined ? 'provider' : 'region', 'its data lie where it runs'))
    for (const place of places) {
      if (open.test(place.address)) {
        silent(`${place.address} is public data`)
        continue
      }
      if (
        cloud !== undefined &&
        (cloud === 'aws' || cloud === 'gcp' || cloud === 'azure') &&
        place.cloud !== cloud
      ) {
        report({
          at: place.location,
          message: `The job runs on ${names[cloud]}, and its data is at ${place.address}: every pass over it is billed as traffic to the internet.`,
        })
        continue
      }
      const here = effective(region)
      if (here !== undefined && place.region === null) silent(`the region of ${place.address} is not known`)
      if (here === undefined || place.region === null || place.region === here) continue
      report({
        at: place.location,
        // The name of a bucket is a guess, though a good one.
        severity: 'information',
        confidence: 'medium',
        message: `The job runs in ${here}, and its data is in ${place.region} according to the bucket name (${place.address}): every pass over it is billed as traffic between regions.`,
        related: [{ location: region!.location, message: 'the region of the job' }],
      })
    }
  },
})

const names = { aws: 'AWS', gcp: 'Google Cloud', azure: 'Azure' }
