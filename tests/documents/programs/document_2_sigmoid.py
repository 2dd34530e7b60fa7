"""Document 2, "The sigmoid Activation Function", as printed, and with the range that it suggests.

Changed: the figure is drawn without a screen and saved; the curve's numbers are printed, beside
those of Keras's sigmoid.
"""
import matplotlib
matplotlib.use('Agg')

import numpy as np

def sigmoid(x):
    return 1.0 / (1 + np.exp(-x))

# Import matplotlib, numpy and math
import matplotlib.pyplot as plt
import numpy as np
import math

x = np.linspace(-10, 10, 100)
plt.plot(x, sigmoid(x))
plt.xlabel("x")
plt.ylabel("Sigmoid(X)")
plt.savefig('sigmoid.png')

# "Try giving it a different range (e.g., -6 and 6)"
from keras import ops
for end in (10, 6):
    x = np.linspace(-end, end, 100)
    keras_sigmoid = np.asarray(ops.sigmoid(x.astype('float32')))
    print(len(x), sigmoid(x)[0], sigmoid(x)[-1])
    print(len(x), keras_sigmoid[0], keras_sigmoid[-1])
