"""The learned color model.

- `harmonizer`: the model as it is used and stored; `builtin.npz` is the one that is shipped
- `features`, `seam`: describe an object and its surroundings by numbers
- `color_model`: from features to a color change
- `gate`: the probability that a change is for the better
- `calibrate`: fit a model to photos; `distort` makes the errors that it learns to undo
- `kernel_ridge`, `linear_model`: the two kinds of regression
"""
