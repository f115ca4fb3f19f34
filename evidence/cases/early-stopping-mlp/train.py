from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

x, y = load_digits(return_X_y=True)
x_train, x_test, y_train, y_test = train_test_split(x / 16, y, random_state=0)
model = MLPClassifier(hidden_layer_sizes=(32,), max_iter=600, n_iter_no_change=600, random_state=0)
model.fit(x_train, y_train)
metric = model.score(x_test, y_test)
