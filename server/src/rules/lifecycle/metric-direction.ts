/** Which way a metric improves, as far as its name tells. */

const lower =
  /loss|error|(^|[_/.\- ])(err|mse|mae|rmse|mape|nll|ppl|perplexity|wer|cer|fid|distance)([_/.\-@\d]|$)/i
const higher =
  /accuracy|(^|[_/.\- ])(acc|f1|fbeta|auc|auroc|roc|map|iou|miou|dice|psnr|ssim|bleu|rouge\w*|recall|precision|r2|ndcg|top\d|score)([_/.\-@\d]|$)/i

/** Null: the name does not tell. */
export function betterDirection(metric: string): 'lower' | 'higher' | null {
  const falls = lower.test(metric)
  const rises = higher.test(metric)
  if (falls === rises) return null
  return falls ? 'lower' : 'higher'
}
