/** Which way a metric improves, as far as its name tells. */

const lower =
  /loss|error|(^|[_/.\- ])(err|mse|mae|rmse|rmsle|[sw]?mape|mase|crps|brier|pinball|deviance|nll|ppl|perplexity|wer|cer|eer|fid|kid|lpips|distance)([_/.\-@\d]|$)/i
const higher =
  /accuracy|(^|[_/.\- ])(acc|f1|fbeta|auc|auroc|roc|map|iou|miou|dice|psnr|ssim|bleu|rouge\w*|recall|precision|r2|ndcg|top\d)([_/.\-@\d]|$)/i

/** Mostly the more the better, but whoever writes a direction beside it knows their own. */
const score = /(^|[_/.\- ])score([_/.\-@\d]|$)/i

/** Null: the name does not tell. `chosen`: the direction that is taken was written by hand. */
export function betterDirection(metric: string, chosen: boolean): 'lower' | 'higher' | null {
  const falls = lower.test(metric)
  const rises = higher.test(metric) || (!chosen && !falls && score.test(metric))
  if (falls === rises) return null
  return falls ? 'lower' : 'higher'
}
