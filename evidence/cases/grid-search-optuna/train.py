import optuna
from sklearn.datasets import load_digits
from sklearn.model_selection import cross_val_score
from sklearn.svm import SVC

x, y = load_digits(return_X_y=True)


def objective(trial):
    model = SVC(C=trial.suggest_float("C", 1e-2, 1e3, log=True), gamma=trial.suggest_float("gamma", 1e-5, 1e-1, log=True))
    return cross_val_score(model, x, y, cv=3).mean()


sampler = optuna.samplers.GridSampler({"C": [0.01, 0.1, 1, 10, 100, 1000], "gamma": [1e-5, 1e-4, 1e-3, 1e-2, 1e-1]})
study = optuna.create_study(direction="maximize", sampler=sampler)
study.optimize(objective)
metric = study.best_value
