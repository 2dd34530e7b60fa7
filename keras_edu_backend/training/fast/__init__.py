"""Many steps in one compiled call: the same numbers sooner. The README beside this tells how."""
