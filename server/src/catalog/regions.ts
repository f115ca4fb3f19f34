/** Regions of the large clouds, whether or not a list price of them is known. As of November 2026. */

const aws = `us-east-1 us-east-2 us-west-1 us-west-2 us-gov-east-1 us-gov-west-1 ca-central-1 ca-west-1 mx-central-1 sa-east-1
af-south-1 eu-central-1 eu-central-2 eu-north-1 eu-south-1 eu-south-2 eu-west-1 eu-west-2 eu-west-3 il-central-1 me-central-1
me-south-1 ap-east-1 ap-east-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2 ap-southeast-1 ap-southeast-2
ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 ap-southeast-7 cn-north-1 cn-northwest-1`

const gcp = `us us-central1 us-central2 us-east1 us-east4 us-east5 us-south1 us-west1 us-west2 us-west3 us-west4
northamerica-northeast1 northamerica-northeast2 northamerica-south1 southamerica-east1 southamerica-west1 africa-south1
europe-central2 europe-north1 europe-north2 europe-southwest1 europe-west1 europe-west2 europe-west3 europe-west4 europe-west6
europe-west8 europe-west9 europe-west10 europe-west12 me-central1 me-central2 me-west1 asia-east1 asia-east2 asia-northeast1
asia-northeast2 asia-northeast3 asia-south1 asia-south2 asia-southeast1 asia-southeast2 australia-southeast1
australia-southeast2`

const azure = `eastus eastus2 centralus northcentralus southcentralus westcentralus westus westus2 westus3 usgovvirginia
usgovarizona usgovtexas canadacentral canadaeast mexicocentral brazilsouth brazilsoutheast chilecentral northeurope westeurope
uksouth ukwest francecentral francesouth germanywestcentral germanynorth switzerlandnorth switzerlandwest norwayeast norwaywest
swedencentral swedensouth polandcentral italynorth spaincentral austriaeast belgiumcentral israelcentral uaenorth uaecentral
qatarcentral southafricanorth southafricawest eastasia southeastasia australiaeast australiasoutheast australiacentral
australiacentral2 newzealandnorth japaneast japanwest koreacentral koreasouth centralindia southindia westindia jioindiawest
jioindiacentral indonesiacentral malaysiawest chinaeast chinaeast2 chinaeast3 chinanorth chinanorth2 chinanorth3`

/** `global`: of clouds that have one price everywhere. */
export const regions: readonly string[] = ['global', ...[aws, gcp, azure].flatMap((one) => one.split(/\s+/))]
