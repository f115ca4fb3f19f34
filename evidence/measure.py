"""Runs a training script and tells what it did and used, as one line of JSON.

    python3 measure.py train.py

`metric` is what the script leaves under that name (higher or lower is better, as its case says), `fits` the estimators
of scikit-learn and boosters of XGBoost that were fitted in this process, `rounds` the boosting rounds of XGBoost, `steps` the steps of
optimizers of PyTorch and the calls of `partial_fit`, `seconds` the wall time, `processor` the processor time with that of
child processes, `memory` the peak of resident memory in MiB.
"""

import json
import resource
import runpy
import sys
import time

counts = {"fits": 0, "rounds": 0, "steps": 0}


def count(owner, name, key, amount=lambda result: 1):
    original = getattr(owner, name)

    def counted(*args, **kwargs):
        result = original(*args, **kwargs)
        counts[key] += amount(result)
        return result

    setattr(owner, name, counted)


def watch(script):
    with open(script, encoding="utf-8") as file:
        text = file.read()
    if "sklearn" in text:
        import sklearn.model_selection._search as search
        import sklearn.model_selection._validation as validation
        from sklearn.neural_network import MLPClassifier

        count(search, "_fit_and_score", "fits")
        count(validation, "_fit_and_score", "fits")
        count(MLPClassifier, "partial_fit", "steps")
    if "xgboost" in text:
        import xgboost

        count(xgboost.Booster, "update", "rounds")
    if "torch" in text:
        import torch

        torch.set_num_threads(1)
        for optimizer in (torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW):
            count(optimizer, "step", "steps")


if __name__ == "__main__":
    watch(sys.argv[1])
    at_start = resource.getrusage(resource.RUSAGE_SELF)
    before = at_start.ru_utime + at_start.ru_stime
    begun = time.perf_counter()
    left = runpy.run_path(sys.argv[1], run_name="__main__")
    seconds = time.perf_counter() - begun
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    processor = own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime - before
    peak = own.ru_maxrss / 1024
    # Trees and epochs that a model says it has trained.
    model = left.get("model")
    trained = getattr(model, "n_iter_", None) or getattr(model, "n_estimators_", None)
    result = {"metric": left["metric"], **counts, "seconds": seconds, "processor": processor, "memory": peak}
    if isinstance(trained, int) and counts["rounds"] == 0:
        result["rounds"] = trained
    print("\n" + json.dumps(result))
