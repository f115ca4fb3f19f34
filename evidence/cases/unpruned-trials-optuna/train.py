import numpy as np
import optuna
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

x, y = load_digits(return_X_y=True)
x = x / 16
x_rest, x_test, y_rest, y_test = train_test_split(x, y, random_state=0)
x_train, x_valid, y_train, y_valid = train_test_split(x_rest, y_rest, random_state=0)


def objective(trial):
    model = MLPClassifier(
        hidden_layer_sizes=(trial.suggest_int("width", 8, 128, log=True),),
        learning_rate_init=trial.suggest_float("lr", 1e-5, 1e-1, log=True),
        alpha=trial.suggest_float("alpha", 1e-6, 1e-1, log=True),
        random_state=0,
    )
    for epoch in range(60):
        model.partial_fit(x_train, y_train, classes=np.unique(y))
        accuracy = model.score(x_valid, y_valid)
    return accuracy


study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=0))
study.optimize(objective, n_trials=40)
metric = study.best_value
