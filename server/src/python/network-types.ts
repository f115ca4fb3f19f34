/** Classes whose objects are networks. */

const modules =
  /(^|\.)(Module|Sequential|DataParallel|DistributedDataParallel|PreTrainedModel|LightningModule|PeftModel\w*)$/
/** `transformers.AutoModelForCausalLM`, `transformers.BertModel`, `diffusers.UNet2DConditionModel`. */
const ofLibraries =
  /^(torchvision\.models|timm|monai\.networks(\.nets)?|segmentation_models_pytorch|efficientnet_pytorch|vit_pytorch|torch_geometric\.nn\.models)\.|^(transformers|diffusers)\.(\w+\.)*\w*(Model|For[A-Z]\w*)$/

/** One that a library defines, with its layers. */
export function isLibraryNetwork(type: string): boolean {
  return ofLibraries.test(type)
}

/** @param type canonical name of a class, as `PythonModule.typeOf` gives it */
export function isNetworkType(type: string): boolean {
  return modules.test(type) || ofLibraries.test(type)
}

/** What a network is called where its class cannot be told. */
export const networkName =
  /^(the_)?(\w+_)?(model|net|network|classifier|backbone|generator|encoder|decoder|unet|resnet|cnn|lstm|rnn|gpt|bert|transformer|module|student|teacher)\d*$/i
