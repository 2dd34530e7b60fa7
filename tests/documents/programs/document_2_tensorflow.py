"""Documents 2 and 4 on tensors: ranks 0 to 5, and TensorFlow's activations under their Keras names.

Changed: tf.constant is keras.ops.convert_to_tensor, tf.math.sigmoid is keras.ops.sigmoid, and so on.
"""
import numpy as np
from keras import ops

rank_0_tensor = ops.convert_to_tensor(4)
print(rank_0_tensor.shape, rank_0_tensor.dtype, rank_0_tensor)

# Let's make this a float tensor.
rank_1_tensor = ops.convert_to_tensor([2.0, 3.0, 4.0])
print(rank_1_tensor.shape, rank_1_tensor.dtype, rank_1_tensor)

rank_2_tensor = ops.convert_to_tensor([[1,2,4],
                                       [5,6,7]])
print(rank_2_tensor.shape, rank_2_tensor.dtype, rank_2_tensor)

# Timeseries data, images and video
for shape in [(2, 3, 4), (2, 3, 4, 1), (2, 5, 3, 4, 1)]:
    print(ops.ndim(ops.zeros(shape)), ops.shape(ops.zeros(shape)))

x = np.linspace(-10, 10, 5).astype('float32')
print(np.asarray(ops.sigmoid(x)).tolist())
print(np.asarray(ops.tanh(x)).tolist())
print(np.asarray(ops.relu(x)).tolist())
print(np.asarray(ops.softmax(x)).tolist())
