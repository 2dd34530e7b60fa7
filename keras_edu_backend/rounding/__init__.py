"""What rounding alone can do to a number: the noise floor.

In:  a function of JAX arrays, and its arguments.
Out: for each number of its result how far it moves when every rounding on the way is drawn at random.

Whether two libraries' results may differ as they do is then no question of tolerance: it follows from
the computation. The way there is Monte Carlo arithmetic (Parker 1997; CADNA and Verificarlo do it for
compiled programs) on a jaxpr, JAX's own record of a program:

1. `floor` takes the jaxpr as the float32 (or bfloat16, mixed, …) program has it.
2. `interpreter` runs it in float64 and disturbs each primitive's result as the equation's own dtype
   would round it. `primitives` says what each computes, in NumPy.
3. `sums` says how far sums are off, `elementary` how far functions such as tanh, `noise` draws the
   disturbance.
4. `floor` makes a handful of such runs; the root mean square of what they change is the floor.

Read `noise`, `sums` and `interpreter` in this order.
"""

from keras_edu_backend.rounding.floor import FACTOR, Floor, Program, floor, measure
from keras_edu_backend.rounding.interpreter import UnknownPrimitive

__all__ = ["FACTOR", "Floor", "Program", "UnknownPrimitive", "floor", "measure"]
